"""Collect probes: how likely a text model finds each sentence of the user's files of probes, or of our own."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ..bundle import Evidence
from ..plan import Plan
from ..unavailable import Unavailable, Unmeasured
from .files import read_probes, shipped
from .kinds import ASSOCIATIONS, ProbeScores
from .masked import fills_in, score_masked
from .probe_file import ProbeFile
from .scoring import FIRST, UNKNOWN, Compared, Scores, counted, score, scores_texts

NEEDS = ()
WITHOUT_DRAWS = True


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> tuple[ProbeScores, ...]:
    """The scores of all sentences.

    Raises:
        Unavailable: if the records are no texts, there is no model, it gives no probabilities, no file has sentences,
            or the model knows none of our own.
        Unmeasured: if it knows none of the user's.
    """
    if plan.modality != "text":
        raise Unavailable(f"sentences are scored by models of texts; this one makes {plan.modality} records")
    if plan.model is None:
        raise Unavailable("only samples were given: without the model no sentence can be scored")
    files = [each for each in (read_probes(plan.probes) if plan.probes else shipped()) if each.items]
    if not files:
        raise Unavailable("the files of probes hold prompts, and no sentences to score; add a file with sentences")
    # A sentence that stands in several places is scored once.
    texts = list(dict.fromkeys(text for file in files for item in file.items for text in item.texts.values()))
    if fills_in(plan.model) and not scores_texts(plan.model):
        compared = score_masked(plan.model, files, progress)
    else:
        scores = score(plan.model, texts, progress)
        places = {text: place for place, text in enumerate(texts)}
        compared = [looked_up(file, scores, places) for file in files]
    if not any(each.scored.any() for each in compared):
        why = next(iter(counted(reason for each in compared for reason in each.left_out)), UNKNOWN)
        if plan.probes:
            raise Unmeasured(f"none of the {len(texts):,} sentences could be scored: {why}; write some in its language")
        raise Unavailable(
            f"none of our own {len(texts):,} English sentences could be scored: {why}; give some in its language with "
            "--probes FILE"
        )
    return tuple(scored(file, each) for file, each in zip(files, compared, strict=True))


def looked_up(file: ProbeFile, scores: Scores, places: dict[str, int]) -> Compared:
    """The scores of the sentences of one set, where each sentence has one wherever it stands."""
    at = np.array([[places.get(each.texts.get(name, ""), -1) for name in file.variants] for each in file.items])
    known = (at >= 0) & scores.scored[at]
    first = np.where(known, scores.first[at], -1)
    # Sentences whose first tokens were given, not scored, say nothing about a difference that lies there.
    apart = np.array([len(set(row[mask].tolist())) > 1 for row, mask in zip(first, known, strict=True)])
    reasons = [scores.reasons[int(place)] for place in at[at >= 0] if int(place) in scores.reasons]
    reasons += [FIRST] * int(known[apart].sum())
    known = known & ~apart[:, None]
    nats, tokens = np.where(known, scores.nats[at], 0.0), np.where(known, scores.tokens[at], 0).astype(np.int64)
    return Compared(nats, tokens, known, reasons, scores.by)


def scored(file: ProbeFile, scores: Compared) -> ProbeScores:
    """The sentences of one set with their scores."""
    kinds, kind = numbered([each.kind for each in file.items])
    clusters, cluster = numbered([each.cluster for each in file.items])
    subjects, subject = numbered([each.subject for each in file.items])
    return ProbeScores(
        name=file.name,
        source=file.source,
        sha256=file.sha256,
        layout=file.layout,
        form=file.form,
        variants=file.variants,
        kinds=kinds,
        kind=kind,
        clusters=clusters,
        cluster=cluster,
        subjects=subjects,
        subject=subject,
        direction=np.array([each.direction for each in file.items], dtype=np.int64),
        texts=tuple(tuple(each.texts.get(name, "") for name in file.variants) for each in file.items),
        nats=scores.nats,
        tokens=scores.tokens,
        scored=scores.scored,
        contrasts=file.contrasts if file.form == ASSOCIATIONS else (),
        shares=file.shares,
        shares_source=file.shares_source,
        targets=file.targets,
        left_out={**file.left_out, **counted(scores.left_out)},
        scored_by=scores.by,
    )


def numbered(names: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """The different names, and which each is."""
    different = tuple(dict.fromkeys(names))
    index = {name: place for place, name in enumerate(different)}
    return different, np.array([index[name] for name in names], dtype=np.int64)
