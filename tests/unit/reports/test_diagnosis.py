"""The diagnosis in words, the same in every output; the map shows both kinds of records."""

import re
from dataclasses import replace
from datetime import date
from html import unescape

import numpy as np
import pytest

from genai_audit.audit.catalogue import patterns_by_code
from genai_audit.audit.collapse.within_mode_spread.auditor import SpreadWithinModes
from genai_audit.audit.diagnosis import diagnose
from genai_audit.audit.evidence.bundle import Evidence, Features, Generated
from genai_audit.audit.finding import Better, Finding, Outcome, Perfect
from genai_audit.audit.run import rejudge
from genai_audit.audit.verdict import Ruling
from genai_audit.reports import diagnosis as said
from genai_audit.reports.console import closing_lines
from genai_audit.reports.diagnosis_parts import DiagnosisPart, SignPart
from genai_audit.reports.finding_parts import PerfectPart
from genai_audit.reports.html import render
from genai_audit.reports.junit import junit
from genai_audit.reports.markdown import summary
from genai_audit.reports.notebook import record_html
from genai_audit.reports.record import Record
from genai_audit.reports.scatter import scatter
from unit.reports import example

PLAIN = dict(example.variants())["pass"]


def found(name: str, value: float, perfect: float, p: float, *, code: str, spread: float, **more: object) -> Finding:
    estimate = replace(
        example.estimate(
            name, value, spread, floor=-1.0, better=Better.NEITHER, perfect=Perfect(perfect, perfect, perfect), **more
        ),
        p_value=p,
        minimum_detectable=0.02,
    )
    return Finding(code, "Title", "Question?", Outcome.MEASURED, estimates=(estimate,))


SHRUNK = replace(found("spread_ratio", 0.8, 1.0, 1e-6, code="GA305", spread=0.01), facts=SpreadWithinModes.estimates)
SLIGHT = found("duplicate_excess", 0.004, 0.0, 1e-6, code="GA304", spread=0.001, unit="share")
REACH = found("recall_ratio", 0.85, 1.0, 1e-6, code="GA302", spread=0.003)


def told(*findings: Finding) -> DiagnosisPart:
    return said.diagnosis_part(diagnose(findings, patterns_by_code()))


def names(signs: tuple[SignPart, ...]) -> list[str]:
    return [sign.name for sign in signs]


def test_every_pattern_is_in_the_record_exactly_once() -> None:
    part = told(SHRUNK, SLIGHT)
    listed = [*names(part.seen), *names(part.slight), *names(part.unseen), *names(part.untested)]
    assert sorted(listed) == sorted(each.name for patterns in patterns_by_code().values() for each in patterns)
    assert (names(part.seen), names(part.slight)) == (["Shrinkage"], ["Repetition"])
    assert names(part.unseen) == ["Over-dispersion"]
    sign = part.seen[0]
    assert (sign.code, sign.estimate, sign.value, sign.level) == ("GA305", "spread_ratio", 0.8, 0.95)
    assert sign.perfect == PerfectPart(value=1.0, low=1.0, high=1.0)
    assert part.untested[0].value is None
    assert part.untested[0].reason


def test_the_sentence_tells_clear_signs_from_slight_ones() -> None:
    assert (
        told(SHRUNK, SLIGHT).sentence == "The tests together show shrinkage; beside them, slight signs of repetition."
    )
    assert told(SLIGHT).sentence == "The tests together show nothing but slight signs of repetition."
    nothing = found("spread_ratio", 0.99, 1.0, 0.4, code="GA305", spread=0.01)
    assert told(nothing).sentence == "None of the 2 patterns that were tested is seen at this number of samples."
    assert told(example.representation(example.SOUND)).sentence == "No pattern was tested."
    doubted = told(replace(SHRUNK, doubts="records are near-copies"))
    why = "in doubt, as the records may not be independent: shrinkage."
    assert doubted.sentence == f"The tests cannot be relied on here; {why}"
    both = told(replace(SHRUNK, doubts="records are near-copies"), SLIGHT)
    assert both.sentence == f"The tests together show slight signs of repetition; {why}"
    assert "In doubt: Records are near-copies." in said.said(
        next(each for each in doubted.untested if each.reason and each.value)
    )


