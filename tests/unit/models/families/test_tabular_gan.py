"""The table GAN keeps the contract, is taught rare values, and follows the conditions it is told."""

from dataclasses import asdict
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import chisquare

from genai_audit.models.data.column_rows import from_frame
from genai_audit.models.data.columns import describe, read_columns
from genai_audit.models.errors import UserError
from genai_audit.models.families.parts.table_conditions import Conditions
from genai_audit.models.families.parts.table_layout import Layout, gumbel_max
from genai_audit.models.families.tabular_gan import TabularGANConfig, TabularGANTraining, critic, make
from genai_audit.models.families.training.fitting import Trained, train
from genai_audit.models.families.training.plants import parse_plant
from unit.models import record_checks as checks

TINY = {"steps": 5, "batch_size": 16, "hidden": (16,), "latent_dim": 8}


def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    gone = rng.random(300) < 0.2
    return pd.DataFrame(
        {
            "kind": rng.choice(["a", "b", "rare"], 300, p=[0.6, 0.38, 0.02]),
            "count": rng.poisson(20, 300),
            "level": np.where(gone, np.nan, rng.normal(0, 3, 300)),
            "flag": rng.random(300) < 0.3,
        }
    )


@cache
def tiny(seed: int = 0) -> Trained:
    return train("tabular-gan", checks.table(frame()), seed=seed, overrides=TINY)


def test_sample_gives_rows_of_the_same_form() -> None:
    drawn = tiny().model.sample(500, generator=checks.seeded(0))
    assert drawn.shape == (500, 4)
    assert drawn.dtypes.to_dict() == frame().dtypes.to_dict()
    assert drawn["count"].between(frame()["count"].min(), frame()["count"].max()).all()
    assert set(drawn["kind"]) <= {"a", "b", "rare"}
    assert 0.05 < drawn["level"].isna().mean() < 0.4
    checks.check_entry(tiny().model, "tabular-gan")


def test_randomness_seeds_and_round_trip(tmp_path: Path) -> None:
    checks.check_randomness(tiny().model)
    checks.check_seeds("tabular-gan", checks.table(frame()), **TINY)
    checks.check_round_trip(tiny(), tmp_path)


def test_frequencies_are_those_of_the_training_data_even_of_a_plant() -> None:
    shares = tiny().model.frequency
    expected = [frame()["kind"].eq(kind).mean() for kind in ("a", "b", "rare")]
    torch.testing.assert_close(shares[:3], torch.tensor(expected, dtype=torch.float32))
    assert shares.sum() == pytest.approx(2, abs=1e-5)  # two columns of values
    loans = checks.some("loans", 400)
    planted = train("tabular-gan", loans, overrides=TINY, plant=parse_plant("drop-mode=female")).model
    drawn = planted.draw_conditions(2000, checks.seeded(0))
    at = planted.columns[0].values.index("female")
    assert planted.columns[0].name == "sex"
    assert drawn[:, 1 - at].sum() > 0
    assert drawn[:, at].sum() == 0


def test_conditions_for_training_favour_rare_values_and_come_with_rows_that_have_them() -> None:
    columns = read_columns(describe(frame()))
    states = from_frame(columns, frame()).states
    conditions = Conditions(columns, states)
    drawn = conditions.draw(20_000, checks.seeded(0))
    assert (states[drawn.rows, drawn.column] == drawn.state.numpy()).all()
    assert (drawn.one_hot.sum(1) == 1).all()
    counts = [np.bincount(states[:, index]) for index in (0, 3)]
    expected = np.concatenate([np.log1p(count) / np.log1p(count).sum() / 2 for count in counts])
    assert chisquare(drawn.one_hot.sum(0), expected * 20_000).pvalue > 1e-3
    assert expected[2] > 5 * (frame()["kind"] == "rare").mean() / 2
    # Among the rows of one value each comes up alike.
    rows = drawn.rows[(drawn.column == 0).numpy() & (drawn.state == 1).numpy()]
    assert chisquare(np.bincount(rows, minlength=300)[states[:, 0] == 1]).pvalue > 1e-3


def test_conditions_for_sampling_have_the_shares_of_the_data() -> None:
    drawn = tiny().model.draw_conditions(20_000, checks.seeded(0))
    assert (drawn.sum(1) == 1).all()
    assert chisquare(drawn.sum(0), tiny().model.frequency.double() / 2 * 20_000, sum_check=False).pvalue > 1e-3


def test_a_condition_is_asked_of_the_generator() -> None:
    model = train("tabular-gan", checks.table(frame()), overrides={**TINY, "steps": 300, "learning_rate": 5e-3}).model
    for kind in ("a", "b", "rare"):
        drawn = model.sample(300, generator=checks.seeded(0), condition={"kind": kind})
        assert (drawn["kind"] == kind).mean() > 0.8
    for condition, message in (
        ({"kind": "c"}, "expected kind to be one of 'a', 'b', 'rare', got 'c'"),
        ({"count": 3}, r"expected a condition on one column \('kind', 'flag'\), got"),
        ({}, "expected a condition on one column"),
        ("a", r"expected a condition on one column .*, got 'a'"),
        (3, r"expected a condition on one column .*, got 3"),
    ):
        with pytest.raises(UserError, match=message):
            model.sample(3, generator=checks.seeded(0), condition=condition)


