"""Keras generators that are told a class, and VAEs with a sampling layer of their own."""

from pathlib import Path
from typing import Any

import pytest
import torch

from unit.models.adapters.keras.keras_examples import PIXELS, decoder, draw, opened, refused

CLASSES, LATENT = 3, 2


def told(
    keras: Any, *, embedded: bool = True, names: tuple[str, str] = ("noise", "label"), last: str = "sigmoid"
) -> Any:
    layers = keras.layers
    latents = keras.Input((LATENT,), name=names[0])
    label = keras.Input((1,) if embedded else (CLASSES,), name=names[1], dtype="int32" if embedded else "float32")
    x = layers.Flatten()(layers.Embedding(CLASSES, 4)(label)) if embedded else label
    x = layers.Dense(784, activation=last)(layers.Concatenate()([latents, x]))
    return keras.Model([latents, label], layers.Reshape(PIXELS)(x))


@pytest.mark.parametrize("embedded", [True, False])
def test_a_class_is_told_as_keras_itself_is_told_it(keras: Any, tmp_path: Path, embedded: bool) -> None:
    made = told(keras, embedded=embedded)
    model, checkpoint = opened(made, tmp_path)
    assert checkpoint.family == "keras conditional generator"
    assert model.classes == ("0", "1", "2")
    assert "the input 'label' was read as one of 3 classes" in checkpoint.notes[0]
    z = torch.randn(4, LATENT, generator=torch.Generator().manual_seed(1))
    label = torch.tensor([0, 1, 2, 1])
    given = label[:, None] if embedded else torch.nn.functional.one_hot(label, CLASSES).float()
    expected = torch.as_tensor(made.predict([z.numpy(), given.numpy()], verbose=0)).permute(0, 3, 1, 2)
    images = model.sample(4, generator=torch.Generator().manual_seed(1), condition=["0", "1", "2", "1"])
    torch.testing.assert_close(images, expected, atol=1e-5, rtol=1e-4)
    free = draw(model, 30)
    torch.testing.assert_close(free, draw(model, 30))
    assert not torch.equal(free[:4], draw(model, 4, seed=1))
    assert not hasattr(model, "decode")


def test_latents_may_come_second_and_end_in_tanh(keras: Any, tmp_path: Path) -> None:
    made = told(keras, last="tanh")
    turned = keras.Model([made.inputs[1], made.inputs[0]], made.outputs[0])
    model, checkpoint = opened(turned, tmp_path)
    assert model.latent_dim == LATENT
    assert any("ends in tanh" in note for note in checkpoint.notes)


def test_inputs_that_nothing_tells_apart_are_refused(keras: Any, tmp_path: Path) -> None:
    refused(told(keras, embedded=False, names=("a", "b")), tmp_path, "nothing tells which of the inputs 'a' and 'b' is")


def sampling(keras: Any, name: str = "sampling") -> Any:
    @keras.saving.register_keras_serializable(package="mine")  # type: ignore[untyped-decorator]  # keras has no types
    class Sampling(keras.layers.Layer):  # type: ignore[misc, name-defined]  # keras has no types
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.seeds = keras.random.SeedGenerator(1)

        def call(self, inputs: Any) -> Any:
            mean, log_variance = inputs
            noise = keras.random.normal(keras.ops.shape(mean), seed=self.seeds)
            return mean + keras.ops.exp(0.5 * log_variance) * noise

    return Sampling(name=name)


def lambda_sampling(keras: Any) -> Any:
    return keras.layers.Lambda(lambda both: both[0] + both[1], output_shape=(LATENT,), name="reparameterize")


def encoded(keras: Any, images: Any) -> tuple[Any, Any]:
    x = keras.layers.Dense(8, activation="relu")(keras.layers.Flatten()(images))
    return keras.layers.Dense(LATENT, name="z_mean")(x), keras.layers.Dense(LATENT, name="z_log_var")(x)


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("make", [sampling, lambda_sampling])
def test_a_vae_with_a_sampling_layer_is_opened_and_the_layer_never_runs(
    keras: Any, tmp_path: Path, make: Any, inside: bool
) -> None:
    images, layer, part = keras.Input(PIXELS), make(keras), decoder(keras)
    mean, log_variance = encoded(keras, images)
    outputs = [mean, log_variance, layer([mean, log_variance])] if inside else [mean, log_variance]
    encoder = keras.Model(images, outputs, name="encoder")
    found = encoder(images)
    latents = found[2] if inside else layer([found[0], found[1]])
    made = keras.Model(images, part(latents))
    model, checkpoint = opened(made, tmp_path)
    assert checkpoint.family == "keras VAE"
    assert any("is code of its own: it never ran" in note for note in checkpoint.notes)
    z = torch.randn(3, LATENT)
    expected = torch.as_tensor(part.predict(z.numpy(), verbose=0)).permute(0, 3, 1, 2)
    torch.testing.assert_close(model.decode(z).detach(), expected, atol=1e-5, rtol=1e-4)
    x = torch.rand(3, 1, 28, 28)
    theirs = encoder.predict(x.permute(0, 2, 3, 1).numpy(), verbose=0)
    for ours, own in zip(model.encode(x), theirs[:2], strict=True):
        torch.testing.assert_close(ours.detach(), torch.as_tensor(own), atol=1e-5, rtol=1e-4)


def test_a_sampling_layer_that_images_pass_through_is_refused(keras: Any, tmp_path: Path) -> None:
    latents = keras.Input((LATENT,))
    x = sampling(keras)([keras.layers.Dense(LATENT)(latents), keras.layers.Dense(LATENT)(latents)])
    made = keras.Model(latents, keras.layers.Reshape(PIXELS)(keras.layers.Dense(784, activation="sigmoid")(x)))
    refused(
        made, tmp_path, r"'sampling' needs mine>Sampling, .* and images pass through it; save the decoder by itself"
    )


def test_other_layers_of_ones_own_stay_refused(keras: Any, tmp_path: Path) -> None:
    latents = keras.Input((LATENT,))
    x = sampling(keras, "mixing")([latents, latents])
    config = keras.Model(latents, keras.layers.Reshape(PIXELS)(keras.layers.Dense(784, activation="sigmoid")(x)))
    refused(config, tmp_path, "'mixing' needs mine>Sampling|images pass through it")
