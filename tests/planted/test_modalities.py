"""Families beyond images, trained here: sound models pass the default policy, planted twins fail by the right rule."""

from pathlib import Path

import pytest

from genai_audit import Record, Ruling, audit_checkpoint
from genai_audit.audit.trainer import train_checkpoint

JUDGED = ("GA101", "GA201", "GA302", "GA501", "GA601")
"""What the default policy judges, and attributions; the other auditors have planted tests of their own."""
SOUND = ("text-lstm", "tabular-vae")
"""The whole training of the others takes longer than a test may; benchmarks/detection.py has them all."""

# Family, defect, steps that are enough to show it → the rules it must break, and the group behind it.
DEFECTS = {
    ("text-lstm", "drop-mode=nurse", 500): ({"no-group-underrepresented"}, "occupation: nurse"),
    ("text-lstm", "memorise=50", 500): ({"reality-is-reached", "reality-is-covered"}, None),
    ("music-lstm", "drop-mode=minor", 300): ({"no-group-underrepresented"}, "mode: minor"),
    ("tabular-vae", "drop-mode=west", 1000): ({"no-group-underrepresented"}, "region: west"),
    ("tabular-vae", "collapse=3", 1000): ({"reality-is-reached", "reality-is-covered"}, None),
    ("audio", "drop-mode=pluck", 600): ({"no-group-underrepresented"}, "timbre: pluck"),
}


def audited(family: str, folder: Path, *, plant: str | None = None, steps: int | None = None) -> Record:
    out = folder / "model.safetensors"
    train_checkpoint(family, None, seed=0, plant=plant, steps=steps, out=out, progress=lambda step, share: None)
    return audit_checkpoint(out, samples=20_000 if plant is None else 5_000, only=JUDGED)


@pytest.mark.slow
@pytest.mark.parametrize("family", SOUND)
def test_the_sound_model_passes(tmp_path: Path, family: str) -> None:
    record = audited(family, tmp_path)
    assert record.verdict.outcome is Ruling.PASS, record.verdict.reason
    assert record.coverage.error == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("planted", "expected"), DEFECTS.items(), ids=[f"{name} {plant}" for name, plant, _ in DEFECTS]
)
def test_the_planted_defect_is_seen(
    tmp_path: Path, planted: tuple[str, str, int], expected: tuple[set[str], str | None]
) -> None:
    family, plant, steps = planted
    broken, group = expected
    record = audited(family, tmp_path, plant=plant, steps=steps)
    assert record.verdict.outcome is Ruling.FAIL, record.verdict.reason
    assert broken <= {rule.id for rule in record.verdict.rules if rule.outcome is Ruling.FAIL}
    assert record.coverage.error == ()
    if group is not None:
        (found,) = (each for each in record.findings if each.code == "GA101")
        ratios = [each for each in found.estimates if each.name == "share_ratio"]
        assert min(ratios, key=lambda each: each.value).group == group
