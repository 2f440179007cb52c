"""GA103 on models that draw one group worse, and on models that draw all alike."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from genai_audit.audit.evidence.bundle import DECLARED, Evidence, Features, Generated, Groups, Real
from genai_audit.audit.evidence.likelihoods.kind import Likelihoods, Reconstructions, Scored
from genai_audit.audit.fairness.quality_parity.auditor import QualityParity
from genai_audit.audit.finding import LEVELS, Finding, Inconclusive, Outcome
from genai_audit.audit.pages import page
from unit.audit.fairness.requested_world import world

SIZES = {"a": 300, "b": 150, "c": 60, "tiny": 12}


def evidence(seed: int = 0, *, spread: dict[str, float] | None = None, factor: int = 4, holdout: int = 0) -> Evidence:
    """Groups of normal records at different places; those of one perhaps spread otherwise where they are generated."""
    rng = np.random.default_rng(seed)
    names = tuple(SIZES)

    def drawn(scale: dict[str, float], times: int) -> tuple[np.ndarray, np.ndarray]:
        parts = [
            5 * k + (1 + k) * scale.get(name, 1.0) * rng.normal(size=(times * SIZES[name], 5))
            for k, name in enumerate(names)
        ]
        return np.concatenate(parts), np.repeat(np.arange(len(names)), [times * SIZES[name] for name in names])

    real, of_real = drawn({}, 1)
    made, of_made = drawn(spread or {}, factor)
    held, of_held = drawn({}, holdout)
    groups = Groups(
        names,
        of_made,
        np.zeros((4, 4), dtype=np.int64),
        np.bincount(of_real),
        DECLARED,
        {},
        of_real,
        "kind",
    )
    frames = [pd.DataFrame({"kind": np.array(names)[each]}) for each in (of_made, of_real, of_held)]
    return Evidence(
        "tabular",
        Generated(frames[0], 0, "model"),
        Real(frames[1], len(real), "r", "r", ""),
        Real(frames[2], len(held), "h", "h", "") if holdout else None,
        features=Features(made, real, held, "normal"),
        groups=(groups,),
        absent={"likelihoods": "the model gives none"},
    )


def found(evidence: Evidence, **settings: int) -> Finding:
    return QualityParity(**settings)(evidence, np.random.default_rng(1))


def test_groups_drawn_alike_have_no_gap_whatever_their_number_and_spread() -> None:
    finding = found(evidence())
    assert finding.outcome is Outcome.MEASURED
    for name in ("worst_fidelity_gap", "worst_coverage_gap"):
        estimate = finding.estimate(name)
        assert [each.level for each in estimate.curve] == list(LEVELS)
        assert estimate.interval().low == 0
        assert estimate.perfect is not None
        assert estimate.perfect.low <= estimate.value <= 2 * estimate.perfect.high
        assert estimate.p_value is not None
        assert estimate.p_value > 0.05
        # Twelve real records say nothing: a rule on the worst group cannot pass without them.
        assert "kind tiny: 12 real and 48 generated records" in finding.gaps[name]
    assert (
        finding.estimate("group_fidelity", "c").interval().low
        < 1
        < finding.estimate("group_fidelity", "c").interval().high
    )
    assert finding.settings["no_likelihood"] == "the model gives none"


@pytest.mark.parametrize(
    ("spread", "estimate", "table"),
    [({"b": 1.7}, "worst_fidelity_gap", "fidelity"), ({"b": 0.3}, "worst_coverage_gap", "coverage")],
)
def test_the_group_that_is_drawn_worse_is_found_and_named(spread: dict[str, float], estimate: str, table: str) -> None:
    finding = found(evidence(spread=spread))
    gap = finding.estimate(estimate)
    assert gap.interval().low > 0.05
    assert gap.p_value is not None
    assert gap.p_value < 0.01
    (rows,) = [each.rows for each in finding.tables if each.name == table]
    assert rows[0][0] == "b"
    (ratio,) = [each.columns for each in finding.tables if each.name == table]
    assert "ratio" in {each.key for each in ratio}


def test_all_drawn_worse_alike_is_no_gap() -> None:
    # Twice as far out in every group: poor, and equally so.
    finding = found(evidence(spread=dict.fromkeys(SIZES, 1.5)))
    assert finding.estimate("group_fidelity", "a").value < 0.8
    assert finding.estimate("worst_fidelity_gap").interval().low < 0.1


def scored(evidence: Evidence, values: dict[str, tuple[float, float]], *, of: str = "likelihood") -> Evidence:
    """The evidence with nats of real and of generated records of each group, or errors."""
    rng = np.random.default_rng(2)
    assert evidence.groups is not None
    names, groups = tuple(SIZES), evidence.groups[0]

    def drawn(labels: np.ndarray, side: int) -> Scored:
        means = np.array([values[name][side] for name in names])
        return Scored(
            np.arange(len(labels)), 10 * (means[labels] + 0.1 * rng.normal(size=len(labels))), np.full(len(labels), 10)
        )

    real, made = drawn(groups.reference, 0), drawn(groups.predicted, 1)
    held = None
    if evidence.holdout is not None:
        held = drawn(evidence.holdout.samples["kind"].map({name: k for k, name in enumerate(names)}).to_numpy(), 0)
    if of == "likelihood":
        return replace(evidence, likelihoods=Likelihoods("exact", "column", made, real, held))
    return replace(evidence, reconstructions=Reconstructions("value", made, real, held))


def test_groups_that_are_hard_for_any_model_are_not_held_against_it() -> None:
    # Group c is more varied, so less likely record by record, on both sides.
    hard = {"a": (-1.0, -1.0), "b": (-1.0, -1.0), "c": (-5.0, -5.0), "tiny": (-1.0, -1.0)}
    estimate = found(scored(evidence(), hard)).estimate("likelihood_gap")
    assert estimate.unit == "nats per column"
    assert estimate.interval().low == 0
    assert estimate.value < 0.05


def test_a_group_whose_real_records_are_untypical_for_the_model_is_found() -> None:
    worse = {"a": (-1.0, -1.0), "b": (-1.6, -1.0), "c": (-1.0, -1.0), "tiny": (-1.0, -1.0)}
    finding = found(scored(evidence(), worse))
    interval = finding.estimate("likelihood_gap").interval()
    # (0 − (−0.6)): the others have 0, b has −0.6.
    assert interval.low < 0.6 < interval.high
    assert interval.low > 0.5
    (table,) = [each for each in finding.tables if each.name == "likelihood"]
    assert table.rows[0][0] == "b"
    assert "the model may have learned" in table.caption
    held = found(scored(evidence(holdout=1), worse))
    (table,) = [each for each in held.tables if each.name == "likelihood"]
    assert "held out" in table.caption


def test_impossible_records_are_said_to_be_left_out() -> None:
    same = dict.fromkeys(SIZES, (-1.0, -1.0))
    given = scored(evidence(), same)
    assert given.likelihoods is not None
    given.likelihoods.reference.values[:50] = -np.inf
    (table,) = [each for each in found(given).tables if each.name == "likelihood"]
    assert f"{50 / 522:.1%} of real records have likelihood 0 and are left out" in table.caption


def test_reconstructions_are_compared_with_those_of_generated_records() -> None:
    errors = {"a": (0.5, 0.5), "b": (1.0, 0.5), "c": (0.5, 0.5), "tiny": (0.5, 0.5)}
    finding = found(scored(evidence(), errors, of="reconstruction"))
    assert finding.estimate("reconstruction_gap").interval().low > 0.3
    assert finding.estimate("group_reconstruction", "b").value < -0.5
    assert finding.estimate("group_reconstruction", "a").value == pytest.approx(0, abs=0.05)


def test_a_classifier_tells_both_sides_apart_alike() -> None:
    models = world()
    given: Evidence = models.evidence_of(
        models.sound(models.WORLDS["alike"]), seed=4, needs=("features", "groups"), n=2_400
    )
    assert given.groups is not None
    told = given.groups[0]
    # Out of fold it errs, as on generated records; on what it learned from it would hardly.
    assert (told.out_of_fold != told.reference).mean() == pytest.approx(
        1 - np.trace(told.confusion) / told.confusion.sum()
    )
    assert found(given).estimate("worst_fidelity_gap").interval().low == 0


def test_too_few_of_every_group_is_inconclusive() -> None:
    given = evidence()
    assert given.groups is not None
    lone = replace(given.groups[0], reference=np.zeros(len(given.groups[0].reference), dtype=np.int64))
    with pytest.raises(Inconclusive, match="no two groups have 30 real and 30 generated records each"):
        found(replace(given, groups=(lone,)))


def test_of_many_groups_those_with_most_records_are_compared() -> None:
    finding = found(evidence(), most_groups=2)
    assert {each.group for each in finding.estimates if each.name == "group_fidelity"} == {"a", "b"}
    assert "of 3 groups only the 2" in finding.gaps["worst_fidelity_gap"]


def test_its_page_and_its_parameters() -> None:
    assert page("GA103").title == "GA103 Quality by group"
    with pytest.raises(ValueError, match="expected k from 1 to 6"):
        QualityParity(k=9)
    with pytest.raises(ValueError, match="expected blocks of at least 30"):
        QualityParity(largest=10)
