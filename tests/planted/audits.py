"""Training a family, sound or with a planted defect, and auditing what came out."""

from pathlib import Path
from typing import Any

from genai_audit import Record, audit_checkpoint
from genai_audit.audit.commands.trainer import train_checkpoint

JUDGED = ("GA101", "GA201", "GA301", "GA302", "GA308", "GA309", "GA310", "GA501", "GA601")
"""What the default policy judges, and attributions; the other auditors have planted tests of their own."""


def audited(
    family: str,
    folder: Path,
    *,
    plant: str | None,
    steps: int | None,
    only: tuple[str, ...] = JUDGED,
    **options: Any,
) -> Record:
    """The audit of a model of the family's own data, trained for so many steps (None: as many as it wants)."""
    out = folder / "model.safetensors"
    train_checkpoint(family, None, seed=0, plant=plant, steps=steps, out=out, progress=lambda step, share: None)
    return audit_checkpoint(out, only=only, **options)


def worst_group(record: Record) -> str | None:
    """The group whose share is least beside its target."""
    (found,) = (each for each in record.findings if each.code == "GA101")
    ratios = [each for each in found.estimates if each.name == "share_ratio"]
    return min(ratios, key=lambda each: each.value).group
