"""Evidence whose records are their own features, for auditors that look at nothing else."""

import numpy as np
from numpy.typing import NDArray

from genai_audit.audit.evidence.bundle import Evidence, Features, Generated, Groups, Real

Matrix = NDArray[np.float64]


def feature_evidence(x: Matrix, y: Matrix, *, holdout: Matrix | None = None, labelled: bool = False) -> Evidence:
    """Real records x, generated ones y; with labels, the sign of the first feature tells two groups apart."""
    held = np.zeros((0, x.shape[1])) if holdout is None else holdout
    labels = (x[:, 0] > 0).astype(np.int64)
    groups = Groups(
        names=("left", "right"),
        predicted=(y[:, 0] > 0).astype(np.int64),
        confusion=np.eye(2, dtype=np.int64),
        reference_counts=np.bincount(labels, minlength=2),
        classifier="the sign",
        parameters={},
        reference=labels,
    )
    return Evidence(
        modality="image",
        generated=Generated(y, 0, "toy"),
        reference=Real(x, len(x), "toy", "toy", ""),
        holdout=None if holdout is None else Real(holdout, len(holdout), "toy", "toy", ""),
        features=Features(y, x, held, "identity"),
        groups=(groups,) if labelled else None,
    )
