"""Evidence of membership for the tests of its auditors: scores of records that a made-up model gave."""

from dataclasses import replace
from typing import Any

import numpy as np

from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.evidence.likelihoods.kind import Scored
from genai_audit.audit.evidence.membership.kind import Membership, MembershipScore


def scored(values: Any) -> Scored:
    values = np.asarray(values, dtype=np.float64)
    return Scored(np.arange(len(values)), values, np.ones(len(values), dtype=np.int64))


def membership(
    training: np.ndarray,
    holdout: np.ndarray,
    generated: np.ndarray | None = None,
    *,
    kind: str = "likelihood",
    base: tuple[np.ndarray, np.ndarray] | None = None,
    groups: tuple[np.ndarray, np.ndarray] | None = None,
) -> Membership:
    made = holdout[:50] if generated is None else generated
    score = MembershipScore("log-likelihood", kind, scored(training), scored(holdout), scored(made))
    if base is not None:
        score = replace(score, base_training=base[0], base_holdout=base[1])
    none = np.full(len(training), -1), np.full(len(holdout), -1)
    told = none if groups is None else groups
    return Membership(
        (score,),
        "" if groups is None else "sex",
        () if groups is None else ("f", "m"),
        *told,
        training_numbers=np.arange(len(training)) + 1000,
        training_total=len(training),
        base="" if base is None else "other.safetensors (sha256 0123)",
    )


def evidence(found: Membership | None, modality: str = "image", **more: Any) -> Evidence:
    n = 1 if found is None else len(found.training_numbers)
    pictures = np.random.default_rng(9).random((n, 1, 2, 2), dtype=np.float32)
    samples: Any = pictures if modality == "image" else [f"secret of person {at}" for at in range(n)]
    real = Real(samples, n, "r", "r", "")
    return Evidence(modality, Generated(samples[:1], 0, "m"), real, real, membership=found, **more)
