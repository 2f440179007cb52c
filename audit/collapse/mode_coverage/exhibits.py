"""What GA301 shows to the eye: real samples of the worst modes beside the generated samples that come nearest."""

import numpy as np

from ...evidence.bundle import Evidence
from ...finding import Exhibit, Pictures
from .estimates import Measured
from .tables import verdict, worst_first

WORST = 3
"""Modes shown."""


def exhibits(coverage: Measured, evidence: Evidence, most: int) -> tuple[Exhibit, ...]:
    """The worst modes: real samples at their centre, and the generated samples nearest to that centre."""
    assert evidence.features is not None
    modes, cells = coverage.cells.modes, coverage.cells
    reference = (evidence.features.reference[cells.rows] - modes.origin) @ modes.axes
    generated = (evidence.features.generated - modes.origin) @ modes.axes
    shown = []
    for rank, k in enumerate(worst_first(coverage)[:WORST] if most else [], start=1):
        own = np.flatnonzero(cells.reference == k)
        # What lies elsewhere has no centre but the mean of its own samples.
        centre = modes.centres[k] if k < len(modes.centres) else reference[own].mean(axis=0)
        nearest = own[_nearest(reference[own], centre, most)]
        close = _nearest(generated, centre, most)
        inside = int((cells.generated[close] == k).sum())
        pictures = (
            Pictures("real, nearest the mode's centre", "reference", tuple(cells.rows[nearest].tolist())),
            Pictures(f"generated, nearest to it ({inside} of them in the mode)", "generated", tuple(close.tolist())),
        )
        word = verdict(coverage, k)
        caption = (
            f"{cells.names[k][0].upper()}{cells.names[k][1:]}: {coverage.ratios[k]:.2f} of its real share"
            f"{'' if word == '–' else f', {word}'}"
        )
        shown.append(Exhibit(f"mode_in_question_{rank}", caption, "grid", pictures))
    return tuple(shown)


def _nearest(points: np.ndarray, centre: np.ndarray, most: int) -> np.ndarray:
    return np.argsort(((points - centre) ** 2).sum(axis=1), kind="stable")[:most]
