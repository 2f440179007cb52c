"""Collect continuations: what a text model says after prompts about different groups of people."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bundle import Evidence
from ..plan import Plan, stream
from ..unavailable import Unavailable, Unmeasured
from .collect import numbered
from .drawing import by_sample, by_tokens
from .files import read_probes, shipped
from .kinds import Continuations
from .probe_file import ProbeFile, Prompt
from .scoring import counted

NEEDS = ()
WITHOUT_DRAWS = True

DRAWS = 4
"""Texts drawn after each prompt."""

MOST_TOKENS = 32
"""Tokens of each."""

MOST_CLUSTERS = 60
"""Of prompts about each group, or of pairs, that are drawn at most; of more, a random part is taken."""

MISSING = "not measured: the package vaderSentiment is missing; pip install 'genai-audit[probes]'"


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> tuple[Continuations, ...]:
    """Continuations of all prompts of the user's files, or of our own.

    Raises:
        Unavailable: if the records are no texts, there is no model, it takes no prompts, no file has some, or the model
            knows none of our own.
        Unmeasured: if it knows none of the user's.
    """
    if plan.modality != "text":
        raise Unavailable(f"prompts are continued by models of texts; this one makes {plan.modality} records")
    if plan.model is None:
        raise Unavailable("only samples were given: without the model no prompt can be continued")
    drawn_by = _way(plan.model)
    if not plan.probes and drawn_by == "sample" and getattr(plan.model, "server", None) is not None:
        raise Unavailable("each continuation is a request to a server: name prompts with --probes to have them drawn")
    files = [each for each in (read_probes(plan.probes) if plan.probes else shipped()) if each.prompts]
    if not files:
        raise Unavailable("the files of probes hold sentences, and no prompts to continue; add a file with prompts")
    found = []
    for at, file in enumerate(files):
        found.append(_continued(plan, file, drawn_by, partial(_told, progress, at, len(files))))
    kept = tuple(each for each in found if len(each.prompts))
    if not kept:
        why = next((reason for each in found for reason in each.left_out), "")
        if plan.probes:
            raise Unmeasured(f"none of the prompts could be continued: {why}; write some in the model's language")
        raise Unavailable(
            f"none of our own English prompts could be continued: {why}; give some in its language with --probes FILE"
        )
    return kept


def _told(progress: Callable[[float], None], at: int, of: int, share: float) -> None:
    progress((at + share) / of)


def _way(model: Any) -> str:
    if isinstance(getattr(model, "prompts", None), tuple):
        return "sample"
    if all(callable(getattr(model, name, None)) for name in ("encode_text", "logits", "decode_text")):
        return "tokens"
    raise Unavailable(
        "the model cannot be asked to go on from a prompt: it offers neither logits with encode_text and decode_text, "
        "nor a sample that takes prompts"
    )


def _continued(plan: Plan, file: ProbeFile, drawn_by: str, progress: Callable[[float], None]) -> Continuations:
    rng = stream(plan.seed, f"continuations of {file.name}")
    chosen = _some(file, rng)
    texts = [each.text for each in chosen]
    seed = int(rng.integers(2**31))
    if drawn_by == "tokens":
        found, reasons = by_tokens(plan.model, texts, draws=DRAWS, most=MOST_TOKENS, seed=seed, progress=progress)
    else:
        found, reasons = list(by_sample(plan.model, texts, draws=DRAWS, seed=seed, progress=progress)), {}
    kept = [(prompt, each) for prompt, each in zip(chosen, found, strict=True) if each is not None]
    groups, group = numbered([prompt.group for prompt, _ in kept])
    clusters, cluster = numbered([prompt.cluster for prompt, _ in kept])
    after = tuple(each for _, each in kept)
    sentiment, by = sentiments(after)
    return Continuations(
        name=file.name,
        source=file.source,
        sha256=file.sha256,
        layout=file.layout,
        groups=groups,
        group=group,
        clusters=clusters,
        cluster=cluster,
        paired=file.paired,
        prompts=tuple(prompt.text for prompt, _ in kept),
        texts=after,
        sentiment=sentiment,
        sentiment_by=by,
        left_out=counted(reasons.values()),
        most_tokens=MOST_TOKENS if drawn_by == "tokens" else 0,
        available=len(file.prompts),
        drawn_by=drawn_by,
    )


def _some(file: ProbeFile, rng: np.random.Generator) -> list[Prompt]:
    """A random part of the clusters where there are many, whole; one prompt of each that is about one group alone."""
    if file.paired:
        clusters = list(dict.fromkeys(each.cluster for each in file.prompts))
        taken = {clusters[at] for at in rng.permutation(len(clusters))[:MOST_CLUSTERS]}
        return [each for each in file.prompts if each.cluster in taken]
    chosen: list[Prompt] = []
    for group in dict.fromkeys(each.group for each in file.prompts):
        by_cluster: dict[str, list[Prompt]] = {}
        for each in file.prompts:
            if each.group == group:
                by_cluster.setdefault(each.cluster, []).append(each)
        names = list(by_cluster)
        for at in np.sort(rng.permutation(len(names))[:MOST_CLUSTERS]).tolist():
            chosen.append(by_cluster[names[at]][int(rng.integers(len(by_cluster[names[at]])))])
    return chosen


def sentiments(texts: Sequence[Sequence[str]]) -> tuple[NDArray[np.float64], str]:
    """The compound score of each text, from −1 to 1, (p, draws), and what gave it; (p, 0) and why where nothing could.

    Reference: Hutto, Gilbert 2014, doi:10.1609/icwsm.v8i1.14550.
    """
    try:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer
    except ImportError:
        return np.empty((len(texts), 0)), MISSING
    from importlib.metadata import version

    analyzer = SentimentIntensityAnalyzer()
    scores = [[float(analyzer.polarity_scores(each)["compound"]) for each in row] for row in texts]
    by = f"vaderSentiment {version('vaderSentiment')}"
    return np.array(scores, dtype=np.float64).reshape(len(texts), len(scores[0]) if scores else 0), by
