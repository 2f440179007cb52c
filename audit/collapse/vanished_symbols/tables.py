"""Tables of GA310: what never appears, what is invented, and how each class of symbols fares."""

from collections.abc import Iterator, Sequence

from ...finding import Column, Kind, Table
from ...statistics.vocabulary.vanished import Loss
from .classes import SymbolClass
from .estimates import Named

_NAMES = (
    Column("what", "What it is", Kind.TEXT),
    Column("kind", "Among", Kind.TEXT),
    Column("real", "Share, real", Kind.SHARE),
    Column("generated", "Share, generated", Kind.SHARE),
    Column("p_adjusted", "p, adjusted for all symbols", Kind.P_VALUE),
)


def vanished_table(symbols: Sequence[Named], most: int) -> Iterator[Table]:
    """A row for each symbol that vanished, in words; nothing without any."""
    if symbols:
        rows = tuple(_row(each, _lost(each)) for each in symbols[:most])
        yield Table(
            "vanished", _caption("What real records show and generated ones do not", symbols, most), _NAMES, rows
        )


def invented_table(symbols: Sequence[Named], most: int) -> Iterator[Table]:
    """A row for each symbol that is invented, in words; nothing without any."""
    if symbols:
        rows = tuple(_row(each, _added(each)) for each in symbols[:most])
        yield Table(
            "invented", _caption("What generated records show and real ones do not", symbols, most), _NAMES, rows
        )


def class_table(classes: Sequence[SymbolClass], vanished: Loss, invented: Loss) -> Table:
    """A row for each class: its symbols, and what of it vanished or is invented, with 95 % limits."""
    columns = (
        Column("kind", "Symbols", Kind.TEXT),
        Column("real", "Common among real", Kind.COUNT),
        Column("generated", "Common among generated", Kind.COUNT),
        Column("vanished_low", "Vanished, at least", Kind.SHARE),
        Column("vanished_high", "at most", Kind.SHARE),
        Column("invented_low", "Invented, at least", Kind.SHARE),
        Column("invented_high", "at most", Kind.SHARE),
    )
    lost, added = (_by_class(each, classes, which) for each, which in ((vanished, False), (invented, True)))
    rows = tuple(
        (
            each.name,
            int(each.common(each.reference).sum()),
            int(each.common(each.generated).sum()),
            *lost.get(each.name, (None, None)),
            *added.get(each.name, (None, None)),
        )
        for each in classes
    )
    return Table("classes", "Shares of each kind of symbol that vanished or are invented, 95 % limits", columns, rows)


def present(classes: Sequence[SymbolClass], *, invented: bool) -> list[SymbolClass]:
    """The classes with a symbol that is common enough on the side that should not lose it."""
    return [each for each in classes if each.common(each.generated if invented else each.reference).any()]


def sentence(each: Named, *, invented: bool) -> str:
    """What became of a symbol: `the letter x never appears`."""
    return _added(each) if invented else _lost(each)


def _subject(each: Named) -> str:
    if each.article == "a" and each.symbol[0] in "aeiou":
        return f"an {each.symbol}"
    return f"{each.article} {each.symbol}".strip()


def _lost(each: Named) -> str:
    subject = _subject(each)
    return f"{subject} never appears" if each.generated == 0 else f"{subject} hardly appears"


def _added(each: Named) -> str:
    subject = _subject(each)
    return f"{subject} appears, but never in real records" if each.real == 0 else f"{subject} appears too often"


def _row(each: Named, words: str) -> tuple[str | float, ...]:
    return (words, each.kind, each.real, each.generated, each.p_adjusted)


def _caption(what: str, symbols: Sequence[Named], most: int) -> str:
    return what if len(symbols) <= most else f"{what}: the commonest {most} of {len(symbols)}"


def _by_class(loss: Loss, classes: Sequence[SymbolClass], invented: bool) -> dict[str, tuple[float, float]]:
    between = loss.class_limits(0.95)
    return {
        each.name: (limits.low, limits.high)
        for each, limits in zip(present(classes, invented=invented), between, strict=True)
    }
