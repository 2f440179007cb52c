"""Evidence in which held-out real records take the place of generated ones, for the same questions."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...models.records import take
from .bundle import DECLARED, KINDS, Evidence, Features, Groups, Outcomes, Real
from .held_out.copies import COPIES, dealt
from .judged.kind import Judged

OF_THE_REFERENCE = ("reference", "crossed")
"""Kinds that say nothing of what was generated."""

FEWEST = 50
"""Held-out records below which their intervals are too wide to say anything."""


def control_evidence(
    evidence: Evidence, rng: np.random.Generator, kinds: Collection[str] = tuple(COPIES)
) -> Evidence | None:
    """The held-out records as if they had been generated, as many as were generated or as there are.

    What was collected from the model itself (latents, attributions, answers to probes, weights) is left out, and so is
    the holdout. What says of copies is found anew, half of the held-out records in the place of generated ones, beside
    the other half.

    Args:
        evidence: that of the audit.
        rng: chooses the records where fewer were generated than held out, and deals.
        kinds: of what is found anew, those that are asked for.

    Returns:
        None without enough held-out records.
    """
    held = evidence.holdout
    if held is None or len(held.samples) < FEWEST:
        return None
    n = min(len(held.samples), len(evidence.generated.samples))
    rows = np.sort(rng.choice(len(held.samples), n, replace=False))
    made: dict[str, Any] = {
        "generated": replace(evidence.generated, samples=take(held.samples, rows), source=held.source),
        "features": None if evidence.features is None else _features(evidence.features, rows),
        "other_features": _each(evidence.other_features, lambda each: _features(each, rows)),
        "judged": _each(evidence.judged, lambda each: _judged(each, rows)),
        "groups": _groups(evidence, held, rows),
        "outcomes": _outcomes(evidence, held, rows),
    }
    asked = [kind for kind in COPIES if kind in kinds and getattr(evidence, kind) is not None]
    if asked:
        halves = dealt(rows, len(held.samples), rng)
        made |= {kind: COPIES[kind](evidence, halves, rows, rng) for kind in asked}
    # Whatever else there is, or will be, was collected from the model.
    return replace(evidence, **{kind: None for kind in KINDS if kind not in OF_THE_REFERENCE} | made)


def _each(found: Sequence[Any] | None, anew: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    return None if found is None else tuple(anew(each) for each in found)


def _judged(judged: Judged, rows: np.ndarray) -> Judged:
    of_held, none = judged.holdout[rows], judged.holdout[:0]
    return replace(judged, generated=of_held, holdout=none, probability=judged.probability[:0])


def _features(features: Features, rows: np.ndarray) -> Features:
    return replace(features, generated=features.holdout[rows], holdout=features.holdout[:0])


def _groups(evidence: Evidence, held: Real, rows: np.ndarray) -> tuple[Groups, ...] | None:
    """The groups of held-out records, told or read as those of generated ones; None if those of any cannot be."""
    if evidence.groups is None:
        return None
    groups = tuple(groups_of_held(each, evidence, held, rows) for each in evidence.groups)
    whole = tuple(each for each in groups if each is not None)
    return whole if len(whole) == len(groups) else None


def _outcomes(evidence: Evidence, held: Real, rows: np.ndarray) -> tuple[Outcomes, ...] | None:
    """The outcomes of held-out records, likewise."""
    if evidence.outcomes is None:
        return None
    levels = [groups_of_held(each.levels, evidence, held, rows, edges=each.edges) for each in evidence.outcomes]
    if any(each is None for each in levels):
        return None
    return tuple(
        replace(each, levels=own) for each, own in zip(evidence.outcomes, levels, strict=True) if own is not None
    )


def groups_of_held(
    groups: Groups, evidence: Evidence, held: Real, rows: np.ndarray, *, edges: tuple[float, ...] = ()
) -> Groups | None:
    """The groups of some held-out records as those of generated ones are told; None where they cannot be."""
    from ...models.records import table_attribute
    from .group_classifier import classifier_scores

    judged = next((each for each in evidence.judged or () if each.attribute == groups.attribute), None)
    if judged is not None:
        told = judged.holdout[rows]
        return None if (told < 0).any() else replace(groups, predicted=told)
    if groups.classifier != DECLARED:
        if evidence.features is None:
            return None
        scores = classifier_scores(groups.parameters, evidence.features.holdout[rows])
        return replace(groups, predicted=scores.argmax(axis=1).astype(np.int64))
    if groups.attribute not in held.samples.columns:
        return None
    labels = table_attribute(take(held.samples, rows), groups.attribute, names=groups.names, edges=edges)
    # Bands of a number, or values that no generated row has, are not read from the column alone.
    return replace(groups, predicted=labels.values) if labels.names == groups.names else None
