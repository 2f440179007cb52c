"""The PixelCNN sees nothing that it is yet to draw, its probabilities add to one, and its short way is the long one."""

from pathlib import Path

import numpy as np
import pytest
import torch

from genai_audit.models.families.pixelcnn import Columns, PixelCNN, PixelCNNConfig
from genai_audit.models.families.training.fitting import train
from unit.models.families.image_checks import all_images, check_likelihood_family, pictures, seeded, trained

SMALL = {"channels": (8, 8, 8), "kernels": (15, 3, 3), "head": 16}


def toy(shape: tuple[int, int, int], levels: int, **overrides: object) -> PixelCNN:
    data = pictures(*shape, levels=levels)
    settings = {"steps": 30, "batch_size": 8, "levels": levels, **SMALL, **overrides}
    model: PixelCNN = train("pixelcnn", data, overrides=settings).model
    return model


def test_the_contract_and_the_seeds(tmp_path: Path) -> None:
    check_likelihood_family("pixelcnn", "exact", tmp_path, **SMALL)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 5, 4)])
def test_a_pixel_is_told_all_before_it_and_nothing_else(shape: tuple[int, int, int]) -> None:
    model = toy(shape, 4).double()
    x = torch.rand(1, *shape, generator=seeded(0), dtype=torch.float64)
    features = model.features(x).flatten(1, 2)[0]
    for place in range(shape[1] * shape[2]):
        changed = x.clone()
        changed[:, :, place // shape[2], place % shape[2]] += 0.3
        moved = (model.features(changed).flatten(1, 2)[0] - features).abs().amax(1)
        assert moved[: place + 1].max() == 0
        # With a first kernel as wide as the image there is no blind spot: all that follow notice.
        assert (moved[place + 1 :] > 0).all()


@pytest.mark.parametrize("kernels", [(15, 5, 5), (7, 3, 3), (3, 3, 1)])
def test_a_column_at_a_time_gives_the_features_of_the_whole(kernels: tuple[int, ...]) -> None:
    model = toy((2, 6, 5), 4, kernels=kernels)
    for kind, tolerance in ((torch.float32, 1e-5), (torch.float64, 1e-12)):
        model = model.to(kind)
        x = torch.rand(3, 2, 6, 5, generator=seeded(1)).to(kind)
        with torch.no_grad():
            whole, columns = model.features(x), Columns(model, 3)
            for i in range(6):
                for j in range(5):
                    torch.testing.assert_close(columns.features(i, j), whole[:, i, j], atol=tolerance, rtol=0)
                    columns.put(i, j, x[:, :, i, j])
        assert torch.equal(columns.images(), x)


@pytest.mark.parametrize(("shape", "levels"), [((1, 2, 3), 1), ((2, 2, 1), 2), ((3, 1, 1), 3)])
def test_probabilities_add_to_one(shape: tuple[int, int, int], levels: int) -> None:
    model = toy(shape, levels)
    total = model.log_prob(all_images(shape, levels)).double().exp().sum()
    assert float(total) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("shape", [(1, 2, 2), (2, 2, 1)])
def test_samples_have_the_probabilities_that_it_states(shape: tuple[int, int, int]) -> None:
    model = toy(shape, 1)
    n = 20_000
    places = 2 ** torch.arange(4).flip(0)
    drawn = (model.sample(n, generator=seeded(3)).flatten(1).long() * places).sum(1)
    expected = n * model.log_prob(all_images(shape, 1)).double().exp().numpy()
    counts = np.bincount(drawn.numpy(), minlength=16)
    statistic = float(((counts - expected) ** 2 / expected).sum())
    # χ² with 15 degrees of freedom lies above 44.3 once in 10,000.
    assert statistic < 44.3


def test_log_prob_is_the_chain_rule_in_float64() -> None:
    model = toy((2, 3, 3), 4)
    x = torch.from_numpy(pictures(2, 3, 3, levels=4).samples[:3])
    got = model.log_prob(x).double().numpy()
    w = {name: tensor.double().numpy() for name, tensor in model.state_dict().items()}
    expected = [chain_rule(image, w, model.config.kernels) for image in x.double().numpy()]
    np.testing.assert_allclose(got, expected, atol=1e-4)


def chain_rule(image: np.ndarray, w: dict[str, np.ndarray], kernels: tuple[int, ...]) -> float:
    """The log-likelihood of one image (c, h, w) with 4 levels, by loops over pixels and taps."""
    colours, height, width = image.shape
    h = np.concatenate([image, np.ones_like(image)])
    for layer, side in enumerate(kernels):
        kernel, bias, reach = w[f"body.{layer}.conv.weight"], w[f"body.{layer}.conv.bias"], side // 2
        out = np.zeros((len(kernel), height, width))
        for i, j in np.ndindex(height, width):
            out[:, i, j] = bias + (w["place"][:, i, j] if layer == 0 else 0)
            for a, b in np.ndindex(reach + 1, side):
                row, column = i + a - reach, j + b - reach
                earlier = a < reach or column < j or (layer > 0 and column == j)
                if earlier and row >= 0 and 0 <= column < width:
                    out[:, i, j] += kernel[:, :, a, b] @ h[:, row, column]
        h = out / (1 + np.exp(-out))
    total = 0.0
    for c, i, j in np.ndindex(colours, height, width):
        seen = np.concatenate([h[:, i, j], image[:c, i, j]])
        hidden = w[f"heads.{c}.0.weight"] @ seen + w[f"heads.{c}.0.bias"]
        logits = w[f"heads.{c}.2.weight"] @ (hidden / (1 + np.exp(-hidden))) + w[f"heads.{c}.2.bias"]
        total += logits[round(image[c, i, j] * 4)] - np.log(np.exp(logits).sum())
    return total


def test_images_that_it_cannot_draw_have_no_probability() -> None:
    model = toy((1, 3, 3), 4)
    x = torch.from_numpy(pictures(1, 3, 3, levels=4).samples[:5])
    x[1, 0, 0, 0], x[2, 0, 0, 0], x[3, 0, 0, 0] = 0.1, 1.25, float("nan")
    assert torch.isfinite(model.log_prob(x)).tolist() == [True, False, False, False, True]
    assert (model.log_prob(x[1:4]) == -torch.inf).all()
    with pytest.raises(ValueError, match=r"expected images of shape \(n, 1, 3, 3\), got \(2, 1, 3, 4\)"):
        model.log_prob(torch.zeros(2, 1, 3, 4))
    assert model.log_prob(x[:0]).shape == (0,)


def test_training_raises_the_likelihood() -> None:
    short, long = (trained("pixelcnn", **SMALL, steps=steps).facts["training"] for steps in (4, 150))
    assert long["log_likelihood"] > short["log_likelihood"] + 20


def test_it_cannot_be_told_a_class() -> None:
    with pytest.raises(ValueError, match="expected no condition, since the model knows no classes, got '3'"):
        toy((1, 3, 3), 4).sample(2, generator=seeded(0), condition="3")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kernels": (7, 3)}, "kernels as one for each of channels"),
        ({"kernels": (7, 3, 4)}, "a kernel as an odd number, got 4"),
        ({"kernels": (7, 3, 10**9 + 1)}, "a kernel as a whole number from 1 to 255"),
        ({"channels": ()}, "1 to 32 layer widths"),
        ({"head": 10**9}, "head as a whole number from 1 to 65536"),
        ({"levels": 1000}, "levels as a whole number from 1 to 255, got 1000"),
        ({"image_shape": (1, 8)}, r"image_shape as \(channels, height, width\)"),
    ],
)
def test_absurd_settings_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PixelCNNConfig(**{"image_shape": (1, 8, 8), **changes})  # type: ignore[arg-type]  # wrong types are the point
