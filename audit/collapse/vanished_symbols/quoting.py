"""Which symbols a finding may name: none that a few real records alone have, as it may name a person."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

from ....models.records import WITHHELD, quoted
from ...evidence.bundle import Evidence
from .estimates import Named
from .texts import WORDS, word_holders
from .values import value_holders


def quotable(symbols: Sequence[Named], evidence: Evidence) -> list[Named]:
    """The symbols, with a number in the place of words and of values that fewer than five real records have.

    All records at hand count, looked at or not, and held-out ones with those of the reference. Single characters,
    notes, levels and lengths name nobody.
    """
    numbers = count(1)
    held = _holders(symbols, evidence)
    return [
        each
        if quoted(each.symbol, held[each.kind, each.symbol]) != WITHHELD
        else replace(each, symbol=f"{_what(each)} withheld, no. {next(numbers)}")
        for each in symbols
    ]


def _what(each: Named) -> str:
    return "word" if each.kind == WORDS else f"{each.kind} ="


def _holders(symbols: Sequence[Named], evidence: Evidence) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    if evidence.reference is None or evidence.modality not in ("text", "tabular"):
        return found
    real = [each.samples for each in (evidence.reference, evidence.holdout) if each is not None]
    kinds = {each.kind for each in symbols}
    if evidence.modality == "text":
        named = {each.symbol for each in symbols if each.kind == WORDS}
        for texts in real:
            found.update({(WORDS, word): n for word, n in word_holders(texts, named).items()} if named else {})
        return found
    for kind in kinds:
        found.update({(kind, value): n for value, n in value_holders(real, kind, evidence.reference.samples).items()})
    return found
