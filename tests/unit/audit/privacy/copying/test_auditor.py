"""GA402: planted copies are counted and listed, sound generators left in peace, and what cannot be asked is said."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.samples.given import NOT_TRAINING
from genai_audit.audit.finding import LEVELS, Better, Finding, NotApplicable, Outcome
from genai_audit.audit.judge import judge
from genai_audit.audit.pipeline.auditing import run_auditors
from genai_audit.audit.policy import Policy
from genai_audit.audit.privacy.copying.auditor import NEED_HOLDOUT, Copying
from genai_audit.audit.verdict import Ruling
from unit.audit.privacy.copied import audited, collected, confounded


def audit(evidence: Evidence) -> Finding:
    return Copying()(evidence, np.random.default_rng(0))


def test_planted_copies_are_counted_and_listed() -> None:
    evidence = audited(copies=60)
    finding = audit(evidence)
    assert finding.outcome is Outcome.MEASURED
    excess = finding.estimate("copy_excess")
    assert excess.p_value is not None
    assert excess.p_value < 1e-4
    assert excess.interval().low > 0.05
    assert excess.interval().low <= 0.2 <= excess.interval().high
    assert finding.estimate("near_copy_excess").value == pytest.approx(0.2, abs=0.03)
    authentic = finding.estimate("authentic_share")
    assert authentic.perfect is not None
    assert authentic.value < authentic.perfect.value
    regions = finding.estimate("data_copying")
    assert regions.interval().high < 0
    # Records that stray from the training data are no copies.
    assert regions.better is Better.HIGHER
    table = next(each for each in finding.tables if each.name == "closest")
    assert all(row[0] == row[1] and row[0] < 60 and row[-1] == "copy" for row in table.rows)
    assert [each.level for each in excess.curve] == list(LEVELS)


def test_sound_generators_are_rarely_called_copying() -> None:
    found = [audit(audited(seed=seed, n=120)) for seed in range(8)]
    assert sum((each.estimate("copy_excess").p_value or 0) <= 0.05 for each in found) <= 2
    assert all(each.estimate("copy_excess").interval().low <= 0.005 for each in found)


def test_without_a_holdout_exact_copies_remain_and_the_rest_is_said_not_to_be_asked() -> None:
    finding = audit(audited(copies=60, held=False))
    assert [each.name for each in finding.estimates] == ["exact_copy_excess"]
    assert finding.reason is not None
    assert "--holdout" in finding.reason
    assert set(finding.not_asked) == set(NEED_HOLDOUT)
    policy = Policy.load()
    rule = next(rule for rule in policy.rules if rule.auditor == "GA402")
    alone = policy.model_copy(update={"rules": (rule,)})
    assert judge([finding], alone, drawn=300, today=date(2030, 1, 1)).rules[0].outcome is Ruling.NOT_APPLIED
    required = policy.model_copy(update={"rules": (rule.model_copy(update={"required": True}),)})
    assert judge([finding], required, drawn=300, today=date(2030, 1, 1)).rules[0].outcome is Ruling.INCONCLUSIVE


def test_exact_copies_are_told_from_data_that_repeat_themselves() -> None:
    evidence = audited(held=False)
    assert audit(evidence).estimate("exact_copy_excess").value == 0
    words = ["yes", "no", "perhaps", "never", "often"] * 40
    few = audit(collected(words, words[:150]))
    copied = few.estimate("exact_copy_excess")
    assert copied.value == 0
    assert copied.p_value == 1
    some = [f"record {at}" for at in range(300)]
    made = some[:30] + [f"other {at}" for at in range(170)]
    assert audit(collected(made, some)).estimate("exact_copy_excess").interval().low > 0.08


def test_where_the_split_is_told_apart_nothing_is_said_of_closeness() -> None:
    finding = audit(confounded(audited(copies=60)))
    assert finding.reason is not None
    assert finding.reason.startswith("confounded")
    assert [each.name for each in finding.estimates] == ["exact_copy_excess"]


def test_images_are_shown_beside_their_originals() -> None:
    rng = np.random.default_rng(0)
    training, made, held = (rng.random((80, 1, 6, 6)).astype(np.float32) for _ in range(3))
    made[3] = training[7]
    finding = audit(collected(made, training, held))
    pair = finding.exhibits[0].pictures
    assert (pair[0].kind, pair[0].indices[0], pair[1].kind, pair[1].indices[0]) == ("generated", 3, "reference", 7)


@pytest.mark.parametrize("modality", ["text", "music", "audio"])
def test_copies_of_every_modality_are_found(modality: str) -> None:
    rng = np.random.default_rng(1)
    sets = {
        "text": lambda: ["".join(rng.choice(list("abcde "), 40)) for _ in range(150)],
        "music": lambda: [rng.integers(60, 72, 40).tolist() for _ in range(150)],
        "audio": lambda: rng.normal(0, 0.1, (150, 600)).astype(np.float32),
    }[modality]
    training, made, held = sets(), sets(), sets()
    made[:20] = training[:20]
    finding = audit(collected(made, training, held, rate=8000 if modality == "audio" else None))
    assert (finding.estimate("copy_excess").p_value or 1) < 0.01
    assert finding.estimate("exact_copy_excess").value == pytest.approx(20 / 150)


def test_without_training_data_it_is_not_asked() -> None:
    with pytest.raises(NotApplicable, match="training data"):
        audit(replace(audited(), matches=None))
    evidence = audited()
    silent = replace(evidence, absent={"training": NOT_TRAINING})
    finding = run_auditors((Copying(),), silent, seed=0)[0]
    assert (finding.outcome, finding.reason) == (Outcome.NOT_APPLICABLE, NOT_TRAINING)
