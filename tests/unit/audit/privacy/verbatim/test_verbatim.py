"""GA404: planted copies of every modality are seen, sound twins left in peace, and common lines do not count."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.reproductions.kind import Extraction
from genai_audit.audit.finding import Finding, NotApplicable
from genai_audit.audit.privacy.verbatim.auditor import VerbatimReproduction
from unit.audit.privacy.reproduced import RECORDS, audited


def audit(evidence: Evidence, **parameters: Any) -> Finding:
    return VerbatimReproduction(**parameters)(evidence, np.random.default_rng(0))


def table(finding: Finding, name: str) -> dict[str, tuple[Any, ...]]:
    (found,) = (each for each in finding.tables if each.name == name)
    return {str(row[0]): row[1:] for row in found.rows}


@pytest.mark.parametrize("modality", RECORDS)
def test_copies_are_seen_beside_what_they_copy(modality: str) -> None:
    evidence = audited(modality, copies=30)
    finding = audit(evidence)
    excess = finding.estimate("reproduction_excess")
    assert excess.interval().low > 0
    assert excess.interval().low <= 0.05 <= excess.interval().high + 0.01
    assert excess.p_value is not None
    assert excess.p_value < 0.001
    assert finding.estimate("reproduction_rate").value == pytest.approx(0.05, abs=0.015)
    assert finding.estimate("near_reproduction_excess").interval().low > 0
    assert table(finding, "whole_records")["the whole record"][0] >= 30
    # The copies come first; a copy of a line that everybody writes is none.
    matches = {row[0] for row in next(each for each in finding.tables if each.name == "matches").rows}
    assert len(matches & set(range(30))) >= 25
    assert evidence.reproductions is not None
    assert {each.kind for each in finding.exhibits[0].pictures} == {"generated", "reproductions"}


@pytest.mark.parametrize("modality", RECORDS)
def test_sound_twins_are_left_in_peace(modality: str) -> None:
    alarms = 0
    for seed in range(4):
        finding = audit(audited(modality, seed=seed))
        alarms += finding.estimate("reproduction_excess").interval().low > 0
        assert finding.estimate("reproduction_excess").interval().low < 0.01
    assert alarms <= 1


def test_a_line_that_everybody_writes_does_not_count() -> None:
    finding = audit(audited("text"))
    whole = table(finding, "whole_records")["the whole record"]
    assert whole[1] > 0.08
    assert whole[3] > 0.08
    assert finding.estimate("reproduction_rate").value < 0.01


def test_where_whole_texts_come_again_by_chance_whole_texts_are_counted() -> None:
    evidence = audited("text", copies=120)
    seen = evidence.reproductions
    assert seen is not None
    assert seen.null_runs is not None
    # As of texts out of patterns: the longest of the null stand in the training data as a whole.
    longest = float(seen.null_runs.tokens.max())
    null = np.where(np.arange(400) < 20, longest, 3.0)
    whole = np.where(np.arange(400) < 20, 0, 5)
    held = replace(seen, verbatim=replace(seen.verbatim, null=null), null_whole=whole)
    finding = audit(replace(evidence, reproductions=held))
    assert finding.settings["reproduces"] == "the whole record"
    excess = finding.estimate("reproduction_excess")
    # 120 copies and one fresh text in eight, of 600, beside 20 of 400.
    assert excess.value == pytest.approx((120 + 480 / 8) / 600 - 20 / 400, abs=0.03)
    assert excess.interval().low > 0.15
    assert "reproduced_share" not in {each.name for each in finding.estimates}


@pytest.mark.parametrize("modality", ["text", "music"])
def test_the_share_of_copied_tokens_is_that_of_the_copies(modality: str) -> None:
    share = audit(audited(modality, copies=60)).estimate("reproduced_share")
    assert share.value == pytest.approx(0.1, abs=0.03)
    assert share.interval().low > 0.05
    assert share.perfect is not None
    assert share.perfect.high < 0.03


def test_a_transposed_melody_is_a_copy() -> None:
    def up(melodies: Any) -> Any:
        return [[pitch + 5 for pitch in melody] for melody in melodies]

    finding = audit(audited("music", copies=30, change=up))
    assert finding.estimate("reproduction_excess").interval().low > 0.02


def test_texts_with_a_word_changed_are_nearly_reproduced() -> None:
    def changed(texts: Any) -> Any:
        return [" ".join([*each.split()[:5], "never", *each.split()[6:]]) for each in texts]

    finding = audit(audited("text", copies=30, change=changed))
    near, exact = (finding.estimate(f"{name}reproduction_excess") for name in ("near_", ""))
    assert near.interval().low > 0.01
    assert near.value > exact.value


def test_pictures_in_another_light_are_nearly_reproduced() -> None:
    finding = audit(audited("image", copies=30, change=lambda pictures: 0.5 * pictures + 0.2))
    near, exact = (finding.estimate(f"{name}reproduction_excess") for name in ("near_", ""))
    assert near.interval().low > 0.01
    assert exact.value < near.value


def test_rows_with_other_wages_show_as_all_but_one_column() -> None:
    finding = audit(audited("tabular", copies=30, change=lambda rows: rows.assign(wage=rows["wage"] + 1000)))
    whole = table(finding, "whole_records")
    assert whole["the whole record"][0] < 5
    assert whole["all but one column"][0] >= 30


def test_without_a_holdout_a_part_of_the_reference_stands_in_and_the_record_says_what_that_hides() -> None:
    finding = audit(audited("text", copies=60, holdout=0))
    assert finding.estimate("reproduction_excess").interval().low > 0
    assert finding.reason is not None
    assert finding.reason.startswith("there is no holdout (--holdout), so 160 records of the reference stand in")
    assert finding.settings["null"] == "a random part of the reference, left out of it"
    assert audit(audited("text", copies=60)).reason is None


def test_without_copies_nothing_is_shown() -> None:
    finding = audit(audited("tabular", seed=1), false_match=0.0)
    assert finding.estimate("reproduction_rate").value < 0.01
    shown = [each for part in finding.exhibits for each in part.pictures]
    assert len(shown) <= 2 * 12


def test_extraction_counts_what_comes_out_within_the_tries() -> None:
    evidence = audited("text")
    assert evidence.reproductions is not None
    # One try brings 10 of 40 training records out with chance 1/2, and 1 of 40 held-out ones.
    nats = [np.where(np.arange(40) < k, np.log(0.5), -400.0) for k in (10, 1)]
    rows, lengths = np.arange(40), np.full(40, 9)
    held = replace(evidence.reproductions, extraction=Extraction("token", *nats, rows, lengths, lengths))
    finding = audit(replace(evidence, reproductions=held))
    assert finding.estimate("extractable_share").value == 0.25
    excess = finding.estimate("extraction_excess")
    assert excess.value == pytest.approx(9 / 40)
    assert excess.interval().low > 0
    assert excess.p_value == pytest.approx(0.0036, abs=0.0005)  # Fisher: Σ C(40,k) C(40,11−k) / C(80,11), k ≥ 10
    assert table(finding, "extraction")["1"][0] == 10
    alone = replace(held, extraction=Extraction("token", nats[0], nats[1][:0], rows, lengths, lengths[:0]))
    names = {each.name for each in audit(replace(evidence, reproductions=alone)).estimates}
    assert ("extractable_share" in names, "extraction_excess" in names) == (True, False)


def test_sounds_have_no_runs() -> None:
    with pytest.raises(NotApplicable, match="not in audio"):
        audit(
            Evidence("audio", audited("text").generated, absent={"reproductions": "looked for in texts, not in audio"})
        )


@pytest.mark.parametrize(
    ("parameters", "said"),
    [({"false_match": 0.5}, "false_match from 0"), ({"chance": 1.0}, "chance between"), ({"tries": 0}, "tries of")],
)
def test_parameters_that_make_no_sense_are_refused(parameters: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        VerbatimReproduction(**parameters)
