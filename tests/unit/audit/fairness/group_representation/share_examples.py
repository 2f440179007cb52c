"""Evidence of generators and classifiers whose truth is known."""

import numpy as np

from genai_audit.audit.evidence.bundle import DECLARED, Evidence, Generated, Groups, Real
from genai_audit.audit.fairness.group_representation.auditor import GroupRepresentation

TEN = np.full(10, 0.1)


def case(shares, *, n=20_000, accuracy=0.985, rows=120, seed=0, declared=False, reference=True, toward=None):
    """Evidence of a generator with these shares, seen by a classifier of this accuracy."""
    rng = np.random.default_rng(seed)
    shares = np.asarray(shares, dtype=float)
    k = len(shares)
    rates = np.full((k, k), (1 - accuracy) / (k - 1)) if toward is None else np.zeros((k, k))
    if toward is not None:
        rates[:, toward] = 1 - accuracy
    np.fill_diagonal(rates, 0)
    rates += np.diag(1 - rates.sum(axis=1))
    truth = rng.choice(k, size=n, p=shares)
    predicted = truth.copy()
    for group in range(k):
        members = np.flatnonzero(truth == group)
        predicted[members] = rng.choice(k, size=len(members), p=rates[group])
    names = tuple(f"g{i}" for i in range(k))
    groups = Groups(
        names=names,
        predicted=truth if declared else predicted,
        confusion=np.stack([rng.multinomial(rows, row) for row in rates]),
        # So many that their own sampling error is small beside that of the generated samples.
        reference_counts=np.full(k, 3_000),
        classifier=DECLARED if declared else "a classifier of known accuracy",
        parameters={},
        reference=rng.integers(0, k, 600 if reference else 0),
    )
    real = Real(np.zeros((600, 1, 1, 1), np.float32), 600, "r", "r", "0" * 64)
    pictures = Generated(np.zeros((n, 1, 1, 1), np.float32), 0, "toy")
    return Evidence("image", pictures, reference=real if reference else None, groups=(groups,))


def ask(evidence, seed=1, **parameters):
    return GroupRepresentation(**parameters)(evidence, np.random.default_rng(seed))


def lose(share, k=10):
    shares = np.full(k, (1 - share) / (k - 1))
    shares[3] = share
    return shares


def counted(made, real, names=None, **more):
    """Evidence of groups that stand in the records: counts of the generated ones and of the reference."""
    names = names or tuple(f"g{i}" for i in range(len(made)))
    groups = Groups(
        names=names,
        predicted=np.repeat(np.arange(len(made)), made),
        confusion=np.zeros((len(made),) * 2, np.int64),
        reference_counts=np.array(real),
        classifier=DECLARED,
        parameters={},
        reference=np.repeat(np.arange(len(real)), real),
    )
    return Evidence(
        "tabular", Generated(np.zeros((sum(made), 1, 1, 1), np.float32), 0, "toy"), groups=(groups,), **more
    )
