"""The table VAE keeps the contract, and its likelihood is that of what it draws."""

from copy import deepcopy
from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import norm
from torch.distributions import Independent, MultivariateNormal, Normal

from genai_audit.models.data.column_rows import from_frame
from genai_audit.models.errors import UserError
from genai_audit.models.families.tabular_vae import TabularVAE, TabularVAEConfig, TabularVAETraining, cells, log_mass
from genai_audit.models.families.training.fitting import Trained, train
from genai_audit.models.families.training.plants import parse_plant
from unit.models import record_checks as checks

TINY = {"steps": 5, "batch_size": 16, "hidden": (16,), "latent_dim": 3, "components": 4, "draws": 6}


def frame() -> pd.DataFrame:
    """Every kind of column whose likelihood differs: values, a grid, no grid, gaps in both."""
    rng = np.random.default_rng(0)
    gone = rng.random(300) < 0.2
    return pd.DataFrame(
        {
            "kind": rng.choice(["a", "b", "c"], 300),
            "count": rng.poisson(20, 300),
            "price": np.exp(rng.normal(3, 1, 300)).round(2),
            "level": rng.normal(0, 2e4, 300),
            "gaps": np.where(gone, np.nan, rng.normal(0, 1, 300)),
            "maybe": pd.Series(np.where(gone, None, "x")),
            "flag": rng.random(300) < 0.3,
        }
    )


@cache
def tiny(seed: int = 0) -> Trained:
    return train("tabular-vae", checks.table(frame()), seed=seed, overrides=TINY)


def test_sample_gives_rows_of_the_same_form() -> None:
    drawn = tiny().model.sample(30, generator=checks.seeded(0))
    assert drawn.shape == (30, 7)
    assert drawn.dtypes.to_dict() == frame().dtypes.to_dict()
    assert drawn["count"].between(frame()["count"].min(), frame()["count"].max()).all()
    assert (drawn["price"].round(2) == drawn["price"]).all()
    many = tiny().model.sample(500, generator=checks.seeded(0))
    assert 0.1 < many["gaps"].isna().mean() < 0.3
    checks.check_entry(tiny().model, "tabular-vae")


def test_randomness_seeds_and_round_trip(tmp_path: Path) -> None:
    checks.check_randomness(tiny().model)
    checks.check_seeds("tabular-vae", checks.table(frame()), **TINY)
    checks.check_round_trip(tiny(), tmp_path)


def test_it_cannot_be_told_a_value() -> None:
    with pytest.raises(ValueError, match=r"since the model knows no classes, got \{.kind.: .a.\}"):
        tiny().model.sample(2, generator=checks.seeded(0), condition={"kind": "a"})


def log_likelihood(model: TabularVAE, row: pd.Series, z: torch.Tensor) -> float:
    """log p(row|z) in float64, column by column, from the decoder's raw numbers."""
    logits, location, log_scale = (each.numpy()[0] for each in model.observe(z[None]))
    total, state, mode = 0.0, 0, 0
    for column in model.columns:
        shares = logits[state : state + column.states] - logsumexp(logits[state : state + column.states])
        value = row[column.name]
        terms = []
        if pd.isna(value):
            terms.append(shares[-1])
        elif column.values:
            terms.append(shares[column.values.index(value)])
        for k, (_, mean, deviation) in enumerate(column.modes if not pd.isna(value) else ()):
            distribution = norm(mean + deviation * location[mode + k], deviation * np.exp(log_scale[mode + k]))
            if column.step:
                upper = np.inf if value == column.high else value + column.step / 2
                lower = -np.inf if value == column.low else value - column.step / 2
                # Of the smaller tail, or a difference of two numbers near 1 would be lost.
                mass = (
                    distribution.cdf(upper) - distribution.cdf(lower)
                    if value < distribution.mean()
                    else distribution.sf(lower) - distribution.sf(upper)
                )
                terms.append(shares[k] + np.log(mass))
            else:
                terms.append(shares[k] + distribution.logpdf(value))
        total += float(logsumexp(terms))
        state, mode = state + column.states, mode + len(column.modes)
    return total


