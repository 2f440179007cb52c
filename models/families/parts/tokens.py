"""Texts as token ids and back: an alphabet of the characters, or of the words, that occur in the training data.

Id 0 begins and ends every text; symbol i of the alphabet has id i + 1. Each text has one sequence of ids and each
sequence one text, so the probability of a sequence is the probability of its text.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ...data.datasets import Dataset
from ...errors import UserError

END = 0
"""The id before the first token and after the last."""

UNITS = ("character", "word")
MOST_SYMBOLS = 4000
MOST_TOKENS = 1000
"""Tokens in a record that these models can be trained on."""

MARGIN = 1.25
"""How much longer than the longest record of the training data a sample may become."""

WORDS_REPEAT = 20
"""Words are the unit of data in which each occurs this often on average; others need characters."""


class Alphabet:
    """The tokens of a text model.

    Words are what stands between single spaces, so that joining them gives the text back; characters are code points.
    """

    def __init__(self, unit: str, symbols: Sequence[str]) -> None:
        self.unit = unit
        self.symbols = symbols
        self.ids = {symbol: place + 1 for place, symbol in enumerate(symbols)}

    def __len__(self) -> int:
        return len(self.symbols) + 1

    def read(self, text: str) -> list[int] | None:
        """The ids of a text, without the ends; None if it has a symbol that is not in the alphabet."""
        ids = [self.ids.get(symbol) for symbol in split(text, self.unit)]
        return None if None in ids else [each for each in ids if each is not None]

    def encode(self, text: str) -> list[int]:
        """The beginning and then the ids of a text.

        Raises:
            UserError: if the text has a symbol that is not in the alphabet.
        """
        ids = self.read(text)
        if ids is None:
            unknown = next(symbol for symbol in split(text, self.unit) if symbol not in self.ids)
            raise UserError(
                f"expected a text of the {len(self.symbols)} {self.unit}s of the training data, got {unknown!r}; "
                f"leave it out or train with it"
            )
        return [END, *ids]

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids; the beginning is skipped, and what comes after the end is left out."""
        symbols = [self.symbols[each - 1] for each in content(ids)]
        return (" " if self.unit == "word" else "").join(symbols)


def content(ids: Iterable[int]) -> list[int]:
    """The ids between the beginning, if there is one, and the end or the last."""
    kept: list[int] = []
    for place, each in enumerate(ids):
        if each != END:
            kept.append(int(each))
        elif place > 0:
            break
    return kept


def split(text: str, unit: str) -> list[str]:
    """The symbols of a text, in order."""
    return text.split(" ") if unit == "word" else list(text)


def text_shape(data: Dataset, unit: str | None = None) -> dict[str, Any]:
    """Unit, alphabet and greatest length of texts, as a configuration holds them.

    Args:
        data: the texts.
        unit: `character` or `word`; None takes words where they repeat often enough to be learnt, else characters.

    Raises:
        UserError: if a text is empty or too long, or there are more different symbols than a model may have.
    """
    unit = unit or ("word" if _words_repeat(data.samples) else "character")
    if unit not in UNITS:
        raise UserError(f"expected unit among {', '.join(UNITS)}, got {unit!r}")
    counts: Counter[str] = Counter()
    for text in data.samples:
        counts.update(split(text, unit))
    if len(counts) > MOST_SYMBOLS:
        way = "take characters by unit=character" if unit == "word" else "leave texts with rare ones out"
        raise UserError(f"{data.source}: expected at most {MOST_SYMBOLS} different {unit}s, got {len(counts)}; {way}")
    lengths = [len(split(text, unit)) for text in data.samples]
    return {"unit": unit, "alphabet": tuple(sorted(counts)), "max_length": greatest_length(lengths, data.source)}


def greatest_length(lengths: Sequence[int], source: str) -> int:
    """How many tokens a record may have, with a margin over those that there are.

    Raises:
        UserError: if a record is empty or too long.
    """
    if min(lengths) == 0:
        raise UserError(f"{source}: expected records that are not empty, got one that is: number {lengths.index(0)}")
    if max(lengths) > MOST_TOKENS:
        raise UserError(
            f"{source}: expected records of at most {MOST_TOKENS} tokens, got one of {max(lengths)}; "
            f"cut the records into shorter ones"
        )
    return round(MARGIN * max(lengths) + 0.5)


def check_alphabet(unit: object, symbols: object) -> None:
    """Refuse what is no alphabet.

    Raises:
        ValueError: if the unit is unknown, or the symbols are not different characters or words.
    """
    if unit not in UNITS:
        raise ValueError(f"expected unit among {', '.join(UNITS)}, got {unit!r}")
    if not isinstance(symbols, tuple) or not 1 <= len(symbols) <= MOST_SYMBOLS:
        size = len(symbols) if isinstance(symbols, tuple) else repr(symbols)[:40]
        raise ValueError(f"expected alphabet as 1 to {MOST_SYMBOLS} {unit}s, got {size}")
    for symbol in symbols:
        whole = isinstance(symbol, str) and (len(symbol) == 1 if unit == "character" else " " not in symbol)
        if not whole:
            raise ValueError(f"expected alphabet of single {unit}s, got {symbol!r:.40}")
    if len(set(symbols)) < len(symbols):
        raise ValueError(f"expected alphabet of different {unit}s, got one twice")


def _words_repeat(texts: Sequence[str]) -> bool:
    counts = Counter(word for text in texts for word in text.split(" "))
    return counts.total() >= WORDS_REPEAT * len(counts) and len(counts) <= MOST_SYMBOLS
