"""A diffusion model that is told a class, in all of its steps or in some of them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit.models.base import TakesConditionsByStep
from genai_audit.models.data.datasets import Dataset
from genai_audit.models.families import ddpm
from genai_audit.models.families.ddpm import DDPM
from genai_audit.models.families.training.fitting import Trained, train
from genai_audit.models.families.training.plants import parse_plant
from genai_audit.models.records import Attribute, digest
from unit.models.families.image_checks import all_images, check_randomness, check_round_trip, seeded, trained

SMALL: dict[str, Any] = {"channels": (4,), "time_features": 8, "sampling_steps": 5}


def told(**overrides: Any) -> Trained:
    return trained("ddpm", conditional=True, **{**SMALL, **overrides})


def two_tones(light: int, dark: int, side: int = 2) -> Dataset:
    """Plain images of two classes in three greys, so many light ones and so many dark ones."""
    labels = np.repeat(np.arange(2), [light, dark])
    shade = np.where(labels == 0, 1.0, 0.0)[:, None, None, None]
    samples = np.broadcast_to(shade, (len(labels), 1, side, side)).astype(np.float32)
    groups = {"tone": Attribute(("light", "dark"), labels.astype(np.int64))}
    return Dataset("tones", "image", samples, "test", digest(samples, groups), groups)


@pytest.fixture
def few_noises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight noises for the bound of four pixels, where 64 would tell no more here."""
    monkeypatch.setattr(ddpm, "PIXELS", 32)


@pytest.mark.usefixtures("few_noises")
def test_the_contract_holds(tmp_path: Path) -> None:
    found = told()
    assert found.model.classes == tuple("0123456789")
    assert isinstance(found.model, TakesConditionsByStep)
    check_randomness(found.model)
    check_round_trip(found, tmp_path, condition="7")


def test_a_model_that_is_told_nothing_has_nothing_more() -> None:
    model = trained("ddpm", **SMALL).model
    assert model.classes == ()
    assert "class_shares" not in model.state_dict()
    with pytest.raises(ValueError, match="expected no condition, since the model knows no classes, got '3'"):
        model.sample_in_windows(2, generator=seeded(0), conditions=["3", "3"])


@pytest.mark.usefixtures("few_noises")
def test_it_learns_to_give_what_it_is_asked_for_and_shares_where_nobody_asks() -> None:
    settings = {"steps": 150, "batch_size": 32, "levels": 2, "learning_rate": 1e-2, "average_over": 50, **SMALL}
    model = train("ddpm", two_tones(90, 30), conditional=True, overrides=settings).model
    torch.testing.assert_close(model.class_shares, torch.tensor([0.75, 0.25]))
    for name, is_light in (("light", True), ("dark", False)):
        asked = model.sample(100, generator=seeded(2), condition=name).flatten(1).mean(1) > 0.5
        assert (asked == is_light).double().mean() > 0.9
    light = (model.sample(1000, generator=seeded(1)).flatten(1).mean(1) > 0.5).double().mean()
    # The standard error of the share is 0.014; 4 of them, and what it misses of a class.
    assert float(light) == pytest.approx(0.75, abs=0.08)
    # Its bounds are of a distribution over all images there are, and a light one is three times as probable.
    bounds = model.log_prob(all_images((1, 2, 2), 2)).double().exp()
    assert 0.1 < float(bounds.sum()) < 1
    assert float(bounds[-1] / bounds[0]) == pytest.approx(3, rel=0.5)


def test_told_one_class_in_all_windows_it_gives_what_sample_gives() -> None:
    model = told().model
    whole = model.sample(6, generator=seeded(0), condition="3")
    for windows in (1, 2, 5):
        made = model.sample_in_windows(6, generator=seeded(0), conditions=["3"] * windows)
        assert torch.equal(made, whole)
    assert not torch.equal(model.sample(6, generator=seeded(0), condition=4), whole)
    for wrong in ([], ["3"] * 6):
        with pytest.raises(ValueError, match="expected 1 to 5 conditions"):
            model.sample_in_windows(6, generator=seeded(0), conditions=wrong)


def test_each_window_is_told_its_own_class_in_the_order_from_noise_to_image() -> None:
    model, heard = told().model, []

    class Heard(torch.nn.Module):
        def forward(self, z: torch.Tensor, t: torch.Tensor, asked: torch.Tensor) -> torch.Tensor:
            heard.append((round(float(t[0]) * 5), int(asked[0].argmax())))
            return torch.zeros_like(z)

    model.unet = Heard()
    model.sample_in_windows(1, generator=seeded(0), conditions=["1", "2", "3"])
    # Step s of S, from noise, is told condition s * W // S: 0, 0, 1, 1, 2; the time falls from 5 fifths to one.
    assert heard == [(5, 1), (4, 1), (3, 2), (2, 2), (1, 3)]


@pytest.mark.usefixtures("few_noises")
def test_the_bound_is_that_of_the_mixture_of_the_classes() -> None:
    model: DDPM = train(
        "ddpm", two_tones(30, 10), conditional=True, overrides={"steps": 20, "batch_size": 8, "levels": 2, **SMALL}
    ).model.double()
    x = all_images((1, 2, 2), 2)[::13].double()
    given = []
    for index in range(2):
        # A model all of whose training was of one class has the bound given that class.
        model.class_shares = torch.eye(2, dtype=torch.float64)[index]
        given.append(model.log_prob(x))
    assert not torch.allclose(given[0], given[1])
    model.class_shares = torch.tensor([0.75, 0.25], dtype=torch.float64)
    expected = (0.75 * given[0].exp() + 0.25 * given[1].exp()).log()
    torch.testing.assert_close(model.log_prob(x), expected)


def test_the_denoising_loss_is_that_under_the_class_that_the_image_passes_for() -> None:
    model = told().model
    x, t = torch.rand(3, 1, 8, 8, generator=seeded(0)), torch.full((3,), 0.3)
    noise = torch.randn(3, 1, 8, 8, generator=seeded(1))
    losses = model.denoising_loss(x, t=t, noise=noise)
    each = []
    for name in model.classes:
        alpha, sigma = np.cos(np.pi * 0.15), np.sin(np.pi * 0.15)
        v = model.unet(alpha * (2 * x - 1) + sigma * noise, t, model.asked(3, name))
        each.append((v - (alpha * noise - sigma * (2 * x - 1))).square().flatten(1).mean(1))
    torch.testing.assert_close(losses, torch.stack(each).amin(0), rtol=1e-4, atol=1e-5)


def test_a_class_that_was_dropped_is_not_drawn() -> None:
    settings = {"steps": 2, "batch_size": 8, **SMALL}
    model = train(
        "ddpm", two_tones(20, 20), conditional=True, overrides=settings, plant=parse_plant("drop-mode=dark")
    ).model
    assert model.class_shares.tolist() == [1, 0]
    assert torch.isfinite(model.log_prob(model.sample(20, generator=seeded(0)))).all()
