"""Saved evidence without one of several equal parts of its records and prompts, to ask auditors again on the rest.

Two audits that looked at the same real records, or asked with the same sentences, leave out the same ones of them:
what these do to both estimates then shows as a correlation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...models.records import take, take_attributes
from ..evidence.bundle import DECLARED, Evidence, Features, Generated, Groups, Real
from ..evidence.likelihoods.kind import Likelihoods, Reconstructions, Scored
from ..evidence.membership.kind import Membership, MembershipScore
from ..evidence.probes.kinds import Continuations, ProbeScores

Ints = NDArray[np.int64]
Rows = Mapping[str, Ints]
"""The rows that are kept of each set of records."""

THINNED = (
    *("generated", "reference", "holdout", "features", "other_features", "groups"),
    *("likelihoods", "reconstructions", "membership", "probes", "continuations"),
)
"""The kinds of evidence of which a part can be left out; what needs another is not asked again."""

LEFT_OUT = "not kept when auditors are asked again for a comparison"


def only_thinned(evidence: Evidence) -> Evidence:
    """The evidence with nothing but the kinds that can be thinned."""
    others = {kind: None for kind in _kinds(evidence) if kind not in THINNED}
    return replace(evidence, **others, absent={**evidence.absent, **dict.fromkeys(others, LEFT_OUT)})  # type: ignore[arg-type]  # each is None where there is none


def thinned(evidence: Evidence, part: int, parts: int) -> Evidence:
    """The evidence without one part of its records, and of its prompts by the units that they were sampled in.

    Which records belong to a part follows from their number and places alone, so that it is the same in two audits.

    Args:
        evidence: of kinds in `THINNED`.
        part: which part is left out, from 0.
        parts: how many there are.
    """
    sets = {"generated": evidence.generated, "reference": evidence.reference, "holdout": evidence.holdout}
    rows = {name: _kept(_size(each.samples), part, parts) for name, each in sets.items() if each is not None}
    changed: dict[str, Any] = {name: _records(each, rows[name]) for name, each in sets.items() if each is not None}
    if evidence.features is not None:
        changed["features"] = _features(evidence.features, rows)
    if evidence.other_features is not None:
        changed["other_features"] = tuple(_features(each, rows) for each in evidence.other_features)
    if evidence.groups is not None:
        changed["groups"] = tuple(_groups(each, rows, part, parts) for each in evidence.groups)
    if evidence.likelihoods is not None:
        changed["likelihoods"] = _scored_sets(evidence.likelihoods, rows)
    if evidence.reconstructions is not None:
        changed["reconstructions"] = _scored_sets(evidence.reconstructions, rows)
    if evidence.membership is not None:
        changed["membership"] = _membership(evidence.membership, rows)
    if evidence.probes is not None:
        changed["probes"] = tuple(_sentences(each, part, parts) for each in evidence.probes)
    if evidence.continuations is not None:
        changed["continuations"] = tuple(_prompts(each, part, parts) for each in evidence.continuations)
    return replace(evidence, **changed)


def _kinds(evidence: Evidence) -> Sequence[str]:
    from ..evidence.bundle import KINDS

    return [kind for kind in KINDS if getattr(evidence, kind) is not None]


def _size(samples: Any) -> int:
    return len(samples)


def _part_of(count: int, parts: int) -> Ints:
    """The part of each of so many units: all parts alike in size, in an order that says nothing of the units."""
    order = np.random.default_rng(np.random.SeedSequence([count, parts])).permutation(count)
    return np.asarray(order % parts, dtype=np.int64)


def _kept(count: int, part: int, parts: int) -> Ints:
    return np.flatnonzero(_part_of(count, parts) != part).astype(np.int64)


def _records(each: Generated | Real, rows: Ints) -> Generated | Real:
    if isinstance(each, Generated):
        return replace(each, samples=take(each.samples, rows), attributes=take_attributes(each.attributes, rows))
    total = each.total - (_size(each.samples) - len(rows))
    return replace(each, samples=take(each.samples, rows), total=total)


def _features(each: Features, rows: Rows) -> Features:
    held = each.holdout[rows["holdout"]] if len(each.holdout) else each.holdout
    return replace(
        each, generated=each.generated[rows["generated"]], reference=each.reference[rows["reference"]], holdout=held
    )


def _groups(each: Groups, rows: Rows, part: int, parts: int) -> Groups:
    """Counts are made again where the records behind them are at hand; else a part of what they count is left out."""
    size, kept = len(each.names), rows["reference"]
    reference = each.reference[kept]
    blind = each.out_of_fold[kept] if len(each.out_of_fold) else each.out_of_fold
    counts, confusion = each.reference_counts, each.confusion
    at_hand = bool(np.array_equal(_counted(each.reference, size), counts))
    counts = _counted(reference, size) if at_hand else _less(counts, part, parts)
    if each.classifier != DECLARED:
        told = len(each.out_of_fold) and np.array_equal(_crossed(each.reference, each.out_of_fold, size), confusion)
        confusion = _crossed(reference, blind, size) if told else _less(confusion, part, parts)
    predicted = each.predicted[rows["generated"]]
    return replace(
        each,
        predicted=predicted,
        confusion=confusion,
        reference_counts=counts,
        reference=reference,
        out_of_fold=blind,
    )


def _counted(groups: Ints, size: int) -> Ints:
    return np.bincount(groups[groups >= 0], minlength=size).astype(np.int64)


def _crossed(true: Ints, told: Ints, size: int) -> Ints:
    both = (true >= 0) & (told >= 0)
    cells = true[both] * size + told[both]
    return np.bincount(cells, minlength=size * size).reshape(size, size).astype(np.int64)


def _less(counts: Ints, part: int, parts: int) -> Ints:
    flat = counts.ravel()
    cells = np.repeat(np.arange(len(flat)), flat)[_kept(int(flat.sum()), part, parts)]
    left = np.bincount(cells, minlength=len(flat))
    # A group that was seen once stays one that can be told.
    return np.maximum(left, flat > 0).reshape(counts.shape).astype(np.int64)


def _scored_sets(each: Any, rows: Rows) -> Likelihoods | Reconstructions:
    sets = {name: getattr(each, name) for name in ("generated", "reference", "holdout")}
    kept = {name: _scored(one, rows[name])[0] for name, one in sets.items() if one is not None}
    changed: Likelihoods | Reconstructions = replace(each, **kept)
    return changed


def _scored(each: Scored, rows: Ints) -> tuple[Scored, NDArray[np.bool_]]:
    """The scores of the rows that are kept, numbered anew, and which of the old ones those are."""
    kept = np.isin(each.rows, rows)
    places = np.searchsorted(rows, each.rows[kept]).astype(np.int64)
    return Scored(places, each.values[kept], each.units[kept]), kept


def _membership(each: Membership, rows: Rows) -> Membership:
    training, holdout = rows["reference"], rows["holdout"]
    return replace(
        each,
        scores=tuple(_member_score(score, rows) for score in each.scores),
        training_members=each.training_members[training],
        holdout_members=each.holdout_members[holdout],
        training_numbers=each.training_numbers[training],
    )


def _member_score(each: MembershipScore, rows: Rows) -> MembershipScore:
    (training, members), (holdout, others) = (
        _scored(each.training, rows["reference"]),
        _scored(each.holdout, rows["holdout"]),
    )
    generated, _ = _scored(each.generated, rows["generated"])
    scored = replace(each, training=training, holdout=holdout, generated=generated)
    if not each.has_base:
        return scored
    return replace(scored, base_training=each.base_training[members], base_holdout=each.base_holdout[others])


def _sentences(each: ProbeScores, part: int, parts: int) -> ProbeScores:
    kept, clusters, cluster = _by_cluster(each.clusters, each.cluster, part, parts)
    return replace(
        each,
        clusters=clusters,
        cluster=cluster,
        kind=each.kind[kept],
        subject=each.subject[kept],
        direction=each.direction[kept],
        texts=tuple(each.texts[row] for row in kept),
        nats=each.nats[kept],
        tokens=each.tokens[kept],
        scored=each.scored[kept],
    )


def _prompts(each: Continuations, part: int, parts: int) -> Continuations:
    kept, clusters, cluster = _by_cluster(each.clusters, each.cluster, part, parts)
    return replace(
        each,
        clusters=clusters,
        cluster=cluster,
        group=each.group[kept],
        prompts=tuple(each.prompts[row] for row in kept),
        texts=tuple(each.texts[row] for row in kept),
        sentiment=each.sentiment[kept],
    )


def _by_cluster(names: Sequence[str], cluster: Ints, part: int, parts: int) -> tuple[Ints, tuple[str, ...], Ints]:
    """The rows whose clusters are kept, with those clusters numbered anew; all, where there are too few of them."""
    if len(names) < parts:
        return np.arange(len(cluster)), tuple(names), cluster
    clusters = _kept(len(names), part, parts)
    kept = np.flatnonzero(np.isin(cluster, clusters))
    return kept, tuple(names[each] for each in clusters), np.searchsorted(clusters, cluster[kept]).astype(np.int64)
