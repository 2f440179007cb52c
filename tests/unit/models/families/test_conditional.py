"""Models that are told a class give what they are asked for, and the training's shares where nobody asks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit.models.data.datasets import Dataset
from genai_audit.models.errors import UserError
from genai_audit.models.families.parts.conditions import check_classes, chosen, class_shares
from genai_audit.models.families.training.fitting import Trained, train
from genai_audit.models.families.training.plants import parse_plant
from genai_audit.models.records import Attribute, digest
from unit.models.families.image_checks import check_randomness, check_round_trip, check_seeds, pictures, seeded, trained

SMALL: dict[str, dict[str, Any]] = {
    "vae": {"hidden": (16,), "latent_dim": 4},
    "gan": {"hidden": (16,), "latent_dim": 4},
    "dcgan": {"channels": (4, 8), "latent_dim": 4},
}
ALL = pytest.mark.parametrize("family", SMALL)
GANS = pytest.mark.parametrize("family", ["gan", "dcgan"])
DIGITS = tuple("0123456789")


def told(family: str, **overrides: Any) -> Trained:
    return trained(family, conditional=True, **SMALL[family], **overrides)


def two_tones(light: int, dark: int) -> Dataset:
    """Plain images of two classes, so many light ones and so many dark ones."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(2), [light, dark])
    samples = (np.where(labels == 0, 0.8, 0.2)[:, None, None, None] + rng.normal(0, 0.05, (len(labels), 1, 8, 8))).clip(
        0, 1
    )
    groups = {"tone": Attribute(("light", "dark"), labels.astype(np.int64))}
    return Dataset("tones", "image", samples.astype(np.float32), "test", digest(samples, groups), groups)


@ALL
def test_the_contract_holds_for_conditional_models(family: str, tmp_path: Path) -> None:
    found = told(family)
    assert found.model.classes == DIGITS
    check_randomness(found.model)
    check_round_trip(found, tmp_path)
    check_round_trip(found, tmp_path, condition="7")


@ALL
def test_equal_seeds_give_equal_weights(family: str) -> None:
    check_seeds(family, conditional=True, **SMALL[family])


@ALL
def test_models_that_are_told_nothing_have_nothing_more(family: str) -> None:
    model = trained(family, **SMALL[family]).model
    assert model.classes == ()
    assert "class_shares" not in model.state_dict()
    message = "expected no condition, since the model knows no classes, got '3'"
    for ask in (
        lambda: model.sample(2, generator=seeded(0), condition="3"),
        lambda: model.decode(torch.zeros(2, 4), "3"),
    ):
        with pytest.raises(ValueError, match=message):
            ask()


@ALL
def test_the_same_class_can_be_asked_for_in_many_ways(family: str) -> None:
    model = told(family).model
    ways: Sequence[Any] = (
        "3",
        3,
        np.int64(3),
        ["3"] * 5,
        (3,) * 5,
        torch.full((5,), 3),
        np.full(5, 3),
        torch.tensor(3),
    )
    first, *others = (model.sample(5, generator=seeded(0), condition=way) for way in ways)
    assert all(torch.equal(first, other) for other in others)
    assert not torch.equal(first, model.sample(5, generator=seeded(0), condition="4"))


