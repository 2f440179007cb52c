"""The kind of evidence that says how close single records come to single training records, and where that shows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Closeness:
    """How close each record comes to the training record that it is closest to; the larger the closer.

    Args:
        what: is measured, in words.
        unit: of the values, in the plural.
        generated: float64 (n,).
        null: float64 (m,), of records of the null.
        matched: int64 (n,), the training record, by its number in the reference; −1 where none is close at all.
        spans: int64 (n, 4), where the common part begins and ends in the generated record, and in the training record:
            characters of a text, steps of a melody; known of those that are shown, else 0; of no rows for pictures
            and rows of tables.
        end: the largest closeness that there is; None where there is no end.
        sign: −1 where the values are distances with their sign turned, else 1.
    """

    what: str
    unit: str
    generated: Floats
    null: Floats
    matched: Ints
    spans: Ints
    end: float | None = None
    sign: int = 1


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs of tokens that records share with the training data, those that lie in no longer one.

    Args:
        tokens: int64 (n,), tokens of each record.
        record: int64 (r,), the record of each run, by its place among those asked about, ascending.
        start: int64 (r,), the token of the record at which it begins.
        length: int64 (r,), tokens of it.
    """

    tokens: Ints
    record: Ints
    start: Ints
    length: Ints


@dataclass(frozen=True, slots=True)
class Extraction:
    """How likely a model is to continue the beginning of a record exactly as the record does.

    Args:
        unit: what a token is.
        training: float64 (t,), nats of the rest of each training record given its beginning; −inf where impossible.
        null: float64 (h,), the same of records of the null; (0,) without a holdout, as the model knows the others.
        rows: int64 (t,), the training records, by their number in the reference.
        lengths: int64 (t,), tokens of the rest of each.
        null_lengths: int64 (h,).
    """

    unit: str
    training: Floats
    null: Floats
    rows: Ints
    lengths: Ints
    null_lengths: Ints


@dataclass(frozen=True, slots=True)
class Reproductions:
    """Generated records beside the training records that they come closest to.

    Args:
        samples: some training records that are matched, in the form of the modality, to be shown. Real records.
        shown: int64 (k,), the generated record, by its place in `rows`, whose verbatim match each of the first k of
            these is.
        near_shown: int64 (l,), that whose near match each of the other l is.
        null: `holdout`, or `reference` where a part of the reference stands in for it.
        compared: training records that were compared.
        total: training records that there are.
        method: how closeness was found, in words.
        rows: int64 (n,), the generated records asked about.
        null_rows: int64 (m,), records of the null: rows of the holdout, or of the reference.
        verbatim: word for word, value for value, or pixel by pixel.
        near: the same allowing for small differences.
        whole: int64 (n,), what of each generated record its closest training record lacks: tokens or columns; 0 where
            the
            whole of it is there, and 1 for a picture that is not.
        null_whole: int64 (m,), the same of the null.
        part: what `whole` counts.
        runs: of generated texts and melodies; None for others.
        null_runs: of the null.
        extraction: None where the model gives no probability of a token.
        not_extracted: why.
    """

    samples: Any
    shown: Ints
    near_shown: Ints
    null: str
    compared: int
    total: int
    method: str
    rows: Ints
    null_rows: Ints
    verbatim: Closeness
    near: Closeness
    whole: Ints
    null_whole: Ints
    part: str
    runs: Runs | None = None
    null_runs: Runs | None = None
    extraction: Extraction | None = None
    not_extracted: str = ""
