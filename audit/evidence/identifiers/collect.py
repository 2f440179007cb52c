"""Collect identifiers: what names single real records, and which generated records repeat it.

All real records are searched, not the part that the other auditors look at: a name that was not looked for cannot be
found again. What is kept of an identifier is its first and last character and the beginning of a digest.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ....models.data.identifier_columns import identifier_columns
from ....models.records import is_number
from ..bundle import Evidence
from ..plan import Plan
from ..unavailable import Unavailable
from .kind import HOLDOUT, SEVERAL, TRAINING, Identifiers
from .patterns import KINDS, NAME, found, names, small_words

NEEDS = ()

DIGITS = 6
"""Of a digest that are shown: enough to look a known identifier up, too few to find an unknown one by trying all."""

_EXACT = 2**53

Key = tuple[str, str]
Extract = Callable[[Any], Iterator[tuple[int, Key]]]


@dataclass(slots=True)
class _Side:
    """The records that have each identifier: how many, and the first."""

    counts: dict[Key, int] = field(default_factory=dict)
    first: dict[Key, int] = field(default_factory=dict)

    def add(self, row: int, key: Key) -> None:
        self.counts[key] = self.counts.get(key, 0) + 1
        self.first.setdefault(key, row)


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Identifiers:
    """Search training, held-out and generated records.

    Raises:
        Unavailable: if records are no texts or rows, nothing real is at hand, or nothing names a training record.
    """
    if plan.modality not in ("text", "tabular"):
        raise Unavailable(f"identifiers are looked for in texts and tables, but these are {plan.modality} records")
    if plan.reference is None:
        raise Unavailable("there is no reference data to look for identifiers in; give it with --reference")
    real = [plan.reference.samples] + ([] if plan.holdout is None else [plan.holdout.samples])
    return searched(plan.modality, real, so_far.generated.samples, progress)


def searched(
    modality: str, real: Sequence[Any], generated: Any, progress: Callable[[float], None] = lambda share: None
) -> Identifiers:
    """What names single records of the training data and perhaps of a holdout, and where generated ones repeat it.

    Raises:
        Unavailable: if nothing names a training record.
    """
    columns = identifier_columns(real[0]) if modality == "tabular" else {}
    extract = _of_tables(real[0], columns) if modality == "tabular" else _of_texts(real)
    sides = [_side(extract, each) for each in real]
    training, held = sides[0], sides[1] if len(sides) > 1 else _Side()
    whose = {key: _whose(key, training, held) for key in (*training.counts, *held.counts)}
    if TRAINING not in whose.values() and SEVERAL not in whose.values():
        raise Unavailable(
            "nothing in the reference names a record: no column of different values, no address or number with a form "
            "of its own"
        )
    progress(0.5)
    there = {kind for kind, _ in whose}
    kinds = tuple(kind for kind in (*(f"column {name}" for name in columns), *KINDS) if kind in there)
    repeated, seen = _repeated(extract, generated, whose, kinds)
    return _kind(kinds, columns, (training, held), whose, repeated, seen, _sizes(real, generated))


def redacted(value: str) -> str:
    """An identifier as it may be shown: its first and last character, and the beginning of its SHA-256."""
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]
    return f"{value[:1]}…{value[-1:]} (sha256 {digest}…)" if len(value) > 3 else f"… (sha256 {digest}…)"


def _sizes(real: Sequence[Any], generated: Any) -> list[int]:
    return [len(real[0]), len(real[1]) if len(real) > 1 else -1, len(generated)]


def _side(extract: Extract, records: Any) -> _Side:
    side = _Side()
    for row, key in extract(records):
        side.add(row, key)
    return side


def _whose(key: Key, training: _Side, held: _Side) -> int | None:
    """Whose an identifier is; None if both sides have it, so that it says nothing of either."""
    ours, theirs = training.counts.get(key, 0), held.counts.get(key, 0)
    if theirs == 0:
        return TRAINING if ours == 1 else SEVERAL
    return HOLDOUT if ours == 0 and theirs == 1 else None


def _of_texts(real: Sequence[Sequence[str]]) -> Extract:
    small = small_words(text for texts in real for text in texts)

    def extract(texts: Sequence[str]) -> Iterator[tuple[int, Key]]:
        for row, text in enumerate(texts):
            keys = {*found(text), *((NAME, each) for each in names(text, small))}
            for key in sorted(keys):
                yield row, key

    return extract


def _of_tables(reference: Any, columns: Mapping[str, str]) -> Extract:
    """Values of columns that name records, and what has a form of its own in the other columns of texts."""
    texts = [name for name in reference.columns if str(name) not in columns and not is_number(reference[name])]

    def extract(table: Any) -> Iterator[tuple[int, Key]]:
        for name in table.columns:
            if str(name) in columns:
                for row, value in enumerate(_values(table[name])):
                    if value is not None:
                        yield row, (f"column {name}", value)
        for row, keys in _in_cells(table, [name for name in texts if name in table.columns]):
            yield from ((row, key) for key in sorted(keys))

    return extract


def _in_cells(table: Any, names_: Sequence[Any]) -> Iterator[tuple[int, set[Key]]]:
    known: dict[str, set[Key]] = {}
    by_row: dict[int, set[Key]] = {}
    for name in names_:
        for row, value in enumerate(_values(table[name])):
            if value is None:
                continue
            if value not in known:
                known[value] = set(found(value))
            if known[value]:
                by_row.setdefault(row, set()).update(known[value])
    yield from sorted(by_row.items())


def _values(column: Any) -> list[str | None]:
    """Cells as texts, whole numbers alike whatever type a column has; None where there is no value."""
    gone = column.isna().to_numpy()
    return [None if no else _text(value) for value, no in zip(column.tolist(), gone, strict=True)]


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return str(value).strip()


def _repeated(
    extract: Extract, generated: Any, whose: Mapping[Key, int | None], kinds: Sequence[str]
) -> tuple[list[tuple[int, Key]], np.ndarray]:
    """Each generated record with an identifier of a real one, and how many have anything of each kind."""
    repeated: list[tuple[int, Key]] = []
    rows: list[set[int]] = [set() for _ in kinds]
    places = {kind: at for at, kind in enumerate(kinds)}
    for row, key in extract(generated):
        if key[0] in places:
            rows[places[key[0]]].add(row)
        if whose.get(key) is not None:
            repeated.append((row, key))
    return repeated, np.array([len(each) for each in rows], dtype=np.int64)


def _kind(
    kinds: tuple[str, ...],
    columns: Mapping[str, str],
    sides: tuple[_Side, _Side],
    whose: Mapping[Key, int | None],
    repeated: Sequence[tuple[int, Key]],
    seen: np.ndarray,
    sizes: Sequence[int],
) -> Identifiers:
    places = {kind: at for at, kind in enumerate(kinds)}
    distinct = np.zeros((len(kinds), 3), dtype=np.int64)
    holders: list[list[set[int]]] = [[set(), set()] for _ in range(len(kinds) + 1)]
    for key, side in whose.items():
        if side is None:
            continue
        distinct[places[key[0]], side] += 1
        if side != SEVERAL:
            for at in (places[key[0]],) if key[0] == NAME else (places[key[0]], len(kinds)):
                holders[at][side].add(sides[side].first[key])
    values = {key: at for at, key in enumerate(dict.fromkeys(key for _, key in repeated))}
    of = [(whose[key], key) for _, key in repeated]
    return Identifiers(
        kinds=kinds,
        columns=dict(columns),
        distinct=distinct,
        holders=np.array([[len(each) for each in pair] for pair in holders], dtype=np.int64),
        seen=seen,
        records=np.array(sizes, dtype=np.int64),
        rows=np.array([row for row, _ in repeated], dtype=np.int64),
        kind=np.array([places[key[0]] for _, key in repeated], dtype=np.int64),
        side=np.array([side for side, _ in of], dtype=np.int64),
        sources=np.array([sides[HOLDOUT if side == HOLDOUT else 0].first[key] for side, key in of], dtype=np.int64),
        values=np.array([values[key] for _, key in repeated], dtype=np.int64),
        shown=tuple(redacted(value) for _, value in values),
    )
