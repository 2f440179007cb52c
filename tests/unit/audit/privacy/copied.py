"""Tables of a sound and of a copying generator, with training data and a holdout, and the evidence on them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.collect import collect
from genai_audit.audit.evidence.plan import Plan
from genai_audit.models.data.in_memory import data_in_memory


def people(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, n),
            "income": np.exp(rng.normal(10, 0.5, n)),
            "height": rng.normal(170, 10, n),
            "town": rng.choice(list("abcd"), n),
        }
    )


def collected(made: Any, training: Any, holdout: Any = None, *, rate: int | None = None, **options: Any) -> Evidence:
    """Evidence of both kinds; the data as they are given."""
    sets = [
        None if each is None else data_in_memory(each, "data", sample_rate=rate) for each in (made, training, holdout)
    ]
    assert sets[0] is not None
    plan = Plan(sets[0].modality, "made", samples=sets[0], reference=sets[1], holdout=sets[2], **options)
    return collect(
        plan, needs=("matches", "split"), guard=lambda work: (work(), None), progress=lambda step, share: None
    )


def audited(copies: int = 0, *, held: bool = True, seed: int = 0, n: int = 300) -> Evidence:
    """Generated people of whom some are training records with an income that is moved by a little."""
    training, made = people(n, 10 * seed), people(n, 10 * seed + 1)
    made = pd.concat([training.iloc[:copies].assign(income=training["income"] * 1.001), made.iloc[copies:]])
    return collected(made.reset_index(drop=True), training, people(n, 10 * seed + 2) if held else None)


def confounded(evidence: Evidence) -> Evidence:
    """The same after a blind classifier had told training from held-out records."""
    assert evidence.split is not None
    return replace(evidence, split=replace(evidence.split, blind_auc=0.7, blind_low=0.6, confounded=True))
