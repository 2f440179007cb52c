"""Evidence in which held-out real records take the place of generated ones, for the same questions."""

from dataclasses import replace

import numpy as np

from ...models.records import take
from .bundle import DECLARED, Evidence, Features, Groups, Real

FEWEST = 50
"""Held-out records below which their intervals are too wide to say anything."""


def control_evidence(evidence: Evidence, rng: np.random.Generator) -> Evidence | None:
    """The held-out records as if they had been generated, as many as were generated or as there are.

    What was collected from the model itself (latents, attributions, weights) is left out, and so is the holdout.

    Args:
        evidence: that of the audit.
        rng: chooses the records where fewer were generated than held out.

    Returns:
        None without enough held-out records.
    """
    held = evidence.holdout
    if held is None or len(held.samples) < FEWEST:
        return None
    n = min(len(held.samples), len(evidence.generated.samples))
    rows = np.sort(rng.choice(len(held.samples), n, replace=False))
    return replace(
        evidence,
        generated=replace(evidence.generated, samples=take(held.samples, rows), source=held.source),
        holdout=None,
        features=None if evidence.features is None else _features(evidence.features, rows),
        groups=_groups(evidence, held, rows),
        attributions=None,
        latents=None,
        weights=None,
    )


def _features(features: Features, rows: np.ndarray) -> Features:
    return replace(features, generated=features.holdout[rows], holdout=features.holdout[:0])


def _groups(evidence: Evidence, held: Real, rows: np.ndarray) -> tuple[Groups, ...] | None:
    """The groups of held-out records, told or read as those of generated ones; None if those of any cannot be."""
    if evidence.groups is None:
        return None
    groups = tuple(_group(each, evidence, held, rows) for each in evidence.groups)
    whole = tuple(each for each in groups if each is not None)
    return whole if len(whole) == len(groups) else None


def _group(groups: Groups, evidence: Evidence, held: Real, rows: np.ndarray) -> Groups | None:
    from ...models.records import table_attribute
    from .group_classifier import classifier_scores

    if groups.classifier != DECLARED:
        if evidence.features is None:
            return None
        scores = classifier_scores(groups.parameters, evidence.features.holdout[rows])
        return replace(groups, predicted=scores.argmax(axis=1).astype(np.int64))
    if groups.attribute not in held.samples.columns:
        return None
    labels = table_attribute(take(held.samples, rows), groups.attribute, names=groups.names)
    # Bands of a number, or values that no generated row has, are not read from the column alone.
    return replace(groups, predicted=labels.values) if labels.names == groups.names else None
