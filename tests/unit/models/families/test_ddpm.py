"""The diffusion model's steps are those of its Gaussian chain, and its bound is that chain's, computed anew."""

import math
from pathlib import Path

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from genai_audit.models.families.ddpm import DDPM, DDPMConfig, mix, step_back
from genai_audit.models.families.training.fitting import train
from unit.models.families.image_checks import (
    all_images,
    check_images,
    check_likelihood_family,
    pictures,
    seeded,
    trained,
)

SMALL = {"channels": (4, 8), "time_features": 8, "sampling_steps": 5}


def toy(shape: tuple[int, int, int] = (1, 2, 2), **overrides: object) -> DDPM:
    settings = {"steps": 100, "batch_size": 16, "levels": 2, **SMALL, **overrides}
    model: DDPM = train("ddpm", pictures(*shape, levels=2), overrides=settings).model
    return model


def test_the_contract_and_the_seeds(tmp_path: Path) -> None:
    check_likelihood_family("ddpm", "lower_bound", tmp_path, **SMALL)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 5, 7), (1, 28, 28)])
@pytest.mark.parametrize("channels", [(4,), (4, 4, 8)])
def test_any_image_shape(shape: tuple[int, int, int], channels: tuple[int, ...]) -> None:
    settings = {**SMALL, "steps": 1, "batch_size": 4, "channels": channels}
    check_images(train("ddpm", pictures(*shape), overrides=settings).model, 3, shape)


def test_one_step_back_is_the_gaussian_of_bayes() -> None:
    # q(z_s | z_t, x) ∝ q(z_t | z_s) q(z_s | x): on a fine grid of z_s, for numbers instead of images.
    s, t = torch.tensor([0.35], dtype=torch.float64), torch.tensor([0.6], dtype=torch.float64)
    z_t, x = (torch.full((1, 1, 1, 1), value, dtype=torch.float64) for value in (0.4, -0.7))
    (alpha_s, sigma_s), (alpha_t, sigma_t) = ([float(each) for each in mix(time)] for time in (s, t))
    z_s = torch.linspace(-6, 6, 200_001, dtype=torch.float64)
    share = alpha_t / alpha_s
    forward = Normal(share * z_s, math.sqrt(sigma_t**2 - share**2 * sigma_s**2)).log_prob(z_t.flatten())
    density = (forward + Normal(alpha_s * float(x), sigma_s).log_prob(z_s)).softmax(0)
    keep, pull, variance = step_back(t, s)
    mean = float(keep * z_t + pull * x)
    assert mean == pytest.approx(float((density * z_s).sum()), abs=1e-6)
    assert float(variance) == pytest.approx(float((density * (z_s - mean) ** 2).sum()), abs=1e-6)


def test_nothing_is_left_of_the_image_at_time_one() -> None:
    alpha, sigma = mix(torch.tensor([0.0, 0.5, 1.0]))
    torch.testing.assert_close(alpha.flatten(), torch.tensor([1.0, math.sqrt(0.5), 0.0]))
    torch.testing.assert_close(alpha.square() + sigma.square(), torch.ones(3, 1, 1, 1))


def test_the_bound_is_that_of_the_chain_in_float64() -> None:
    model = toy(channels=(4,)).double().requires_grad_(False)
    x = all_images((1, 2, 2), 2)[::9].double()
    generator, halves = seeded(0), []
    for _ in range(32):  # four pixels, so 64 noises: 32 and their opposites
        noise = torch.randn(5, 1, 2, 2, generator=generator).double()
        halves += [chain(model, x, noise), chain(model, x, -noise)]
    expected = torch.stack(halves).mean(0)
    torch.testing.assert_close(model.log_prob(x), expected, atol=1e-8, rtol=1e-8)
    torch.testing.assert_close(model.float().log_prob(x.float()).double(), expected, atol=1e-3, rtol=1e-4)


