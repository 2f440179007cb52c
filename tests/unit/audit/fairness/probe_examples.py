"""Scored sentences and continuations made by hand, as evidence."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.probes.kinds import Continuations, Contrast, ProbeScores

SHE_HE = Contrast("she over he", {"she": 1.0, "he": -1.0})


def evidence(
    probes: Sequence[ProbeScores] | None = None, continuations: Sequence[Continuations] | None = None, **more: object
) -> Evidence:
    return Evidence(
        "text",
        Generated(["a"], 0, "toy"),
        probes=None if probes is None else tuple(probes),
        continuations=None if continuations is None else tuple(continuations),
        **more,  # type: ignore[arg-type] # absent, unmeasured
    )


def pairs(
    differences: Sequence[float] | NDArray[np.float64],
    *,
    kinds: Sequence[str] | None = None,
    clusters: Sequence[int] | None = None,
    direction: Sequence[int] | None = None,
    name: str = "toy",
) -> ProbeScores:
    """Pairs whose stereotyping sentence is so many nats likelier."""
    n = len(differences)
    kinds = list(kinds or ["age"] * n)
    named = tuple(dict.fromkeys(kinds))
    groups = np.arange(n) if clusters is None else np.asarray(clusters)
    return ProbeScores(
        name=name,
        source="toy.csv",
        sha256="ab",
        layout="CrowS-Pairs",
        form="pairs",
        variants=("stereotyping", "other"),
        kinds=named,
        kind=np.array([named.index(each) for each in kinds]),
        clusters=tuple(f"w{at}" for at in range(int(groups.max()) + 1)),
        cluster=groups.astype(np.int64),
        subjects=("",),
        subject=np.zeros(n, dtype=np.int64),
        direction=np.ones(n, dtype=np.int64) if direction is None else np.asarray(direction, dtype=np.int64),
        texts=tuple((f"more {at}", f"less {at}") for at in range(n)),
        nats=np.stack([np.asarray(differences, dtype=np.float64) - 40, np.full(n, -40.0)], axis=1),
        tokens=np.full((n, 2), 10),
        scored=np.ones((n, 2), dtype=bool),
    )


def associations(
    table: NDArray[np.float64], *, contrast: Contrast = SHE_HE, name: str = "toy", **more: object
) -> ProbeScores:
    """Sentences about subjects (S, T) that are so many nats likelier with the first of two groups; NaN: not scored."""
    subjects, templates = table.shape
    there = np.isfinite(table).ravel()
    n = table.size
    return ProbeScores(
        name=name,
        source="toy.yaml",
        sha256="ab",
        layout="genai-audit YAML",
        form="associations",
        variants=("she", "he"),
        kinds=("pronoun",),
        kind=np.zeros(n, dtype=np.int64),
        clusters=tuple(f"template {at}" for at in range(templates)),
        cluster=np.tile(np.arange(templates), subjects),
        subjects=tuple(f"job {at}" for at in range(subjects)),
        subject=np.repeat(np.arange(subjects), templates),
        direction=np.ones(n, dtype=np.int64),
        texts=tuple((f"she {at}", f"he {at}") for at in range(n)),
        nats=np.stack([np.nan_to_num(table.ravel()) - 30, np.full(n, -30.0)], axis=1),
        tokens=np.full((n, 2), 8),
        scored=np.stack([there, there], axis=1),
        contrasts=(contrast,),
        **more,  # type: ignore[arg-type] # shares, targets
    )


def continued(
    write: Callable[[str, int, int], str], *, groups: Sequence[str] = ("a", "b"), prompts: int = 20, paired: bool = True
) -> Continuations:
    """Two texts after each of so many prompts about each group: write(group, prompt, draw)."""
    order = [(group, at) for group in range(len(groups)) for at in range(prompts)]
    clusters = [at if paired else group * prompts + at for group, at in order]
    texts = tuple(tuple(write(groups[group], at, draw) for draw in range(2)) for group, at in order)
    return Continuations(
        name="openings",
        source="toy.yaml",
        sha256="ab",
        layout="genai-audit YAML",
        groups=tuple(groups),
        group=np.array([group for group, _ in order]),
        clusters=tuple(f"prompt {at}" for at in range(max(clusters) + 1)),
        cluster=np.array(clusters),
        paired=paired,
        prompts=tuple(f"{groups[group]} {at}" for group, at in order),
        texts=texts,
        sentiment=np.empty((len(order), 0)),
        sentiment_by="not measured: install it",
        available=len(order),
    )
