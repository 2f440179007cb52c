"""Keras files that Keras itself wrote: what opens, as what, with the same numbers; and what is refused, in one line."""

import itertools
import math
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from genai_audit.models.adapters.opened import Options
from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.errors import UserError
from unit.models.adapters.keras.keras_examples import (
    PIXELS,
    decoder,
    draw,
    numbers,
    opened,
    refused,
    save,
)


def discriminator(keras: Any, last: str | None = "sigmoid", name: str = "discriminator") -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input(PIXELS),
            layers.Flatten(),
            layers.Dense(128),
            layers.LeakyReLU(),
            layers.Dense(1, activation=last),
        ],
        name=name,
    )


def test_a_dense_decoder(keras: Any, tmp_path: Path) -> None:
    made = decoder(keras)
    model, checkpoint = opened(made, tmp_path)
    assert (checkpoint.family, checkpoint.modality) == ("keras generator", "image")
    assert checkpoint.parameters == 2 * 128 + 128 + 128 * 784 + 784
    assert checkpoint.declared["signature"] == "(2) → (28, 28, 1)"
    assert model.latent_dim == 2
    z = torch.randn(5, 2, generator=torch.Generator().manual_seed(3))
    expected = numbers(made, z).permute(0, 3, 1, 2)
    torch.testing.assert_close(model.decode(z).detach(), expected)
    torch.testing.assert_close(draw(model, 5, seed=3), expected)
    assert torch.equal(draw(model, 500)[:3], draw(model, 500)[:3])
    slope = torch.autograd.functional.jacobian(lambda one: model.decode(one[None]).sum(), z[0])
    step = torch.tensor([1e-2, 0.0])
    with torch.no_grad():
        numeric = (model.decode((z[0] + step)[None]).sum() - model.decode((z[0] - step)[None]).sum()) / 2e-2
    assert float(slope[0]) == pytest.approx(float(numeric), rel=1e-2)


def test_state_stays_and_is_seen_by_torch(keras: Any, tmp_path: Path) -> None:
    model, _ = opened(decoder(keras), tmp_path)
    before = {name: value.clone() for name, value in model.network.named_parameters()}
    assert sum(value.numel() for value in before.values()) == 2 * 128 + 128 + 128 * 784 + 784
    model.network.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw(model, 3)
    assert all(torch.equal(value, before[name]) for name, value in model.network.named_parameters())


@pytest.mark.parametrize("shape", [(784,), (28, 28), (1, 28, 28)])
def test_other_layouts_of_the_same_image(keras: Any, tmp_path: Path, shape: tuple[int, ...]) -> None:
    layers = keras.layers
    made = keras.Sequential([layers.Input((8,)), layers.Dense(784, activation="sigmoid"), layers.Reshape(shape)])
    model, _ = opened(made, tmp_path)
    z = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(draw(model, 4), numbers(made, z).reshape(4, 1, 28, 28))


