"""GA101 on generators and classifiers whose truth is known."""

from dataclasses import replace

import pytest

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.fairness.group_representation.auditor import GroupRepresentation
from genai_audit.audit.finding import LEVELS, Better, Inconclusive, NotApplicable, Outcome
from genai_audit.audit.statistics.shares.binomial import clopper_pearson
from unit.audit.fairness.group_representation.share_examples import TEN, ask, case, lose


@pytest.fixture(scope="module")
def perfect():
    return ask(case(TEN))


@pytest.fixture(scope="module")
def dropped():
    return ask(case(lose(0.0)))


def test_every_estimate_is_complete(perfect):
    assert perfect.outcome is Outcome.MEASURED
    assert {each.name for each in perfect.estimates} == {each.name for each in GroupRepresentation.estimates}
    for each in perfect.estimates:
        assert [interval.level for interval in each.curve] == list(LEVELS)
        assert each.n == 20_000
        assert each.perfect is not None
        assert each.perfect.low <= each.perfect.value <= each.perfect.high
    for name in ("share", "share_ratio", "worst_share_ratio", "total_variation"):
        estimate = next(each for each in perfect.estimates if each.name == name)
        assert 0 < estimate.from_draws < 1
        assert estimate.minimum_detectable > 0
        assert 0 < estimate.p_value <= 1


def test_a_perfect_generator_looks_perfect(perfect):
    worst = perfect.estimate("worst_share_ratio")
    assert worst.better is Better.HIGHER
    assert worst.interval(0.9875).low > 0.8
    assert worst.perfect.value < 1  # the least of ten noisy ratios
    assert worst.perfect.low <= worst.value <= worst.perfect.high
    distance = perfect.estimate("total_variation")
    assert distance.perfect.value > 0
    assert distance.interval().low == 0
    assert distance.p_value > 0.01


def test_a_dropped_group_is_named(dropped):
    worst = dropped.estimate("worst_share_ratio")
    assert worst.interval(0.9998).high < 0.1
    ratio = dropped.estimate("share_ratio", "g3")
    assert ratio.interval().low == 0
    assert ratio.interval().high > 0
    assert ratio.p_value < 1e-6
    assert dropped.exhibits[0].caption.startswith("Group g3:")
    assert dropped.estimate("total_variation").interval().high == pytest.approx(0.1, abs=0.01)
    # None of the simulated perfect generators is as far off, so p is as small as their number lets it be.
    simulated = dropped.settings["perfect_repeats"]
    assert (
        dropped.estimate("total_variation").p_value
        == dropped.estimate("total_variation").p_floor
        == 1 / (1 + simulated)
    )


def test_the_correction_undoes_a_lopsided_classifier():
    # A classifier that calls a tenth of everything g0: counted raw, g0 is nearly twice as frequent as it is.
    finding = ask(case(TEN, accuracy=0.9, rows=400, toward=0))
    assert finding.estimate("uncorrected_share", "g0").interval().low > 0.17
    share = finding.estimate("share", "g0")
    assert share.interval().low < 0.1 < share.interval().high
    assert finding.estimate("uncorrected_share", "g0").perfect.value == pytest.approx(0.19, abs=0.01)


def test_ratio_is_the_share_over_its_exact_target():
    finding = ask(case(TEN), targets={f"g{i}": 0.1 for i in range(10)})
    share, ratio = finding.estimate("share", "g2"), finding.estimate("share_ratio", "g2")
    assert ratio.value == pytest.approx(share.value / 0.1)
    assert ratio.interval().low == pytest.approx(share.interval().low / 0.1)
    assert ratio.perfect.value == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_twins(seed):
    """A group at a quarter of its share fails at 0.8, one at 0.95 passes, whatever the seed."""
    planted = ask(case(lose(0.025), seed=seed), repeats=200).estimate("worst_share_ratio").interval(0.9875)
    sound = ask(case(lose(0.095), seed=seed), repeats=200).estimate("worst_share_ratio").interval(0.9875)
    assert planted.high < 0.8
    assert sound.low >= 0.8


def test_more_draws_narrow_only_the_part_that_draws_cause():
    few, many = (ask(case(TEN, n=n)).estimate("share", "g1") for n in (2_000, 50_000))
    width = [each.interval().high - each.interval().low for each in (few, many)]
    assert many.from_draws < few.from_draws
    predicted = (1 - few.from_draws + few.from_draws / 25) ** 0.5
    assert width[1] / width[0] == pytest.approx(predicted, abs=0.15)


