"""The sentence on independence: what was tested, of what one record each was taken, and a doubt in full."""

from genai_audit.audit.finding import Better, Estimate, Finding, Outcome
from genai_audit.reports import convert
from genai_audit.reports.independence import independence_words
from genai_audit.reports.record import Record
from unit.reports import example

PLAIN = dict(example.variants())["pass"]


def checked(*p_values: float, doubts: str | None = None) -> Record:
    groups = (None, "holdout", "generated")
    estimates = tuple(
        Estimate("near_duplicate_share", 0.0, (), 100, "toy", "share", Better.LOWER, group=group, p_value=p)
        for group, p in zip(groups, p_values, strict=False)
    )
    finding = Finding("GA502", "Independent records", "?", Outcome.MEASURED, estimates=estimates, doubts=doubts)
    return PLAIN.model_copy(update={"findings": (*PLAIN.findings, convert.finding_part(finding))})


def thinned(record: Record, **more: object) -> Record:
    assert record.data.reference is not None
    reference = record.data.reference.model_copy(update=more)
    return record.model_copy(update={"data": record.data.model_copy(update={"reference": reference})})


def test_a_record_without_the_test_says_nothing() -> None:
    assert independence_words(PLAIN) is None


def test_the_p_value_stands_in_the_sentence() -> None:
    assert independence_words(checked(0.31)) == "Records taken as independent; near-duplicates: p = 0.31."
    assert independence_words(checked(1.0, 0.5)) == (
        "Records taken as independent; near-duplicates: p = 1 (reference), p = 0.5 (holdout)."
    )


def test_a_doubt_is_said_in_full() -> None:
    assert independence_words(checked(1e-9, doubts="records are not independent: name them")) == (
        "Records are not independent: name them."
    )


def test_units_are_counted() -> None:
    record = thinned(checked(0.4), unit="person", units=200, total=200, given=600)
    assert independence_words(record) == (
        "Reference: one record of each of 200 units (person), of 600 given; near-duplicates: p = 0.4."
    )
    record = thinned(PLAIN, unit="person", units=200, total=120, given=600, shared=30)
    assert independence_words(record) == (
        "Reference: one record of 120 of 200 units (person), of 600 given, 30 of them left out because the reference "
        "has their units, too."
    )


def test_what_could_not_be_tested_is_said() -> None:
    finding = Finding("GA502", "Independent records", "?", Outcome.INCONCLUSIVE, "too few")
    record = PLAIN.model_copy(update={"findings": (*PLAIN.findings, convert.finding_part(finding))})
    assert independence_words(record) == "Records taken as independent; near-duplicates: inconclusive."
