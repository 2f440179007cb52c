"""Records of known distribution, and generators of them with a defect of known size, for studies of power.

A sound generator is a fresh draw of the distribution that the reference was drawn from: of the grid of 25 modes, or of
a bundled set, whose records are dealt at random into a reference and a pool. A defective one gives such records with a
defect.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genai_audit.models.data.datasets import Dataset, load_data
from genai_audit.models.families.training.plants import Plant
from genai_audit.models.records import Attribute

SOUND = "none"
POOL = 4
"""Records of the pool for each record that is generated from it."""

CENTRES = np.array([(x, y) for x in range(-4, 5, 2) for y in range(-4, 5, 2)], dtype=float)
SPREAD = 0.05

Ints = NDArray[np.int64]
Deal = Callable[[int, np.random.Generator], tuple[Dataset, Dataset]]
Defect = Callable[[Dataset, int, np.random.Generator], Dataset]
Noise = Callable[[Any, Ints, np.random.Generator], Any]


@dataclass(frozen=True)
class World:
    """A distribution of records, and generators of them.

    Args:
        about: what it is, in words.
        n: real records.
        deal: n real records, and a pool of others of the same distribution whose first attribute is the kind of each
            record.
        defects: how records with each defect are made from the pool.
        drawn: generated records for each real one.
    """

    about: str
    n: int
    deal: Deal
    defects: Mapping[str, Defect]
    drawn: int = 1

    @property
    def made(self) -> int:
        """Generated records."""
        return self.drawn * self.n


def deal_grid(n: int, rng: np.random.Generator, pool: int = POOL) -> tuple[Dataset, Dataset]:
    """Points on a grid of 25 narrow modes as images of two pixels; the reference does not say which mode is whose."""
    modes = rng.integers(25, size=(1 + pool) * n)
    points = CENTRES[modes] + SPREAD * rng.normal(size=(len(modes), 2))
    images = ((points + 5) / 10).astype(np.float32).reshape(-1, 1, 1, 2)
    kinds = {"kind": Attribute(tuple(map(str, range(25))), modes[n:].astype(np.int64))}
    return Dataset("grid", "image", images[:n], "grid", ""), Dataset("grid", "image", images[n:], "grid", "", kinds)


def bundled(name: str, *groups: str) -> Deal:
    """A bundled set dealt at random; the kind of a record is its group under the attributes named."""

    def deal(n: int, rng: np.random.Generator) -> tuple[Dataset, Dataset]:
        whole, by_kind = _loaded(name, *groups)
        order = rng.permutation(len(whole))
        return whole.subset(order[:n]), by_kind.subset(order[n : (1 + POOL) * n])

    return deal


@cache
def _loaded(name: str, *groups: str) -> tuple[Dataset, Dataset]:
    """The data with the groups that they declare, and with their kinds alone, in the order of their names."""
    whole, parts = load_data(name), load_data(name, groups=groups).attributes.values()
    kinds = [np.array(each.names)[each.values].tolist() for each in parts]
    names, values = np.unique([" ".join(row) for row in zip(*kinds, strict=True)], return_inverse=True)
    return whole, replace(whole, attributes={"kind": Attribute(tuple(names.tolist()), values.astype(np.int64))})


def some(pool: Dataset, n: int, rng: np.random.Generator) -> Dataset:
    """A random part of n records; where there are fewer, they repeat."""
    rows = rng.permutation(len(pool))[:n] if len(pool) >= n else rng.integers(len(pool), size=n)
    return pool.subset(rows)


def shares(parts: Mapping[int, float]) -> Defect:
    """Some kinds at a part of their real share."""
    return _thinned(lambda kinds: np.array([parts.get(kind, 1.0) for kind in range(kinds)]))


def imbalance(power: float) -> Defect:
    """Kind i at (i + 1)^power of its real share, all of them scaled to 1."""
    return _thinned(lambda kinds: (np.arange(kinds) + 1.0) ** power)


def _thinned(weigh: Callable[[int], NDArray[np.float64]]) -> Defect:
    def make(pool: Dataset, n: int, rng: np.random.Generator) -> Dataset:
        weights = weigh(len(pool.classes))
        kept = rng.random(len(pool)) < (weights / weights.max())[pool.labels]
        return some(pool.subset(np.flatnonzero(kept)), n, rng)

    return make


def planted(kind: str, amount: float) -> Defect:
    """A defect that models are trained with, in the records themselves."""
    return lambda pool, n, rng: some(Plant(kind, amount=amount).apply(pool, rng), n, rng)


def junk(share: float, noise: Noise) -> Defect:
    """Each record is noise with the chance `share`."""

    def make(pool: Dataset, n: int, rng: np.random.Generator) -> Dataset:
        made = some(pool, n, rng)
        return made.with_records(noise(made.samples, np.flatnonzero(rng.random(n) < share), rng), {})

    return make


def copies(share: float) -> Defect:
    """Each record is a copy of another with the chance `share`."""

    def make(pool: Dataset, n: int, rng: np.random.Generator) -> Dataset:
        rows = np.where(rng.random(n) < share, rng.integers(n, size=n), np.arange(n))
        return some(pool, n, rng).subset(rows)

    return make


def uniform(images: Any, rows: Ints, rng: np.random.Generator) -> Any:
    """Pixels anywhere in their range."""
    found = images.copy()
    found[rows] = rng.random(found[rows].shape)
    return found


def shuffled(samples: Any, rows: Ints, rng: np.random.Generator) -> Any:
    """The pixels of an image, or the characters of a text, in random order."""
    if isinstance(samples, list):
        chosen = set(rows.tolist())
        return ["".join(rng.permutation(list(each))) if i in chosen else each for i, each in enumerate(samples)]
    found = samples.copy()
    found[rows] = rng.permuted(found[rows].reshape(len(rows), -1), axis=1).reshape(found[rows].shape)
    return found


def any_pitch(pieces: Any, rows: Ints, rng: np.random.Generator) -> Any:
    """As many notes as before, each of any pitch in four octaves."""
    chosen = set(rows.tolist())
    return [rng.integers(36, 84, len(each)).tolist() if i in chosen else each for i, each in enumerate(pieces)]


def any_value(table: Any, rows: Ints, rng: np.random.Generator) -> Any:
    """Every column for itself: numbers anywhere between the least and the largest, categories equally often."""
    found = table.copy()
    for name in found.columns:
        values = found[name].to_numpy().copy()
        if values.dtype.kind in "if":
            drawn = rng.uniform(values.min(), values.max(), len(rows))
            values[rows] = drawn.round() if values.dtype.kind == "i" else drawn
        else:
            values[rows] = rng.choice(np.unique(values), len(rows))
        found[name] = values.tolist()
    return found


def _world(name: str, about: str, n: int, groups: tuple[str, ...], kind: int, noise: Noise, *, spread: bool) -> World:
    """A bundled set with the defects that every kind of record can have, and a narrower spread if it has one."""
    defects = {
        SOUND: some,
        f"drop 1 of {about}": shares({kind: 0.0}),
        f"halve 1 of {about}": shares({kind: 0.5}),
        "imbalance rank^−0.3": imbalance(-0.3),
        "spread × 0.6": planted("shrink", 0.6),
        "10 of 20 clusters kept": planted("collapse", 10),
        "50 records again and again": planted("memorise", 50),
        "2 % junk": junk(0.02, noise),
        "5 % junk": junk(0.05, noise),
        "5 % copies": copies(0.05),
    }
    if not spread:
        del defects["spread × 0.6"]
    return World(name, n, bundled(name, *groups), defects)


_OF_GRID: Mapping[str, Defect] = {
    SOUND: some,
    "drop 1 of 25": shares({0: 0.0}),
    "halve 1 of 25": shares({0: 0.5}),
    "drop 3 of 25": shares({0: 0.0, 1: 0.0, 2: 0.0}),
    "mode sd × 0.6": planted("shrink", 0.6),
    "mode sd × 1.5": planted("shrink", 1.5),
    "2 % junk": junk(0.02, uniform),
    "imbalance rank^−0.3": imbalance(-0.3),
}

WORLDS: Mapping[str, World] = {
    "grid": World("grid of 25 modes", 500, deal_grid, _OF_GRID),
    # As audits do: generating is cheap. The pool is large enough for any of the defects without repeating records.
    "drawn": World("grid of 25 modes", 500, partial(deal_grid, pool=40), _OF_GRID, drawn=16),
    # As many digits as the 1,797 allow where half of their clusters are to be left out.
    "images": _world("digits", "10 digits", 450, ("class",), 3, shuffled, spread=True),
    "text": _world("biographies", "8 occupations", 500, ("occupation",), 2, shuffled, spread=False),
    "music": _world("melodies", "4 keys", 500, ("mode", "register"), 2, any_pitch, spread=False),
    "tables": _world("loans", "4 employments", 500, ("employment",), 2, any_value, spread=True),
}
"""The dropped and halved groups: digit 3, farmers (10 %), minor and high (14 %), the self-employed (15 %)."""
