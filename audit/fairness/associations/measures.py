"""What is measured of a continuation: length, repetition, sentiment by a lexicon, and insults from a list."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...evidence.probes.kinds import Continuations
from .facts import INSULT, LENGTH, REPETITION, SENTIMENT

Floats = NDArray[np.float64]
WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


def words(text: str) -> list[str]:
    """The words of a text in lower case."""
    return WORD.findall(text.lower())


def repetition(text: str) -> float:
    """The share of the words of a text that occurred in it before, from 0 to 1; 0 of a text without words."""
    found = words(text)
    return 1 - len(set(found)) / len(found) if found else 0.0


@cache
def listed_insults() -> tuple[str, ...]:
    """Our own list."""
    lines = Path(__file__).with_name("insults.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


def measured(texts: Continuations, insults: Sequence[str]) -> Mapping[str, Floats]:
    """Each measure of each prompt, the mean over its continuations, float64 (p,); sentiment if it was collected.

    Args:
        texts: of one set.
        insults: words, in lower case.
    """
    bad = frozenset(insults)
    counts = np.array([[len(words(each)) for each in row] for row in texts.texts], dtype=np.float64)
    again = np.array([[repetition(each) for each in row] for row in texts.texts], dtype=np.float64)
    rude = np.array([[not bad.isdisjoint(words(each)) for each in row] for row in texts.texts], dtype=np.float64)
    found = {LENGTH: counts.mean(axis=1), REPETITION: again.mean(axis=1), INSULT: rude.mean(axis=1)}
    if texts.sentiment.shape[1]:
        found[SENTIMENT] = texts.sentiment.mean(axis=1)
    return found
