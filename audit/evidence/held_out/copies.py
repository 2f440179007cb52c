"""What the audit of copies says of held-out records: half of them in the place of generated ones, half as the holdout.

A record that stands in the place of a generated one cannot at the same time be what it is compared with. So the holdout
is dealt into two halves, and of those records that take the place of generated ones only one half is asked about.

Scores of membership (GA401, GA403) and what can be drawn out of a model (extraction) are of the model itself; held-out
records are the null of these already, and nothing that was generated takes part.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ....models.records import take
from ..bundle import Evidence, Features
from ..identifiers.collect import searched
from ..identifiers.kind import Identifiers
from ..matches.collect import FEWEST, by_features, nearest_by
from ..matches.kind import Matches
from ..matches.spaces import own_space
from ..reproductions.kind import Closeness, Reproductions, Runs
from ..unavailable import Unavailable

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Dealt:
    """Held-out records in two halves, ascending: some in the place of generated ones, and the others.

    Args:
        standing: int64 (a,), rows of the holdout.
        places: int64 (a,), their places among all records that stand for generated ones.
        rest: int64 (b,), rows of the holdout.
    """

    standing: Ints
    places: Ints
    rest: Ints


def dealt(rows: Ints, held: int, rng: np.random.Generator) -> Dealt:
    """Deal a holdout of `held` records, of which `rows` stand for generated ones: into both halves if there are few."""
    others = np.setdiff1d(np.arange(held), rows)
    short = max(0, held // 2 - len(others))
    lent = rng.permutation(len(rows))[:short]
    places = np.setdiff1d(np.arange(len(rows)), lent)
    return Dealt(rows[places], places, np.sort(np.concatenate([others, rows[lent]])).astype(np.int64))


def held_matches(evidence: Evidence, halves: Dealt, rows: Ints, rng: np.random.Generator) -> Matches | None:
    """Nearest records of held-out ones, found as those of generated ones were; None with too few of them."""
    found, real, held = evidence.matches, evidence.reference, evidence.holdout
    if found is None or real is None or held is None:
        return None
    # The same training and held-out records are looked at as beside the generated ones.
    own, rest = (np.intersect1d(each, found.holdout_rows) for each in (halves.standing, halves.rest))
    if min(len(own), len(rest)) < FEWEST:
        return None
    chosen = [own, found.training_rows, rest]
    parts = [take(each, some) for each, some in zip((held.samples, real.samples, held.samples), chosen, strict=True)]
    spaces = [own_space(evidence.modality, parts, evidence.generated.sample_rate)]
    spaces += by_features(evidence.modality, _features(evidence.features), chosen)
    places = np.searchsorted(found.holdout_rows, own), np.searchsorted(found.holdout_rows, rest)
    return replace(
        found,
        distances=tuple(nearest_by(space, chosen, rng) for space in spaces),
        generated_rows=halves.places[np.searchsorted(halves.standing, own)],
        holdout_rows=rest,
        generated_cells=found.holdout_cells[places[0]],
        holdout_cells=found.holdout_cells[places[1]],
        equal_training=found.holdout_equal[rows],
        holdout_equal=found.holdout_equal[halves.rest],
    )


def _features(features: Features | None) -> Features | None:
    return None if features is None else replace(features, generated=features.holdout)


def held_reproductions(found: Reproductions | None, halves: Dealt) -> Reproductions | None:
    """How close held-out records come to training records, beside the other held-out ones; None with too few."""
    if found is None or found.null != "holdout":
        return None
    own, rest = (np.flatnonzero(np.isin(found.null_rows, each)) for each in (halves.standing, halves.rest))
    if min(len(own), len(rest)) < FEWEST:
        return None
    none = np.empty(0, dtype=np.int64)
    return replace(
        found,
        shown=none,
        near_shown=none,
        rows=halves.places[np.searchsorted(halves.standing, found.null_rows[own])],
        null_rows=found.null_rows[rest],
        verbatim=_closeness(found.verbatim, own, rest),
        near=_closeness(found.near, own, rest),
        whole=found.null_whole[own],
        null_whole=found.null_whole[rest],
        runs=_runs(found.null_runs, own),
        null_runs=_runs(found.null_runs, rest),
        extraction=None,
        not_extracted="held-out records are in the place of generated ones",
    )


def _closeness(each: Closeness, own: Ints, rest: Ints) -> Closeness:
    return replace(
        each,
        generated=each.null[own],
        null=each.null[rest],
        matched=np.full(len(own), -1, dtype=np.int64),
        spans=np.zeros((len(own) if len(each.spans) else 0, 4), dtype=np.int64),
    )


def _runs(runs: Runs | None, chosen: Ints) -> Runs | None:
    """The runs of some records, numbered anew."""
    if runs is None:
        return None
    kept = np.isin(runs.record, chosen)
    record = np.searchsorted(chosen, runs.record[kept]).astype(np.int64)
    return Runs(runs.tokens[chosen], record, runs.start[kept], runs.length[kept])


def held_identifiers(evidence: Evidence, halves: Dealt) -> Identifiers | None:
    """Identifiers that held-out records repeat; None where nothing names a training record."""
    real, held = evidence.reference, evidence.holdout
    if evidence.identifiers is None or real is None or held is None:
        return None
    made = take(held.samples, halves.standing)
    try:
        return searched(evidence.modality, [real.samples, take(held.samples, halves.rest)], made)
    except Unavailable:
        return None


COPIES: dict[str, Callable[[Evidence, Dealt, Ints, np.random.Generator], object]] = {
    "matches": held_matches,
    "reproductions": lambda evidence, halves, rows, rng: held_reproductions(evidence.reproductions, halves),
    "identifiers": lambda evidence, halves, rows, rng: held_identifiers(evidence, halves),
}
"""Kinds that say what was copied, each with how it is made of held-out records."""
