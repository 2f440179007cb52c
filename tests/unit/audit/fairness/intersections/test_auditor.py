"""GA102: cells of two and three attributes, those that are too small, and the table of impact ratios."""

from dataclasses import replace

import numpy as np
import pytest

from genai_audit.audit.fairness.intersections.auditor import Intersections
from genai_audit.audit.finding import Inconclusive, NotApplicable

from ..outcome_examples import evidence_of, members, spread

NAMES = {"sex": ("f", "m"), "race": ("x", "y", "z"), "age": ("old", "young")}


def crossed(made, real, attributes=("sex", "race"), **more):
    ours, theirs = spread(made), spread(real)
    groups = [members(name, NAMES[name], ours[axis], theirs[axis]) for axis, name in enumerate(attributes)]
    return evidence_of(groups, **more)


def ask(evidence, **parameters):
    return Intersections(**({"repeats": 300} | parameters))(evidence, np.random.default_rng(0))


def table(finding, name):
    (found,) = [each for each in finding.tables if each.name == name]
    return found


def test_a_cell_can_be_lost_though_its_groups_are_not() -> None:
    # Every sex and every race has its share; women of race x are at half theirs.
    made = np.array([[500, 1_250, 1_250], [1_500, 750, 750]])
    found = ask(crossed(made, np.full((2, 3), 1_000)))
    worst = found.estimate("worst_cell_ratio")
    assert worst.value == pytest.approx(0.5)
    assert worst.interval(0.95).high < 0.7
    assert worst.p_value is not None
    assert worst.p_value < 1e-9
    assert found.estimate("cell_total_variation", "sex × race").value == pytest.approx(1_000 / 6_000)
    assert found.estimate("cell_ratio", "sex × race: m, x").value == pytest.approx(1.5)
    assert table(found, "cells").rows[0][0] in ("f, x", "m, x")


def test_a_sound_generator_is_not_accused() -> None:
    rng = np.random.default_rng(3)
    shares = np.outer([0.4, 0.6], [0.7, 0.25, 0.05]).ravel()
    alarms = 0
    for _ in range(20):
        made, real = (rng.multinomial(n, shares).reshape(2, 3) for n in (5_000, 3_000))
        found = ask(crossed(made, real))
        worst = found.estimate("worst_cell_ratio")
        alarms += (worst.p_value or 1) < 0.05
        assert worst.interval(0.95).low <= 1 <= worst.interval(0.95).high
    assert alarms <= 3


def test_small_cells_are_named_and_not_judged() -> None:
    found = ask(crossed(np.full((2, 3), 100), [[100, 100, 29], [100, 100, 30]]))
    small = table(found, "small_cells")
    assert [row[:4] for row in small.rows] == [("sex × race", "f, z", 29, 100)]
    assert {row[0] for row in table(found, "cells").rows} == {"f, x", "f, y", "m, x", "m, y", "m, z"}
    assert found.settings["cells_too_small"] == 1


def test_three_attributes_are_crossed_by_twos_and_all_together() -> None:
    counts = np.full((2, 3, 2), 60)
    made = counts.copy()
    made[0, 0, 0] = 6
    found = ask(crossed(made, counts, ("sex", "race", "age")))
    assert found.settings["combinations"] == "sex × race × age; sex × age; sex × race; race × age" or str(
        found.settings["combinations"]
    ).startswith("sex × race × age; ")
    assert len(str(found.settings["combinations"]).split("; ")) == 4
    assert found.estimate("worst_cell_ratio").value == found.estimate("worst_cell_ratio", "sex × race × age").value


def test_pooling_draws_small_cells_towards_independence_for_display() -> None:
    real, made = np.full((2, 3), 1_000), np.full((2, 3), 1_000)
    made[0, 0] = 1_050
    rows = {row[0]: row for row in table(ask(crossed(made, real)), "cells").rows}
    ratio, pooled = rows["f, x"][5], rows["f, x"][-1]
    assert 1 < pooled < ratio


def test_the_real_shares_are_exact_only_of_a_population() -> None:
    made, real = np.full((2, 3), 1_000), np.full((2, 3), 50)
    sample, whole = (
        ask(crossed(made, real, population=population)).estimate("worst_cell_ratio").interval(0.95)
        for population in (False, True)
    )
    assert sample.low < 0.85 < whole.low


