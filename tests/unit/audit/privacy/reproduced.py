"""Small audits of reproduction: sound records of each modality, and the same with some training records among them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.collect import collect
from genai_audit.audit.evidence.plan import Plan
from genai_audit.models.data.in_memory import data_in_memory
from genai_audit.models.records import take


def texts(n: int, rng: np.random.Generator) -> list[str]:
    """Sentences of a Zipf vocabulary, and one in eight a short line that everybody writes."""
    weights = 1 / np.arange(1, 301)
    words = np.array([f"w{at}" for at in range(300)])
    made = [" ".join(rng.choice(words, size, p=weights / weights.sum())) for size in rng.integers(8, 16, n)]
    return ["yours truly and so on" if rng.random() < 0.125 else each for each in made]


def melodies(n: int, rng: np.random.Generator) -> list[list[int]]:
    """Walks over a scale, each from another first note, with notes of one or two steps."""
    made = []
    for _ in range(n):
        walk = rng.integers(50, 70) + np.cumsum(rng.choice([-4, -2, -1, 1, 2, 3], 20))
        made.append(np.repeat(walk, rng.integers(1, 3, 20)).tolist())
    return made


def images(n: int, rng: np.random.Generator) -> np.ndarray:
    """A blurred spot somewhere, in noise."""
    at = rng.uniform(2, 10, (n, 2))
    grid = np.stack(np.meshgrid(np.arange(12), np.arange(12)), axis=-1)
    spots = np.exp(-((grid[None] - at[:, None, None]) ** 2).sum(axis=-1) / 6)
    return np.clip(spots + 0.1 * rng.normal(size=(n, 12, 12)), 0, 1).astype(np.float32)[:, None]


def table(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """People of three kinds, with a town that few share; one in thirty lacks a wage."""
    wage = np.exp(rng.normal(size=n)).round(2)
    return pd.DataFrame(
        {
            "kind": np.array(["a", "b", "c"])[rng.choice(3, n, p=[0.5, 0.3, 0.2])],
            "town": [f"t{at}" for at in rng.zipf(1.7, n) % 500],
            "rooms": rng.poisson(3, n),
            "height": rng.normal(170, 10, n).round(1),
            "wage": np.where(rng.random(n) < 1 / 30, np.nan, wage),
        }
    )


RECORDS: dict[str, Callable[[int, np.random.Generator], Any]] = {
    "text": texts,
    "music": melodies,
    "image": images,
    "tabular": table,
}


def mixed(modality: str, copies: Any, fresh: Any) -> Any:
    """Copies first, then fresh records."""
    if modality == "tabular":
        return pd.concat([copies, fresh], ignore_index=True)
    return np.concatenate([copies, fresh]) if modality == "image" else [*copies, *fresh]


def audited(
    modality: str,
    *,
    copies: int = 0,
    n: int = 600,
    training: int = 800,
    holdout: int = 400,
    seed: int = 0,
    change: Callable[[Any], Any] = lambda records: records,
    model: Any = None,
) -> Evidence:
    """Evidence of a generator that draws afresh, but for some training records that it gives back, `change`d."""
    rng = np.random.default_rng([seed, copies])
    make = RECORDS[modality]
    known, held, fresh = make(training, rng), make(holdout, rng), make(n - copies, rng)
    chosen = take(known, rng.permutation(training)[:copies])
    made = mixed(modality, change(chosen), fresh)
    plan = Plan(
        modality=modality,
        source="toy",
        model=model,
        samples=data_in_memory(made, "samples"),
        reference=data_in_memory(known, "reference"),
        holdout=data_in_memory(held, "holdout") if holdout else None,
        n=n,
    )
    return collect(plan, needs=("reproductions",), guard=lambda work: (work(), None), progress=lambda *_: None)
