"""Reference models trained here, sound and with a planted defect: the audit must tell the twins apart."""

from pathlib import Path

import pytest
from planted.audits import JUDGED, audited, worst_group

from genai_audit import Ruling

SHORT = 1500
"""Steps that are enough to show a defect; only the sound models need the whole training."""
SAMPLES = 5_000
"""A defect must show in a quarter of the usual samples already; only a pass needs all of them."""
RULED = tuple(code for code in JUDGED if code != "GA201")
"""No rule of the default policy asks for attributions, which take most of the time; the sound models have them."""

# Defect → the rules of the default policy that it must break.
DEFECTS = {
    "drop-mode=3": {"no-group-underrepresented"},
    "imbalance=3:0.25": {"no-group-underrepresented"},
    "collapse=3": {"no-group-underrepresented", "reality-is-reached"},
    "shrink=0.6": {"reality-is-reached"},
    "memorise=50": {"reality-is-reached"},
}


@pytest.mark.slow
@pytest.mark.parametrize("family", ["vae", "gan"])
def test_the_sound_model_passes(tmp_path: Path, family: str) -> None:
    record = audited(family, tmp_path, plant=None, steps=None)
    assert record.verdict.outcome is Ruling.PASS, record.verdict.reason
    # GA309 asks of columns, which images have not.
    assert set(JUDGED) - {"GA309"} <= set(record.coverage.measured)
    assert record.coverage.error == ()


@pytest.mark.slow
@pytest.mark.parametrize("family", ["vae", "gan"])
@pytest.mark.parametrize(("plant", "broken"), DEFECTS.items(), ids=DEFECTS)
def test_the_planted_defect_is_seen(tmp_path: Path, family: str, plant: str, broken: set[str]) -> None:
    record = audited(family, tmp_path, plant=plant, steps=SHORT, samples=SAMPLES, only=RULED)
    assert record.verdict.outcome is Ruling.FAIL, record.verdict.reason
    assert broken <= {rule.id for rule in record.verdict.rules if rule.outcome is Ruling.FAIL}
    assert not record.coverage.error
    if "=3" in plant and not plant.startswith("collapse"):
        assert worst_group(record) == "3"
