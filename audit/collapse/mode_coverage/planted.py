"""How small a mode could go missing unseen: compact modes of known weight are planted and looked for.

A kind of record that is too rare to become a mode of its own is counted with its neighbours, and then no mode is
missing though it is never generated. How rare that is hangs on the features, on the number of records and on the
clustering, so it is tried out: among the real records some are replaced by a compact mode, modes are learned anew, and
a generator that is perfect but never gives that mode is counted in them.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...statistics.modes.discovery import REACH, Modes, find_modes, place
from ...statistics.modes.shares import Counts, thinness
from ..shared.mode_cells import Cells

Floats = NDArray[np.float64]

WEIGHTS = (0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3)
"""Shares of the data that are tried."""

_ALARM = 0.05
_PLACES = 24  # that are looked at for each planted mode
_WIDTH = 0.5  # of a planted mode, in widths of a typical one
_LEARNED = 1500  # of more records the rest is left out, which can only make the answer larger


class Smallest(NamedTuple):
    """The least of `WEIGHTS` at which a mode that is never generated would be found; None where none of them is.

    thin: in a cell that is surely thin. missing: in one that counts as missing, too.
    """

    thin: float | None
    missing: float | None


def smallest_modes(
    cells: Cells,
    counted: Floats,
    *,
    generated: int,
    missing: float,
    most: int,
    planted: int,
    rng: np.random.Generator,
) -> Smallest:
    """How large a mode must be to be found if it is never generated.

    It is found where the cell that most of its records lie in is thin at the 5 % level over all cells (Bonferroni), and
    counts as missing where less than `missing` of its real share is left; in all but one of `planted` trials.

    Args:
        cells: modes of the audit at hand, and what they were learned on.
        counted: features of the real records that are counted, (n, d).
        generated: how many generated records are counted.
        missing: below this ratio a mode counts as missing.
        most: modes at most.
        planted: trials at each weight.
        rng: for the places of planted modes, the records they replace, and the counts.
    """
    learning = cells.learning[rng.permutation(len(cells.learning))[:_LEARNED]]
    plan = _Plan(cells.modes, learning, counted, generated, missing, most)
    seen: dict[float, NDArray[np.int64]] = {}

    def least(kind: int) -> float | None:
        low, high = 0, len(WEIGHTS)
        while low < high:
            middle = (low + high) // 2
            weight = WEIGHTS[middle]
            if weight not in seen:
                seen[weight] = np.sum([_found(plan, weight, rng) for _ in range(planted)], axis=0)
            low, high = (low, middle) if seen[weight][kind] >= planted - 1 else (middle + 1, high)
        return WEIGHTS[low] if low < len(WEIGHTS) else None

    return Smallest(least(0), least(1))


@dataclass(frozen=True, slots=True)
class _Plan:
    modes: Modes
    learning: Floats
    counted: Floats
    generated: int
    missing: float
    most: int


def _found(plan: _Plan, weight: float, rng: np.random.Generator) -> tuple[bool, bool]:
    """Whether a mode of that weight, planted somewhere and never generated, is found thin, and whether missing."""
    centre = _centre(plan.modes, plan.learning, rng)
    samples, planted = [], []
    for sample in (plan.learning, plan.counted):
        own = rng.random(len(sample)) < weight
        samples.append(np.where(own[:, None], _compact(plan, centre, len(sample), rng), sample))
        planted.append(own)
    divided = 1 if plan.modes.separated else len(plan.modes.centres)
    modes = find_modes(learning=samples[0], rng=rng, most=plan.most, cells=divided)
    k = len(modes.centres)
    labels = place(modes, samples[1]).labels
    labels[labels < 0] = k
    mine = np.bincount(labels[planted[1]], minlength=k + 1)[:k]
    if not mine.any():
        return False, False
    reference = np.bincount(labels, minlength=k + 1)
    # A generator that is perfect but for that mode: shares of the records that were left as they are.
    others = np.bincount(labels[~planted[1]], minlength=k + 1)
    drawn = rng.multinomial(plan.generated, others / others.sum())
    filled = np.append(reference[:k] > 0, True)
    counts = Counts(drawn[filled], reference[filled])
    at = int(filled[: mine.argmax()].sum())
    thin = float(thinness(counts, counts.generated)[at]) * len(counts.ratios) <= _ALARM
    return thin, bool(thin and counts.ratios[at] < plan.missing)


def _centre(modes: Modes, learning: Floats, rng: np.random.Generator) -> Floats:
    """A place as far from the nearest mode as modes lie from their nearest, in a direction in which the data vary."""
    centres = modes.centres
    apart = np.sqrt(((centres[:, None] - centres[None]) ** 2).sum(axis=2))
    np.fill_diagonal(apart, np.inf)
    typical = float(np.median(apart.min(axis=1))) if len(centres) > 1 else float(modes.radii[0])
    one, other = (learning[rng.integers(len(learning), size=_PLACES)] for _ in range(2))
    ways = one - other
    ways /= np.maximum(np.linalg.norm(ways, axis=1, keepdims=True), 1e-12)
    middles = modes.origin + centres[rng.integers(len(centres), size=_PLACES)] @ modes.axes.T
    candidates: Floats = middles + typical * ways
    near = ((((candidates - modes.origin) @ modes.axes)[:, None] - centres[None]) ** 2).sum(axis=2).min(axis=1)
    return np.asarray(candidates[np.abs(np.sqrt(near) - typical).argmin()], dtype=np.float64)


def _compact(plan: _Plan, centre: Floats, n: int, rng: np.random.Generator) -> Floats:
    """So many records around a centre, half as wide as a typical mode, along differences between real records."""
    width = _WIDTH * float(np.median(plan.modes.radii)) / REACH
    learning = plan.learning
    ways = learning[rng.integers(len(learning), size=n)] - learning[rng.integers(len(learning), size=n)]
    scale = np.sqrt((ways**2).sum(axis=1).mean())
    spread: Floats = centre + ways * (width / max(float(scale), 1e-12))
    return spread
