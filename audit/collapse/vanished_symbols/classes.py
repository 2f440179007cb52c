"""Classes of symbols, counted in each record of both sides."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...statistics.vocabulary.counts import Side, compare_counts
from ...statistics.vocabulary.vanished import Vocabulary

Ints = NDArray[np.int64]

_NARROW = 2_000_000
# Counting into a full matrix is faster as long as it is not much larger than what is counted.
_DENSE = 8


@dataclass(frozen=True, slots=True, eq=False)
class Occurrences:
    """Where symbols of one class occur in n records.

    Args:
        record: int64 (N,), the record of each occurrence.
        symbol: int64 (N,), its symbol, in 0 … K − 1.
        records: n.
        of_all: int64 (n,), occurrences a record where not all of them are among the N; None where they are.
    """

    record: Ints
    symbol: Ints
    records: int
    of_all: Ints | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SymbolClass:
    """Symbols of one class that enough records of either side show.

    Args:
        name: of the class, e.g. `characters`.
        symbols: what each is called, e.g. `letter x`.
        generated: their counts in generated records.
        reference: and in real ones.
        gate: share of the records of a side that must show a symbol.
        article: what stands before a symbol in a sentence, e.g. `the`.
    """

    name: str
    symbols: tuple[str, ...]
    generated: Side
    reference: Side
    gate: float
    article: str = "the"

    def common(self, side: Side) -> NDArray[np.bool_]:
        """Which symbols enough records of a side show."""
        return np.asarray(side.records >= self.gate * len(side.totals))

    def vanishing(self) -> Vocabulary:
        """Those that real records show, and how often generated ones do."""
        kept = self.common(self.reference)
        own, real = self.generated.take(kept), self.reference.take(kept)
        return Vocabulary(real, compare_counts(generated=own, reference=real))

    def inventing(self) -> Vocabulary:
        """Those that generated records show, and how often real ones do."""
        kept = self.common(self.generated)
        own, real = self.generated.take(kept), self.reference.take(kept)
        return Vocabulary(own, compare_counts(generated=own, reference=real).swapped())


def symbol_class(
    name: str,
    generated: Occurrences,
    reference: Occurrences,
    names: Callable[[int], str],
    *,
    gate: float,
    article: str = "the",
) -> SymbolClass:
    """Count the symbols that enough records of either side show.

    Args:
        name: of the class.
        generated: occurrences in generated records.
        reference: in real ones, of symbols numbered alike.
        names: what a symbol's number stands for.
        gate: share of the records of a side that must show a symbol.
        article: before a symbol in a sentence.
    """
    known = 1 + max(int(each.symbol.max(initial=-1)) for each in (generated, reference))
    matrices = [_matrix(each, known) for each in (generated, reference)]
    shown = [each.getnnz(axis=0) >= gate * each.shape[0] for each in matrices]
    kept = np.flatnonzero(shown[0] | shown[1])
    sides = [
        Side(matrix[:, kept], _totals(each)) for matrix, each in zip(matrices, (generated, reference), strict=True)
    ]
    return SymbolClass(name, tuple(names(int(at)) for at in kept), sides[0], sides[1], gate, article)


def one_each(codes: Ints) -> Occurrences:
    """One symbol a record."""
    return Occurrences(np.arange(len(codes)), codes, len(codes))


def numbered(values: Sequence[NDArray[np.int64]]) -> tuple[list[Ints], Ints]:
    """Arrays of whole numbers as positions among all values that occur, and these values, ascending."""
    whole = np.concatenate(values)
    least = int(whole.min(initial=0))
    if int(whole.max(initial=0)) - least < _NARROW:
        # Much faster than sorting millions of characters.
        known = np.flatnonzero(np.bincount(whole - least))
        place = np.zeros(int(known.max(initial=0)) + 1, dtype=np.int64)
        place[known] = np.arange(len(known))
        return [place[each - least] for each in values], known + least
    known, codes = np.unique(whole, return_inverse=True)
    return np.split(codes.astype(np.int64), np.cumsum([len(each) for each in values])[:-1]), known


def lengths_class(generated: Ints, reference: Ints, what: str, *, gate: float) -> SymbolClass:
    """Lengths of records in ten bins that hold equally many real records, with one bin on either side of these.

    Args:
        generated: lengths of the generated records.
        reference: lengths of the real ones.
        what: the unit of the lengths, as a reader names it.
        gate: the share of records below which no bin is looked at.
    """
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, 11), method="lower"))
    # The last real length belongs to the last bin.
    bounds = np.append(edges[:-1], edges[-1] + 1) if len(edges) > 1 else np.array([edges[0], edges[0] + 1])
    codes = [np.searchsorted(bounds, each, side="right").astype(np.int64) for each in (generated, reference)]

    def name(at: int) -> str:
        if at == 0:
            return f"length below {bounds[0]:g} {what}"
        if at == len(bounds):
            return f"length above {bounds[-1] - 1:g} {what}"
        low, high = bounds[at - 1], bounds[at] - 1
        return f"length of {low:g} {what}" if low == high else f"length of {low:g} to {high:g} {what}"

    return symbol_class("lengths", one_each(codes[0]), one_each(codes[1]), name, gate=gate, article="a")


def _matrix(each: Occurrences, known: int) -> Any:
    """A sparse matrix of counts, records × symbols."""
    from scipy.sparse import coo_matrix, csr_matrix

    if each.records * known <= _DENSE * max(len(each.record), 1):
        flat = np.bincount(each.record * known + each.symbol, minlength=each.records * known)
        return csr_matrix(flat.reshape(each.records, known).astype(np.float64))
    matrix = coo_matrix((np.ones(len(each.record)), (each.record, each.symbol)), shape=(each.records, known)).tocsr()
    matrix.sum_duplicates()
    return matrix


def _totals(each: Occurrences) -> NDArray[np.float64]:
    if each.of_all is not None:
        return each.of_all.astype(np.float64)
    return np.bincount(each.record, minlength=each.records).astype(np.float64)
