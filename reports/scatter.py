"""A two-dimensional map of real and generated records: the plane of their two principal components, as SVG."""

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from ..audit.evidence.bundle import Evidence

MOST = 700
"""Points of each kind, the first ones: enough to see the shape, few enough for a page."""

SIDE, MARGIN = 420, 10
OUTER = 99.0
"""Percent of the points that the frame holds in each direction; the others are drawn at its edge."""


@dataclass(frozen=True, slots=True)
class Scatter:
    """The map: the drawing, what it shows in words, and how many points of each kind it has."""

    svg: Markup
    alt: str
    reference: int
    generated: int
    explained: float


def scatter(evidence: Evidence) -> Scatter | None:
    """The map, or None without features to draw; the same drawing for the same evidence."""
    features = evidence.features
    if features is None or min(len(features.reference), len(features.generated)) < 3:
        return None
    reference, generated = features.reference[:MOST], features.generated[:MOST]
    both = np.vstack([reference, generated])
    if not np.isfinite(both).all() or np.ptp(both, axis=0).max() == 0:
        return None
    places, explained = _plane(both)
    low, high = np.percentile(places, [100 - OUTER, OUTER], axis=0)
    scaled = (np.clip(places, low, high) - low) / np.where(high > low, high - low, 1.0)
    points = MARGIN + scaled * (SIDE - 2 * MARGIN)
    points[:, 1] = SIDE - points[:, 1]
    circles = _marks(points[: len(reference)], "reference")
    circles += _marks(points[len(reference) :], "generated")
    alt = f"Map of {len(reference)} real records (circles) and {len(generated)} generated ones (crosses)"
    svg = Markup('<svg viewBox="0 0 {0} {0}" role="img" aria-label="{1}" class="map">{2}</svg>').format(
        SIDE, alt, Markup(circles)
    )
    return Scatter(svg, alt, len(reference), len(generated), explained)


def _plane(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Coordinates along the two widest directions, and the share of the variance that they hold."""
    centred = points - points.mean(axis=0)
    _, widths, directions = np.linalg.svd(centred, full_matrices=False)
    first = directions[:2]
    # A direction has no sign of its own: the largest weight is taken as positive.
    first = first * np.sign(first[np.arange(len(first)), np.abs(first).argmax(axis=1)])[:, None]
    places = centred @ first.T
    if places.shape[1] < 2:
        places = np.hstack([places, np.zeros((len(places), 2 - places.shape[1]))])
    total = float(np.square(widths).sum())
    return places, float(np.square(widths[:2]).sum()) / total if total else 0.0


def _marks(points: NDArray[np.float64], kind: str) -> str:
    """Circles for real records, crosses for generated ones: told apart without colour."""
    if kind == "reference":
        path = "".join(f"M{x - 2:.0f} {y:.0f}a2 2 0 1 0 4 0a2 2 0 1 0-4 0" for x, y in points)
    else:
        path = "".join(f"M{x - 2:.0f} {y - 2:.0f}l4 4m0-4l-4 4" for x, y in points)
    return f'<path class="{kind}" d="{path}"/>'