def test_what_was_told_counts_as_missed_in_nats() -> None:
    columns = read_columns(describe(frame()))
    layout = Layout(columns)
    conditions = Conditions(columns, from_frame(columns, frame()).states)
    drawn = conditions.draw(50, checks.seeded(0))
    even = layout.log_shares(torch.zeros(50, layout.width))
    expected = np.mean([np.log(columns[index].states) for index in drawn.column.tolist()])
    assert float(conditions.missed(even, drawn)) == pytest.approx(expected)


def test_made_rows_are_one_hot_forward_and_teach_backward() -> None:
    model = tiny().model
    told = model.draw_conditions(8, checks.seeded(0))
    model.requires_grad_(True)
    rows, _ = make(model, told, 2.0, checks.seeded(1))
    states = rows[:, : model.layout.width].detach()
    assert ((states - states.round()).abs() < 1e-6).all()
    torch.testing.assert_close(states.sum(1), torch.full((8,), 4.0))
    assert rows[:, model.layout.width :].abs().max() <= 1
    critic(model, rows).sum().backward()
    slopes = [weight.grad.abs().sum() for weight in model.generator.parameters()]
    model.requires_grad_(False)
    model.zero_grad()
    assert all(float(slope) > 0 for slope in slopes)


def test_packs_show_several_rows_at_once() -> None:
    model = train("tabular-gan", checks.table(frame()), overrides={**TINY, "pack": 4, "batch_size": 18}).model
    rows, _ = make(model, model.draw_conditions(8, checks.seeded(0)), 2.0, checks.seeded(1))
    assert critic(model, rows).shape == (2,)
    assert len(model.sample(5, generator=checks.seeded(0))) == 5


def test_tables_of_numbers_alone_need_no_condition() -> None:
    numbers = frame()[["count", "level"]]
    model = train("tabular-gan", checks.table(numbers), overrides=TINY).model
    assert model.sample(20, generator=checks.seeded(0)).dtypes.to_dict() == numbers.dtypes.to_dict()
    with pytest.raises(UserError, match="none has such values"):
        model.sample(3, generator=checks.seeded(0), condition={"count": 3})


def test_training_teaches_what_goes_together() -> None:
    rng = np.random.default_rng(0)
    left = rng.random(600) < 0.5
    table = pd.DataFrame({"left": left, "same": left, "n": rng.poisson(np.where(left, 10, 60))})
    settings = {**TINY, "hidden": (64,), "steps": 500, "batch_size": 64, "learning_rate": 3e-3}
    drawn = train("tabular-gan", checks.table(table), overrides=settings).model.sample(1000, generator=checks.seeded(0))
    assert (drawn["left"] == drawn["same"]).mean() > 0.85
    assert 0.4 < drawn["left"].mean() < 0.6
    assert ((drawn["n"] < 30) == drawn["left"]).mean() > 0.85


def test_drawing_by_gumbel_noise_keeps_the_probabilities() -> None:
    weights = torch.tensor([0.5, 0.3, 0.0, 0.2]).log().expand(20_000, 4)
    counts = torch.bincount(gumbel_max(weights, checks.seeded(0)), minlength=4)
    assert counts[2] == 0
    assert chisquare(counts[[0, 1, 3]], np.array([0.5, 0.3, 0.2]) * 20_000).pvalue > 1e-3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"columns": "x"}, "expected 1 to 1000 columns"),
        ({"hidden": ()}, "1 to 32 layer widths"),
        ({"latent_dim": 0}, "latent_dim as a whole number from 1 to 4096"),
        ({"pack": 65}, "pack as a whole number from 1 to 64"),
    ],
)
def test_absurd_sizes_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TabularGANConfig(**{**asdict(tiny().model.config), **changes})


def test_absurd_training_is_refused() -> None:
    with pytest.raises(ValueError, match="penalty as a number from 0"):
        TabularGANTraining(penalty=-1)


def test_a_row_is_scored_under_what_its_own_values_may_have_been_told() -> None:
    model = tiny().model
    rows = frame().iloc[:40]
    scores = model.critic(rows)
    assert scores.shape == (40,)
    encoded = model.layout.encode(from_frame(model.columns, rows))
    logits, at = [], 0
    for index in model.told:
        column = model.columns[index]
        one_hot = torch.zeros(40, len(model.frequency))
        for row, state in enumerate(from_frame(model.columns, rows).states[:, index]):
            one_hot[row, at + state] = 1
        with torch.no_grad():
            logits.append(critic(model, torch.cat([encoded, one_hot], dim=1)).exp())
        at += column.states
    # The mean of the odds over the columns that may have been told.
    assert torch.allclose(scores, torch.stack(logits).mean(0).log(), atol=1e-5)
    assert torch.allclose(model.critic(rows.iloc[:1]), scores[:1], atol=1e-5)


def test_rows_that_are_only_judged_together_have_no_critic() -> None:
    packed = train("tabular-gan", checks.table(frame()), overrides={**TINY, "pack": 2}).model
    assert not hasattr(packed, "critic")
    assert hasattr(tiny().model, "critic")
