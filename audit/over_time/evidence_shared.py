"""The saved evidence of two audits: whether both hold it, whether it is theirs, and what it shows of both together."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ...models.errors import UserError
from ...models.reading.typed_values import damage
from ..commands.outputs import EVIDENCE, MARK
from ..comparable import why_not
from ..evidence.bundle import Evidence
from ..finding import Outcome
from ..folder.binding import check_evidence
from ..policy import Policy, PolicyError
from .recomputed import Asked, Recomputed, recomputed
from .side import Side

BUDGET = 120.0
"""Seconds that asking auditors again may take unless the user says otherwise."""


def shared_by(
    old: Side,
    new: Side,
    places: Sequence[Path | None],
    *,
    only: Sequence[str],
    budget: float,
    progress: Callable[[str, float], None],
) -> Recomputed:
    """What the evidence of both audits tells of how their estimates move together.

    Args:
        old: the first audit.
        new: the second.
        places: where their records lie, or the folders that hold them; None for a record in memory.
        only: codes of the auditors that are compared, all if empty.
        budget: seconds that asking auditors again may take; 0 for not at all.
        progress: told the share that is done.

    Raises:
        UserError: if evidence is not as the audit left it.
    """
    folders = [None if each is None else evidence_folder(each) for each in places]
    missing = [side.name for side, folder in zip((old, new), folders, strict=True) if folder is None]
    if missing:
        return Recomputed(why_not=f"no evidence lies beside the record of {' and '.join(missing)}")
    loaded = [_loaded(side, folder) for side, folder in zip((old, new), folders, strict=True) if folder is not None]
    otherwise = dict(_otherwise(*loaded))
    if budget <= 0:
        return Recomputed(otherwise=otherwise, why_not="no auditor was to be asked again")
    try:
        asked = [_asked(side, evidence) for side, evidence in zip((old, new), loaded, strict=True)]
    except (PolicyError, ValueError) as error:
        return Recomputed(otherwise=otherwise, why_not=f"the auditors cannot be asked again: {error}")
    codes = [code for code in _comparable(old, new) if (not only or code in only) and code not in otherwise]
    found = recomputed(*asked, codes=codes, budget=budget, progress=progress)
    return Recomputed(found.paired, found.left_out, otherwise)


def evidence_folder(place: Path) -> Path | None:
    """The evidence of the audit at a place, a record or the folder that holds it; None where there is none."""
    folder = (place if place.is_dir() else place.parent) / EVIDENCE
    named = place.is_dir() or place.name == MARK
    return folder if named and (folder / "evidence.json").is_file() else None


def _loaded(side: Side, folder: Path) -> Evidence:
    check_evidence(side.record, folder)
    broken: tuple[type[Exception], ...] = (*damage(), UserError)
    try:
        return Evidence.load(folder)
    except broken as error:
        said = " ".join(str(error).split())[:200]
        raise UserError(
            f"{folder}: the evidence cannot be read ({said}); audit again, or compare the records alone"
        ) from error


def _asked(side: Side, evidence: Evidence) -> Asked:
    policy = Policy.model_validate(side.record.policy.content)
    return Asked(policy, side.record.environment.seed, evidence, side.findings)


def _comparable(old: Side, new: Side) -> Iterator[str]:
    for code, after in new.findings.items():
        before = old.findings.get(code)
        if before is None or {before.outcome, after.outcome} != {Outcome.MEASURED}:
            continue
        differs = why_not(code, old.context, new.context, encoders=(before.encoder, after.encoder))
        if differs is None and old.settings(code) == new.settings(code):
            yield code


def _otherwise(old: Evidence, new: Evidence) -> Iterator[tuple[str, str]]:
    """Auditors that asked the two models with other sentences or prompts, which the records do not tell."""
    for kind, codes in {"probes": ("GA106", "GA107"), "continuations": ("GA107",)}.items():
        first, second = ({(each.name, each.sha256) for each in getattr(side, kind) or ()} for side in (old, new))
        if first and second and first != second:
            yield from ((code, "the two models were asked with other sentences or prompts") for code in codes)
