"""Reference models trained here, sound and with a planted defect: the audit must tell the twins apart."""

from pathlib import Path

import pytest

from genai_audit import Record, Ruling, audit_checkpoint
from genai_audit.audit.trainer import train_checkpoint

JUDGED = ("GA101", "GA201", "GA302", "GA501", "GA601")
"""What the default policy judges, and attributions; the other auditors have planted tests of their own."""
SHORT = 1500
"""Steps that are enough to show a defect; only the sound models need the whole training."""

# Defect → the rules of the default policy that it must break.
DEFECTS = {
    "drop-mode=3": {"no-group-underrepresented"},
    "imbalance=3:0.25": {"no-group-underrepresented"},
    "collapse=3": {"no-group-underrepresented", "reality-is-reached", "reality-is-covered"},
    "shrink=0.6": {"reality-is-reached"},
    "memorise=50": {"reality-is-reached", "reality-is-covered"},
}


def audited(family: str, folder: Path, *, plant: str | None = None, steps: int | None = None) -> Record:
    out = folder / "model.safetensors"
    train_checkpoint(family, "digits", seed=0, plant=plant, steps=steps, out=out, progress=lambda step, share: None)
    return audit_checkpoint(out, only=JUDGED)


def worst_group(record: Record) -> str | None:
    found = next(each for each in record.findings if each.code == "GA101")
    ratios = [each for each in found.estimates if each.name == "share_ratio"]
    return min(ratios, key=lambda each: each.value).group


@pytest.mark.slow
@pytest.mark.parametrize("family", ["vae", "gan"])
def test_the_sound_model_passes(tmp_path: Path, family: str) -> None:
    record = audited(family, tmp_path)
    assert record.verdict.outcome is Ruling.PASS, record.verdict.reason
    assert {"GA101", "GA201", "GA302", "GA501", "GA601"} <= set(record.coverage.measured)
    assert record.coverage.error == ()


@pytest.mark.slow
@pytest.mark.parametrize("family", ["vae", "gan"])
@pytest.mark.parametrize(("plant", "broken"), DEFECTS.items(), ids=DEFECTS)
def test_the_planted_defect_is_seen(tmp_path: Path, family: str, plant: str, broken: set[str]) -> None:
    record = audited(family, tmp_path, plant=plant, steps=SHORT)
    assert record.verdict.outcome is Ruling.FAIL, record.verdict.reason
    assert broken <= {rule.id for rule in record.verdict.rules if rule.outcome is Ruling.FAIL}
    assert not record.coverage.error
    if "=3" in plant and not plant.startswith("collapse"):
        assert worst_group(record) == "3"