@ALL
def test_each_sample_may_have_a_class_of_its_own(family: str) -> None:
    model = told(family).model
    z = torch.randn(3, 4, generator=seeded(0))
    mixed = model.decode(z, ["1", "5", "1"])
    torch.testing.assert_close(mixed[::2], model.decode(z, "1")[::2])
    torch.testing.assert_close(mixed[1], model.decode(z, 5)[1])


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("ten", r"expected a class \(0, 1, .*9\) or its index from 0 to 9, got 'ten'"),
        (10, "its index from 0 to 9, got 10"),
        (-1, "got -1"),
        (True, "got True"),
        (2.0, "got 2.0"),
        (["1", "2"], "expected one condition, or one for each of 5 samples, got 2"),
        ([0, 1, 2, 3, None], "got None"),
        (torch.tensor([0.0] * 5), "got 0.0"),
        ("a\nb", r"got 'a\\nb'$"),
    ],
)
@ALL
def test_what_is_no_class_is_refused(family: str, condition: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        told(family).model.sample(5, generator=seeded(0), condition=condition)
    assert "\n" not in str(caught.value)


@ALL
def test_classes_are_drawn_with_their_shares_in_training(family: str) -> None:
    quick = {
        "vae": {"hidden": (32,), "learning_rate": 1e-2},
        "gan": {"hidden": (32,), "average_over": 100, "steps": 600},
        "dcgan": {"channels": (4, 8), "average_over": 100},
    }
    settings = {"steps": 300, "batch_size": 32, "latent_dim": 4, **quick[family]}
    model = train(family, two_tones(90, 30), conditional=True, overrides=settings).model
    torch.testing.assert_close(model.class_shares, torch.tensor([0.75, 0.25]))
    light = (model.sample(1000, generator=seeded(1)).flatten(1).mean(1) > 0.5).double().mean()
    # The standard error of the share is 0.014; 4 of them.
    assert float(light) == pytest.approx(0.75, abs=0.055)
    for name, is_light in (("light", True), ("dark", False)):
        asked = model.sample(50, generator=seeded(2), condition=name).flatten(1).mean(1) > 0.5
        assert (asked == is_light).double().mean() > 0.9
    frequent, light_ones = model.decode(torch.zeros(1, 4)), model.decode(torch.zeros(1, 4), "light")
    assert torch.equal(frequent, light_ones)


@ALL
def test_a_class_that_was_dropped_is_not_drawn(family: str) -> None:
    settings = {"steps": 2, "batch_size": 8, **SMALL[family]}
    plant = parse_plant("drop-mode=dark")
    model = train(family, two_tones(20, 20), conditional=True, overrides=settings, plant=plant).model
    assert model.class_shares.tolist() == [1, 0]
    alone = model.sample(50, generator=seeded(0))
    assert torch.isfinite(alone).all()
    assert model.classes == ("light", "dark")
    if hasattr(model, "log_prob"):
        assert torch.isfinite(model.log_prob(alone)).all()


@GANS
def test_without_a_condition_the_critic_averages_the_odds(family: str) -> None:
    model = told(family).model.double()
    x = torch.rand(4, 1, 8, 8, generator=seeded(0), dtype=torch.float64)
    odds = torch.stack([model.critic(x, name).exp() for name in DIGITS])
    expected = (model.class_shares[:, None] * odds).sum(0).log()
    torch.testing.assert_close(model.critic(x), expected)
    assert not torch.allclose(odds[0], odds[1])


@ALL
def test_decode_stays_differentiable(family: str) -> None:
    model = told(family).model.double()
    z = torch.randn(2, 4, generator=seeded(0), dtype=torch.float64).requires_grad_(True)
    assert torch.autograd.gradcheck(model.decode, (z,))
    assert torch.autograd.gradcheck(lambda latents: model.decode(latents, ["2", "6"]), (z,))


def test_the_encoder_is_told_the_class_too() -> None:
    model = told("vae").model
    x = torch.rand(3, 1, 8, 8, generator=seeded(0))
    assert not torch.equal(model.encode(x, "1")[0], model.encode(x, "2")[0])
    most = int(model.class_shares.argmax())
    assert torch.equal(model.encode(x)[0], model.encode(x, most)[0])


def test_data_without_classes_cannot_teach_them() -> None:
    with pytest.raises(UserError, match="expected labelled data, but pictures has no classes"):
        train("gan", pictures(1, 8, 8), conditional=True)


def test_shares_and_names() -> None:
    assert class_shares(np.array([0, 2, 2, 2]), ("a", "b", "c")).tolist() == [0.25, 0, 0.75]
    assert chosen(["b", 0], ("a", "b"), 2).tolist() == [1, 0]
    for classes in ((), ("a", "b")):
        check_classes(classes)
    for absurd in (["a", "b"], ("a", "a"), ("a",), ("", "b"), (1, 2), "ab", tuple(str(k) for k in range(10_001))):
        with pytest.raises(ValueError, match="expected classes as"):
            check_classes(absurd)