def test_impact_ratios_without_an_outcome_are_of_shares() -> None:
    found = ask(crossed([[300, 200, 1], [300, 199, 0]], np.full((2, 3), 100)))
    rows = {(row[0], row[1]): row[2:] for row in table(found, "impact_ratios").rows}
    assert rows["race", "y"][:3] == (399, pytest.approx(0.399), pytest.approx(399 / 600))
    assert rows["race", "z"][2] is None
    assert rows["race", "z"][-1] == "left out: less than 2% of generated records"
    assert "analogue" in table(found, "impact_ratios").caption


def test_impact_ratios_of_an_outcome_are_of_its_rates() -> None:
    ours, theirs = spread([[[90, 10], [80, 20], [5, 0]], [[60, 40], [50, 50], [0, 5]]]), spread(np.full((2, 3, 2), 50))
    groups = [members(name, NAMES[name], ours[axis], theirs[axis]) for axis, name in enumerate(("sex", "race"))]
    found = ask(evidence_of(groups, [members("hired", ("no", "yes"), ours[2], theirs[2])]))
    rows = {(row[0], row[1]): row[2:] for row in table(found, "impact_ratios").rows}
    assert rows["sex", "f"][:3] == (205, pytest.approx(30 / 205), pytest.approx((30 / 205) / (95 / 205)))
    # Race z has 10 of 410 records, above 2 %; its rate is 1/2, as high as that of women by race y of men.
    assert rows["race", "z"][:2] == (10, pytest.approx(0.5))
    # Of both at once five records are too few to count, though all of them were hired.
    assert rows["sex × race", "m, z"][:3] == (5, pytest.approx(1.0), None)
    assert rows["sex × race", "m, y"][2] == pytest.approx(1.0)


def test_unknown_records_are_counted_apart() -> None:
    ours, theirs = spread([[50, 50, 7], [50, 50, 0]]), spread([[50, 50, 0], [50, 50, 0]])
    names = ("x", "y", "(missing)")
    groups = [members("sex", ("f", "m"), ours[0], theirs[0]), members("race", names, ours[1], theirs[1])]
    rows = table(ask(evidence_of(groups)), "impact_ratios").rows
    assert [(row[0], row[2], row[5]) for row in rows if row[1] == "(unknown)"] == [("race", 7, 0), ("sex × race", 7, 0)]


def test_cells_told_by_classifiers_are_corrected_by_their_joint_errors() -> None:
    rng = np.random.default_rng(1)
    made, real = np.array([[200, 1_400, 1_400], [1_000, 1_000, 1_000]]), np.full((2, 3), 400)
    sides = []
    for counts in (made, real):
        true = spread(counts)
        wrong = rng.random(len(true[0])) < 0.15  # both classifiers err on the same records
        said = [
            np.where(wrong, (values + rng.integers(1, size, len(wrong))) % size, values)
            for values, size in zip(true, (2, 3), strict=True)
        ]
        sides.append((true, said))
    (_, ours), (theirs, apart) = sides
    groups = [
        members(name, NAMES[name], ours[axis], theirs[axis], out_of_fold=apart[axis])
        for axis, name in enumerate(("sex", "race"))
    ]
    found = ask(evidence_of(groups))
    assert found.estimate("worst_cell_ratio").value == pytest.approx(0.2, abs=0.08)
    assert "impact_ratios" not in {each.name for each in found.tables}
    old = [replace(each, out_of_fold=np.zeros(0, dtype=np.int64)) for each in groups]
    with pytest.raises(Inconclusive, match="run the audit again"):
        ask(evidence_of(old))


def test_one_attribute_has_no_combinations() -> None:
    evidence = crossed(np.full((2, 3), 100), np.full((2, 3), 100))
    assert evidence.groups is not None
    with pytest.raises(NotApplicable, match="one attribute alone"):
        ask(replace(evidence, groups=evidence.groups[:1]))


def test_nothing_is_judged_where_all_cells_are_small() -> None:
    with pytest.raises(Inconclusive, match=r"fewer than two cells of sex × race have 30 real records"):
        ask(crossed(np.full((2, 3), 100), np.full((2, 3), 10)))


@pytest.mark.parametrize("bad", [{"fewest": 1}, {"repeats": 5}, {"shown": 0}])
def test_parameters_that_mean_nothing_are_refused(bad) -> None:
    with pytest.raises(ValueError, match="expected"):
        Intersections(**bad)
