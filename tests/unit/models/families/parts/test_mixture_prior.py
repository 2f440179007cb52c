"""The learned prior is the mixture it says it is, in densities, in draws and in its fit."""

import numpy as np
import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from genai_audit.models.families.parts.mixture_prior import MixturePrior, fixed_noise, log_gaussian


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def prior(components: int = 3, size: int = 2) -> MixturePrior:
    made = MixturePrior(components, size).requires_grad_(False)
    made.start(seeded(0))
    for weight in made.parameters():
        weight.add_(0.5 * torch.randn(weight.shape, generator=seeded(1)))
    return made


def reference(made: MixturePrior) -> MixtureSameFamily:
    whitening = made.whitening()
    parts = MultivariateNormal(made.means, precision_matrix=whitening.mT @ whitening)
    return MixtureSameFamily(Categorical(logits=made.logits), parts)


def test_density_is_that_of_the_mixture() -> None:
    made, z = prior(), torch.randn(50, 2, generator=seeded(2))
    torch.testing.assert_close(made.log_density(z), reference(made).log_prob(z), rtol=1e-4, atol=1e-4)


def test_draws_have_the_mixtures_moments() -> None:
    made = prior()
    drawn, distribution = made.draw(100_000, seeded(3)), reference(made)
    # Five standard errors.
    assert ((drawn.mean(0) - distribution.mean).abs() < 5 * distribution.variance.sqrt() / 100_000**0.5).all()
    torch.testing.assert_close(drawn.var(0), distribution.variance, rtol=0.03, atol=0)
    # An independent check of the slant: the mean log-density of draws is that of the reference's own draws.
    torch.manual_seed(0)
    own = distribution.log_prob(distribution.sample((100_000,))).mean()
    assert float(made.log_density(drawn).mean()) == pytest.approx(float(own), abs=0.02)


def test_refit_finds_slanted_clusters_and_raises_the_density() -> None:
    rng = np.random.default_rng(0)
    first = rng.multivariate_normal([-3, 0], [[1.0, 0.9], [0.9, 1.0]], 3000)
    second = rng.multivariate_normal([3, 1], [[0.1, 0.0], [0.0, 0.5]], 1000)
    z = torch.from_numpy(np.concatenate([first, second])).float()
    made = prior(2)
    before = made.log_density(z).mean()
    made.refit(z, seeded(0))
    assert made.log_density(z).mean() > before + 1
    order = made.means[:, 0].argsort()
    torch.testing.assert_close(made.means[order], torch.tensor([[-3.0, 0.0], [3.0, 1.0]]), atol=0.1, rtol=0)
    torch.testing.assert_close(made.logits.softmax(0)[order], torch.tensor([0.75, 0.25]), atol=0.01, rtol=0)
    whitening = made.whitening()[order]
    covariance = torch.linalg.inv(whitening.mT @ whitening)
    expected = torch.tensor([[[1.0, 0.9], [0.9, 1.0]], [[0.1, 0.0], [0.0, 0.5]]])
    torch.testing.assert_close(covariance, expected, atol=0.08, rtol=0)


def test_refit_depends_on_its_generator_alone() -> None:
    z = torch.randn(200, 2, generator=seeded(0))
    fitted = []
    for state in (1, 2):
        torch.manual_seed(state)
        made = prior(4)
        made.refit(z, seeded(5))
        fitted.append(made.log_density(z))
    assert torch.equal(*fitted)


def test_refit_survives_fewer_points_than_components() -> None:
    made = prior(6)
    made.refit(torch.tensor([[0.0, 0.0], [1.0, 1.0]]).repeat(5, 1), seeded(0))
    assert all(bool(torch.isfinite(weight).all()) for weight in made.parameters())
    drawn = made.draw(100, seeded(1))
    assert torch.cdist(drawn, torch.tensor([[0.0, 0.0], [1.0, 1.0]])).min(1).values.max() < 0.05


def test_fixed_noise_never_changes_and_sums_to_nothing() -> None:
    assert torch.equal(fixed_noise(8, 3), fixed_noise(8, 3))
    torch.testing.assert_close(fixed_noise(8, 3).sum(0), torch.zeros(3))
    assert fixed_noise(5, 2).shape == (5, 2)


def test_log_gaussian_is_the_normal_density() -> None:
    noise, log_scale = torch.randn(4, 3, generator=seeded(0)), torch.randn(4, 3, generator=seeded(1))
    distribution = torch.distributions.Normal(0.0, log_scale.exp())
    torch.testing.assert_close(log_gaussian(noise, log_scale), distribution.log_prob(noise * log_scale.exp()).sum(1))
