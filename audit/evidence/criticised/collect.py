"""Collect what the critic says of records, and what each region of a record does to it.

The model is only read: in eval mode, on copies, with a digest of its state before and after.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import is_array, read
from ..bundle import DECLARED, Evidence, Groups
from ..decoding import undisturbed
from ..plan import Plan, stream
from ..regions.gradients import Integrated, NoGradient, integrated
from ..regions.masking import at_once, occlusion, summed
from ..regions.records import MODALITIES, Cut, as_input, cut, spaced
from ..unavailable import Unavailable
from .checking import checked
from .kind import Criticised, Scrutinised
from .scores import probe, scores

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEEDS = ("groups",)

MOST, FEWEST = 600, 32
"""Records of each set at most, and whatever they take."""

PATIENCE = 2.0
"""Seconds of the processor that the occlusion of both sets may take; a quick critic is asked about all, whatever the
clock says, so that equal audits ask about equal records."""

ATTRIBUTED = 100
"""Records of each set with integrated gradients at most: they only cross-check the means."""


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Criticised:
    """Scores and effects of regions, of some generated and some reference records.

    Raises:
        Unavailable: if there is no critic, no reference, or records have no regions.
        Unmeasured: if the critic is random, or scores a record by the others of its batch.
        UserError: if it does not give one finite number a record.
    """
    model = plan.model
    if model is None:
        raise Unavailable("only samples were given: without the model there is no critic to ask")
    if not callable(getattr(model, "critic", None)):
        raise Unavailable("the model offers no critic(x): no discriminator came with it")
    if plan.modality not in MODALITIES or so_far.reference is None:
        raise Unavailable("the critic is asked about images, sounds or tables, beside real ones; there are none here")
    import torch

    rng = stream(plan.seed, "criticised")
    with undisturbed(model), torch.inference_mode(False):
        how = cut(so_far, rng)
        sets = (so_far.generated.samples, so_far.reference.samples)
        probe(model, read(sets[1], np.arange(min(8, len(sets[1])))))
        n = _affordable(model, how, sets[1])
        rows = [np.sort(rng.permutation(len(each))[:n]).astype(np.int64) for each in sets]
        main = next(iter(so_far.groups or ()), None)
        told = [members(main, side, some) for side, some in zip(("generated", "reference"), rows, strict=True)]
        remarks: list[str] = []
        sides = [
            _scrutinised(model, how, read(each, some), some, told[at], remarks, partial(_told, progress, at))
            for at, (each, some) in enumerate(zip(sets, rows, strict=True))
        ]
        maps = checked(model, how, read(sets[0], rows[0]), sides[0], sides[1], rng)
    progress(1.0)
    return Criticised(
        regions=how.regions,
        baseline=how.words,
        attribute="" if main is None else main.attribute,
        groups=() if main is None else main.told_apart,
        generated=sides[0],
        reference=sides[1],
        sample=how.sample,
        remarks=tuple(dict.fromkeys(remarks)),
        checked=maps,
    )


def members(groups: Groups | None, side: str, rows: Ints) -> Ints:
    """The group of each of these records, told on both sides by the same means; −1 for none."""
    if groups is None:
        return np.full(len(rows), -1, dtype=np.int64)
    if side == "generated":
        every = groups.predicted
    else:
        told = groups.classifier != DECLARED and len(groups.out_of_fold)
        # What a classifier says of records that it learned from is nearly always right, of generated ones it is not.
        every = groups.out_of_fold if told else groups.reference
    found = every[rows]
    return np.where(found < len(groups.told_apart), found, -1).astype(np.int64)


def _affordable(model: Any, how: Cut, records: Any) -> int:
    """How many records of each set there is time for."""
    some = read(records, np.arange(min(16, len(records))))
    masked, count = how.masked(partial(scores, model), some), len(how.regions.names)
    rows = np.resize(np.arange(len(some), dtype=np.int64), 256)
    keep = np.ones((len(rows), count), dtype=np.bool_)
    keep[np.arange(len(rows)), np.arange(len(rows)) % count] = False
    masked(rows, keep)  # The first call may load or compile something.
    started = time.process_time()
    masked(rows, keep)
    pace = (time.process_time() - started) / len(rows)
    wanted = 2 * MOST * (count + 1) * pace
    return MOST if wanted <= PATIENCE else max(FEWEST, int(MOST * PATIENCE / wanted))


def _told(progress: Callable[[float], None], at: int, share: float) -> None:
    progress(0.45 * (at + share))


def _scrutinised(
    model: Any,
    how: Cut,
    records: Any,
    rows: Ints,
    told: Ints,
    remarks: list[str],
    progress: Callable[[float], None],
) -> Scrutinised:
    step = at_once(int(np.prod(records.shape[1:])) if is_array(records) else 1)
    parts = [np.arange(start, min(start + step, len(rows))) for start in range(0, len(rows), step)]
    seen = np.concatenate([scores(model, read(records, part)) for part in parts])
    effects = occlusion(how.masked(partial(scores, model), records), len(rows), how.regions, progress)
    chosen = spaced(len(rows), ATTRIBUTED)
    found = attributed(model, how, read(records, chosen), remarks)
    if found is None:
        chosen = chosen[:0]
    values = np.empty((0, len(how.regions.names))) if found is None else summed(found.attributions, how.regions)
    return Scrutinised(rows, told, seen, effects, values, chosen)


def attributed(model: Any, how: Cut, records: Any, remarks: list[str]) -> Integrated | None:
    """Integrated gradients of the score of some records; None where there are none, and `remarks` says why."""
    if not is_array(records):
        remarks.append("no integrated gradients: a table has no gradient")
        return None
    import torch

    x, start = as_input(model, records), as_input(model, how.baseline[None])

    def function(points: "Tensor", rows: "Tensor") -> "Tensor":
        score: Tensor = model.critic(points)
        return score

    try:
        found = integrated(function, x, start, torch.zeros((len(x), 1), device=x.device))
    except NoGradient:
        remarks.append("no integrated gradients: critic(x) passes no gradient to x")
        return None
    if not found.complete:
        missed = int((~(found.errors <= found.tolerance)).sum())
        remarks.append(f"no integrated gradients: those of {missed} of {len(x)} records do not add up")
        return None
    return found
