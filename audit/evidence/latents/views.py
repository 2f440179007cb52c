"""Views of a latent space: a plane through it, maps over that plane, and outputs that coincide."""

import numpy as np
from numpy.typing import NDArray

from ...statistics.latents.coincidences import Partners

GRID = 24
REACH = 3.0
MOST_SPEED = 3.0
SHOWN_OF_A_REGION = 8
SHOWN_PAIRS = 6


def worth_showing(nearest: Partners, region: NDArray[np.int64], centres: NDArray[np.int64]) -> NDArray[np.int64]:
    """Some draws of every region, its centre first; without regions, the nearest pairs of outputs."""
    if len(centres):
        chosen = []
        for index, centre in enumerate(centres):
            members = np.flatnonzero(region == index)
            chosen += [centre, *members[members != centre][: SHOWN_OF_A_REGION - 1]]
        return np.array(chosen, dtype=np.int64)
    order = [int(each) for each in np.argsort(nearest.gap, kind="stable") if nearest.partner[each] >= 0]
    # Where two are each other's nearest, the pair is shown once.
    pairs = [each for each in order if nearest.partner[nearest.partner[each]] != each or each < nearest.partner[each]]
    return np.array([side for each in pairs[:SHOWN_PAIRS] for side in (each, nearest.partner[each])], dtype=np.int64)


def leading_axes(metric: NDArray[np.float64]) -> NDArray[np.float32]:
    """The two directions (2, L) that move the output most on average, of JᵀJ (L, L); or the latents themselves."""
    size = len(metric)
    if size <= 2:
        return np.eye(2, size, dtype=np.float32)
    leading = np.linalg.eigh(metric)[1][:, ::-1][:, :2].T
    # The sign of an axis means nothing; its largest part is made positive, so that two runs agree.
    largest = leading[np.arange(2), np.abs(leading).argmax(axis=1)]
    return np.asarray(leading * np.sign(largest)[:, None], dtype=np.float32)


def maps_over(
    plane: NDArray[np.float32], coinciding: NDArray[np.bool_], speed: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Means over the cells of a grid on the plane; the first row is the top."""
    cell = ((plane + REACH) / (2 * REACH) * GRID).astype(np.int64)
    inside = (np.abs(plane) < REACH).all(axis=1)
    place = (GRID - 1 - cell[inside, 1]) * GRID + cell[inside, 0]
    count = np.bincount(place, minlength=GRID**2)
    sums = [
        np.bincount(place, coinciding[inside].astype(np.float64), minlength=GRID**2),
        # A jump would otherwise be all that is seen.
        np.bincount(place, speed[inside].clip(max=MOST_SPEED), minlength=GRID**2),
    ]
    cells = [np.divide(each, count, out=np.zeros(GRID**2), where=count > 0) for each in sums]
    return np.stack(cells).reshape(2, 1, GRID, GRID).astype(np.float32)
