"""Families beyond images, trained here: sound models pass the default policy, planted twins fail by the right rule."""

from pathlib import Path

import pytest
from planted.audits import audited, worst_group

from genai_audit import Ruling

SOUND = ("text-lstm",)
"""The whole training of the others takes longer than a test may; benchmarks/detection.py has them all."""

# Family, defect, steps that are enough to show it → the rules it must break, and the group behind it.
DEFECTS = {
    ("text-lstm", "drop-mode=nurse", 500): ({"no-group-underrepresented"}, "occupation: nurse"),
    ("music-lstm", "drop-mode=minor", 300): ({"no-group-underrepresented"}, "mode: minor"),
    ("tabular-vae", "drop-mode=west", 1000): ({"no-group-underrepresented"}, "region: west"),
    ("audio", "drop-mode=pluck", 600): ({"no-group-underrepresented"}, "timbre: pluck"),
}


@pytest.mark.slow
@pytest.mark.parametrize("family", SOUND)
def test_the_sound_model_passes(tmp_path: Path, family: str) -> None:
    record = audited(family, tmp_path, plant=None, steps=None, samples=20_000)
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
    record = audited(family, tmp_path, plant=plant, steps=steps, samples=5_000)
    assert record.verdict.outcome is Ruling.FAIL, record.verdict.reason
    assert broken <= {rule.id for rule in record.verdict.rules if rule.outcome is Ruling.FAIL}
    assert record.coverage.error == ()
    if group is not None:
        assert worst_group(record) == group
