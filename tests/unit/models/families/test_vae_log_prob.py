"""The VAE's bound is the formula in float64, lies below the likelihood it bounds, and knows what cannot be drawn."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit.models.families.parts.pixels import log_mass, steps_of
from genai_audit.models.families.training.fitting import train
from genai_audit.models.families.vae import DRAWS, VAE
from unit.models.families.image_checks import all_images, pictures, seeded, trained

SMALL: dict[str, Any] = {"hidden": (16,), "latent_dim": 3}


def toy(*, classes: int = 0, **overrides: Any) -> VAE:
    """A VAE of images of four pixels in three greys, with one latent."""
    data = pictures(1, 2, 2, levels=2, classes=classes)
    settings = {"hidden": (16,), "latent_dim": 1, "levels": 2, "steps": 200, "batch_size": 16, **overrides}
    model: VAE = train("vae", data, conditional=bool(classes), overrides=settings).model
    return model


@pytest.mark.parametrize("classes", [0, 3])
def test_it_is_the_bound_in_float64(classes: int) -> None:
    model = toy(classes=classes, latent_dim=2)
    x = all_images((1, 2, 2), 2)[::7]
    expected = [bound(model, image.double().numpy().ravel()) for image in x]
    np.testing.assert_allclose(model.log_prob(x).numpy(), expected, atol=1e-4)


def bound(model: VAE, x: np.ndarray) -> float:
    """E[log p(x|z)] − KL, by plain formulas; with classes, log Σ share · exp(that)."""
    if not model.classes:
        return bound_given(model, x, np.zeros(0))
    told = np.eye(len(model.classes))
    terms = [math.exp(bound_given(model, x, each)) for each in told]
    return math.log(sum(share * term for share, term in zip(model.class_shares.tolist(), terms, strict=True)))


def bound_given(model: VAE, x: np.ndarray, told: np.ndarray) -> float:
    mean, log_variance = np.split(network(model, "encoder", np.concatenate([x, told])), 2)
    half = torch.randn(DRAWS // 2, len(mean), generator=seeded(0)).double().numpy()
    fits = []
    for noise in (*half, *-half):
        z = mean + np.exp(log_variance / 2) * noise
        location, log_scale = np.split(network(model, "decoder", np.concatenate([z, told])), 2)
        scale = np.exp(np.clip(log_scale - 2, -math.log(8), 3))
        above = np.where(x == 1, 1, 1 / (1 + np.exp(-(x + 0.25 - location) / scale)))
        below = np.where(x == 0, 0, 1 / (1 + np.exp(-(x - 0.25 - location) / scale)))
        fits.append(np.log(above - below).sum())
    kl = 0.5 * (mean**2 + np.exp(log_variance) - 1 - log_variance).sum()
    return float(np.mean(fits) - kl)


def network(model: VAE, name: str, x: np.ndarray) -> np.ndarray:
    w = {key: tensor.double().numpy() for key, tensor in model.state_dict().items()}
    hidden = w[f"{name}.0.weight"] @ x + w[f"{name}.0.bias"]
    hidden = hidden / (1 + np.exp(-hidden))
    out: np.ndarray = w[f"{name}.2.weight"] @ hidden + w[f"{name}.2.bias"]
    return out


@pytest.mark.parametrize("classes", [0, 2])
def test_it_lies_below_the_likelihood_and_near_it(classes: int) -> None:
    model, images = toy(classes=classes).double(), all_images((1, 2, 2), 2).double()
    exact = exact_log_likelihood(model, images)
    assert float(exact.exp().sum()) == pytest.approx(1, abs=1e-4)
    gap = exact - model.log_prob(images)
    # The mean of 16 draws may err above the bound, though by less than this.
    assert gap.min() > -0.05
    assert gap.mean() < 1


@torch.no_grad()
def exact_log_likelihood(model: VAE, images: torch.Tensor) -> torch.Tensor:
    """log ∫ p(x|z) p(z) dz by a fine sum over the one latent, and over the classes."""
    z = torch.linspace(-8, 8, 2001, dtype=torch.float64)[:, None]
    prior = torch.distributions.Normal(0.0, 1.0).log_prob(z[:, 0]) + math.log(16 / 2000)
    levels, each = (images * 2).long().flatten(1), []
    asked = model.class_shares.log().tolist() if model.classes else [0.0]
    for index, log_share in enumerate(asked):
        location, log_scale = model.observe(z, index if model.classes else None)
        fits = torch.stack([log_mass(step, location, log_scale, 2).sum(1) for step in levels])  # (images, 2001)
        each.append(log_share + (fits + prior).logsumexp(1))
    return torch.stack(each).logsumexp(0)


def test_a_bound_does_not_depend_on_the_images_beside_it() -> None:
    model = trained("vae", **SMALL).model
    x = model.sample(600, generator=seeded(0))
    together = model.log_prob(x)
    alone = torch.cat([model.log_prob(part) for part in x[:20].split(1)])
    torch.testing.assert_close(together[:20], alone, atol=1e-3, rtol=1e-5)
    twice = model.log_prob(torch.cat([x[:1], x[:1]]))
    assert twice[0] == twice[1]


def test_it_changes_nothing_and_draws_from_nothing_else() -> None:
    model = trained("vae", **SMALL, conditional=True).model
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    x = model.sample(5, generator=seeded(0))
    before = torch.get_rng_state()
    assert torch.equal(model.log_prob(x), model.log_prob(x))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(tensor, weights[name]) for name, tensor in model.state_dict().items())


def test_images_that_it_cannot_draw_have_no_probability() -> None:
    model = trained("vae", **SMALL).model
    x = model.sample(5, generator=seeded(0))
    x[1, 0, 3, 3], x[2, 0, 0, 0], x[3, 0, 0, 0] = 0.51, -0.0625, float("inf")
    assert torch.isfinite(model.log_prob(x)).tolist() == [True, False, False, False, True]
    assert (model.log_prob(x[1:4]) == -torch.inf).all()
    with pytest.raises(ValueError, match=r"expected images of shape \(n, 1, 8, 8\), got \(2, 64\)"):
        model.log_prob(torch.zeros(2, 64))
    assert model.log_prob(x[:0]).shape == (0,)


def test_steps_are_found_through_rounding_to_32_bits() -> None:
    greys = (np.arange(256) / 255).astype(np.float32).reshape(-1, 1, 1, 1)
    steps, possible = steps_of(greys, (1, 1, 1), 255)
    assert steps.flatten().tolist() == list(range(256))
    assert possible.all()
    assert not steps_of(greys[1:255] + np.float32(0.001), (1, 1, 1), 255)[1].any()


@pytest.mark.parametrize("location", [-3.0, 0.2, 0.5, 40.0])
@pytest.mark.parametrize("log_scale", [-5.0, -1.0, 2.0])
def test_the_masses_of_all_steps_add_to_one(location: float, log_scale: float) -> None:
    at, scale = (torch.tensor(value, dtype=torch.float64) for value in (location, log_scale))
    nats = log_mass(torch.arange(17.0, dtype=torch.float64), at, scale, 16)
    assert torch.isfinite(nats).all()
    assert float(nats.exp().sum()) == pytest.approx(1, abs=1e-12)
