"""How near generated records come to given ones, where a model says nothing of how likely a record is to it."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import is_number
from ..matches.mel import log_mel

Floats = NDArray[np.float64]

WORDS: Mapping[str, str] = {
    "text": "share of the pairs of words that no generated text has",
    "music": "share of the runs of three pitches that no generated piece has",
    "tabular": "share of the columns that differ in the nearest generated row, numbers by their ranks",
    "image": "root mean squared difference to the nearest generated picture",
    "audio": "root mean squared difference to the nearest generated sound, in log power of mel bands",
}
"""What the distance is, by modality."""

_BLOCK = 2**21


def distances(
    modality: str, records: Any, generated: Any, rates: tuple[int | None, int | None] = (None, None)
) -> Floats:
    """The distance of each record to the generated ones, (n,), at least 0; what it is says `WORDS`.

    `rates` are the sample rates of sounds in Hz, of records and of generated ones.
    """
    if modality == "text":
        return _missing([text.split() for text in records], (text.split() for text in generated), 2)
    if modality == "music":
        return _missing(records, generated, 3)
    if modality == "tabular":
        return _rows(records, generated)
    if modality == "audio":
        return _pictures(log_mel(records, rates[0]), log_mel(np.asarray(generated[:], dtype=np.float32), rates[1]))
    return _pictures(records, np.asarray(generated[:], dtype=np.float32))


def _missing(records: Sequence[Sequence[Hashable]], generated: Any, length: int) -> Floats:
    known = {run for piece in generated for run in _runs(piece, length)}
    shares = [[run not in known for run in _runs(each, length)] for each in records]
    return np.array([float(np.mean(each)) if each else 1.0 for each in shares])


def _runs(piece: Sequence[Hashable], length: int) -> Iterator[tuple[Hashable, ...]]:
    return (tuple(piece[at : at + length]) for at in range(len(piece) - length + 1))


def _rows(records: Any, generated: Any) -> Floats:
    import pandas as pd

    total = np.zeros((len(records), len(generated)), dtype=np.float32)
    for name in records.columns:
        ours, theirs = records[name], generated[name]
        if is_number(ours):
            numbers = [
                pd.to_numeric(each, errors="coerce").to_numpy(dtype=float, na_value=np.nan) for each in (ours, theirs)
            ]
            order = np.sort(np.concatenate(numbers))
            ranks = [np.searchsorted(order, each) / len(order) for each in numbers]
            total += np.abs(ranks[0][:, None] - ranks[1][None]).astype(np.float32)
        else:
            total += ours.astype(str).to_numpy()[:, None] != theirs.astype(str).to_numpy()[None]
    nearest: Floats = total.min(axis=1).astype(np.float64) / len(records.columns)
    return nearest


def _pictures(records: Any, generated: NDArray[np.float32]) -> Floats:
    ours, theirs = records.reshape(len(records), -1), generated.reshape(len(generated), -1)
    nearest = np.full(len(ours), np.inf)
    step = max(1, _BLOCK // ours.size)
    for start in range(0, len(theirs), step):
        block = theirs[start : start + step]
        nearest = np.minimum(nearest, ((ours[:, None] - block[None]) ** 2).mean(axis=2).min(axis=1))
    root: Floats = np.sqrt(nearest)
    return root
