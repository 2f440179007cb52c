"""GA108: rates and gaps as counted, changes of gaps with their intervals, and what cannot be judged."""

from dataclasses import replace

import numpy as np
import pytest

from genai_audit.audit.fairness.outcome_gaps.auditor import OutcomeGap
from genai_audit.audit.finding import Inconclusive, NotApplicable

from ..outcome_examples import evidence_of, members, rates, spread


def ask(evidence, **parameters):
    return OutcomeGap(**({"repeats": 500} | parameters))(evidence, np.random.default_rng(0))


def became(finding, table="gaps"):
    (found,) = [each for each in finding.tables if each.name == table]
    return {(row[0], row[1]): row[-1] for row in found.rows}


def test_rates_gaps_and_changes_are_those_of_the_counts() -> None:
    # Women 100 of 1,000 real and 150 of 1,000 generated, men 300 and 400.
    found = ask(rates([[850, 150], [600, 400]], [[900, 100], [700, 300]]))
    assert found.estimate("outcome_rate", "hired yes, sex f").value == pytest.approx(0.15)
    assert found.estimate("gap_change", "hired yes, sex f against m").value == pytest.approx(-0.05)
    assert found.estimate("worst_gap_change").value == pytest.approx(0.05)
    assert found.estimate("worst_outcome_gap", "hired by sex").value == pytest.approx(0.25)
    assert found.estimate("outcome_ratio", "hired yes by sex").value == pytest.approx(0.15 / 0.4)
    assert [row[2:5] for row in found.tables[0].rows] == [pytest.approx((-0.2, -0.25, -0.05))]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ([[5_000, 5_000], [5_000, 5_000]], "narrowed"),
        ([[9_500, 500], [5_000, 5_000]], "amplified"),
        ([[5_000, 5_000], [8_000, 2_000]], "reversed"),
        ([[8_000, 2_000], [6_000, 4_000]], "kept"),
        ([[16, 4], [12, 8]], "cannot tell"),
    ],
)
def test_what_became_of_a_gap_is_said(made, said) -> None:
    real = [[8_000, 2_000], [6_000, 4_000]]
    assert became(ask(rates(made, real))) == {("yes", "f against m"): said}


def test_a_gap_that_the_data_do_not_show_is_amplified() -> None:
    found = ask(rates([[8_000, 2_000], [6_000, 4_000]], [[6_000, 4_000], [6_000, 4_000]]))
    assert set(became(found).values()) == {"amplified"}


def test_the_real_rates_err_too_unless_they_are_all_there_is() -> None:
    made, real = [[8_000, 2_000], [6_000, 4_000]], [[80, 20], [60, 40]]
    sample, whole = (
        ask(rates(made, real, population=population)).estimate("worst_gap_change").interval(0.95)
        for population in (False, True)
    )
    assert whole.high - whole.low < 0.2 * (sample.high - sample.low)


def test_a_small_group_is_named_and_not_judged() -> None:
    made, real = [[500, 500], [500, 500], [9, 1]], [[500, 500], [500, 500], [20, 9]]
    found = ask(rates(made, real, groups=("f", "m", "x")))
    assert found.settings["not_judged_hired by sex"] == "x: 29 real records, fewer than 30"
    assert not found.gaps
    assert not any("x" in str(each.group).split() for each in found.estimates)


def test_a_group_that_is_never_generated_leaves_rules_open() -> None:
    made, real = [[500, 500], [500, 500], [0, 0]], [[500, 500], [500, 500], [50, 50]]
    found = ask(rates(made, real, groups=("f", "m", "x")))
    assert found.gaps["worst_gap_change"] == "hired by sex: no record of x was generated"


def test_of_more_levels_each_is_compared_unless_one_counts() -> None:
    counts = [[300, 300, 400], [300, 300, 400]]
    evidence = rates(counts, counts, levels=("a", "b", "c"))
    assert {level for level, _ in became(ask(evidence))} == {"a", "b", "c"}
    assert {level for level, _ in became(ask(evidence, favourable={"hired": "b"}))} == {"b"}


def test_a_favourable_level_that_there_is_not_is_refused() -> None:
    with pytest.raises(
        Inconclusive, match=r"expected the favourable level of hired to be one of no, yes, got maybe: .*GA108"
    ):
        ask(rates([[50, 50], [50, 50]], [[50, 50], [50, 50]]), favourable={"hired": "maybe"})


