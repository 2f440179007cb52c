"""Evidence of known modes for the tests of GA301 and GA305."""

import numpy as np
from numpy.typing import NDArray

from genai_audit.audit.evidence.bundle import Evidence, Features, Generated, Groups, Real

Matrix = NDArray[np.float64]
GRID = np.array([(x, y) for x in range(-4, 5, 2) for y in range(-4, 5, 2)], dtype=float)


def grid(n: int, seed: int, *, dropped: int = 0, spread: float = 1.0, modes: int = 25) -> Matrix:
    """Grid-25 without its first modes."""
    rng = np.random.default_rng(seed)
    return GRID[rng.integers(dropped, modes, size=n)] + 0.05 * spread * rng.normal(size=(n, 2))


def evidence(real: Matrix, made: Matrix, *, holdout: Matrix | None = None, labelled: bool = False) -> Evidence:
    """Evidence with these features; groups say on which side of 1 the first one lies."""
    names = ("left", "right")
    own, judged = ((each[:, 0] > 1).astype(np.int64) for each in (real, made))
    counts = np.bincount(own, minlength=2)
    groups = Groups(names, judged, np.eye(2, dtype=np.int64), counts, "the sign", {}, own, "side")
    return Evidence(
        modality="image",
        generated=Generated(np.zeros((len(made), 1, 1, 1), np.float32), 0, "toy"),
        reference=Real(np.zeros((len(real), 1, 1, 1), np.float32), len(real), "toy", "toy", ""),
        features=Features(made, real, np.zeros((0, real.shape[1])) if holdout is None else holdout, "identity"),
        groups=(groups,) if labelled else None,
    )
