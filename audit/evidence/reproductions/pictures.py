"""Pictures: how far the nearest training picture is for one of its kind, and whose perceptual hash is nearest."""

from typing import Any

import numpy as np

from ....models.held_pictures import at_once
from ....models.records import read
from ...statistics.reproduction.pictures import (
    NEIGHBOURS,
    Nearest,
    Rows,
    calibrated_nearest,
    nearest_hash,
    perceptual_bits,
    shrunk,
)
from .found import Found, Sets
from .kind import Closeness

SIDE = 32
"""Rows and columns to which larger pictures are averaged down before they are compared."""


def small(samples: Any) -> Rows:
    """Pictures (n, c, h, w) of at most 32 × 32, a few read at a time."""
    step = at_once(samples.shape[1:])
    parts = [
        shrunk(np.asarray(read(samples, np.arange(start, min(start + step, len(samples)))), np.float32), SIDE)
        for start in range(0, len(samples), step)
    ]
    return np.concatenate(parts)


def pictures(sets: Sets) -> Found:
    """Compare generated pictures and those of the null with the training pictures."""
    made, null, real = (small(each) for each in (sets.generated, sets.null, sets.training))
    n = len(made)
    asked = np.concatenate([made, null])
    near = calibrated_nearest(asked.reshape(len(asked), -1), real.reshape(len(real), -1))
    hashed = nearest_hash(perceptual_bits(asked), perceptual_bits(real))
    changed = (near.distance > 0).astype(np.int64)
    return Found(
        method=f"distance of pixels in units of the mean distance of the {min(NEIGHBOURS, len(real))} nearest training "
        "pictures, and the perceptual hash of 64 bits that differs least",
        verbatim=_closeness("distance in units of what is usual", "usual distances", near, n),
        near=_closeness("bits of the perceptual hash that differ", "bits", hashed, n),
        whole=changed[:n],
        null_whole=changed[n:],
        part="pictures with any pixel",
    )


def _closeness(what: str, unit: str, nearest: Nearest, n: int) -> Closeness:
    return Closeness(
        what=what,
        unit=unit,
        generated=-nearest.distance[:n],
        null=-nearest.distance[n:],
        matched=nearest.index[:n],
        spans=np.zeros((0, 4), dtype=np.int64),
        end=0.0,
        sign=-1,
    )