def test_log_prob_is_the_importance_weighted_bound_in_float64() -> None:
    model = deepcopy(tiny().model).double()
    rows = pd.concat([frame()[:12], frame().sort_values("count")[-2:], frame().sort_values("price")[:2]])
    mean, log_scale = model.infer(model.layout.encode(from_frame(model.columns, rows)).double())
    half = torch.randn(3, 3, generator=checks.seeded(0)).double()
    prior = [
        MultivariateNormal(at, precision_matrix=whitening.T @ whitening)
        for at, whitening in zip(model.prior.means, model.prior.whitening(), strict=True)
    ]
    expected = []
    with torch.no_grad():
        for index in range(len(rows)):
            weights = []
            for noise in torch.cat([half, -half]):
                z = mean[index] + log_scale[index].exp() * noise
                joint = [float(each.log_prob(z)) for each in prior]
                log_prior = logsumexp(joint + model.prior.logits.log_softmax(0).numpy())
                inferred = Independent(Normal(mean[index], log_scale[index].exp()), 1).log_prob(z)
                weights.append(log_likelihood(model, rows.iloc[index], z) + log_prior - float(inferred))
            expected.append(logsumexp(weights) - np.log(6))
    found = tiny().model.log_prob(rows)
    assert found.dtype == torch.float32
    # 32 bits leave about 1e-6 of terms that are at most a few hundred nats; narrow cells add 1e-4.
    np.testing.assert_allclose(found, expected, atol=5e-3)


def test_probabilities_add_to_one_over_all_rows() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"n": rng.normal(50, 15, 400).round().astype(int), "b": rng.random(400) < 0.2})
    model = train("tabular-vae", checks.table(table), overrides=TINY).model
    low, high = int(table["n"].min()), int(table["n"].max())
    everything = pd.DataFrame([(n, b) for n in range(low, high + 1) for b in (False, True)], columns=["n", "b"])
    seen = cells(model.layout, from_frame(model.columns, everything))
    z = torch.randn(5, 3, generator=checks.seeded(1))
    with torch.no_grad():
        for each in z:
            total = model.log_likelihood(seen, each.expand(len(everything), 3)).exp().sum()
            assert float(total) == pytest.approx(1, abs=1e-4)
        # What is drawn has these probabilities, averaged over the prior.
        drawn = model.sample(20_000, generator=checks.seeded(2))
        latents = model.prior.draw(4000, checks.seeded(3))
        some = everything[everything["n"].between(48, 52)].index
        for row in some:
            share = ((drawn["n"] == everything["n"][row]) & (drawn["b"] == everything["b"][row])).mean()
            one = seen.take(torch.full((len(latents),), row))
            probability = float(model.log_likelihood(one, latents).exp().mean())
            # Five standard errors of the share, and those of the mean over latents.
            assert abs(share - probability) < 5 * np.sqrt(probability / 20_000) + 0.05 * probability


def test_rows_that_the_model_cannot_give_are_impossible() -> None:
    good = frame()[:1]
    odd = {
        "kind": "d", "count": 10_000, "price": 20.123, "level": np.nan, "gaps": 1e9, "maybe": "y", "flag": "yes",
    }  # fmt: skip
    assert torch.isfinite(tiny().model.log_prob(good)).all()
    for name, value in odd.items():
        column = good[name].dtype if isinstance(value, float) else object
        row = good.assign(**{name: pd.Series([value], dtype=column).to_numpy()})
        assert tiny().model.log_prob(row).tolist() == [-np.inf], name
    assert tiny().model.log_prob(good[:0]).shape == (0,)
    with pytest.raises(UserError, match="expected a table with the column 'kind'"):
        tiny().model.log_prob(good.drop(columns="kind"))


