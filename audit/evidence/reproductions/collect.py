"""Collect how close generated records come to single training records, beside records that were not learned from."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import is_array, read, take
from ...statistics.reproduction.chance import FEWEST
from ...statistics.reproduction.pictures import shrunk
from ..bundle import Evidence
from ..plan import Plan, stream
from ..unavailable import Unavailable, Unmeasured
from .extraction import asked_or_why
from .found import Found, Sets, closest
from .kind import Closeness, Extraction, Reproductions
from .pictures import SIDE, pictures
from .rows import rows as table_rows
from .sequences import sequences

NEEDS = ()

Ints = NDArray[np.int64]

MOST = {"text": 20_000, "music": 20_000, "image": 2_000, "tabular": 2_000}
"""Generated records, and records of the null, at most. Pairs of pictures or rows take time, runs do not."""

MOST_TRAINING = 20_000
"""Training pictures or rows that are compared at most; training texts and melodies are all compared."""

MOST_VALUES = 20_000_000
"""Values of training pictures at most."""

MOST_CHARACTERS = 50_000_000
"""Characters of training texts, or steps of melodies, at most: about 3 GB while suffixes are sorted."""

STAND_IN = 0.2
"""The part of the reference that stands in for a holdout, of at most `MOST` records."""

LARGEST_SHOWN = 64
"""Rows and columns of a training picture that is kept to be shown."""


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Reproductions:
    """What every generated record has most in common with a training record, and the same of records of the null.

    Raises:
        Unavailable: without training data, or where records are sounds.
        Unmeasured: if there are too few records.
    """
    if plan.modality not in MOST:
        raise Unavailable(f"reproduction is looked for in texts, melodies, pictures and tables, not in {plan.modality}")
    if plan.reference is None or so_far.reference is None:
        raise Unavailable("there is no training data to compare with; give it with --reference")
    rng = stream(plan.seed, "reproductions")
    known = plan.reference.samples
    named, null, null_rows, kept = _null(plan, so_far, known, rng)
    chosen = _some(len(so_far.generated.samples), MOST[plan.modality], rng)
    kept = _training(plan.modality, known, kept, rng)
    if min(len(chosen), len(null_rows), len(kept)) < FEWEST:
        what = {"generated": len(chosen), f"{named} (null)": len(null_rows), "training": len(kept)}
        said = ", ".join(f"{count} {name}" for name, count in what.items())
        raise Unmeasured(f"expected at least {FEWEST} records of each set, got {said}; give more")
    sets = Sets(
        generated=_read(so_far.generated.samples, chosen),
        null=_read(null, null_rows),
        training=_read(known, kept),
    )
    found = _found(plan.modality, sets)
    progress(0.8)
    extracted, why = _extraction(plan, known, null if named == "holdout" else [], rng)
    return _assembled(sets, found, named, (chosen, null_rows, kept), len(known), extracted, why)


def _null(plan: Plan, so_far: Evidence, known: Any, rng: np.random.Generator) -> tuple[str, Any, Ints, Ints]:
    """What the null is called, where its records lie and which they are, and the records left to compare with."""
    every = np.arange(len(known))
    held = so_far.holdout
    if held is not None and len(held.samples) >= FEWEST:
        return "holdout", held.samples, _some(len(held.samples), MOST[plan.modality], rng), every
    size = min(int(STAND_IN * len(known)), MOST[plan.modality])
    apart = np.sort(rng.permutation(len(known))[:size])
    return "reference", known, apart, np.setdiff1d(every, apart)


def _some(total: int, most: int, rng: np.random.Generator) -> Ints:
    """At most so many of all records, in their order."""
    return np.arange(total) if total <= most else np.sort(rng.permutation(total)[:most])


def _training(modality: str, known: Any, kept: Ints, rng: np.random.Generator) -> Ints:
    """The training records that are compared."""
    if modality in ("text", "music"):
        sizes = np.array([len(known[row]) + 1 for row in kept.tolist()])
        if sizes.sum() <= MOST_CHARACTERS:
            return kept
        order = rng.permutation(len(kept))
        return np.sort(kept[order[np.cumsum(sizes[order]) <= MOST_CHARACTERS]])
    most = MOST_TRAINING
    if is_array(known):
        values = int(np.prod([min(each, SIDE) if at else each for at, each in enumerate(known.shape[1:])]))
        most = max(FEWEST, min(most, MOST_VALUES // values))
    return kept[_some(len(kept), most, rng)]


def _read(samples: Any, rows: Ints) -> Any:
    """The records at these rows; pictures stay where they lie."""
    return samples if len(rows) == len(samples) else take(samples, rows)


def _found(modality: str, sets: Sets) -> Found:
    match modality:
        case "image":
            return pictures(sets)
        case "tabular":
            return table_rows(sets)
        case _:
            return sequences(modality, sets)


def _extraction(plan: Plan, known: Any, null: Any, rng: np.random.Generator) -> tuple[Extraction | None, str]:
    if plan.modality not in ("text", "music"):
        return None, f"a model of {plan.modality} records continues no beginning"
    return asked_or_why(plan.model, plan.modality, known, null, rng)


def _assembled(
    sets: Sets,
    found: Found,
    named: str,
    rows: tuple[Ints, Ints, Ints],
    total: int,
    extracted: Extraction | None,
    why: str,
) -> Reproductions:
    chosen, null_rows, kept = rows
    shown, near_shown = (closest(each.generated, each.matched) for each in (found.verbatim, found.near))
    originals = np.concatenate([found.verbatim.matched[shown], found.near.matched[near_shown]])
    return Reproductions(
        samples=_to_be_shown(sets.training, originals),
        shown=shown,
        near_shown=near_shown,
        null=named,
        compared=len(kept),
        total=total,
        method=found.method,
        rows=chosen,
        null_rows=null_rows,
        verbatim=_numbered(found.verbatim, kept),
        near=_numbered(found.near, kept),
        whole=found.whole,
        null_whole=found.null_whole,
        part=found.part,
        runs=found.runs,
        null_runs=found.null_runs,
        extraction=extracted,
        not_extracted=why,
    )


def _to_be_shown(training: Any, rows: Ints) -> Any:
    """Training records at these rows, large pictures made smaller."""
    records = read(training, rows)
    return shrunk(records, LARGEST_SHOWN) if is_array(records) else records


def _numbered(closeness: Closeness, kept: Ints) -> Closeness:
    """With training records by their number in the reference."""
    matched = np.where(closeness.matched >= 0, kept[closeness.matched], -1)
    return replace(closeness, matched=matched)
