"""Columns of a table: what carries a gap, and what setting the group does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from genai_audit.audit.evidence.bundle import DECLARED, Evidence, Generated, Groups, Outcomes, Real
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.reliance import collect
from genai_audit.audit.evidence.reliance.columns import coded, column_rows, matched
from genai_audit.audit.evidence.reliance.kind import MATCHED, REGENERATED, ColumnReliance, Reliance
from genai_audit.audit.evidence.unavailable import Unavailable, Unmeasured
from genai_audit.models.data.datasets import Dataset
from genai_audit.models.records import table_attribute


def frame(n: int, seed: int, *, men: float = 0.5, direct: float = 0.2) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    male = rng.random(n) < men
    job = rng.random(n) < np.where(male, 0.7, 0.3)
    hired = rng.random(n) < 0.3 + direct * male + 0.25 * job
    return pd.DataFrame(
        {
            "sex": np.where(male, "male", "female"),
            "job": np.where(job, "office", "other"),
            "age": rng.normal(40, 9, n),
            "note": pd.Series(np.where(rng.random(n) < 0.2, None, "x"), dtype=object),
            "hired": np.where(hired, "yes", "no"),
        }
    )


class Asked:
    """A table model that can be asked for a sex, and makes of it what it made before, or ignores it."""

    modality = "tabular"

    def __init__(self, *, heeds: bool = True) -> None:
        self.heeds = heeds

    @property
    def conditions(self) -> Mapping[Any, Sequence[Any]]:
        return {"sex": ("male", "female")}

    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> pd.DataFrame:
        seed = int(torch.randint(2**31, (1,), generator=generator))
        if condition is None or not self.heeds:
            return frame(n, seed)
        return frame(n, seed, men=float(condition["sex"] == "male"))


def collected(model: Any, made: pd.DataFrame, real: pd.DataFrame) -> ColumnReliance:
    labels = {name: table_attribute(real, name) for name in ("sex", "hired")}
    told = {"sex": labels["sex"]}
    data = Dataset("real", "tabular", real, "real", "ab", told, outcomes={"hired": labels["hired"]})
    evidence = Evidence(
        "tabular",
        Generated(made, 0, "toy"),
        Real(real, len(real), "real", "real", "ab"),
        groups=(of(made, real, "sex"),),
        outcomes=(Outcomes(of(made, real, "hired")),),
    )
    found = collect.collect(Plan("tabular", "toy", model=model, reference=data), evidence, lambda share: None)
    assert isinstance(found.item, Reliance)
    (columns,) = found.item.columns
    return columns


def of(made: pd.DataFrame, real: pd.DataFrame, column: str) -> Groups:
    labels = table_attribute(real, column)
    k = len(labels.names)
    return Groups(
        labels.names,
        table_attribute(made, column, names=labels.names).values,
        np.zeros((k, k), dtype=np.int64),
        np.bincount(labels.values, minlength=k),
        DECLARED,
        {},
        labels.values,
        attribute=column,
    )


def gaps(values: np.ndarray, side: np.ndarray) -> np.ndarray:
    return np.asarray(values[side == 0].mean(axis=0) - values[side == 1].mean(axis=0))


def test_columns_add_up_to_the_gap_and_carry_what_was_planted() -> None:
    found = collected(None, frame(6_000, 1), frame(3_000, 2))
    assert found.columns == ("sex", "job", "age", "note")
    assert found.sides == ("female", "male")
    assert found.outcome == "hired: yes"
    rows = found.generated
    assert len(rows.outcome) == 5_000
    carried = gaps(rows.attributions, rows.side)
    assert carried.sum() == pytest.approx(float(gaps(rows.outcome, rows.side)), abs=1e-12)
    np.testing.assert_allclose(carried, [-0.2, -0.1, 0, 0], atol=0.04)
    assert found.real is not None
    np.testing.assert_allclose(gaps(found.real.attributions, found.real.side), [-0.2, -0.1, 0, 0], atol=0.06)
    # Exchanging a value in trees that were fitted to other rows says the same.
    swapped = (rows.swapped[rows.side == 0].mean(axis=0) + rows.swapped[rows.side == 1].mean(axis=0)) / 2
    np.testing.assert_allclose(swapped, carried, atol=0.05)
    assert rows.permuted == pytest.approx(np.zeros(4), abs=0.06)
    assert rows.fit[0] == pytest.approx(rows.fit[1], abs=0.03)


def test_the_influence_of_rows_gives_the_spread_over_samples() -> None:
    found, errors = [], []
    for seed in range(60):
        made = frame(800, seed)
        side = (made["sex"] == "male").to_numpy().astype(np.int64)
        (rows,) = coded([made], ["job", "age"], [side])
        outcome = (made["hired"] == "yes").to_numpy().astype(np.float64)
        got = column_rows(rows, outcome, np.random.default_rng(0))
        found.append(gaps(got.attributions, side))
        errors.append(got.influence.std(axis=0) / np.sqrt(800))
    np.testing.assert_allclose(np.std(found, axis=0)[:2], np.mean(errors, axis=0)[:2], rtol=0.25)


def test_a_model_that_can_be_asked_makes_rows_of_each_group() -> None:
    found = collected(Asked(), frame(3_000, 1), frame(2_000, 2))
    assert found.intervention == REGENERATED
    # The whole effect: the group's own, and what goes through the job.
    assert found.intervened[0].mean() - found.intervened[1].mean() == pytest.approx(-0.3, abs=0.06)
    ignored = collected(Asked(heeds=False), frame(3_000, 1), frame(2_000, 2))
    assert ignored.intervened[0].mean() - ignored.intervened[1].mean() == pytest.approx(0, abs=0.07)


def test_else_rows_are_weighted_until_other_columns_are_alike() -> None:
    found = collected(None, frame(6_000, 1), frame(2_000, 2))
    assert found.intervention == MATCHED
    scores = found.intervened[0] - found.intervened[1]
    assert scores.mean() == pytest.approx(-0.2, abs=4 * scores.std() / np.sqrt(len(scores)))


def test_weights_hold_where_groups_hardly_overlap() -> None:
    rng = np.random.default_rng(0)
    side = rng.integers(0, 2, 4_000)
    job = np.where(rng.random(4_000) < 0.95, side, 1 - side)
    (rows,) = coded([pd.DataFrame({"job": job.astype(str)})], ["job"], [side])
    outcome = (rng.random(4_000) < 0.2 + 0.5 * job).astype(np.float64)
    scores = matched(rows, outcome, rng)
    # The groups differ by 45 points, and not at all where jobs are alike.
    assert (scores[0] - scores[1]).mean() == pytest.approx(0, abs=0.12)


def test_the_same_evidence_every_time() -> None:
    made, real = frame(1_000, 1), frame(1_000, 2)
    one, two = (collected(Asked(), made, real) for _ in range(2))
    np.testing.assert_array_equal(one.intervened, two.intervened)
    np.testing.assert_array_equal(one.generated.swapped, two.generated.swapped)


def test_too_few_rows_of_a_group_are_not_measured() -> None:
    with pytest.raises(Unmeasured, match="generated rows are of male, and 100 are needed"):
        collected(None, frame(1_000, 1, men=0.02), frame(1_000, 2))


def test_without_an_outcome_there_is_no_question() -> None:
    made = frame(200, 1)
    evidence = Evidence("tabular", Generated(made, 0, "toy"), groups=(of(made, made, "sex"),))
    evidence = replace(evidence, absent={"outcomes": "no outcome is named"})
    with pytest.raises(Unavailable, match="no outcome is named"):
        collect.collect(Plan("tabular", "toy"), evidence, lambda share: None)