def chain(model: DDPM, x: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
    """The bound of images (n, 1, 2, 2) in three greys over five steps with one noise each."""
    bound, residual = torch.zeros(len(x), dtype=torch.float64), model.residual.double()
    for step in range(5, 0, -1):
        angle = math.pi / 2 * step / 5
        z = math.cos(angle) * (2 * x - 1) + math.sin(angle) * noise[step - 1]
        t, s = (torch.full((len(x),), each / 5, dtype=torch.float64) for each in (step, step - 1))
        guess = model.guess(z, t, model.asked(len(z), None)).clamp(-1, 1)
        if step > 1:
            keep, pull, variance = step_back(t, s)
            true = Normal(keep * z + pull * (2 * x - 1), variance.sqrt().expand_as(z))
            wide = (variance + (pull * residual[step - 1]) ** 2).sqrt()
            bound -= kl_divergence(true, Normal(keep * z + pull * guess, wide.expand_as(z))).flatten(1).sum(1)
        else:
            location, scale = (guess + 1) / 2, residual[0] / 2 * math.sqrt(3) / math.pi
            above = torch.sigmoid((x + 0.25 - location) / scale).masked_fill(x == 1, 1)
            below = torch.sigmoid((x - 0.25 - location) / scale).masked_fill(x == 0, 0)
            bound += (above - below).log().flatten(1).sum(1)
    return bound


def test_bounds_add_to_less_than_one() -> None:
    total = float(toy(steps=400).log_prob(all_images((1, 2, 2), 2)).double().exp().sum())
    assert 0.01 < total < 1


def test_the_bound_is_below_the_share_of_samples() -> None:
    # Nine images are all that two pixels in three greys can be: the model's own samples tell their probabilities.
    model = toy((1, 1, 2), channels=(8,), steps=300)
    images = all_images((1, 1, 2), 2)
    drawn = torch.cat([model.sample(5000, generator=seeded(seed)) for seed in range(4)])
    shares = torch.stack([(drawn == image).flatten(1).all(1).double().mean() for image in images])
    assert (model.log_prob(images).double().exp() < shares + 0.01).all()


def test_a_bound_does_not_depend_on_the_images_beside_it() -> None:
    model = trained("ddpm", **SMALL).model
    x = model.sample(250, generator=seeded(0))
    alone = torch.cat([model.log_prob(part) for part in x[95:105].split(1)])
    torch.testing.assert_close(model.log_prob(x)[95:105], alone, atol=1e-2, rtol=1e-5)


def test_images_that_it_cannot_draw_have_no_probability() -> None:
    model = trained("ddpm", **SMALL).model
    x = model.sample(4, generator=seeded(0))
    x[1, 0, 3, 3], x[2, 0, 0, 0] = 0.51, float("nan")
    assert torch.isfinite(model.log_prob(x)).tolist() == [True, False, False, True]
    assert (model.log_prob(x[1:3]) == -torch.inf).all()
    assert model.log_prob(x[:0]).shape == (0,)


def test_training_learns_to_denoise() -> None:
    short, long = (trained("ddpm", **SMALL, steps=steps) for steps in (2, 200))
    assert long.facts["training"]["squared_error"] < 0.8 * short.facts["training"]["squared_error"]
    assert (long.model.residual < short.model.residual).all()
    # The more noise, the worse the guess.
    assert (long.model.residual.diff() > 0).all()


def test_it_cannot_be_told_a_class() -> None:
    with pytest.raises(ValueError, match="expected no condition, since the model knows no classes, got 3"):
        toy().sample(2, generator=seeded(0), condition=3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"channels": ()}, "1 to 32 layer widths"),
        ({"channels": (4,) * 5}, "at most 4 widths"),
        ({"channels": (10**9,)}, "a hidden width as a whole number from 1"),
        ({"time_features": 10**9}, "time_features as a whole number from 1 to 4096"),
        ({"sampling_steps": 0}, "sampling_steps as a whole number from 1 to 10000, got 0"),
        ({"levels": 1.5}, "levels as a whole number"),
    ],
)
def test_absurd_settings_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        DDPMConfig(**{"image_shape": (1, 8, 8), **changes})  # type: ignore[arg-type]  # wrong types are the point


def test_the_denoising_loss_is_that_of_training_for_each_image_by_itself() -> None:
    model = toy(steps=1)
    images, t = torch.from_numpy(pictures(1, 2, 2, levels=2).samples[:6]), torch.full((6,), 0.4)
    noise = torch.randn(6, 1, 2, 2, generator=torch.Generator().manual_seed(1))
    losses = model.denoising_loss(images, t=t, noise=noise)
    alpha, sigma = math.cos(math.pi * 0.2), math.sin(math.pi * 0.2)
    z = alpha * (2 * images - 1) + sigma * noise
    v = alpha * noise - sigma * (2 * images - 1)
    assert losses.shape == (6,)
    assert losses == pytest.approx(
        (model.unet(z, t, model.asked(6, None)) - v).square().flatten(1).mean(1).detach(), rel=1e-4
    )
    alone = model.denoising_loss(images[2:3], t=t[2:3], noise=noise[2:3])
    assert alone == pytest.approx(losses[2:3], rel=1e-4)
