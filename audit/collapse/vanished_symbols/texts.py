"""Symbols of texts: characters, words, kinds of blanks, lengths."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence, Set
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from .classes import Ints, Occurrences, SymbolClass, lengths_class, numbered, symbol_class

WORDS = "words"
"""The name of the class of words."""

_WORD = re.compile(r"\w+(?:['’]\w+)*")
_FEWEST_SPACED = 0.1
_BLANKS = ("blank", "run of 2 blanks", "run of 3 or more blanks", "tab", "line break", "empty line", "unusual blank")
_PLACES = ("", " at the start", " at the end")
_TAB, _LINE, _PLAIN = 9, 10, 32


def text_classes(
    generated: Sequence[str], reference: Sequence[str], *, gate: float, most: int
) -> Iterator[SymbolClass]:
    """Characters, words where texts have any, kinds of blanks, and lengths.

    Args:
        generated: texts.
        reference: likewise.
        gate: share of the records of a side that must show a symbol.
        most: characters of each text that are looked at; lengths are counted to the end.
    """
    sides = [_cut(each, most) for each in (generated, reference)]
    points = [_codepoints(each) for each in sides]
    blank = [_is_blank(codes) for codes, _ in points]
    letters = [
        (codes[~empty].astype(np.int64), record[~empty]) for (codes, record), empty in zip(points, blank, strict=True)
    ]
    yield _numbered("characters", letters, [len(each) for each in sides], _character, gate)
    if sum(len(each.split(maxsplit=1)) > 1 for each in sides[1]) >= _FEWEST_SPACED * len(sides[1]):
        yield _words(sides, gate)
    runs = [_runs(codes, record, empty) for (codes, record), empty in zip(points, blank, strict=True)]
    if any(len(kinds) for kinds, _ in runs):
        yield _numbered("blanks", runs, [len(each) for each in sides], _blank, gate, article="a")
    own, real = (np.array([len(each) for each in side], dtype=np.int64) for side in (generated, reference))
    yield lengths_class(own, real, "characters", gate=gate)


def _numbered(
    name: str,
    sides: Sequence[tuple[Ints, Ints]],
    records: Sequence[int],
    names: Callable[[int], str],
    gate: float,
    article: str = "the",
) -> SymbolClass:
    """A class of symbols that are given by whole numbers of any size.

    Args:
        name: of the class.
        sides: number and record of each occurrence, generated and real.
        records: how many there are of each.
        names: what a number stands for.
        gate: share of the records of a side that must show a symbol.
        article: before a symbol in a sentence.
    """
    codes, known = numbered([each for each, _ in sides])
    own, real = (
        Occurrences(record, code, count) for code, (_, record), count in zip(codes, sides, records, strict=True)
    )
    return symbol_class(name, own, real, lambda at: names(int(known[at])), gate=gate, article=article)


def _cut(texts: Sequence[str], most: int) -> list[str]:
    # A blank where the text was cut is not one at its end.
    return [each if len(each) <= most else each[:most].rstrip() for each in texts]


def _codepoints(texts: Sequence[str]) -> tuple[NDArray[np.uint32], Ints]:
    codes = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    lengths = np.array([len(each) for each in texts], dtype=np.int64)
    return codes, np.repeat(np.arange(len(texts)), lengths)


def _is_blank(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    table = np.zeros(int(codes.max(initial=0)) + 1, dtype=bool)
    for code in np.flatnonzero(np.bincount(codes, minlength=len(table))).tolist():
        table[code] = chr(code).isspace()
    return np.asarray(table[codes])


def _character(code: int) -> str:
    character = chr(code)
    if character.isalpha():
        return f"letter {character}"
    if character.isdigit():
        return f"digit {character}"
    return f"mark {character}" if character.isprintable() else f"character U+{code:04X}"


def _words(sides: Sequence[Sequence[str]], gate: float) -> SymbolClass:
    # A word that is new gets the next number; millions of them make this the fast way to say so.
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    occurrences = []
    for texts in sides:
        words = [_WORD.findall(each) for each in texts]
        codes = np.fromiter(map(numbers.__getitem__, chain.from_iterable(words)), dtype=np.int64)
        lengths = np.array([len(each) for each in words], dtype=np.int64)
        occurrences.append(Occurrences(np.repeat(np.arange(len(texts)), lengths), codes, len(texts)))
    names = list(numbers)
    return symbol_class(WORDS, occurrences[0], occurrences[1], lambda at: _word(names[at]), gate=gate)


def word_holders(texts: Sequence[str], symbols: Set[str]) -> Counter[str]:
    """How many texts have each of some words, by what their symbols are called."""
    found: Counter[str] = Counter()
    for each in texts:
        found.update(symbols & {_word(word) for word in _WORD.findall(each)})
    return found


def _word(word: str) -> str:
    return f"word “{word}”"


def _runs(codes: NDArray[np.uint32], record: Ints, blank: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Kind and record of each run of blanks; one that two texts share is two."""
    if not len(codes):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    new = np.append(True, record[1:] != record[:-1])
    starts = np.flatnonzero(blank & (new | np.append(True, ~blank[:-1])))
    ends = np.flatnonzero(blank & np.append(new[1:] | ~blank[1:], True)) + 1
    size = ends - starts
    lines, tabs, plain = (_within(codes == code, starts, ends) for code in (_LINE, _TAB, _PLAIN))
    kind = np.select(
        [lines > 1, lines == 1, tabs > 0, plain < size, size == 1, size == 2],
        [5, 4, 3, 6, 0, 1],
        default=2,
    )
    last = np.append(new[1:], True)
    place = np.where(new[starts], 1, np.where(last[ends - 1], 2, 0))
    return (kind * len(_PLACES) + place).astype(np.int64), record[starts]


def _within(flags: NDArray[np.bool_], starts: Ints, ends: Ints) -> Ints:
    known = np.append(0, np.cumsum(flags))
    return np.asarray(known[ends] - known[starts], dtype=np.int64)


def _blank(code: int) -> str:
    kind, place = divmod(code, len(_PLACES))
    return f"{_BLANKS[kind]}{_PLACES[place]}"