def test_a_sign_is_told_with_its_interval_and_what_a_perfect_generator_scores() -> None:
    text = said.said(told(SHRUNK).seen[0])
    assert re.fullmatch(
        r"Spread within modes relative to the data is 0\.80+ \(95 % interval 0\.780*–0\.820*, n = 20,000\); "
        r"of a perfect generator it would be 1\.00\.",
        text,
    )


def sign(estimate: str, unit: str, least: float | None, *, above: bool = True, coarse: float = 0.5) -> SignPart:
    perfect = PerfectPart(value=0.5 if estimate == "auc" else 0.0, low=0.0, high=0.6)
    return SignPart(
        name="Name",
        means="meaning",
        code="GA301",
        estimate=estimate,
        label="label",
        above=above,
        coarse=coarse,
        value=0.0,
        low=0.0,
        high=0.0,
        level=0.95,
        n=9,
        unit=unit,
        perfect=perfect,
        p_adjusted=1.0,
        minimum_detectable=least,
        reason=None,
    )


@pytest.mark.parametrize(
    ("estimate", "unit", "least", "expected"),
    [
        ("lost_mass", "share", 0.04, "Not found; too small to be seen: a loss of less than 4.0 % of the data."),
        (
            "missing_modes",
            "count",
            2.0,
            "Not found; too small to be seen: fewer than 2 missing modes.",
        ),
        ("missing_modes", "count", 1.0, "Not found; a single missing mode would likely have been found"),
        ("auc", "share", 0.03, "Not found; too small to be seen: an area under the curve of less than 53.0 %."),
        (
            "frechet_ratio",
            "ratio",
            0.4,
            "Not found; too small to be seen: a Fréchet distance of less than 1.4 times that of a perfect generator",
        ),
        ("spread_ratio", "ratio", 0.05, "Not found; too small to be seen: a rise of less than 5.0 %."),
        ("entropy_rate_difference", "bits per token", 0.07, "a rise of less than 0.07 bits per token."),
        ("association_gap", "correlation", 0.12, "a correlation that is off by less than 0.12."),
        ("vanished_share", "share", 0.02, "symbols that hold less than 2.0 % of what real records show."),
        ("missing_modes", "count", None, "Not found; how small a one would have been found is not known."),
    ],
)
def test_what_may_have_been_missed_is_told_in_its_own_unit(
    estimate: str, unit: str, least: float | None, expected: str
) -> None:
    assert expected in said.not_found(PLAIN, sign(estimate, unit, least, coarse=5.0))


def test_a_missing_mode_that_would_have_been_found_has_a_size() -> None:
    lost = example.estimate("lost_mass", 0.01, 0.01, unit="share")
    settings = {"smallest_missing_mode_seen": 0.02}
    record = example.record((Finding("GA301", "Modes", "?", Outcome.MEASURED, estimates=(lost,), settings=settings),))
    assert said.not_found(record, sign("missing_modes", "count", 1.0, coarse=5.0)) == (
        "Not found; a single missing mode of at least 2.0 % of the data would likely have been found."
    )


def test_a_weak_test_says_so_and_a_fall_is_no_rise() -> None:
    assert "a fall of less than 30.0 %" in said.not_found(PLAIN, sign("spread_ratio", "ratio", 0.3, above=False))
    assert "weak test" in said.not_found(PLAIN, sign("spread_ratio", "ratio", 0.6))
    assert "weak test" not in said.not_found(PLAIN, sign("spread_ratio", "ratio", 0.4))


def plain(html: str) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", html))).replace("\u00a0", " ")