def test_a_convolutional_decoder_of_64_64_32(keras: Any, tmp_path: Path) -> None:
    layers = keras.layers
    made = keras.Sequential(
        [
            layers.Input((16,)),
            layers.Dense(7 * 7 * 64, activation="relu"),
            layers.Reshape((7, 7, 64)),
            layers.Conv2DTranspose(64, 3, strides=2, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu"),
            layers.Dropout(0.5),
            layers.Conv2D(3, 3, padding="same", activation="sigmoid"),
        ]
    )
    model, checkpoint = opened(made, tmp_path)
    kinds = [each.rpartition(" ")[2] for each in checkpoint.declared["layers"]]
    assert kinds[:3] == ["(Dense)", "(Reshape)", "(Conv2DTranspose)"]
    z = torch.randn(2, 16, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(draw(model, 2), numbers(made, z).permute(0, 3, 1, 2))


def test_tanh_is_rescaled_and_said(keras: Any, tmp_path: Path) -> None:
    made = decoder(keras, last="tanh", latent=4)
    model, checkpoint = opened(made, tmp_path)
    assert any("ends in tanh" in note for note in checkpoint.notes)
    z = torch.randn(4, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(draw(model, 4), (numbers(made, z).permute(0, 3, 1, 2) + 1) / 2)


def test_linear_pixels_are_refused_with_their_range(keras: Any, tmp_path: Path) -> None:
    refused(
        decoder(keras, last="linear"), tmp_path, r"expected pixels in \[0, 1\], got -.* to .*; end the network with"
    )


def vae(keras: Any, outputs: int) -> Any:
    """Dense 128 → 2 latents, Dense 128 → 784, saved whole; the encoder has one output (2L) or two (L)."""
    layers = keras.layers
    x = layers.Input((784,))
    hidden = layers.Dense(128, activation="relu")(x)
    if outputs == 2:
        parts: Any = [layers.Dense(2, name="z_log_var")(hidden), layers.Dense(2, name="z_mean")(hidden)]
    else:
        parts = layers.Dense(4)(hidden)
    encoder = keras.Model(x, parts, name="encoder")
    z = layers.Input((2,))
    decoded = layers.Dense(784, activation="sigmoid")(layers.Dense(128, activation="relu")(z))
    dec = keras.Model(z, decoded, name="decoder")
    image = layers.Input((784,))
    code = encoder(image)
    return keras.Model(image, dec(code[1] if outputs == 2 else code[:, :2]), name="vae")


@pytest.mark.parametrize("outputs", [1, 2])
def test_a_whole_vae(keras: Any, tmp_path: Path, outputs: int) -> None:
    made = vae(keras, outputs)
    model, checkpoint = opened(made, tmp_path)
    assert checkpoint.family == "keras VAE"
    x = torch.rand(3, 1, 28, 28)
    mean, log_variance = model.encode(x)
    out = made.get_layer("encoder")(x.flatten(1), training=False)
    expected = (out[1], out[0]) if outputs == 2 else (out[:, :2], out[:, 2:])
    torch.testing.assert_close((mean, log_variance), expected)
    torch.testing.assert_close(model.decode(mean).flatten(1), made(x.flatten(1), training=False))
    assert any("mean and log-variance" in note or "mean, then log-variance" in note for note in checkpoint.notes)


def test_an_encoder_of_points_is_not_used_and_said(keras: Any, tmp_path: Path) -> None:
    layers = keras.layers
    encoder = keras.Sequential([layers.Input(PIXELS), layers.Flatten(), layers.Dense(2)], name="encoder")
    model, checkpoint = opened(keras.Sequential([layers.Input(PIXELS), encoder, decoder(keras)]), tmp_path)
    assert not hasattr(model, "encode")
    assert any("gives one point an image" in note for note in checkpoint.notes)


@pytest.mark.parametrize("last", ["sigmoid", None])
@pytest.mark.parametrize("named", [True, False])
def test_a_whole_gan(keras: Any, tmp_path: Path, last: str | None, named: bool) -> None:
    names = ("generator", "discriminator") if named else ("first", "second")
    g, d = decoder(keras, last="tanh", name=names[0], latent=8), discriminator(keras, last, names[1])
    d.compile("adam", "binary_crossentropy")
    made = keras.Sequential([keras.layers.Input((8,)), g, d])
    model, checkpoint = opened(made, tmp_path)
    assert checkpoint.family == "keras GAN"
    x = torch.rand(4, 1, 28, 28)
    scores = d(x.permute(0, 2, 3, 1) * 2 - 1, training=False)[:, 0]
    expected = scores.double().logit().float() if last else scores
    torch.testing.assert_close(model.critic(x), expected, atol=1e-4, rtol=1e-4)
    z = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(draw(model, 4), (g(z, training=False).detach().permute(0, 3, 1, 2) + 1) / 2)


def classifier(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential([layers.Input(PIXELS), layers.Conv2D(4, 3), layers.Flatten(), layers.Dense(10, "softmax")])


def autoencoder(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [layers.Input((784,)), layers.Dense(128, "relu"), layers.Dense(2), layers.Dense(784, "sigmoid")]
    )


def conditional(keras: Any) -> Any:
    layers = keras.layers
    z, label = layers.Input((8,)), layers.Input((10,))
    return keras.Model([z, label], layers.Dense(784, activation="sigmoid")(layers.Concatenate()([z, label])))


def noisy(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential([layers.Input((8,)), layers.Dense(10, activation="softmax")])


NOT_GENERATORS: dict[str, tuple[Callable[[Any], Any], str]] = {
    "discriminator": (discriminator, r"a discriminator, not a generator: \(28, 28, 1\) → \(1\); save the generator"),
    "classifier": (classifier, r"an encoder or a classifier, not a generator: \(28, 28, 1\) → \(10\)"),
    "autoencoder": (
        autoencoder,
        r"from images to images, \(784\) → \(784\), such as an autoencoder.*save the decoder by",
    ),
    "conditional": (conditional, r"nothing tells which of the inputs .* is which: \(8\) and \(10\) → \(784\)"),
    "vector": (noisy, r"expected latents → image.*got \(8\) → \(10\)"),
}


@pytest.mark.parametrize("name", NOT_GENERATORS)
def test_what_is_no_generator_is_called_what_it_is(keras: Any, tmp_path: Path, name: str) -> None:
    make, message = NOT_GENERATORS[name]
    refused(make(keras), tmp_path, message)


def test_two_generators_are_refused(keras: Any, tmp_path: Path) -> None:
    z = keras.layers.Input((2,))
    both = [decoder(keras, name="a_generator")(z), decoder(keras, name="b_generator")(z)]
    refused(keras.Model(z, both), tmp_path, r"expected one generator, got 2 \(a_generator .* b_generator")


def masked_convolutions(keras: Any, *, causal: bool) -> Any:
    """Convolutions of 32, 64, 64 over an image of 4 × 4; masked kernels make each pixel read those before it alone."""
    layers = keras.layers
    x = layers.Input((4, 4, 1))
    y = x
    for index, width in enumerate((32, 64, 64)):
        y = layers.Conv2D(width, 3, padding="same", activation="relu", name=f"conv{index}")(y)
    made = keras.Model(x, layers.Conv2D(1, 1, activation="sigmoid")(y))
    if causal:
        for index in range(3):
            kernel, bias = made.get_layer(f"conv{index}").get_weights()
            kernel[2] = 0
            kernel[1, 2] = 0
            if index == 0:
                kernel[1, 1] = 0
            made.get_layer(f"conv{index}").set_weights([3 * kernel, bias])
    return made


def test_a_pixelcnn_gives_the_law_of_images(keras: Any, tmp_path: Path) -> None:
    made = masked_convolutions(keras, causal=True)
    model, checkpoint = opened(made, tmp_path)
    assert checkpoint.family == "keras autoregressive image model"
    images = draw(model, 64)
    assert images.shape == (64, 1, 4, 4)
    assert set(images.unique().tolist()) == {0.0, 1.0}
    ink = numbers(made, images.permute(0, 2, 3, 1)).double().reshape(64, 16)
    expected = torch.where(images.flatten(1) == 1, ink, 1 - ink).log().sum(1)
    torch.testing.assert_close(model.log_prob(images), expected, atol=1e-4, rtol=1e-5)
    # Of all images that begin with the same 12 pixels, the probabilities sum to that of this beginning.
    start = images[0].flatten()[:12]
    ends = torch.tensor(list(itertools.product((0.0, 1.0), repeat=4)))
    family = torch.cat([start.expand(16, 12), ends], dim=1).reshape(16, 1, 4, 4)
    prefix = torch.where(start == 1, ink[0, :12], 1 - ink[0, :12]).log().sum()
    torch.testing.assert_close(model.log_prob(family).logsumexp(0), prefix, atol=1e-4, rtol=1e-5)
    assert model.log_prob(torch.full((1, 1, 4, 4), 0.5)).item() == -math.inf


def test_a_model_that_sees_later_pixels_is_no_pixelcnn(keras: Any, tmp_path: Path) -> None:
    message = (
        r"from images to images.*tried as a PixelCNN: its output at pixel 0 changes with that pixel or a later one"
    )
    refused(masked_convolutions(keras, causal=False), tmp_path, message)


def test_half_precision_is_said(keras: Any, tmp_path: Path) -> None:
    layers = keras.layers
    made = keras.Sequential(
        [layers.Input((4,)), layers.Dense(64, activation="sigmoid", dtype="float16"), layers.Reshape((8, 8))]
    )
    model, checkpoint = opened(made, tmp_path)
    assert draw(model, 3).dtype == torch.float32
    assert any("float16" in note for note in checkpoint.notes)


def test_a_missing_library_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keras: Any) -> None:
    path = save(decoder(keras), tmp_path / "model.keras")
    monkeypatch.setattr("genai_audit.models.adapters.opened.find_spec", lambda name: None)
    with pytest.raises(
        UserError, match=r"needs keras, which is not installed; run: pip install 'genai-audit\[keras\]'"
    ):
        load_model(path, options=Options())


def test_another_backend_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keras: Any) -> None:
    path = save(decoder(keras), tmp_path / "model.keras")
    monkeypatch.setattr(keras.config, "backend", lambda: "tensorflow")
    with pytest.raises(UserError, match=r"already imported it with tensorflow; set KERAS_BACKEND=torch"):
        load_model(path)
