"""Put a map to the test: what its checks need is computed beside it, on the same records."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .kind import CheckedMap, Floats

Masked = Callable[[NDArray[np.int64], NDArray[np.bool_]], Floats]
"""Records by their rows (m,) and which parts of each are kept (m, P), to the readout (m,); the others are baseline."""

ORDERS = 19
"""Random orders of the parts of each record: enough for a rank of 1 in 20, and 32 records make a test of it."""

STEPS = (0.1, 0.25, 0.5, 0.75)
"""Shares of the parts after whose removal the readout is looked at."""

LEADING = (0.05, 0.1, 0.2, 0.5)
"""Shares of the parts that stay, or are out, of comprehensiveness and sufficiency (DeYoung et al. 2020)."""

COPIES = 8
"""Copies with new random weights, whose 28 pairs say how alike maps are that know nothing."""

ROUNDING = 1e-5
"""How far two runs may be apart, of the largest value: last bits of single precision hang on what is in the batch."""

MOST_ROWS = 2_048
"""Readouts computed in one call at most."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a map answers: see `CheckedMap`."""

    question: str
    readout: str
    contrast: str
    baseline: str
    sampling_unit: str
    method: str
    other_method: str
    material: float


@dataclass(frozen=True, slots=True)
class Explained:
    """A map of n records over P parts, and the ways to compute it again.

    Args:
        values: (n, P).
        masked: the readout where parts are left out.
        clusters: int64 (n,), the sampling unit of each record.
        other_values: (n, P) of a second family of methods; None without one.
        completeness: the errors and the tolerance, (n,) each, of a method whose maps add up; None of another.
        repeat: the map once more, as it was computed; None where it is exact.
        copied: the map of a copy of the model with new random weights, by a seed; None where it has no weights.
        nearby: the map of the records changed a little, and by how much each was, as a share of its own size (n,).
        violations: what the collector saw break.
    """

    values: Floats
    masked: Masked
    clusters: NDArray[np.int64]
    other_values: Floats | None = None
    completeness: tuple[Floats, Floats] | None = None
    repeat: Callable[[], Floats] | None = None
    copied: Callable[[int], Floats] | None = None
    nearby: Callable[[], Floats] | None = None
    violations: tuple[str, ...] = ()


def checked_map(asked: Question, explained: Explained, rng: np.random.Generator) -> CheckedMap:
    """What the checks of a map need; see `CheckedMap`.

    Reference: Samek et al. 2017, doi:10.1109/TNNLS.2016.2599820 (deletion curves); DeYoung et al. 2020,
    arXiv:1911.03429 (comprehensiveness, sufficiency); Adebayo et al. 2018, arXiv:1810.03292 (random weights).
    """
    values, violations = np.asarray(explained.values, dtype=np.float64), list(explained.violations)
    if not np.isfinite(values).all():
        violations.append("some values of the map are not finite numbers")
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    again = values if explained.repeat is None else np.asarray(explained.repeat(), dtype=np.float64)
    if not np.allclose(again, values, rtol=0, atol=ROUNDING * float(np.abs(values).max(initial=0.0))):
        violations.append("a second run gives another map")
    if not np.abs(values).any():
        violations.append("the map is zero everywhere")
    empty = np.zeros(0)
    error, tolerance = (empty, empty) if explained.completeness is None else explained.completeness
    return CheckedMap(
        **asdict(asked),
        violations=tuple(violations),
        values=values,
        other_values=np.zeros((0, 0)) if explained.other_values is None else np.asarray(explained.other_values, float),
        clusters=explained.clusters,
        completeness_error=np.asarray(error, dtype=np.float64),
        tolerance=np.asarray(tolerance, dtype=np.float64),
        **_deleted(explained.masked, values, rng),
        **_copied(explained.copied, values),
        repeated=similarity(values, again),
        moved=empty if explained.nearby is None else relative_change(values, explained.nearby()),
        unmoved=empty if explained.nearby is None else relative_change(values, again),
    )


def _deleted(masked: Masked, values: Floats, rng: np.random.Generator) -> dict[str, Any]:
    """The fields of `CheckedMap` on what taking parts out does."""
    whole = _Drops(masked, *values.shape)
    leading = np.argsort(-whole.sign[:, None] * values, axis=1, kind="stable")
    orders = np.concatenate([leading[None], leading[None, :, ::-1], np.argsort(rng.random((ORDERS, *values.shape)))])
    areas = whole.drops(orders, STEPS, kept=False).mean(axis=1)
    # The reversed order is only looked at as a whole.
    few = np.delete(orders, 1, axis=0)
    kept, taken = (whole.drops(few, LEADING, kept=each).transpose(0, 2, 1) for each in (True, False))
    return {
        "effects": whole.effects,
        "deletion": areas[0],
        "reversed_deletion": areas[1],
        "random_deletion": areas[2:].T,
        "kept": kept[0],
        "taken": taken[0],
        "random_kept": kept[1:].mean(axis=0),
        "random_taken": taken[1:].mean(axis=0),
    }


