"""Sentences: which rule decided, and by how much; the answer of each finding."""

from dataclasses import replace
from datetime import date

import pytest

from genai_audit.audit.finding import Outcome
from genai_audit.audit.verdict import Ruling
from genai_audit.reports import rulings, words
from genai_audit.reports.answers import answer
from genai_audit.reports.record import Record
from unit.reports import example
from unit.reports import small_record as small

RECORDS = dict(example.variants())


def rule_of(record: Record, rule: str) -> words.RulePart:
    return next(each for each in record.verdict.rules if each.id == rule)


def test_a_failed_verdict_names_the_rule_the_group_the_interval_and_the_bound() -> None:
    assert rulings.verdict_sentence(RECORDS["fail"]) == (
        "Group 3 makes up 0.4 % (0–0.8 %) of the samples where it should make up 10.0 %, which is 0.04 (0–0.08) of its "
        "share; the policy asks for at least 0.8 (95 % interval, n = 20,000)."
    )


def test_a_passed_verdict_names_the_rule_that_was_nearest_to_its_bound() -> None:
    text = rulings.verdict_sentence(RECORDS["pass"])
    assert text.startswith(
        "All 4 applied rules are met; nearest to its bound: surroundings of real records are reached 0.91 ("
    )
    assert text.endswith("where the policy asks for at least 0.8 (95 % interval, n = 20,000).")


def test_an_open_verdict_says_how_many_samples_would_decide() -> None:
    wide = example.neighbours(coverage=0.85, spread=0.027)
    wide = replace(wide, estimates=tuple(replace(each, from_draws=0.97) for each in wide.estimates))
    record = example.record((example.representation(example.SOUND), example.drivers(), wide))
    needed = rule_of(record, "reality-is-covered").samples_needed
    assert needed
    assert f"the interval holds the bound; about {needed:,} samples would decide" in rulings.verdict_sentence(record)


def test_a_crash_is_named_in_the_verdict() -> None:
    text = rulings.verdict_sentence(RECORDS["error"])
    assert text == (
        "Rule samples-look-real is undecided, as GA302 ended as error: MemoryError: 1.2 TiB asked for; "
        "2 other rules are undecided too."
    )


def test_a_crash_that_no_rule_names_is_told_by_the_verdict_reason() -> None:
    sound = RECORDS["pass"]
    reason = "all applied rules met, but GA201 ended in an error"
    verdict = sound.verdict.model_copy(update={"outcome": Ruling.INCONCLUSIVE, "reason": reason})
    assert rulings.verdict_sentence(sound.model_copy(update={"verdict": verdict})) == (
        "All applied rules met, but GA201 ended in an error."
    )


def test_waivers_are_told_whether_they_hold_or_not() -> None:
    held, void = (rule_of(RECORDS[name], "reality-is-covered") for name in ("waived", "expired"))
    assert words.waiver_words(held) == "Waived by A. Person until 2030-01-31: known, fix planned in 2.1."
    assert words.waiver_words(void) == (
        "The waiver by A. Person expired on 2024-01-31 and has no effect; its reason was: known, fix planned in 2.1."
    )
    assert words.waiver_words(rule_of(RECORDS["fail"], "reality-is-covered")) is None
    assert "3 applied rules are met, 1 more waived" in rulings.verdict_sentence(RECORDS["waived"])


def test_a_waiver_that_was_not_needed_is_told() -> None:
    record = example.record(
        (example.representation(example.SOUND), example.drivers(), example.neighbours()),
        policy=example.waiving(date(2030, 1, 1)),
    )
    assert (
        words.waiver_words(rule_of(record, "reality-is-covered"))
        == "The waiver by A. Person until 2030-01-01 was not needed."
    )


def test_rules_are_ordered_failed_open_waived_passed_not_applied() -> None:
    passed = RECORDS["pass"].verdict.rules[0]
    failed, openr, left = (
        passed.model_copy(update={"outcome": each}) for each in (Ruling.FAIL, Ruling.INCONCLUSIVE, Ruling.NOT_APPLIED)
    )
    waived = failed.model_copy(update={"waived": True})
    assert words.in_order([left, passed, waived, openr, failed]) == [failed, openr, waived, passed, left]


def test_a_rule_sentence_holds_the_number_the_level_n_and_the_bound() -> None:
    text = rulings.rule_sentence(rule_of(RECORDS["fail"], "reality-is-covered"), RECORDS["fail"])
    assert text.startswith("Coverage relative to a perfect generator is 0.91 (95 % interval 0.8")
    assert "n = 20,000" in text
    assert text.endswith("the policy asks for at least 0.8.")


def test_bounds_of_shares_are_percentages() -> None:
    rule = rule_of(RECORDS["fail"], "reality-is-covered")
    assert rule.observed is not None
    share = rule.model_copy(update={"observed": rule.observed.model_copy(update={"unit": "share"})})
    both = share.model_copy(update={"bound": words.BoundPart(at_least=0.1, at_most=0.25)})
    assert words.bound_words(both) == "between 10 % and 25 %"


def test_a_bound_has_the_unit_of_its_estimate_also_where_nothing_was_measured() -> None:
    record = small.small_record()
    rule = rule_of(RECORDS["fail"], "reality-is-covered")
    bound = words.BoundPart(at_least=None, at_most=0.03)
    unseen = rule.model_copy(update={"observed": None, "estimate": "stray_share", "bound": bound})
    assert words.bound_words(unseen, record) == "at most 3 %"