def test_every_output_shows_the_same_diagnosis_and_what_a_pass_leaves_open() -> None:
    record = example.record((example.representation(example.SOUND), example.neighbours(), SHRUNK, SLIGHT))
    assert record.verdict.outcome is Ruling.PASS
    assert record.diagnosis is not None
    beside = said.page_one(record)
    assert beside is not None
    assert re.fullmatch(
        r"Passes the policy; also found, judged by no rule: shrinkage "
        r"\(spread within modes relative to the data 0\.80+, 0\.780*–0\.820*, GA305\)\.",
        beside,
    )
    page = plain(render(record, example.evidence()))
    notebook = plain(record_html(record, None))
    outputs = [page, summary(record), "\n".join(closing_lines(record, None)), notebook, junit(record)]
    assert [record.diagnosis.sentence in output for output in outputs] == [True] * 5
    assert [beside in output for output in outputs[1:4]] == [True] * 3
    # The first page of the report has a box for it.
    first = page[page.index("Found, but judged by no rule") : page.index("Not looked at")]
    assert "Shrinkage" in first
    assert "spread within modes relative to the data 0.80" in first


def test_judging_again_keeps_the_diagnosis_and_gives_one_to_an_old_record() -> None:
    record = example.record((example.representation(example.SOUND), example.neighbours(), SHRUNK))
    again = rejudge(record, example.waiving(date(2030, 1, 31)), None, None, date(2026, 3, 15))
    assert again.diagnosis == record.diagnosis
    old = record.model_copy(update={"diagnosis": None, "schema_version": 1})
    mended = rejudge(old, example.judging(), None, None, date(2026, 3, 15))
    assert mended.diagnosis == record.diagnosis
    assert mended.schema_version == 3


def test_a_sign_that_a_rule_allows_is_told_apart_from_one_that_no_rule_judges() -> None:
    finding = example.neighbours()
    estimates = tuple(REACH.estimates[0] if each.name == "recall_ratio" else each for each in finding.estimates)
    record = example.record((example.representation(example.SOUND), replace(finding, estimates=estimates)))
    assert record.verdict.outcome is Ruling.PASS
    text = said.page_one(record)
    assert text is not None
    assert text.startswith("Passes the policy; also found, within what its rules allow: unreached data (recall")


def test_beside_no_pass_and_beside_slight_signs_nothing_is_added() -> None:
    failing = example.record((example.representation(example.SOUND | {"3": 0.04}), example.neighbours(), SHRUNK))
    assert failing.verdict.outcome is Ruling.FAIL
    assert said.page_one(failing) is None
    assert said.page_one(example.record((example.representation(example.SOUND), example.neighbours(), SLIGHT))) is None


def test_a_record_of_the_first_version_says_that_its_diagnosis_is_not_recorded() -> None:
    record = example.record((example.representation(example.SOUND), SHRUNK))
    old = Record.model_validate(
        {key: value for key, value in record.model_dump(mode="json").items() if key != "diagnosis"}
        | {"schema_version": 1}
    )
    assert old.diagnosis is None
    assert old.schema_version == 1
    for output in (
        plain(render(old, example.evidence())),
        summary(old),
        "\n".join(closing_lines(old, None)),
        junit(old),
    ):
        assert said.NOT_RECORDED in output
    assert said.page_one(old) is None


def features(real: np.ndarray, made: np.ndarray) -> Evidence:
    pictures = Generated(np.zeros((1, 1, 1, 1), np.float32), 0, "toy")
    return Evidence("image", pictures, features=Features(made, real, np.empty((0, real.shape[1])), "toy"))


def test_the_map_draws_every_point_within_its_frame() -> None:
    rng = np.random.default_rng(0)
    drawn = scatter(features(rng.normal(size=(50, 6)), rng.normal(size=(80, 6))))
    assert drawn is not None
    assert (drawn.reference, drawn.generated) == (50, 80)
    assert drawn.svg.count("M") - 1 == 50 + 80  # one move a point, and the word Map
    assert 0 < drawn.explained < 1
    assert scatter(features(rng.normal(size=(50, 1)), rng.normal(size=(80, 1)))) is not None


def test_there_is_no_map_of_nothing() -> None:
    assert scatter(features(np.ones((9, 3)), np.ones((9, 3)))) is None
    assert scatter(features(np.ones((9, 3)), np.full((9, 3), np.nan))) is None
    assert scatter(Evidence("image", Generated(np.zeros((1, 1, 1, 1), np.float32), 0, "toy"))) is None
