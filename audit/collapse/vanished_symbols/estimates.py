"""From losses to estimates: what has vanished, what is invented, and each symbol that surely has or is."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...finding import Better, Estimate, Interval, Perfect
from ...statistics.intervals import BAND, DETECTION, curve
from ...statistics.multiplicity import holm
from ...statistics.vocabulary.counts import Compared
from ...statistics.vocabulary.vanished import Loss, mass_limits
from .classes import SymbolClass

_SURE = 0.05
_LARGEST = 1e6
_SETS = "which symbols by Holm over all, exact at the effective counts; their mass by records"


@dataclass(frozen=True, slots=True)
class Named:
    """A symbol that surely vanished, or surely is invented.

    Args:
        symbol: what it is called.
        kind: its class.
        article: what stands before it in a sentence.
        place: its class and its position there, among the symbols that are common enough.
        real: its share of real occurrences.
        generated: its share of generated ones.
        p_value: that it has not.
        p_adjusted: likewise, Holm over all symbols.
    """

    symbol: str
    kind: str
    article: str
    place: tuple[int, int]
    real: float
    generated: float
    p_value: float
    p_adjusted: float


def named(loss: Loss, classes: Sequence[SymbolClass], *, invented: bool) -> list[Named]:
    """The symbols whose ratio is below a tenth by Holm over all of them, the largest share first.

    Args:
        loss: from the vocabularies of the classes.
        classes: those that have a symbol in it, in the same order.
        invented: whether the side that should not lose a symbol is the generated one.
    """
    p_values = loss.p_values.tolist()
    steps = holm(p_values, alpha=_SURE) if p_values else []
    result, at = [], 0
    for place, (each, part) in enumerate(zip(classes, loss.classes, strict=True)):
        kept = np.flatnonzero(each.common(each.generated if invented else each.reference))
        side, other = part.side.shares, part.compared.generated / part.compared.exposure
        for position, symbol in enumerate(kept.tolist()):
            if steps[at].adjusted <= _SURE:
                shares = (float(other[position]), float(side[position]))
                real, generated = shares if invented else shares[::-1]
                result.append(
                    Named(
                        each.symbols[symbol],
                        each.name,
                        each.article,
                        (place, position),
                        real,
                        generated,
                        p_values[at],
                        steps[at].adjusted,
                    )
                )
            at += 1
    return sorted(result, key=lambda each: -(each.generated if invented else each.real))


def whole(name: str, loss: Loss, rng: np.random.Generator, *, gate: float, records: int, from_draws: float) -> Estimate:
    """The mass that vanished, or that is invented.

    Args:
        name: `vanished_share` or `invented_share`.
        loss: of all classes.
        rng: for what a perfect generator would show.
        gate: the share of records that must show a symbol.
        records: of both sides.
        from_draws: how much of the variance more generated records would shrink.
    """
    known = curve(loss.limits)
    middle, high = loss.perfect(rng)
    return Estimate(
        name=name,
        value=min(max(loss.value(), known[0].low), known[0].high),
        curve=known,
        n=records,
        method=_SETS,
        unit="share",
        better=Better.LOWER,
        perfect=Perfect(middle, 0.0, high),
        p_value=loss.p_value(),
        minimum_detectable=loss.detectable(gate),
        from_draws=from_draws,
    )


def ratios(loss: Loss, symbols: Sequence[Named], *, records: int, more_draws_help: bool) -> Iterator[Estimate]:
    """The ratio of shares of each symbol that vanished.

    Args:
        loss: of all classes.
        symbols: those that vanished.
        records: of both sides.
        more_draws_help: whether further generated records would be used.
    """
    for each in symbols:
        compared, at = loss.classes[each.place[0]].compared, each.place[1]

        def limits(level: float, compared: Compared = compared, at: int = at) -> Interval:
            low, high = compared.ratios(level)
            return Interval(level, float(low[at]), min(float(high[at]), _LARGEST))

        value, error = each.generated / each.real, _error(compared, at)
        known = curve(limits)
        yield Estimate(
            name="symbol_ratio",
            group=each.symbol,
            value=min(max(value, known[0].low), known[0].high),
            curve=known,
            n=records,
            method="exact given the sum of both counts, at the effective counts of records",
            unit="ratio",
            better=Better.NEITHER,
            perfect=Perfect(1.0, math.exp(-BAND * error), math.exp(BAND * error)),
            p_value=each.p_value,
            p_adjusted=each.p_adjusted,
            minimum_detectable=1 - math.exp(-DETECTION * error),
            from_draws=_part(compared, at) if more_draws_help else 0.0,
        )


def shares(loss: Loss, symbols: Sequence[Named], *, records: int, more_draws_help: bool) -> Iterator[Estimate]:
    """The share of each invented symbol among what is generated.

    Args:
        loss: of all classes, the generated side being the one that should lose nothing.
        symbols: those that are invented.
        records: of both sides.
        more_draws_help: whether further generated records would be used.
    """
    for each in symbols:
        part, at = loss.classes[each.place[0]], each.place[1]
        flags = np.zeros(part.side.counts.shape[1], dtype=bool)
        flags[at] = True
        share, variance = part.side.mass(flags)

        def limits(
            level: float, share: float = share, variance: float = variance, count: int = len(part.side.totals)
        ) -> Interval:
            return Interval(level, *mass_limits(share, variance, count, level))

        # The share of a perfect generator is the real one, known from as many occurrences as were seen.
        own, real = float(part.compared.reference_exposure[at]), float(part.compared.exposure[at])
        error = math.sqrt((each.real + 1 / real) * (1 / own + 1 / real))
        yield Estimate(
            name="invented_symbol_share",
            group=each.symbol,
            value=share,
            curve=curve(limits),
            n=records,
            method="beta limits at the effective number of occurrences",
            unit="share",
            better=Better.LOWER,
            perfect=Perfect(each.real, max(0.0, each.real - BAND * error), min(1.0, each.real + BAND * error)),
            p_value=each.p_value,
            p_adjusted=each.p_adjusted,
            minimum_detectable=DETECTION * error,
            from_draws=1.0 if more_draws_help else 0.0,
        )


def _error(compared: Compared, at: int) -> float:
    """Standard error of the logarithm of a perfect generator's ratio, from the real count."""
    real = float(compared.reference[at])
    own = real * float(compared.exposure[at] / compared.reference_exposure[at])
    return math.sqrt(1 / real + 1 / own)


def _part(compared: Compared, at: int) -> float:
    own, real = 1 / (float(compared.generated[at]) + 1), 1 / float(compared.reference[at])
    return own / (own + real)