def test_a_per_cent_sign_has_a_space_before_it() -> None:
    assert words.spaced("met at 99.98%, below 100%") == "met at 99.98 %, below 100 %"


@pytest.mark.parametrize("ruling", list(Ruling))
def test_every_ruling_has_a_sign_a_word_and_a_tone(ruling: Ruling) -> None:
    mark = words.ruling_mark(ruling)
    assert mark.sign in "✓✕?–"
    assert mark.word == ruling.replace("_", " ").upper()
    assert mark.tone


def test_marks_differ_by_sign_and_by_word() -> None:
    rulings = [words.ruling_mark(each) for each in Ruling]
    outcomes = [words.outcome_mark(each) for each in Outcome]
    for marks in (rulings, outcomes):
        assert len({mark.sign for mark in marks}) == len({mark.word for mark in marks}) == len(marks)


def test_the_answer_about_groups_has_share_target_and_ratio() -> None:
    assert answer(RECORDS["fail"].findings[0]) == (
        "Group 3 makes up 0.4 % (95 % interval 0–0.8 %, n = 20,000, corrected for the group classifier’s errors) of "
        "the generated samples; its target is 10.0 %. That is 0.04 (95 % interval 0–0.08, n = 20,000) of its "
        "target, the smallest such ratio of 10 groups; the smallest ratio of a perfect generator with as many "
        "samples would be 0.97 (0.94–0.99)."
    )


def test_the_answer_about_drivers_compares_with_equal_shares_and_with_turned_axes() -> None:
    assert answer(RECORDS["fail"].findings[1]) == (
        "Dimension z0 carries 42.0 % (95 % interval 40.0–44.0 %, n = 256) of the effect on what was explained; with "
        "equal shares each of the 8 dimensions would carry 12.5 %, and with the latent axes turned at random the "
        "largest would carry 17 % (15–22 %). The effect is spread as if over 3.8 (3.4–4.2) equal dimensions. "
        "Unused: 1 (0–2) of 8 dimensions."
    )


def test_without_an_effect_the_answer_says_so() -> None:
    part = RECORDS["fail"].findings[1]
    still = part.model_copy(update={"reason": "no effect to explain", "estimates": part.estimates[-1:], "tables": ()})
    assert answer(still) == (
        "No effect to explain. Largest completeness error, relative to the effect is 0.008 (exact, n = 256)."
    )


def test_the_answer_about_neighbours_starts_with_the_worst() -> None:
    text = answer(RECORDS["pass"].findings[2])
    assert text.startswith(
        "Coverage is 0.91 (95 % interval 0.88–0.94, n = 20,000) of what a perfect generator would score here"
    )


def test_an_unknown_auditor_is_answered_by_its_first_estimate_beside_a_perfect_generator() -> None:
    finding = RECORDS["pass"].findings[2].model_copy(update={"code": "GA999"})
    assert answer(finding) == (
        "Precision relative to a perfect generator is 0.97 (95 % interval 0.94–1.00, n = 20,000); "
        "a perfect generator would score 1.00 (0.98–1.02) here."
    )


@pytest.mark.parametrize("code", ["GA101", "GA201", "GA302"])
def test_known_auditors_without_their_usual_estimates_still_answer(code: str) -> None:
    finding = example.neighbours()
    odd = replace(finding, estimates=finding.estimates[-1:], code=code)
    record = example.record((odd,))
    assert answer(record.findings[0]).startswith("Density is 1.04 (95 % interval")


@pytest.mark.parametrize(
    ("outcome", "start"),
    [
        (Outcome.NOT_APPLICABLE, "The question does not arise here: "),
        (Outcome.INCONCLUSIVE, "This could not be answered: "),
        (Outcome.ERROR, "The auditor broke, so nothing is known here: "),
    ],
)
def test_without_a_measurement_the_answer_is_the_reason(outcome: Outcome, start: str) -> None:
    part = RECORDS["pass"].findings[0].model_copy(update={"outcome": outcome, "reason": "first\nlast", "estimates": ()})
    assert answer(part) == start + ("Last." if outcome is Outcome.ERROR else "First.")


def test_long_names_are_cut_with_a_mark() -> None:
    assert words.short("x" * 100, 10) == "x" * 9 + "…"
    assert words.short("x" * 10, 10) == "x" * 10


def test_labels_are_the_auditors_words_and_of_an_old_record_the_plain_name() -> None:
    finding = RECORDS["pass"].findings[2]
    assert words.label("coverage_ratio", finding) == "coverage relative to a perfect generator"
    assert words.label("coverage_ratio", finding.model_copy(update={"facts": ()})) == "coverage ratio"
    assert words.label("coverage_ratio", None) == "coverage ratio"


def test_the_value_that_would_have_failed_is_told_from_the_bound_or_not_at_all() -> None:
    asked: dict[str, object] = {"id": "r", "auditor": "GA302", "estimate": "stray_share", "at_most": 0.02, "why": "w"}

    def told(value: float, half: float) -> str | None:
        seen = replace(small.estimate("stray_share", value, half), unit="share")
        record = small.small_record(findings=(small.finding("GA302", seen),), rules=(asked,), waivers=())
        return words.would_fail_words(record.verdict.rules[0])

    assert told(0.01, 0.0002) == "2.1 % or more would have failed in four audits of five"
    # An interval that begins at 0 is cut off there: how wide it would be at the bound is not known.
    assert told(0.0, 0.0002) is None
