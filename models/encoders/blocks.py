"""Encoders that take records block by block: memory is bounded, and what was computed once is kept.

The size of a block is fixed, because a matrix product's last bits depend on it. While a slow model is looked at again
and again as samples are drawn, only blocks that were not seen before are computed.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..held_pictures import at_once
from ..records import blocks, digest, is_array, read
from .encoder import Encoded, EncoderError, EncoderFacts, Progress, Vectors

Function = Callable[[Any, int | None], Any]
"""Records and, of audio, the sample rate, to an array (n, d)."""

SAME = 1e-3
"""The largest difference, as a part of the largest value, between features of a record in one block and in another."""

MOST_COLUMNS = 65_536

LARGEST = 2**26
"""Bytes of the pictures in a block, beside which what computes with them needs room: fewer are computed at once."""


@dataclass
class BlockEncoder:
    """An encoder that is one function of a block of records, whatever lies beside each in it.

    Args:
        facts: what is known of it.
        modality: of the records that it takes.
        words: what its columns are.
        block: records computed at once.
        function: features of a block.
        option: by which it was named, for messages.
    """

    facts: EncoderFacts
    modality: str
    words: str
    block: int
    function: Function
    option: str = "--encoder"
    _kept: dict[str, Vectors] = field(default_factory=dict, repr=False)

    def encode(
        self, sets: Sequence[Any], *, reference: int, sample_rate: int | None = None, progress: Progress
    ) -> Encoded:
        """Features of every record; see `Encoder`."""
        total, done = sum(len(each) for each in sets), 0
        encoded = []
        for records in sets:
            parts, size = [], self._size(records)
            for start in range(0, len(records), size):
                rows = np.arange(start, min(start + size, len(records)))
                parts.append(self._remembered(read(records, rows), sample_rate))
                done += len(rows)
                progress(done / total)
            encoded.append(np.concatenate(parts) if parts else np.empty((0, 0), np.float32))
        self._check_columns(encoded)
        if len(sets[reference]) > 1 and _same(encoded[reference]) and not _all_equal(sets[reference]):
            raise EncoderError(
                f"{self._name}: expected features that tell records apart, but all {len(encoded[reference]):,} records "
                "of the reference have the same; use another encoder"
            )
        return Encoded(encoded, self.words)

    def tried(self, records: Any, sample_rate: int | None) -> "BlockEncoder":
        """The encoder, after a few records showed that it can be used: before anything slow is done with it.

        Raises:
            EncoderError: if it cannot; also if a record's features depend on the records beside it.
        """
        together = self._checked(records, sample_rate)
        first = self._checked(read(records, np.arange(1)), sample_rate)
        most = float(np.abs(together).max(initial=1e-9))
        if first.shape[1] != together.shape[1] or np.abs(first[0] - together[0]).max() > SAME * most:
            raise EncoderError(
                f"{self._name}: expected features of a record that depend on that record alone, but they change "
                "with the records beside it, or from call to call; compute each by itself, without dropout or batch "
                "statistics"
            )
        return self

    def _size(self, records: Any) -> int:
        """How many records are computed at once: what the encoder says, fewer of large pictures."""
        if self.modality != "image" or not is_array(records):
            return self.block
        return min(self.block, at_once(records.shape[1:], LARGEST))

    @property
    def _name(self) -> str:
        return f"{self.option} {self.facts.name}"

    def _remembered(self, records: Any, sample_rate: int | None) -> Vectors:
        key = hashlib.sha256(f"{digest(records, {})} {sample_rate}".encode()).hexdigest()
        if key not in self._kept:
            self._kept[key] = self._checked(records, sample_rate)
        return self._kept[key]

    def _checked(self, records: Any, sample_rate: int | None) -> Vectors:
        try:
            given = self.function(records, sample_rate)
        except EncoderError as error:
            raise EncoderError(f"{self._name}: {error}") from error
        vectors = self._as_rows(given, len(records))
        broken = ~np.isfinite(vectors).all(axis=1)
        # Of a record that is broken itself nothing else can be expected; whoever compares them says so.
        own = np.flatnonzero(broken & _finite(records))
        if len(own):
            raise EncoderError(
                f"{self._name}: expected finite features, got NaN or infinity for {len(own)} of {len(records)} records "
                "that are finite themselves; correct the encoder, or use another"
            )
        return vectors

    def _as_rows(self, given: Any, n: int) -> Vectors:
        """What the function gave, as float32 (n, d)."""
        shown = getattr(given, "shape", None)
        got = type(given).__name__ if shown is None else f"an array of shape {tuple(shown)}"
        try:
            detached = given.detach().cpu().numpy() if hasattr(given, "detach") else given
            vectors = np.asarray(detached, dtype=np.float32)
        except (TypeError, ValueError):
            raise EncoderError(f"{self._name}: expected numbers (n, d), a row a record, got {got}") from None
        if vectors.ndim != 2 or len(vectors) != n:
            raise EncoderError(
                f"{self._name}: expected an array ({n}, d), a row for each of {n} records, got {got}; give one vector "
                "a record"
            )
        if not 1 <= vectors.shape[1] <= MOST_COLUMNS:
            raise EncoderError(
                f"{self._name}: expected between 1 and {MOST_COLUMNS:,} features a record, got {vectors.shape[1]:,}"
            )
        return vectors

    def _check_columns(self, encoded: Sequence[Vectors]) -> None:
        columns = sorted({each.shape[1] for each in encoded if len(each)})
        if len(columns) > 1:
            raise EncoderError(
                f"{self._name}: expected as many features of every record, got {' and '.join(map(str, columns))}"
            )


def _finite(records: Any) -> NDArray[np.bool_]:
    """Which records hold finite numbers only; texts and the like always do."""
    if is_array(records):
        return np.concatenate([np.isfinite(each.reshape(len(each), -1)).all(axis=1) for each in blocks(records)])
    return np.ones(len(records), dtype=bool)


def _same(vectors: Vectors) -> bool:
    return bool((vectors == vectors[0]).all())


def _all_equal(records: Any) -> bool:
    if is_array(records):
        first = records[0]
        return all(bool((block == first).all()) for block in blocks(records))
    if isinstance(records, list):
        return all(each == records[0] for each in records)
    return bool(len(records.drop_duplicates()) == 1)