def _copied(copied: Callable[[int], Floats] | None, values: Floats) -> dict[str, Any]:
    """The fields of `CheckedMap` on maps of copies that know nothing."""
    copies = [] if copied is None else [copied(seed) for seed in range(1, COPIES + 1)]
    pairs = [(a, b) for at, a in enumerate(copies) for b in copies[:at]]
    return {
        "retrained": _rows([similarity(values, each) for each in copies], len(values)),
        "between_retrained": _rows([similarity(a, b) for a, b in pairs], len(values)),
    }


def ablation(masked: Masked, n: int, parts: int) -> Floats:
    """The drop of the readout where one part at a time is its baseline: (n, P)."""
    keep = np.concatenate(
        [np.ones((n, 1, parts), bool), np.broadcast_to(~np.eye(parts, dtype=bool), (n, parts, parts))], 1
    )
    rows, keep = np.repeat(np.arange(n, dtype=np.int64), parts + 1), keep.reshape(-1, parts)
    found = [
        np.asarray(masked(rows[start : start + MOST_ROWS], keep[start : start + MOST_ROWS]), dtype=np.float64)
        for start in range(0, len(rows), MOST_ROWS)
    ]
    readouts = np.concatenate(found).reshape(n, parts + 1)
    return np.asarray(readouts[:, :1] - readouts[:, 1:])


def similarity(a: Floats, b: Floats) -> Floats:
    """Spearman's correlation of the absolute values of two maps, record by record: (n, P) each to (n,).

    0 where one of them is the same everywhere.
    """
    from scipy.stats import rankdata

    x, y = (rankdata(np.abs(each), axis=1) for each in (np.asarray(a, float), np.asarray(b, float)))
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    size = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    alike: Floats = np.divide((x * y).sum(axis=1), size, out=np.zeros(len(x)), where=size > 0)
    return alike


def relative_change(before: Floats, after: Floats) -> Floats:
    """Length of the change of each record's map over the length of the map, (n,); 0 for a map of zeros."""
    size = np.linalg.norm(before, axis=1)
    change = np.linalg.norm(np.asarray(after, float) - before, axis=1)
    relative: Floats = np.divide(change, size, out=np.zeros(len(size)), where=size > 0)
    return relative


class _Drops:
    """The drop of the readout where parts are taken out, of all records at once.

    Drops are counted in the direction of the effect: what moves the readout towards that of the baseline is positive.
    """

    def __init__(self, masked: Masked, n: int, parts: int) -> None:
        self.masked, self.n, self.parts = masked, n, parts
        self.full = self._readouts(np.ones((n, parts), dtype=bool))
        self.effects = self.full - self._readouts(np.zeros((n, parts), dtype=bool))
        self.sign = np.where(self.effects < 0, -1.0, 1.0)

    def drops(self, orders: NDArray[np.int64], shares: tuple[float, ...], *, kept: bool) -> Floats:
        """Drops where the first shares of the parts in each order are out, or where only they are kept.

        Args:
            orders: (O, n, P), places of parts.
            shares: F shares of the parts.
            kept: whether the first ones stay.

        Returns:
            (O, F, n).
        """
        keep = np.full((len(orders), len(shares), self.n, self.parts), not kept)
        for at, share in enumerate(shares):
            np.put_along_axis(keep[:, at], orders[:, :, : max(1, round(share * self.parts))], kept, axis=2)
        readouts = self._readouts(keep.reshape(-1, self.parts)).reshape(keep.shape[:-1])
        return np.asarray(self.sign * (self.full - readouts))

    def _readouts(self, keep: NDArray[np.bool_]) -> Floats:
        rows = np.tile(np.arange(self.n, dtype=np.int64), len(keep) // self.n)
        parts = [
            self.masked(rows[start : start + MOST_ROWS], keep[start : start + MOST_ROWS])
            for start in range(0, len(keep), MOST_ROWS)
        ]
        return np.concatenate([np.asarray(each, dtype=np.float64) for each in parts])


def _rows(found: list[Floats], n: int) -> Floats:
    return np.stack(found) if found else np.zeros((0, n))