def test_all_attributes_share_one_worst_change() -> None:
    ours, theirs = spread([[[400, 100], [100, 400]], [[400, 100], [100, 400]]]), spread(np.full((2, 2, 2), 250))
    groups = [
        members(name, ("a", "b"), made, real) for name, made, real in zip("st", ours[:2], theirs[:2], strict=True)
    ]
    found = ask(evidence_of(groups, [members("hired", ("no", "yes"), ours[2], theirs[2])]))
    # Only t moved its gap, from 0 to 0.6.
    assert (
        found.estimate("worst_gap_change").value
        == found.estimate("worst_gap_change", "hired by t").value
        == pytest.approx(0.6)
    )
    assert found.estimate("worst_gap_change", "hired by s").value == pytest.approx(0.0, abs=1e-12)
    assert found.tables[0].name == "gaps_hired_t"


def test_without_an_outcome_the_question_does_not_arise() -> None:
    evidence = replace(rates([[5, 5], [5, 5]], [[50, 50], [50, 50]]), outcomes=None)
    with pytest.raises(NotApplicable, match="name a column with --outcome"):
        ask(evidence)


def test_an_attribute_is_not_compared_with_itself() -> None:
    ours, theirs = spread(np.full((2, 2), 250)), spread(np.full((2, 2), 250))
    groups = [members("sex", "fm", ours[0], theirs[0]), members("hired", ("no", "yes"), ours[1], theirs[1])]
    found = ask(evidence_of(groups, [groups[1]]))
    assert found.settings["compared"] == "hired by sex"


def told(counts, rng, *, errs):
    """True and told groups and levels of records; four fifths of the errors are on the same records."""
    true = spread(counts)
    n = len(true[0])
    both = rng.random(n) < 0.8 * errs
    said = []
    for values, size in zip(true, np.shape(counts), strict=True):
        wrong = both | (rng.random(n) < 0.2 * errs)
        said.append(np.where(wrong, (values + rng.integers(1, size, n)) % size, values))
    return true, said


def classified(made, real, *, errs, seed=0):
    rng = np.random.default_rng(seed)
    (_, ours), (theirs, apart) = told(made, rng, errs=errs), told(real, rng, errs=errs)
    pairs = (("pronoun", ("he", "she")), ("job", ("chef", "nurse", "pilot")))
    groups, levels = (
        members(name, names, ours[axis], theirs[axis], out_of_fold=apart[axis])
        for axis, (name, names) in enumerate(pairs)
    )
    return evidence_of([groups], [levels])


def test_errors_of_classifiers_that_err_together_are_undone() -> None:
    made, real = np.array([[3_000, 500, 1_500], [1_000, 3_500, 500]]), np.array([[600, 200, 200], [300, 600, 100]])
    found = ask(classified(made, real, errs=0.2))
    truth = 0.1 - 0.7
    gap = found.estimate("worst_outcome_gap", "job by pronoun")
    assert gap.interval(0.95).low <= abs(truth) <= gap.interval(0.95).high
    raw = ask(classified(made, real, errs=0.2), favourable={"job": "nurse"})
    assert raw.estimate("outcome_rate", "job nurse, pronoun she").value == pytest.approx(0.7, abs=0.04)
    assert 0 < (gap.from_draws or 0) < 1
    assert found.settings["pairs_told_job by pronoun"] == pytest.approx(0.8, abs=0.05)


def test_classifiers_widen_the_intervals() -> None:
    made, real = np.full((2, 3), 1_000), np.full((2, 3), 300)
    widths = [
        ask(classified(made, real, errs=errs)).estimate("worst_gap_change").interval(0.95).high for errs in (0.0, 0.3)
    ]
    assert widths[1] > 1.2 * widths[0]


@pytest.mark.parametrize(
    ("real", "errs", "match"),
    [
        (np.array([[300, 300, 3], [300, 300, 300]]), 0.0, "3 labelled records are of pronoun he with job pilot"),
        (np.full((2, 3), 300), 0.9, "cannot tell pronoun together with job apart"),
    ],
)
def test_pairs_that_cannot_be_told_are_not_measured(real, errs, match) -> None:
    with pytest.raises(Inconclusive, match=match):
        ask(classified(np.full((2, 3), 500), real, errs=errs))


@pytest.mark.parametrize("bad", [{"fewest": 1}, {"repeats": 5}, {"shown": 0}, {"kept_within": 0.0}])
def test_parameters_that_mean_nothing_are_refused(bad) -> None:
    with pytest.raises(ValueError, match="expected"):
        OutcomeGap(**bad)


def test_the_greatest_change_is_shown_however_unsure_it_is() -> None:
    # Group d has few records: its change is the greatest and far from the surest.
    made = [[5_000, 5_000], [6_000, 4_000], [7_000, 3_000], [5, 35]]
    real = [[6_000, 4_000], [5_000, 5_000], [7_000, 3_000], [30, 30]]
    found = ask(rates(made, real, groups=("a", "b", "c", "d")), shown=2)
    shown = [each for each in found.estimates if each.name == "gap_change"]
    assert len(shown) == 2
    assert max(abs(each.value) for each in shown) == pytest.approx(found.estimate("worst_gap_change").value)