def test_targets_replace_the_reference():
    targets = {f"g{i}": share for i, share in enumerate([0.7, 0.2, 0.1])}
    finding = ask(case([0.7, 0.2, 0.1]), targets=targets)
    assert finding.estimate("share_ratio", "g0").value == pytest.approx(1, abs=0.05)
    assert finding.settings["targets"] == "given in the policy"
    against_reference = ask(case([0.7, 0.2, 0.1]))
    assert against_reference.estimate("share_ratio", "g2").value == pytest.approx(0.3, abs=0.03)


def test_a_group_nobody_wants_has_a_share_but_no_ratio():
    finding = ask(case([0.5, 0.5, 0.0]), targets={"g0": 0.5, "g1": 0.5, "g2": 0})
    finding.estimate("share", "g2")
    with pytest.raises(KeyError, match="share_ratio"):
        finding.estimate("share_ratio", "g2")
    assert finding.estimate("worst_share_ratio").value > 0.9
    assert finding.tables[0].rows[2][5] is None


def test_declared_groups_need_no_correction():
    finding = ask(case(TEN, declared=True, n=1_000))
    share = finding.estimate("share", "g0")
    assert share.value == finding.estimate("uncorrected_share", "g0").value
    low, high = clopper_pearson(successes=round(share.value * 1_000), trials=1_000, level=0.95)
    assert (share.interval().low, share.interval().high) == pytest.approx((float(low), float(high)))
    assert share.from_draws == pytest.approx(1)
    assert [table.name for table in finding.tables] == ["groups"]
    assert "classifier_accuracy" not in finding.settings


def test_declared_group_that_never_comes():
    finding = ask(case(lose(0.0), declared=True))
    assert finding.estimate("worst_share_ratio").value == 0
    assert finding.estimate("worst_share_ratio").interval().high < 0.01


def test_a_classifier_near_chance_is_refused():
    with pytest.raises(Inconclusive, match=r"cannot tell group g\d apart.*would help"):
        ask(case([0.5, 0.5], accuracy=0.6))


def test_a_classifier_known_too_roughly_is_refused():
    evidence = case([0.5, 0.5], accuracy=0.8, rows=30)
    with pytest.raises(Inconclusive, match=r"uncertain by ±.*however many samples are drawn"):
        ask(evidence)
    assert ask(evidence, tolerance=0.5).outcome is Outcome.MEASURED


def test_no_groups_no_question():
    evidence = Evidence("image", case(TEN).generated, absent={"groups": "the reference has no labels"})
    with pytest.raises(NotApplicable, match="the reference has no labels"):
        ask(evidence)


def test_targets_for_other_groups_are_refused():
    with pytest.raises(Inconclusive, match=r"expected a target share for each of g0, .* got them for a, b"):
        ask(case(TEN), targets={"a": 0.5, "b": 0.5})


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"targets": {"a": 0.5, "b": 0.4}}, "sum to 1"),
        ({"targets": {"a": 1.5, "b": -0.5}}, "at least 0"),
        ({"targets": {"sex": {"a": 0.5, "b": 0.5}, "c": 0.5}}, "got both"),
        ({"tolerance": 0}, "tolerance between 0 and 1"),
        ({"repeats": 5}, "at least 100 repeats"),
    ],
)
def test_impossible_parameters_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        GroupRepresentation(**parameters)


def test_tables(perfect):
    groups, confusion, shift = perfect.tables
    assert (groups.name, confusion.name, shift.name) == ("groups", "confusion", "shift_sensitivity")
    for table in perfect.tables:
        assert all(len(row) == len(table.columns) for row in table.rows)
    assert sum(row[-1] for row in groups.rows) == 20_000
    assert all(sum(row[1:11]) == 120 for row in confusion.rows)
    as_measured = {row[0]: row[2] for row in shift.rows}
    assert as_measured["worst share ratio"] == pytest.approx(perfect.estimate("worst_share_ratio").value)
    assert as_measured["share of g4"] == pytest.approx(perfect.estimate("share", "g4").value)


def test_errors_that_cannot_double_are_left_out():
    # Half of five groups' samples are misclassified, evenly: good enough to correct, but they cannot all be.
    shift = ask(case([0.2] * 5, accuracy=0.48, rows=5_000), tolerance=0.5).tables[2]
    assert all(row[1] is not None and row[2] is not None and row[3] is None for row in shift.rows)


