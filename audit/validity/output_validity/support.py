"""What the real records show to be possible: which values occur, between which ends, and which are in every record.

A perfect generator, too, makes now and then what the reference happens to lack. How often follows from the reference
alone: leave each real record out in turn, and see whether it would be outside of what the others show.
"""

from collections import Counter
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import is_number, quoted
from ...statistics.neighbours.support import between_steps, step

# Fewer different values may lie on common steps by chance.
_FEWEST_STEPS = 5

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Outside:
    """Which records lie outside of the real ones in one respect.

    Args:
        what: the respect, e.g. `education: a value that no real record has`.
        generated: (n,), of the generated records.
        left_out: (m,), real records that the others would leave outside.
        holdout: (h,), of the held-out real records; length 0 without them.
        example: a value outside that no real record has, held out or not, for a reader.
    """

    what: str
    generated: Flags
    left_out: Flags
    holdout: Flags
    example: str = ""


def outside(modality: str, *, generated: Any, reference: Any, holdout: Any) -> list[Outside]:
    """Every respect in which a record of this modality can lie outside; empty where there is none to tell.

    Args:
        modality: of the records.
        generated: the generated records.
        reference: the real records that set the limits.
        holdout: held-out real records, looked at as the generated ones are; None without them.
    """
    sets = [generated, reference, [] if holdout is None else holdout]
    match modality:
        case "tabular":
            return _table(generated, reference, holdout)
        case "text":
            return [
                _values("a character that no real text has", [[_different(text) for text in each] for each in sets]),
                _ends("shorter or longer than any real text", [_lengths(each) for each in sets]),
            ]
        case "music":
            return [
                _values("a pitch that no real piece has", [[_different(piece) for piece in each] for each in sets]),
                _ends("shorter or longer than any real piece", [_lengths(each) for each in sets]),
            ]
        case _:
            return []


def _lengths(records: Sequence[Any]) -> NDArray[np.float64]:
    return np.array([len(each) for each in records], dtype=np.float64)


def _different(record: Sequence[Hashable]) -> Collection[Hashable]:
    """Each value once, in the order of the record: that of a set of texts changes from run to run."""
    return dict.fromkeys(record)


def _values(what: str, sets: Sequence[Sequence[Collection[Hashable]]]) -> Outside:
    """Records that hold a value which the reference lacks; `sets` are generated, reference and holdout."""
    seen: Counter[Hashable] = Counter()
    for record in sets[1]:
        seen.update(list(record))
    generated, holdout = (
        np.array([any(v not in seen for v in each) for each in part], bool) for part in (sets[0], sets[2])
    )
    alone = np.array([any(seen[value] == 1 for value in record) for record in sets[1]], dtype=bool)
    held = {value for record in sets[2] for value in record}
    strange = (value for record in sets[0] for value in record if value not in seen and value not in held)
    example = next((repr(value) for value in strange), "")
    return Outside(what, generated, alone, holdout, example)


def _ends(what: str, sets: Sequence[NDArray[np.float64]]) -> Outside:
    """Records below the least or above the largest real value; missing values are neither."""
    generated, reference, held = sets
    known = reference[~np.isnan(reference)]
    if not len(known):
        nothing = [np.zeros(len(each), dtype=bool) for each in sets]
        return Outside(what, nothing[0], nothing[1], nothing[2])
    low, high = known.min(), known.max()
    beyond = [(each < low) | (each > high) for each in sets]
    # An end that only one record has would not be one without it.
    alone = ((reference == low) & ((known == low).sum() == 1)) | ((reference == high) & ((known == high).sum() == 1))
    strange = generated[beyond[0] & ~np.isin(generated, held)]
    example = f"{strange[0]:g}, real {_end(low, known)} to {_end(high, known)}" if len(strange) else ""
    return Outside(what, beyond[0], alone, beyond[2], example)


def _end(value: float, known: NDArray[np.float64]) -> str:
    return quoted(f"{value:g}", int((known == value).sum()))


def _table(generated: Any, reference: Any, holdout: Any) -> list[Outside]:
    limits = []
    for name in reference.columns:
        columns = [generated[name], reference[name], reference[name].iloc[:0] if holdout is None else holdout[name]]
        limits += _number(str(name), columns) if is_number(columns[1]) else [_category(str(name), columns)]
        if not columns[1].isna().any():
            gaps = [each.isna().to_numpy() for each in columns]
            limits.append(Outside(f"{name}: missing, as in no real record", gaps[0], gaps[1], gaps[2], "missing"))
    return limits


def _number(name: str, columns: Sequence[Any]) -> list[Outside]:
    import pandas as pd

    values = [pd.to_numeric(each, errors="coerce").to_numpy(dtype=float, na_value=np.nan) for each in columns]
    return [_ends(f"{name}: beyond the least or largest real value", values), *_steps(name, values)]


def _steps(name: str, sets: Sequence[NDArray[np.float64]]) -> list[Outside]:
    """Values between the steps, whole numbers or cents, on which all real ones lie; none where those have no steps."""
    generated, reference, holdout = sets
    common = step(reference)
    if not common or len(np.unique(reference)) < _FEWEST_STEPS:
        return []
    between = [between_steps(each, reference) for each in (generated, holdout)]
    strange = generated[between[0] & ~np.isin(generated, holdout)]
    example = f"{strange[0]:g}" if len(strange) else ""
    # The other real records show the same steps without any one of them.
    alone = np.zeros(len(reference), dtype=bool)
    return [
        Outside(f"{name}: between the steps of {common:g} of all real values", between[0], alone, between[1], example)
    ]


def _category(name: str, columns: Sequence[Any]) -> Outside:
    texts = [[() if gap else (str(v),) for v, gap in zip(each, each.isna(), strict=True)] for each in columns]
    return _values(f"{name}: a value that no real record has", texts)
