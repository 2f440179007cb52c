"""What the nearest records say of copies, where they can be compared with a holdout and where they cannot."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.matches.kind import Distances, Found, Matches
from ...statistics.copying.closest import CLOSEST, Closest, closest, copies, permutation_p, union
from ...statistics.copying.near import RateDifference, conformal, discovered
from ...statistics.copying.nulls import DataCopying, authenticity, data_copying, nearer_training
from ..shared.nearness import close_rate, near_limit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DISCOVERY = 0.1
"""The share of records named as copies that may be none, on average."""


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """What one distance shows beside a holdout.

    Args:
        words: what the distance is.
        first: the closest five in a hundred generated records, which the test looks at.
        found: as many of the closest as hold the copies.
        p_value: of nothing being copied.
        p_floor: the smallest that the test can give.
        near: near-copies among generated and held-out records.
        limit: the distance of near-copies.
        authentic: the share of authentic records among generated and among held-out ones.
        nearer: the share nearer to the training data.
        whole: all generated records, as `first`.
        regions: C_T; None where no region has enough records.
        p_values: (g,), of each generated record being no copy.
        copied: which of the looked-at records are called copies, the surest first.
    """

    words: str
    first: Closest
    found: Closest
    p_value: float
    p_floor: float
    near: RateDifference
    limit: float
    authentic: tuple[float, float]
    nearer: float
    whole: Closest
    regions: DataCopying | None
    p_values: Floats
    copied: Ints


def compared(distances: Distances, matches: Matches, rng: np.random.Generator) -> Compared:
    """Measure by one distance; there is a holdout."""
    to_training, to_holdout, held = _sides(distances)
    own = distances.training_to_training
    places = np.searchsorted(matches.training_rows, to_training.row)
    nearest = union(
        to_training=(to_training.distance, places, to_training.ties),
        to_holdout=(to_holdout.distance, np.searchsorted(matches.holdout_rows, to_holdout.row), to_holdout.ties),
        sizes=(len(matches.training_rows), len(matches.holdout_rows)),
        rng=rng,
    )
    p_value, p_floor = permutation_p(nearest, CLOSEST, rng=rng)
    limit = near_limit(own.distance)
    p_values = conformal(generated=to_training.distance, holdout=held.distance)
    held_places = np.searchsorted(matches.training_rows, held.row)
    return Compared(
        words=distances.words,
        first=closest(nearest, CLOSEST),
        found=copies(nearest),
        p_value=p_value,
        p_floor=p_floor,
        near=RateDifference(*close_rate(to_training.distance, limit), *close_rate(held.distance, limit)),
        limit=limit,
        authentic=(
            authenticity(distance=to_training.distance, own=own.distance[places]),
            authenticity(distance=held.distance, own=own.distance[held_places]),
        ),
        nearer=nearer_training(
            training=to_training.distance, holdout=to_holdout.distance, ties=(to_training.ties, to_holdout.ties)
        ),
        whole=closest(nearest, 1.0),
        regions=data_copying(
            generated=to_training.distance,
            holdout=held.distance,
            generated_cells=matches.generated_cells,
            holdout_cells=matches.holdout_cells,
        ),
        p_values=p_values,
        copied=_surest(discovered(p_values, rate=DISCOVERY), to_training.distance),
    )


def _sides(distances: Distances) -> tuple[Found, Found, Found]:
    """Generated to training records, generated to held-out ones, held-out to training ones."""
    to_holdout, held = distances.generated_to_holdout, distances.holdout_to_training
    assert to_holdout is not None
    assert held is not None
    return distances.generated_to_training, to_holdout, held


def exact(matches: Matches, *, held: bool) -> RateDifference:
    """Exact copies among generated records, and among real ones that are compared with the training data.

    Args:
        matches: from the evidence.
        held: compare with held-out records, else with training records that equal another one.
    """
    made = int((matches.equal_training >= 0).sum()), len(matches.equal_training)
    if held:
        return RateDifference(*made, int((matches.holdout_equal >= 0).sum()), len(matches.holdout_equal))
    # Two training records that equal each other count twice and are one event.
    repeated = int((matches.training_repeats > 0).sum())
    return RateDifference(*made, repeated // 2, max(1, len(matches.training_repeats) // 2))


def _surest(copied: Ints, distance: Floats) -> Ints:
    """Of equally sure copies the closest first."""
    return copied[np.argsort(distance[copied], kind="stable")]
