"""Rates of predictions within groups of people, with what people and training leave uncertain of them.

A learner was trained on D disjoint parts of either source, with S seeds each, and predicts for the same t people. Its
rates (how often it says so, is right, …) within groups are means over parts and seeds. Their errors have two sources:
who the people were, which a paired bootstrap shows, and which records and seeds the training met, which shows between
the parts. Seeds are nested in parts, so the variance between parts holds theirs too.

Reference: Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 6 (resampling rows by counts).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Spread(NamedTuple):
    """What C rates differ by for other people and after training on other records.

    Args:
        people: (B, C), what the rates of resampled people differ by.
        parts: (D, C), what the rates after training on each part differ by from their mean, over √(D (D − 1)).
        seeds: (C,), the part of the variance of the mean that the seeds have; 0 without seeds.
    """

    people: Floats
    parts: Floats
    seeds: Floats


@dataclass(frozen=True, slots=True)
class Rates:
    """C rates of one source, (C,), with their `spread`."""

    values: Floats
    spread: Spread


def resampled_counts(people: int, repeats: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """How often each of the people was drawn in each resample, float32 (B, t): multinomial counts that sum to t."""
    rows = np.arange(repeats, dtype=np.int64)[:, None] * people
    drawn = rng.integers(people, size=(repeats, people)) + rows
    counts = np.bincount(drawn.ravel(), minlength=repeats * people)
    return counts.reshape(repeats, people).astype(np.float32)


def group_rates(*, events: NDArray[np.bool_], members: NDArray[np.bool_]) -> Floats:
    """How often the event happened among the members of each cell, (D, S, C).

    Args:
        events: (D, S, t), whether it happened to each of the people, after training on each part with each seed.
        members: (C, t), who is counted in each cell; at least one.
    """
    sizes = members.sum(axis=1)
    flat = events.reshape(-1, events.shape[-1]).astype(np.float32)
    sums = flat @ members.T.astype(np.float32)
    rates: Floats = (sums.astype(np.float64) / sizes).reshape(*events.shape[:2], len(members))
    return rates


def spread_of_parts(rates: Floats) -> tuple[Floats, Floats]:
    """`Spread.parts` (D, C) and `Spread.seeds` (C,) of rates (D, S, C)."""
    draws, seeds = rates.shape[:2]
    means = rates.mean(axis=1)
    parts: Floats = (means - means.mean(axis=0)) / np.sqrt(draws * (draws - 1))
    within = rates.var(axis=1, ddof=1).mean(axis=0) / (seeds * draws) if seeds > 1 else np.zeros(rates.shape[2])
    return parts, np.asarray(within, dtype=np.float64)


def spread_of_people(*, mean_events: Floats, members: NDArray[np.bool_], counts: NDArray[np.float32]) -> Floats:
    """What the rates of resampled people differ by from those of the people, (B, C).

    A cell that a resample left empty keeps its rate there.

    Args:
        mean_events: (t,), the share of trainings after which the event happened to each of the people.
        members: (C, t).
        counts: (B, t), see `resampled_counts`; the same for all rates, so that they stay paired.
    """
    inside = members.T.astype(np.float32)
    sizes = counts @ inside
    sums = counts @ (inside * mean_events[:, None].astype(np.float32))
    values = (members * mean_events).sum(axis=1) / members.sum(axis=1)
    rates = np.divide(sums, sizes, out=np.broadcast_to(values, sums.shape).astype(np.float32), where=sizes > 0)
    differences: Floats = rates.astype(np.float64) - values
    return differences
