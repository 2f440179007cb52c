"""Self-BLEU: how much of each record could be pieced together from the others."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .ngrams import Measured, Tally

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

SMOOTHING = 0.1
"""Matches that are counted where a run size has none: the first method of Chen & Cherry."""


class _Ranked(NamedTuple):
    """Of every run that two records or more hold: who holds it most often, who next, and how often; the third count."""

    first: Ints
    second: Ints
    shared: Ints
    third: Ints


def self_bleu(tallies: Sequence[Tally], *, lengths: Ints) -> tuple[Measured, Floats]:
    """The mean BLEU of every record against all the others, its variance, and the score of each record in [0, 1].

    Exact, and linear in the number of tokens: only the two records that hold a run most often decide what it is worth
    to anybody. Runs of 1 to `len(tallies)` tokens weigh alike.

    Args:
        tallies: runs of 1, 2, … tokens.
        lengths: int64 (n,), tokens of each record.

    Raises:
        ValueError: with fewer than two records.

    Reference: Papineni et al. 2002, doi:10.3115/1073083.1073135; Zhu et al. 2018, arXiv:1802.01886; smoothing: Chen &
    Cherry 2014, doi:10.3115/v1/W14-3346.
    """
    n, sizes = len(lengths), len(tallies)
    if n < 2:
        raise ValueError(f"expected at least two records, got {n}")
    matches, lost = np.zeros((n, sizes)), []
    for at, tally in enumerate(tallies):
        matches[:, at], ranked = _matches(tally)
        lost.append(_lost(ranked, n, at))
    penalty = _brevity(lengths)
    scores = _bleu(matches, lengths, penalty)
    pair = np.concatenate([each[0] for each in lost])
    pairs, place = np.unique(pair, return_inverse=True)
    less = np.zeros((len(pairs), sizes))
    np.add.at(less, (place, np.concatenate([each[1] for each in lost])), np.concatenate([each[2] for each in lost]))
    without, affected = pairs // n, pairs % n
    fall = _bleu(matches[affected] - less, lengths[affected], penalty[affected]) - scores[affected]
    value = float(scores.mean())
    # The mean of the others when one record is gone: its own score is missing, and others lose matches.
    change = (value - scores + np.bincount(without, weights=fall, minlength=n)) / (n - 1)
    return Measured(value, float((n - 1) * change.var())), scores


def _matches(tally: Tally) -> tuple[Floats, _Ranked]:
    """Runs of each record that others hold too, clipped to how often the best of the others holds them."""
    if not len(tally.kind):
        none = np.empty(0, dtype=np.int64)
        return np.zeros(tally.records), _Ranked(none, none, none, none)
    top = int(tally.count.max()) + 1
    order = np.argsort(tally.kind * top + (top - tally.count), kind="stable")
    kind, count, record = tally.kind[order], tally.count[order], tally.record[order]
    begins = np.flatnonzero(np.diff(kind, prepend=-1))
    ends = np.append(begins[1:], len(kind))
    best = np.repeat(count[begins], ends - begins)
    has_second, has_third = ends - begins > 1, ends - begins > 2
    second = np.zeros(len(begins), dtype=np.int64)
    second[has_second] = count[begins[has_second] + 1]
    third = np.zeros(len(begins), dtype=np.int64)
    third[has_third] = count[begins[has_third] + 2]
    best[begins] = second
    matched = np.bincount(record, weights=np.minimum(count, best), minlength=tally.records).astype(np.float64)
    at = begins[has_second]
    return matched, _Ranked(record[at], record[at + 1], second[has_second], third[has_second])


def _lost(ranked: _Ranked, n: int, at: int) -> tuple[Ints, Ints, Floats]:
    """Pairs (left out, affected) as one number, the run size, and how many matches the affected record loses.

    Without the record that holds a run most often, the next one can match only what the third holds, and the reverse;
    nobody else is affected.
    """
    some = np.flatnonzero(ranked.shared > ranked.third)
    first, second = ranked.first[some], ranked.second[some]
    amount = (ranked.shared - ranked.third)[some].astype(np.float64)
    pair = np.concatenate([first * n + second, second * n + first])
    return pair, np.full(len(pair), at, dtype=np.int64), np.tile(amount, 2)


def _bleu(matches: Floats, lengths: Ints, penalty: Floats) -> Floats:
    sizes = matches.shape[1]
    possible = np.maximum(lengths[:, None] - np.arange(sizes), 1)
    smoothed = np.where(matches > 0, matches, SMOOTHING)
    scores = penalty * np.exp(np.log(smoothed / possible).mean(axis=1))
    # Without a single common token the score is 0, smoothed or not.
    return np.asarray(np.where(matches[:, 0] > 0, scores, 0.0), dtype=np.float64)


def _brevity(lengths: Ints) -> Floats:
    """exp(1 − closest / own) where the other record closest in length (of two, the shorter) is longer; else 1."""
    known, place, count = np.unique(lengths, return_inverse=True, return_counts=True)
    far = math.inf
    below = np.concatenate([[-far], known[:-1].astype(float)])
    above = np.concatenate([known[1:].astype(float), [far]])
    closest = np.where(count > 1, known, np.where(known - below <= above - known, below, above))[place]
    own = np.maximum(lengths, 1)
    return np.where(closest > lengths, np.exp(1 - closest / own), 1.0)
