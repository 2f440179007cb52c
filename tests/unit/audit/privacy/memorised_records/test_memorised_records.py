"""GA403: memorised records are named by number and digest, sound twins have none, and small holdouts say so."""

import csv
import hashlib
import io
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from genai_audit.audit.evidence.likelihoods.kind import Scored
from genai_audit.audit.evidence.membership.digests import record_digest
from genai_audit.audit.evidence.membership.kind import MembershipScore
from genai_audit.audit.finding import Finding, Inconclusive, NotApplicable
from genai_audit.audit.privacy.memorised_records import auditor as module
from genai_audit.audit.privacy.memorised_records.auditor import MemorisedRecords
from genai_audit.audit.privacy.shared.split_check import Blind
from genai_audit.reports.convert import finding_part
from genai_audit.reports.memorised import memorised
from unit.audit.privacy.examples import evidence, membership, scored


def audit(found: Any, modality: str = "image", **settings: Any) -> Finding:
    return MemorisedRecords(**settings)(evidence(found, modality), np.random.default_rng(0))


def planted(n: int = 400, memorised: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    training = rng.normal(size=n)
    training[:memorised] += 8
    return training, rng.normal(size=500)


def test_planted_records_are_named() -> None:
    finding = audit(membership(*planted()))
    count = finding.estimate("memorised_count")
    assert 40 <= count.value <= 48
    assert 30 <= count.interval().low <= 40
    assert count.interval().high == count.value
    assert count.perfect is not None
    assert count.perfect.value == 0
    (table,) = finding.tables
    numbers = {row[0] for row in table.rows}
    assert set(range(1000, 1040)) <= numbers
    assert finding.exhibits[0].pictures[0].kind == "reference"
    assert set(finding.exhibits[0].pictures[0].indices) <= set(range(40))


def test_texts_are_named_and_not_shown() -> None:
    found = membership(*planted())
    finding = audit(found, "text")
    assert finding.exhibits == ()
    row = finding.tables[0].rows[0]
    place = int(row[0]) - 1000  # type: ignore[arg-type]  # a number
    text = f"secret of person {place}"
    assert row[1] == hashlib.sha256(json.dumps([text]).encode()).hexdigest()
    assert row[1] == record_digest([text], 0)
    assert "secret" not in str(finding)


def test_sound_twins_have_no_records_surely_named() -> None:
    sure = [
        audit(membership(*planted(memorised=0, seed=seed))).estimate("memorised_count").interval().low
        for seed in range(30)
    ]
    assert sum(each > 0 for each in sure) <= 5


def test_what_a_small_holdout_can_name_is_said() -> None:
    training, holdout = planted(memorised=5)
    finding = audit(membership(training, holdout[:99]))
    # 400 / (0.1 · 100) = 40 records would have to stand out together.
    assert finding.settings["fewest_that_can_be_named"] == 40
    assert finding.estimate("memorised_count").minimum_detectable == 40
    assert finding.reason is not None
    assert "fewer than 40 records that stand out cannot be named beside a holdout of 99" in finding.reason
    with pytest.raises(Inconclusive, match=r"a holdout of 8 records is too small .* give at least 9"):
        audit(membership(training, holdout[:8]))


def test_a_base_model_shows_memorised_records_that_are_unlikely_by_themselves() -> None:
    rng = np.random.default_rng(1)
    common, held = rng.normal(scale=10.0, size=400), rng.normal(scale=10.0, size=500)
    training = common + np.where(np.arange(400) < 40, 8.0, 0.0)
    plain = audit(membership(training, held))
    fair = common + rng.normal(scale=0.5, size=400), held + rng.normal(scale=0.5, size=500)
    finding = audit(membership(training, held, base=fair))
    assert plain.estimate("memorised_count").value == 0
    assert finding.estimate("memorised_count").value >= 40
    assert finding.settings["base_model_use"] == "compared with"
    unfair = audit(membership(training, held, base=(fair[0], fair[1] + 6)))
    assert unfair.estimate("memorised_count").value == 0
    assert "learned from holdout records" in str(unfair.settings["base_model_use"])


def test_closeness_counts_where_no_likelihood_is_offered() -> None:
    training, holdout = planted()
    found = membership(np.zeros(400), np.zeros(500), kind="critic")
    near = MembershipScore("closeness", "closeness", scored(training), scored(holdout), scored(holdout[:9]))
    finding = audit(replace(found, scores=(*found.scores, near)))
    assert finding.settings["score"] == "closeness"
    assert finding.estimate("memorised_count").value >= 40
    alone = audit(found)
    assert alone.estimate("memorised_count").value == 0


def test_impossible_records_have_no_score_in_the_table() -> None:
    training, holdout = planted()
    score = membership(training, holdout, base=(np.where(np.arange(400) < 50, -np.inf, training), holdout)).scores[0]
    finding = audit(replace(membership(training, holdout), scores=(score,)))
    cells = [row[2] for row in finding.tables[0].rows] if finding.tables else []
    assert all(each is None or np.isfinite(each) for each in cells)  # type: ignore[arg-type]  # numbers alone


def test_of_a_split_that_can_be_told_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "blind_of", lambda evidence: Blind(0.7, 0.02, confounded=True))
    with pytest.raises(Inconclusive, match="not split at random"):
        audit(membership(*planted()))
    with pytest.raises(NotApplicable, match="--holdout"):
        audit(None)
    with pytest.raises(ValueError, match="q between 0 and 1"):
        MemorisedRecords(q=1)


def test_the_file_for_deletion_requests_reads_back() -> None:
    finding = audit(membership(*planted()), "text")
    record: Any = type("R", (), {"findings": (finding_part(finding),)})
    text = memorised(record)
    assert text is not None
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == finding.estimate("memorised_count").value
    assert list(rows[0]) == ["record", "digest", "score", "p_value", "p_adjusted"]
    assert [float(row["p_adjusted"]) for row in rows] == [row[4] for row in finding.tables[0].rows]
    assert "secret" not in text
    sound = audit(membership(*planted(memorised=0)))
    silent: Any = type("R", (), {"findings": (finding_part(replace(sound, tables=())),)})
    assert memorised(silent) is None
    assert memorised(type("R", (), {"findings": ()})) is None  # type: ignore[arg-type]  # no finding at all


def test_values_of_scored_records_keep_their_place() -> None:
    found = membership(*planted())
    shuffled = found.scores[0].training
    rows = np.arange(400)[::2]
    part = replace(found.scores[0], training=Scored(rows, shuffled.values[rows], shuffled.units[rows]))
    finding = audit(replace(found, scores=(part,)))
    assert {row[0] for row in finding.tables[0].rows} >= set(range(1000, 1040, 2))
