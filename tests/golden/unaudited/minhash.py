"""Bands of MinHash signatures: which pairs of records become candidates. What such an index finds is to be verified.

Reference: Broder 1997, doi:10.1109/SEQUEN.1997.666900; Leskovec, Rajaraman & Ullman 2020, section 3.4.
"""

import numpy as np

STEPS = 1000


def candidate_share(similarity: float, *, bands: int, rows: int) -> float:
    """The chance 1 − (1 − Jʳ)ᵇ that two records of Jaccard similarity J agree in all r rows of one of b bands."""
    return float(1 - (1 - similarity**rows) ** bands)


def tuned(threshold: float, permutations: int = 128) -> tuple[int, int]:
    """The bands and rows that err least: the area of candidates below the threshold plus that of misses above it."""
    places = (np.arange(STEPS) + 0.5) / STEPS
    best, least = (1, 1), np.inf
    for bands in range(1, permutations + 1):
        for rows in range(1, permutations // bands + 1):
            found = 1 - (1 - places**rows) ** bands
            error = np.where(places < threshold, found, 1 - found).mean()
            if error < least:
                best, least = (bands, rows), error
    return best


def standard_error(similarity: float, permutations: int) -> float:
    """Of the share of equal places in two signatures, √(J (1 − J) / k)."""
    return float(np.sqrt(similarity * (1 - similarity) / permutations))
