"""The audio VAE keeps the contract, and its likelihood is that of what it draws."""

from copy import deepcopy
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from torch.distributions import Independent, MultivariateNormal, Normal

from genai_audit.models.data.datasets import Dataset
from genai_audit.models.errors import UserError
from genai_audit.models.families.audio import AudioVAEConfig, AudioVAETraining
from genai_audit.models.families.training.fitting import Trained, train
from genai_audit.models.records import digest
from unit.models import record_checks as checks

TINY = {"steps": 10, "batch_size": 16, "hidden": (16,), "latent_dim": 2, "components": 4, "draws": 6}


@cache
def data() -> Dataset:
    return checks.some("tones", 100)


def sounds(samples: np.ndarray) -> Dataset:
    return Dataset("made", "audio", samples, "made", digest(samples, {}), sample_rate=1000)


@cache
def tiny(seed: int = 0) -> Trained:
    return train("audio", data(), seed=seed, overrides=TINY)


def test_sample_gives_waveforms_and_the_model_knows_their_rate() -> None:
    drawn = tiny().model.sample(30, generator=checks.seeded(0))
    assert drawn.shape == (30, 512)
    assert drawn.dtype == torch.float32
    assert drawn.abs().max() <= 1
    assert tiny().model.sample_rate == 8000
    checks.check_entry(tiny().model, "audio")


def test_randomness_seeds_and_round_trip(tmp_path: Path) -> None:
    checks.check_randomness(tiny().model)
    checks.check_seeds("audio", data(), **TINY)
    checks.check_round_trip(tiny(), tmp_path)


def test_any_length_and_rate() -> None:
    made = sounds(np.random.default_rng(0).uniform(-1, 1, (40, 33)).astype(np.float32))
    model = train("audio", made, overrides=TINY).model
    assert model.sample(3, generator=checks.seeded(0)).shape == (3, 33)
    assert model.sample_rate == 1000


def test_encode_gives_mean_and_log_variance() -> None:
    mean, log_variance = tiny().model.encode(torch.from_numpy(data().samples[:5]))
    assert mean.shape == log_variance.shape == (5, 2)


def test_log_prob_is_the_importance_weighted_bound_in_float64() -> None:
    model = deepcopy(tiny().model).double()
    x = torch.from_numpy(data().samples[:6]).double()
    half = torch.randn(3, 2, generator=checks.seeded(0)).double()
    prior = [
        MultivariateNormal(at, precision_matrix=whitening.T @ whitening)
        for at, whitening in zip(model.prior.means, model.prior.whitening(), strict=True)
    ]
    mean, log_variance = model.encode(x)
    expected = []
    for index in range(len(x)):
        weights = []
        for noise in torch.cat([half, -half]):
            posterior = Independent(Normal(mean[index], (log_variance[index] / 2).exp()), 1)
            z = mean[index] + (log_variance[index] / 2).exp() * noise
            log_prior = logsumexp([float(p.log_prob(z)) for p in prior] + model.prior.logits.log_softmax(0).numpy())
            location, log_ratio = model.observe(z[None])
            fit = Normal(location[0], model.scale * log_ratio[0].exp()).log_prob(x[index]).sum()
            weights.append(float(fit) + log_prior - float(posterior.log_prob(z)))
        expected.append(logsumexp(weights) - np.log(6))
    np.testing.assert_allclose(tiny().model.log_prob(x.float()), expected, rtol=1e-4, atol=0.02)


def test_sounds_that_the_model_cannot_give_are_impossible() -> None:
    model, good = tiny().model, torch.from_numpy(data().samples[:2])
    assert torch.isfinite(model.log_prob(good)).all()
    assert model.log_prob(good[:, :-1]).tolist() == [-np.inf, -np.inf]
    assert model.log_prob(torch.stack([good[0] + 2, good[0] * torch.nan, good[0]])).isinf().tolist() == [
        True,
        True,
        False,
    ]
    assert model.log_prob(good[:0]).shape == (0,)
    assert torch.equal(model.log_prob(data().samples[:2]), model.log_prob(good))


def test_equal_sounds_have_equal_bounds_wherever_they_stand() -> None:
    some = torch.from_numpy(data().samples[:25])
    found = tiny().model.log_prob(some.repeat(50, 1)).reshape(50, 25)
    torch.testing.assert_close(found, found[:1].expand(50, 25), rtol=1e-5, atol=1e-3)


def test_two_kinds_of_sounds_are_learned_with_their_shares_and_noise() -> None:
    rng = np.random.default_rng(0)
    kind = rng.random(600) < 0.3
    t = np.arange(64)
    clean = np.where(kind[:, None], np.sin(t / 2), np.sin(t / 5)) * rng.uniform(0.5, 0.8, (600, 1))
    made = sounds((clean + 0.02 * rng.standard_normal(clean.shape)).astype(np.float32))
    settings = {"steps": 800, "batch_size": 64, "hidden": (64,), "latent_dim": 2, "components": 8, "average_over": 100}
    settings |= {"temperature": 1.0}
    model = train("audio", made, overrides=settings).model
    drawn = model.sample(2000, generator=checks.seeded(0)).numpy()
    high, low = (np.abs(drawn @ np.exp(1j * t * speed)) / 32 for speed in (0.5, 0.2))
    assert ((high > 0.4) ^ (low > 0.4)).mean() > 0.95
    assert (high > low).mean() == pytest.approx(kind.mean(), abs=0.04)
    # What the two waves do not explain is the noise, 0.02, and what is not learned yet.
    waves = np.stack([np.sin(t / 2), np.sin(t / 5)])
    rest = drawn - drawn @ np.linalg.pinv(waves) @ waves
    assert 0.015 < rest.std() < 0.05
    assert model.log_prob(made.samples).mean() > tiny_on(made).log_prob(made.samples).mean() + 20


def test_it_cannot_be_told_a_class() -> None:
    with pytest.raises(ValueError, match="expected no condition, since the model knows no classes, got 'sine'"):
        tiny().model.sample(2, generator=checks.seeded(0), condition="sine")


def tiny_on(made: Dataset) -> object:
    return train("audio", made, overrides=TINY).model


def test_sounds_need_a_sample_rate() -> None:
    with pytest.raises(UserError, match="expected sounds with a sample rate, got none"):
        train("audio", replace(data(), sample_rate=None), overrides=TINY)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"length": 0}, "length as a whole number from 1 to 65536"),
        ({"sample_rate": 10**7}, "sample_rate as a whole number"),
        ({"hidden": (10**9,)}, "a hidden width as a whole number"),
        ({"latent_dim": 10**6}, "latent_dim as a whole number from 1 to"),
        ({"components": 2.5}, "components as a whole number"),
        ({"draws": 0}, "draws as a whole number"),
    ],
)
def test_absurd_sizes_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AudioVAEConfig(**{**asdict(tiny().model.config), **changes})


def test_absurd_training_is_refused() -> None:
    with pytest.raises(ValueError, match="kl_start as a number from 1"):
        AudioVAETraining(kl_start=0)
