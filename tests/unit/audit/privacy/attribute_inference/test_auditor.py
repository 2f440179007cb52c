"""GA407: copies of training people give their columns away; fresh people do not, however much columns tell."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.finding import Finding, Inconclusive, NotApplicable
from genai_audit.audit.privacy.attribute_inference.attack import LEARNER, NEAREST
from genai_audit.audit.privacy.attribute_inference.auditor import AttributeInference
from genai_audit.audit.privacy.attribute_inference.columns import Secret
from genai_audit.audit.privacy.attribute_inference.learner import densest, learned_hits
from genai_audit.audit.privacy.attribute_inference.tables import mcnemar
from genai_audit.audit.statistics.disclosure.nearest import Coded


def people(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Columns that depend on each other, one with gaps, one that is negative, and a number of each person."""
    age = rng.integers(18, 90, n)
    return pd.DataFrame(
        {
            "number": rng.permutation(2 * n)[:n],
            "age": age,
            "town": rng.choice(["Ulm", "Bonn", "Kiel", "Jena"], n),
            "debt": -np.round(age * rng.gamma(2, 50, n), 2),
            "ill": np.where(rng.random(n) < age / 120, "yes", "no"),
            "visits": pd.Series(rng.poisson(3, n)).where(pd.Series(rng.random(n) > 0.1)),
        }
    )


def evidence(generated: pd.DataFrame, reference: pd.DataFrame, holdout: pd.DataFrame | None) -> Evidence:
    def real(table: pd.DataFrame) -> Real:
        return Real(table, len(table), "people", "made up", "")

    held = None if holdout is None else real(holdout)
    return Evidence("tabular", Generated(generated, 0, "made up"), real(reference), held)


def asked(copied: int, seed: int, n: int = 300, auditor: AttributeInference | None = None) -> Finding:
    rng = np.random.default_rng(seed)
    reference, holdout, fresh = (people(n, rng) for _ in range(3))
    made = pd.concat([reference[:copied], fresh[copied:]], ignore_index=True)
    chosen = auditor or AttributeInference(deals=199, trees=5)
    return chosen(evidence(made, reference, holdout), np.random.default_rng(seed))


def test_copied_people_are_given_away() -> None:
    finding = asked(150, 0)
    worst = finding.estimate("worst_inference_excess")
    # Half of the people are copied, so about half of those of whom the guess would fail are guessed right.
    assert worst.interval().low > 0.2
    assert worst.p_value == pytest.approx(1 / 200)
    assert {row[0] for row in finding.tables[0].rows} == {"age", "town", "debt", "ill", "visits"}
    assert finding.settings["identifiers_left_out"] == "number"
    assert finding.estimate("inference_excess", "debt").p_value < 1e-6  # type: ignore[operator]  # it has one
    # The nearest other person tells less than the copy does.
    assert finding.tables[0].rows[0][8] < 0.001  # type: ignore[operator]  # a number


def test_a_perfect_generator_is_accused_in_one_run_of_twenty() -> None:
    runs = 15
    auditor = AttributeInference(deals=199, trees=3)
    found = [asked(0, seed, n=100, auditor=auditor).estimate("worst_inference_excess") for seed in range(runs)]
    # 4 or more of 15 at 5 % have a chance of 0.5 %.
    assert sum(each.p_value <= 0.05 for each in found if each.p_value is not None) < 4
    assert sum(each.interval().low > 0 for each in found) < 4


def test_equal_audits_give_equal_findings() -> None:
    assert asked(20, 3) == asked(20, 3)


def test_a_tolerance_is_in_the_unit_of_the_column() -> None:
    exact = asked(0, 1, auditor=AttributeInference(deals=199, trees=0, tolerances={"age": 0.0}))
    wide = asked(0, 1, auditor=AttributeInference(deals=199, trees=0, tolerances={"age": 100.0}))
    hits = {row[0]: row[4] for row in exact.tables[0].rows if row[1] == NEAREST}
    assert hits["age"] < 0.1  # type: ignore[operator]  # a share
    # A guess that can never be wrong leaves nobody to be given away.
    assert wide.settings["columns_always_right"] == "age"
    with pytest.raises(Inconclusive, match="tolerances of town: expected columns of numbers"):
        asked(0, 1, auditor=AttributeInference(tolerances={"town": 1.0}))


