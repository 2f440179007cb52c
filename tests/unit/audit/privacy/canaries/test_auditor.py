"""GA405: a model that learned canaries by heart is found, one that did not is not, and the guesses stay as fixed."""

import numpy as np
import pytest

from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.canaries.kind import COINS, WATERMARK, Canaries
from genai_audit.audit.finding import Finding, NotApplicable
from genai_audit.audit.privacy.canaries.auditor import PlantedCanaries


def canaries(included: np.ndarray, scores: np.ndarray, design: str = COINS, guesses: int = 0) -> Canaries:
    return Canaries(included, scores, "nats", design, guesses, 1, 60.0, "12 words", "ab" * 32)


def asked(seen: Canaries | None) -> Finding:
    evidence = Evidence("text", Generated(["a"], 0, "made up"), canaries=seen, absent={"canaries": "plant some first"})
    return PlantedCanaries()(evidence, np.random.default_rng(0))


def planted(shift: float, seed: int, m: int = 200) -> Finding:
    rng = np.random.default_rng(seed)
    included = rng.random(m) < 0.5
    return asked(canaries(included, rng.normal(size=m) - shift * included, guesses=m // 2))


def test_what_was_learned_by_heart_is_found() -> None:
    finding = planted(30.0, 0)
    assert finding.estimate("canary_auc").value == 1.0
    assert finding.estimate("guess_accuracy").value == 1.0
    # 100 of 100 guesses right: known answer 3.493 at δ = 0, hardly less at 1e-5.
    assert finding.estimate("epsilon_lower_bound").value == pytest.approx(3.49, abs=0.01)
    held_out = finding.settings["held_out"]
    assert isinstance(held_out, int)
    assert finding.estimate("highest_exposure").value == pytest.approx(np.log2(held_out))
    assert len(finding.tables[0].rows) == 20


def test_a_sound_model_is_accused_in_one_run_of_twenty() -> None:
    runs = 100
    found = [planted(0.0, seed) for seed in range(runs)]
    # 5 % of 100; 11 or more have a chance of 1.1 %.
    for name in ("canary_auc", "guess_accuracy", "highest_exposure"):
        p_values = [each.estimate(name).p_value for each in found]
        assert sum(p <= 0.05 for p in p_values if p is not None) <= 10, name
    assert sum(each.estimate("epsilon_lower_bound").value > 0 for each in found) <= 10
    perfect = found[0].estimate("highest_exposure").perfect
    assert perfect is not None
    inside = sum(perfect.low <= each.estimate("highest_exposure").value <= perfect.high for each in found)
    assert inside >= 88


def test_a_watermark_has_an_exact_rank_and_no_epsilon() -> None:
    included = np.arange(100) == 37
    scores = np.where(included, -1.0, np.arange(100.0))
    finding = asked(canaries(included, scores, design=WATERMARK))
    assert [each.name for each in finding.estimates] == ["highest_exposure"]
    assert finding.estimates[0].p_value == pytest.approx(1 / 100)
    assert finding.tables[0].rows[0][0] == 37


def test_records_that_the_model_cannot_give_count_as_unfamiliar() -> None:
    included = np.arange(40) < 20
    scores = np.where(included, 1.0, np.inf)
    finding = asked(canaries(included, scores, guesses=20))
    assert finding.estimate("canary_auc").value == 1.0
    assert finding.estimate("guess_accuracy").value == 1.0


def test_without_canaries_the_question_does_not_arise() -> None:
    with pytest.raises(NotApplicable, match="plant some first"):
        asked(None)
    with pytest.raises(ValueError, match="expected delta from 0 to below 1"):
        PlantedCanaries(delta=1.0)