def test_exhibits_point_to_rows_of_the_evidence(dropped):
    evidence = case(lose(0.0))
    for exhibit in dropped.exhibits:
        for pictures in exhibit.pictures:
            source = evidence.groups[0].reference if pictures.kind == "reference" else evidence.groups[0].predicted
            name = pictures.label.split(",")[0]
            assert {f"g{source[index]}" for index in pictures.indices} == {name}
    assert [each.name for each in dropped.exhibits] == ["group_in_question_1", "every_group"]
    assert {each.kind for each in dropped.exhibits[0].pictures} == {"reference", "generated"}


def test_a_group_without_any_sample_is_shown_by_its_real_pictures():
    finding = ask(case(lose(0.0), declared=True))
    first = finding.exhibits[0]
    assert [each.kind for each in first.pictures] == ["reference"]
    assert "No generated sample was declared so" in first.caption


def test_without_reference_pictures_only_generated_ones_are_shown():
    finding = ask(case(TEN, reference=False))
    assert {each.kind for exhibit in finding.exhibits for each in exhibit.pictures} == {"generated"}


def test_same_evidence_same_finding():
    evidence = case(TEN, n=2_000)
    assert ask(evidence) == ask(evidence)


def two_attributes(second, **more):
    first = case(TEN)
    other = replace(case(second, accuracy=0.99, seed=5).groups[0], attribute="region")
    return replace(first, groups=(replace(first.groups[0], attribute="digit"), other), **more)


def test_the_worst_group_of_several_attributes_is_found_and_named():
    finding = ask(two_attributes(lose(0.05)))
    worst = finding.estimate("worst_share_ratio")
    assert worst.value == min(each.value for each in finding.estimates if each.name == "share_ratio")
    assert worst.value == finding.estimate("worst_share_ratio", "region").value
    assert worst.value == finding.estimate("share_ratio", "region: g3").value
    assert finding.estimate("worst_share_ratio", "digit").value > 0.85
    # All groups are guarded together, so the upper end over both attributes is not below that of one.
    assert worst.interval().high >= finding.estimate("share_ratio", "region: g3").interval().high
    assert {each.name for each in finding.tables} >= {"groups_digit", "groups_region", "confusion_region"}
    with pytest.raises(KeyError):
        finding.estimate("total_variation")


def test_the_attribute_with_the_worst_group_stands_first():
    finding = ask(two_attributes(lose(0.05)))
    assert [each.group for each in finding.estimates[:3]] == [None, "region", "digit"]
    assert finding.tables[0].name == "groups_region"
    assert finding.exhibits[0].name == "group_in_question_1_region"


def test_an_attribute_that_cannot_be_measured_leaves_the_overall_answer_open():
    blind = case(TEN, accuracy=0.2, seed=5).groups[0]
    evidence = two_attributes(TEN)
    finding = ask(replace(evidence, groups=(evidence.groups[0], replace(blind, attribute="region"))))
    assert finding.estimate("worst_share_ratio").value == finding.estimate("worst_share_ratio", "digit").value > 0.85
    assert "cannot tell group" in finding.settings["not_measured_region"]
    assert finding.gaps["worst_share_ratio"].startswith("region: the group classifier cannot tell group")


@pytest.mark.parametrize("where", ["absent", "unmeasured"])
def test_an_attribute_without_groups_in_the_evidence_is_named(where):
    finding = ask(two_attributes(TEN, **{where: {"groups of age": "no such column"}}))
    assert finding.settings["not_measured_age"] == "no such column"
    assert finding.gaps["worst_share_ratio"] == "age: no such column"
    assert not ask(two_attributes(TEN)).gaps


def test_targets_may_be_given_for_each_attribute():
    wanted = {f"g{i}": 0.2 if i == 3 else 0.8 / 9 for i in range(10)}
    finding = ask(two_attributes(TEN), targets={"region": wanted})
    assert finding.estimate("share_ratio", "region: g3").value == pytest.approx(0.5, abs=0.05)
    assert finding.estimate("share_ratio", "digit: g3").value == pytest.approx(1, abs=0.1)
    assert finding.settings["targets"] == (
        "given in the policy for region; of digit shares of the reference, a sample of 30,000 records"
    )
    with pytest.raises(ValueError, match="sum to 1"):
        GroupRepresentation(targets={"region": {"a": 0.4}})