def test_what_cannot_be_asked_is_said() -> None:
    rng = np.random.default_rng(0)
    table = people(60, rng)
    auditor = AttributeInference()
    with pytest.raises(NotApplicable, match="give some with --holdout"):
        auditor(evidence(table, table, None), rng)
    with pytest.raises(NotApplicable, match="a table of one column"):
        auditor(evidence(*[table[["age"]]] * 3), rng)
    with pytest.raises(Inconclusive, match="12 held-out records are too few: at least 30"):
        auditor(evidence(table, table, table[:12]), rng)
    with pytest.raises(NotApplicable, match="these are text records"):
        auditor(replace(evidence(table, table, table), modality="text"), rng)
    same = pd.DataFrame({"a": ["x"] * 60, "b": ["y"] * 60})
    with pytest.raises(NotApplicable, match="no column can be guessed wrong"):
        auditor(evidence(same, same, same), rng)
    for settings in ({"most_people": 3}, {"tolerance": -1.0}, {"deals": 10}):
        with pytest.raises(ValueError, match="expected"):
            AttributeInference(**settings)  # type: ignore[arg-type]  # each has its own type


def test_mcnemar_counts_only_where_guesses_differ() -> None:
    # 5 won, 1 lost: P[Bin(6, 1/2) ≥ 5] = 7 / 64.
    hit = np.array([True] * 5 + [False] + [True] * 4)
    other = np.array([False] * 5 + [True] + [True] * 4)
    assert mcnemar(hit, other) == pytest.approx(7 / 64)
    assert mcnemar(hit, hit) == 1.0


def test_a_learner_finds_copies_and_nothing_in_fresh_people() -> None:
    copied, fresh = (asked(copies, 2, n=200, auditor=AttributeInference(deals=199, trees=10)) for copies in (100, 0))
    for column in ("town", "debt", "ill"):
        found = copied.estimate("learned_inference_excess", column)
        assert found.interval().low > 0.05, column
        assert found.p_adjusted == pytest.approx(1 / 200)
        assert fresh.estimate("learned_inference_excess", column).interval().low < 0, column
    rows = {(row[0], row[1]): row for row in copied.tables[0].rows}
    # On the same people, the learner is right more often than their nearest other real record (McNemar).
    assert rows["debt", LEARNER][8] < 0.001  # type: ignore[operator]  # a number


def test_no_trees_are_no_learner() -> None:
    alone = asked(50, 0, n=60, auditor=AttributeInference(deals=199, trees=0))
    assert {each.name for each in alone.estimates} == {"worst_inference_excess", "inference_excess"}
    assert {row[1] for row in alone.tables[0].rows} == {NEAREST}
    assert "trees" not in str(alone.settings["guess"])


def test_both_attacks_share_the_error() -> None:
    one, both = (asked(30, 5, n=120, auditor=AttributeInference(deals=199, trees=trees)) for trees in (0, 10))
    narrow, wide = (each.estimate("inference_excess", "town") for each in (one, both))
    assert narrow.value == wide.value
    assert narrow.p_adjusted is not None
    assert wide.p_adjusted is not None
    # Twice as many guesses, looked at together.
    assert wide.p_adjusted >= narrow.p_adjusted - 0.02
    assert "largest of 10 guesses" in both.estimate("worst_inference_excess").method


def test_trees_vote_for_a_number_within_its_tolerance() -> None:
    said = np.array([[1.0, 5.0], [1.2, 7.0], [4.0, 7.0], [1.1, 9.0]])
    # 1.0, 1.2 and 1.1 agree within 0.2; of 5, 7, 7 and 9 the two 7s do.
    assert densest(said, 0.2).tolist() == [1.0, 7.0]
    # Nothing agrees: the first tree's.
    assert densest(np.array([[3.0], [1.0]]), 0.1).tolist() == [3.0]


def test_the_learner_guesses_no_missing_number() -> None:
    donors = Coded(np.array([[1.0], [np.nan], [1.0]] * 10), np.array([[0], [1], [0]] * 10))
    secrets = (Secret("number", 0.1), Secret("level", None))
    [hits] = learned_hits(secrets, donors, (donors,), trees=3, rng=np.random.default_rng(0))
    assert hits[:, 0].tolist() == [True, False, True] * 10
    assert hits[:, 1].all()
