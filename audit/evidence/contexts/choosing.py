"""Which contexts are looked at: beginnings of real and of generated records, of the same lengths, one a record."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError
from ....models.records import take
from ..unavailable import Unavailable, Unmeasured

Ints = NDArray[np.int64]

CANDIDATES = 500
"""Records of each set that are turned into tokens."""

SHORTEST = 4
"""Tokens of a record, with what follows: of less there is no profile."""

FEWEST = 16
"""Contexts of each set below which intervals say nothing."""


@dataclass(frozen=True, slots=True)
class Beginnings:
    """n contexts of a set and what follows each.

    Args:
        rows: int64 (n,), the records.
        ids: the tokens of each, (T,) each.
        targets: int64 (n,).
    """

    rows: Ints
    ids: tuple[Ints, ...]
    targets: Ints

    def some(self, places: Ints) -> "Beginnings":
        """Those at these places."""
        return Beginnings(self.rows[places], tuple(self.ids[each] for each in places), self.targets[places])


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """How often each token stands in the reference, the mark of the beginning left out.

    Args:
        ids: int64 (S,), the most frequent first.
        shares: float64 (S,).
        begins: whether every record begins with a mark of its own.
    """

    ids: Ints
    shares: NDArray[np.float64]
    begins: bool

    def drawn(self, uniform: NDArray[np.float64]) -> Ints:
        """Tokens from uniform numbers of any shape: the inverse of the cumulative distribution."""
        places = np.searchsorted(self.shares.cumsum(), uniform * self.shares.sum(), side="right")
        drawn: Ints = self.ids[np.minimum(places, len(self.ids) - 1)]
        return drawn

    def commonest(self, ids: Ints) -> Ints:
        """The most frequent token in place of each of `ids`, the second one where that stands there already."""
        second = self.ids[min(1, len(self.ids) - 1)]
        replaced: Ints = np.where(ids == self.ids[0], second, self.ids[0])
        return replaced


def encoder_of(model: Any, modality: str) -> Callable[[Any], Sequence[int]]:
    """What turns a record into token ids, the mark of the beginning first where the model has one.

    Raises:
        Unavailable: if the model is no model of tokens.
    """
    name = {"text": "encode_text", "music": "encode_pitches"}.get(modality)
    if name is None:
        raise Unavailable(f"next tokens are predicted in texts and melodies; this model makes {modality} records")
    if model is None:
        raise Unavailable("only samples were given: without the model no next token can be asked for")
    lacks = [each for each in (name, "logits") if not callable(getattr(model, each, None))]
    if lacks:
        raise Unavailable(f"the model offers no {' and no '.join(lacks)}: its next token cannot be asked for")
    encode: Callable[[Any], Sequence[int]] = getattr(model, name)
    return encode


def tokenised(encode: Callable[[Any], Sequence[int]], records: Any, places: Ints) -> dict[int, Ints]:
    """The tokens of the records at these places that the model has tokens for and that are long enough, by place."""
    found: dict[int, Ints] = {}
    for place, record in zip(places.tolist(), take(records, places), strict=True):
        try:
            ids = np.array([int(each) for each in encode(record)], dtype=np.int64)
        except UserError:
            continue
        if len(ids) >= SHORTEST:
            found[place] = ids
    return found


def vocabulary_of(real: Sequence[Ints]) -> Vocabulary:
    """The tokens of real records and how often each stands there."""
    firsts = {int(each[0]) for each in real}
    begins = len(firsts) == 1 and all(int(each[0]) not in each[1:] for each in real)
    counts = Counter(token for each in real for token in each[int(begins) :].tolist())
    ordered = sorted(counts, key=lambda token: (-counts[token], token))
    total = sum(counts.values())
    return Vocabulary(np.array(ordered), np.array([counts[token] / total for token in ordered]), begins)


def paired(
    real: dict[int, Ints], generated: dict[int, Ints], *, most: int, longest: int, rng: np.random.Generator
) -> tuple[Beginnings, Beginnings]:
    """Contexts of both sets of the same lengths, one a record.

    Records are taken at random and paired in order of length. Each pair is cut at one place, drawn evenly from the
    second half of the shorter of the two, or of `longest` where that is less.

    Args:
        real: token ids by place in the reference.
        generated: the same of generated records.
        most: pairs at most.
        longest: tokens of a context at most.
        rng: draws records and places.

    Raises:
        Unmeasured: if there are fewer than `FEWEST` of either.
    """
    n = min(len(real), len(generated), most)
    if n < FEWEST:
        few = "real" if len(real) < len(generated) else "generated"
        number = min(len(real), len(generated))
        raise Unmeasured(
            f"expected at least {FEWEST} real and generated records of {SHORTEST} tokens or more that the model has "
            f"tokens for, got {number} {few} ones; give more, or longer ones"
        )
    chosen = [rng.permutation(list(each))[:n] for each in (real, generated)]
    chosen = [
        each[np.argsort([len(ids[place]) for place in each.tolist()], kind="stable")]
        for each, ids in zip(chosen, (real, generated), strict=True)
    ]
    shorter = [min(len(real[a]), len(generated[b])) for a, b in zip(*(each.tolist() for each in chosen), strict=True)]
    ends = np.minimum(np.array(shorter) - 1, longest)
    cuts = rng.integers((ends + 1) // 2, ends + 1)
    order = rng.permutation(n)
    first, second = (
        Beginnings(
            rows=each[order].astype(np.int64),
            ids=tuple(ids[place][:cut] for place, cut in zip(each[order].tolist(), cuts[order], strict=True)),
            targets=np.array(
                [ids[place][cut] for place, cut in zip(each[order].tolist(), cuts[order], strict=True)], dtype=np.int64
            ),
        )
        for each, ids in zip(chosen, (real, generated), strict=True)
    )
    return first, second
