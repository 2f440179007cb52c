"""Distances of rows of mixed columns after Gower, by one scale for all sets.

Every column counts alike: a number by its difference over the range that real values have, anything else by being
other. Two missing values agree, and a missing one is as far from any value as two can be.

Reference: Gower 1971, doi:10.2307/2528823.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..where import kernel_device
from .nearest import Nearest, nearest_of_blocks

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MixedRows:
    """Rows of one set on the device.

    Args:
        numbers: float32 (n, a), coordinates whose absolute differences add up.
        kinds: list of int32 (n,), one a column of categories.
        columns: how many columns all of that stands for.
    """

    numbers: Any
    kinds: list[Any]
    columns: int

    def __len__(self) -> int:
        return len(self.numbers)


def mixed_rows(
    numbers: Sequence[Floats], kinds: Sequence[NDArray[np.int64]], *, scale_by: Sequence[int]
) -> list[MixedRows]:
    """Several sets with the same columns, ready to be compared.

    Args:
        numbers: (n, a) a set, NaN where a number is missing.
        kinds: (n, b) a set, equal where categories are equal.
        scale_by: the sets whose values make the scale of each number: all real ones, or one of them would be nearer for
            having made it.

    Raises:
        ValueError: if there is no column.
    """
    import torch

    columns = numbers[0].shape[1] + kinds[0].shape[1]
    if not columns:
        raise ValueError("expected at least one column, got none")
    coordinates: list[list[Floats]] = [[] for _ in numbers]
    others = [list(each.T) for each in kinds]
    for at in range(numbers[0].shape[1]):
        values = [each[:, at] for each in numbers]
        real = np.concatenate([values[place] for place in scale_by])
        low, high = (np.nanmin(real), np.nanmax(real)) if not np.isnan(real).all() else (0.0, 0.0)
        if not high > low:
            # A constant has no range: any other value is simply another.
            for other, codes in zip(others, _codes(values), strict=True):
                other.append(codes)
            continue
        gaps = [np.isnan(each) for each in values]
        marked = any(each.any() for each in gaps)
        for coordinate, each, gap in zip(coordinates, values, gaps, strict=True):
            coordinate += _coordinates((each - low) / (high - low), gap, marked)
    device = kernel_device()
    return [
        MixedRows(
            torch.as_tensor(
                np.stack(coordinate, axis=1) if coordinate else np.empty((len(each), 0)), dtype=torch.float32
            ).to(device),
            [torch.as_tensor(np.ascontiguousarray(codes), dtype=torch.int32, device=device) for codes in other],
            columns,
        )
        for coordinate, other, each in zip(coordinates, others, numbers, strict=True)
    ]


def _coordinates(scaled: Floats, gap: NDArray[np.bool_], marked: bool) -> list[Floats]:
    """What differs by |x − y| between two numbers, and by 1 between a number and none."""
    if not marked:
        return [scaled]
    return [np.where(gap, 0, scaled / 2), np.where(gap, 0, (1 - scaled) / 2), gap / 2]


def _codes(values: Sequence[Floats]) -> list[NDArray[np.int64]]:
    _, place = np.unique(np.concatenate(values), return_inverse=True)
    return list(np.split(place, np.cumsum([len(each) for each in values])[:-1]))


def nearest_rows(own: MixedRows, other: MixedRows, *, itself: bool, rng: np.random.Generator) -> Nearest:
    """The nearest row of another set, by the mean difference over all columns: in [0, 1] between real rows.

    Args:
        own: rows whose nearest are sought.
        other: rows among which they are, made by the same call.
        itself: the other set is this one, and no row is its own neighbour.
        rng: breaks ties.
    """
    import torch

    def block(rows: slice) -> Any:
        here = own.numbers[rows]
        if here.shape[1]:
            distances = torch.cdist(here, other.numbers, p=1.0)
        else:
            distances = torch.zeros((len(here), len(other)), dtype=torch.float32, device=here.device)
        for mine, theirs in zip(own.kinds, other.kinds, strict=True):
            distances += mine[rows, None] != theirs[None, :]
        return distances.div_(own.columns)

    return nearest_of_blocks(block, sizes=(len(own), len(other)), itself=itself, rng=rng)