def test_equal_rows_have_equal_bounds_wherever_they_stand() -> None:
    rows = pd.concat([frame()[:40]] * 40, ignore_index=True)
    found = tiny().model.log_prob(rows).reshape(40, 40)
    torch.testing.assert_close(found, found[:1].expand(40, 40), rtol=1e-5, atol=1e-4)


def test_log_mass_is_exact_from_the_middle_to_the_far_tails() -> None:
    middle = np.array([0.0, 1.0, -3.0, 7.0, 15.0, -19.9, 25.0, -300.0, 0.5, 0.5, -30.0, 30.0, 600.0])
    half = np.array([0.5, 0.001, 0.03, 0.1, 0.5, 0.2, 0.05, 0.5, 0.5, 0.5, 0.5, 0.5, 1.0])
    first, last = np.arange(13) == 8, (np.arange(13) == 9) | (np.arange(13) == 10)
    lower, upper = np.where(first, -np.inf, middle - half), np.where(last, np.inf, middle + half)
    flip = lower + upper > 0
    below, above = np.where(flip, -upper, lower), np.where(flip, -lower, upper)
    expected = norm.logcdf(above) + np.log1p(-np.exp(norm.logcdf(below) - norm.logcdf(above)))
    inputs = [torch.tensor(each, dtype=torch.float32, requires_grad=True) for each in (middle, half)]
    found = log_mass(*inputs, torch.from_numpy(first), torch.from_numpy(last))
    np.testing.assert_allclose(found.detach(), expected, rtol=3e-4, atol=3e-4)
    found.sum().backward()
    assert all(bool(torch.isfinite(each.grad).all()) for each in inputs)


def test_training_raises_the_bound_above_that_of_independent_columns() -> None:
    rng = np.random.default_rng(0)
    left = rng.random(600) < 0.5
    table = pd.DataFrame({"left": left, "same": left, "n": rng.poisson(np.where(left, 10, 40))})
    data = checks.table(table)
    long = train("tabular-vae", data, overrides={**TINY, "steps": 400, "batch_size": 64}).model
    drawn = long.sample(1000, generator=checks.seeded(0))
    # Independent columns agree in half of the rows.
    assert (drawn["left"] == drawn["same"]).mean() > 0.9
    assert ((drawn["n"] < 22) == drawn["left"]).mean() > 0.9
    assert long.log_prob(table).mean() > train("tabular-vae", data, overrides=TINY).model.log_prob(table).mean() + 0.5


@pytest.mark.parametrize("plant", ["shrink=0.6", "collapse=3", "imbalance=island:0.25", "memorise=5"])
def test_planted_defects_can_be_trained(plant: str) -> None:
    loans = checks.some("loans", 300)
    model = train("tabular-vae", loans, overrides=TINY, plant=parse_plant(plant)).model
    drawn = model.sample(10, generator=checks.seeded(0))
    assert (drawn.dtypes == loans.samples.dtypes).all()
    assert torch.isfinite(model.log_prob(drawn)).all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"columns": ()}, "expected 1 to 1000 columns"),
        ({"hidden": (0,)}, "a hidden width as a whole number"),
        ({"latent_dim": 10**9}, "latent_dim as a whole number from 1 to 4096"),
        ({"components": 0}, "components as a whole number"),
        ({"draws": "6"}, "draws as a whole number"),
    ],
)
def test_absurd_sizes_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TabularVAEConfig(**{**asdict(tiny().model.config), **changes})


def test_absurd_training_is_refused() -> None:
    with pytest.raises(ValueError, match="warm_up as a number from 0 to 1, got 2"):
        TabularVAETraining(warm_up=2)


def test_rows_are_encoded_as_in_the_bound() -> None:
    model, rows = tiny().model, frame().iloc[:30]
    mean, log_variance = model.encode(rows)
    with torch.no_grad():
        expected, log_scale = model.infer(model.layout.encode(from_frame(model.columns, rows)))
    assert torch.equal(mean, expected)
    assert torch.equal(log_variance, 2 * log_scale)
