"""How often two sets of records show the symbols of one class, and how sure that is.

The sampling unit is the record: symbols of one record come together, so their counts vary more, or less, than
independent ones. Each count is divided by its dispersion, the ratio of its variance between records to that of a
Poisson count; the effective counts then behave as independent ones, down to none at all.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

# With fewer records that show a symbol, its dispersion is not known from them.
_FEWEST_TO_KNOW = 10


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """Counts of K symbols of one class in n records.

    Args:
        counts: occurrences of each symbol in each record, a sparse scipy matrix (n, K) without stored zeros.
        totals: float64 (n,), occurrences of all symbols of the class in each record, also of those not among the K.
    """

    counts: Any
    totals: Values

    @property
    def sums(self) -> Values:
        """Occurrences of each symbol, (K,)."""
        return np.asarray(self.counts.sum(axis=0), dtype=np.float64).ravel()

    @property
    def shares(self) -> Values:
        """Share of each symbol among all occurrences, (K,)."""
        whole = float(self.totals.sum())
        return self.sums / whole if whole > 0 else np.zeros(self.counts.shape[1])

    @property
    def records(self) -> NDArray[np.int64]:
        """Records that show each symbol, (K,)."""
        return np.asarray(self.counts.getnnz(axis=0), dtype=np.int64)

    def take(self, symbols: NDArray[np.bool_]) -> "Side":
        """The counts of some symbols."""
        return Side(self.counts[:, np.flatnonzero(symbols)], self.totals)

    def mass(self, symbols: NDArray[np.bool_]) -> tuple[float, float]:
        """Share of some symbols together among all occurrences, and its variance between records."""
        whole = float(self.totals.sum())
        if whole <= 0 or not symbols.any():
            return 0.0, 0.0
        each = np.asarray(self.counts @ symbols.astype(np.float64))
        share = float(each.sum()) / whole
        n = len(each)
        return share, float(((each - share * self.totals) ** 2).sum()) / whole**2 * n / max(n - 1, 1)

    def dispersion(self) -> Values:
        """Variance of each count between records over that of a Poisson count, (K,)."""
        sums, shares = self.sums, self.shares
        squares = np.asarray(self.counts.multiply(self.counts).sum(axis=0), dtype=np.float64).ravel()
        squares += -2 * shares * (self.totals @ self.counts) + shares**2 * float(self.totals @ self.totals)
        return np.asarray(np.divide(squares, sums, out=np.ones_like(sums), where=sums > 0), dtype=np.float64)

    @property
    def occurrences(self) -> float:
        """All occurrences of the class; where there are none, one for each record that could have had one."""
        return float(self.totals.sum()) or float(len(self.totals))


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Effective counts of K symbols in generated and real records.

    Args:
        generated: float64 (K,), effective count.
        reference: likewise.
        exposure: float64 (K,), effective number of generated occurrences of any symbol.
        reference_exposure: likewise, real.
    """

    generated: Values
    reference: Values
    exposure: Values
    reference_exposure: Values

    def swapped(self) -> "Compared":
        """The same with real and generated records in each other's place."""
        return Compared(self.reference, self.generated, self.reference_exposure, self.exposure)

    def part(self, ratio: float) -> Values:
        """Share of the generated among all effective counts of a symbol, were the ratio of its shares `ratio`, (K,)."""
        expected = ratio * self.exposure
        return expected / (expected + self.reference_exposure)

    def ratios(self, level: float) -> tuple[Values, Values]:
        """Limits of each symbol's share among generated over that among real occurrences; the upper may be infinite.

        Exact given the sum of both counts.

        Reference: Clopper & Pearson 1934, doi:10.1093/biomet/26.4.404; Przyborowski & Wilenski 1940,
        doi:10.1093/biomet/31.3-4.313.
        """
        from scipy.special import betaincinv

        x, y, tail = self.generated, self.reference, (1 - level) / 2
        low = np.where(x > 0, betaincinv(np.maximum(x, 1e-9), y + 1, tail), 0.0)
        high = np.where(y > 0, betaincinv(x + 1, np.maximum(y, 1e-9), 1 - tail), 1.0)
        scale = self.reference_exposure / self.exposure
        with np.errstate(divide="ignore"):
            return low / (1 - low) * scale, high / (1 - high) * scale

    def rarer(self, ratio: float) -> Values:
        """The p-value of the hypothesis that the ratio of shares is at least `ratio`, for each symbol, (K,)."""
        from scipy.special import betainc

        x, y = self.generated, self.reference
        return np.where(y > 0, betainc(np.maximum(y, 1e-9), x + 1, 1 - self.part(ratio)), 1.0)

    def commoner(self, ratio: float) -> Values:
        """The p-value of the hypothesis that the ratio of shares is at most `ratio`, for each symbol, (K,)."""
        from scipy.special import betainc

        x, y = self.generated, self.reference
        return np.where(x > 0, betainc(np.maximum(x, 1e-9), y + 1, self.part(ratio)), 1.0)


def compare_counts(*, generated: Side, reference: Side) -> Compared:
    """Effective counts of the same symbols on both sides.

    A dispersion that a side does not know, because few of its records show the symbol, is the larger of both.
    """
    own, real = generated.dispersion(), reference.dispersion()
    larger = np.maximum(np.maximum(own, real), 1.0)
    own = np.where(generated.records >= _FEWEST_TO_KNOW, own, larger)
    real = np.where(reference.records >= _FEWEST_TO_KNOW, real, larger)
    # A symbol of which every record has the same number does not vary: any small value says so.
    own, real = np.maximum(own, 1e-3), np.maximum(real, 1e-3)
    return Compared(
        generated.sums / own,
        reference.sums / real,
        generated.occurrences / own,
        reference.occurrences / real,
    )
