"""Collect all the evidence that a run's auditors need; the only place where the model is touched."""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...models.checkpoints.weight_facts import WeightFacts
from .bundle import Evidence, Generated, Groups, Real
from .decoding import networks, state_digest
from .features.collect import collect_features, pixel_features
from .real import Data, Labels, real_data
from .samples import collect_generated
from .unavailable import Unavailable

Progress = Callable[[str, float], None]
"""Told what is being done and the share of it that is done."""

Guard = Callable[[Callable[[], Any]], tuple[Any, str | None]]
"""Runs a collector and returns its result, or None and a traceback if it crashed; the pipeline provides it."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What a checkpoint is known by: its SHA-256 when it was `opened`, and as it lies there `now`.

    `opened` is None where code that the user named has run since, which may have left files of its own beside it.
    """

    opened: str | None
    now: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Plan:
    """What to collect, and from what. `model` is None where only samples are at hand, in `samples`.

    `inspect` says what is known of the checkpoint's weights, and `fingerprint` is of its files.
    """

    modality: str
    source: str
    model: Any = None
    samples: Data | None = None
    reference: Data | None = None
    holdout: Data | None = None
    n: int = 20_000
    seed: int = 0
    inspect: Callable[[], WeightFacts] | None = None
    fingerprint: Digest | None = None


def stream(seed: int, name: str) -> np.random.Generator:
    """A random stream of its own for each use, so that adding one use never shifts another."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(name.encode())]))


def collect(plan: Plan, *, needs: Iterable[str], guard: Guard, progress: Progress) -> Evidence:
    """Everything that `needs` names, as far as the model and the data can give it.

    Raises:
        ValueError: if the model's samples are unusable, or the data cannot be compared with them.
    """
    wanted = set(needs)
    before = _fingerprints(plan, opened=True) if "weights" in wanted else ("", "")
    kinds: dict[str, Any] = {"generated": _generated(plan, progress)}
    labels: dict[str, Labels] = {}
    for role, data in (("reference", plan.reference), ("holdout", plan.holdout)):
        if data is not None:
            kinds[role], found = real_data(data, stream(plan.seed, role))
            labels = found if role == "reference" else labels
            check_fit(plan.modality, kinds["generated"], kinds[role])
    absent: dict[str, str] = {}
    crashed: dict[str, str] = {}

    def attempt(kind: str, collector: Callable[[], Any]) -> None:
        progress(kind, 0.0)
        try:
            result, traceback = guard(collector)
        except Unavailable as reason:
            absent[kind] = str(reason)
        else:
            if traceback is None:
                kinds[kind] = result
            else:
                crashed[kind] = traceback
        progress(kind, 1.0)

    if wanted & {"features", "groups", "attributions"}:
        attempt("features", lambda: _features(plan.modality, kinds))
    if wanted & {"groups", "attributions"}:
        attempt("groups", lambda: _groups(plan, kinds, labels, absent))
    if "attributions" in wanted:
        attempt("attributions", lambda: _attributions(plan, kinds.get("groups", ()), progress))
    if "latents" in wanted:
        attempt("latents", lambda: _latents(plan, kinds.get("reference"), labels, progress))
    if "weights" in wanted:
        attempt("weights", lambda: _weights(plan, before))
    return Evidence(modality=plan.modality, absent=absent, crashed=crashed, **kinds)


def _fingerprints(plan: Plan, *, opened: bool = False) -> tuple[str, str]:
    """Digests of the loaded model's state and of the checkpoint; empty where there is nothing to digest.

    The files are not read again for what they were when they were `opened`: large ones take long.
    """
    files = plan.fingerprint
    known = files.opened if files is not None and opened else None
    return state_digest(networks(plan.model)), known or ("" if files is None else files.now())


def _weights(plan: Plan, before: tuple[str, str]) -> WeightFacts:
    if plan.inspect is None:
        raise Unavailable("only samples were given: there are no weights to look at")
    facts, after = plan.inspect(), _fingerprints(plan)
    return replace(facts, state_before=before[0], state_after=after[0], file_before=before[1], file_after=after[1])


def _generated(plan: Plan, progress: Progress) -> Generated:
    if plan.samples is not None:
        given, _ = real_data(plan.samples, stream(plan.seed, "generated"), most=plan.n)
        return Generated(given.samples, plan.seed, plan.source, sample_rate=plan.samples.sample_rate)
    return collect_generated(
        plan.model,
        n=plan.n,
        seed=plan.seed,
        source=plan.source,
        modality=plan.modality,
        progress=lambda done: progress("samples", done),
    )


def check_fit(modality: str, generated: Generated, real: Real) -> None:
    """Refuse data that cannot be compared with the generated records.

    Raises:
        ValueError: if images differ in size, waves in length, or tables in their columns.
    """
    if modality in ("image", "audio"):
        ours, theirs = (" × ".join(map(str, each.samples.shape[1:])) for each in (generated, real))
        what = "images" if modality == "image" else "waves"
        if ours != theirs:
            raise ValueError(
                f"generated {what} are {ours}, but those of {real.source} {theirs}; give data of the same size"
            )
    if modality == "tabular":
        mine, others = (list(map(str, each.samples.columns)) for each in (generated, real))
        if set(mine) != set(others):
            odd = sorted(set(mine) ^ set(others))
            raise ValueError(
                f"generated columns and those of {real.source} must be the same, but only one of the two has "
                f"{', '.join(odd[:5])}; give data with the same columns"
            )


def _features(modality: str, kinds: dict[str, Any]) -> Any:
    return collect_features(modality, kinds["generated"], kinds.get("reference"), kinds.get("holdout"))


def _groups(
    plan: Plan, kinds: dict[str, Any], labels: Mapping[str, Labels], absent: dict[str, str]
) -> tuple[Groups, ...]:
    reference: Real | None = kinds.get("reference")
    if reference is None:
        raise Unavailable("there is no reference data; give it with --reference")
    if not labels:
        raise Unavailable(f"the reference data ({reference.name}) has no labels, so there are no groups to compare")
    # What is the same in every record (one language, one source) tells nothing apart, and must not leave a rule open.
    labels = {name: each for name, each in labels.items() if len(each.attribute.names) > 1} or labels
    read = _read_groups if plan.modality == "tabular" else _judged_groups
    outcomes = dict(zip(labels, read(plan, kinds, labels, absent), strict=True))
    found = tuple(each for each in outcomes.values() if isinstance(each, Groups))
    reasons = {name: str(each) for name, each in outcomes.items() if isinstance(each, Unavailable)}
    if not found:
        raise Unavailable(next(iter(reasons.values())))
    # What could be read stands; the auditor says what could not.
    absent |= {f"groups of {name}": reason for name, reason in reasons.items()}
    return found


def _read_groups(
    plan: Plan, kinds: dict[str, Any], labels: Mapping[str, Labels], absent: Mapping[str, str]
) -> Iterator[Groups | Unavailable]:
    from .groups import read_groups

    for name, each in labels.items():
        try:
            yield read_groups(
                generated=kinds["generated"].samples,
                labels=each.attribute,
                reference_counts=each.counts,
                attribute=name,
            )
        except Unavailable as reason:
            yield reason


def _judged_groups(
    plan: Plan, kinds: dict[str, Any], labels: Mapping[str, Labels], absent: Mapping[str, str]
) -> Iterable[Groups | Unavailable]:
    from .groups import Labelled, collect_judged

    if "features" not in kinds:
        raise Unavailable(absent.get("features", "features could not be computed"))
    return collect_judged(
        generated=kinds["features"].generated,
        reference=kinds["features"].reference,
        attributes=[
            Labelled(name, each.attribute.names, each.attribute.values, each.counts) for name, each in labels.items()
        ],
        rng=stream(plan.seed, "groups"),
    )


def _attributions(plan: Plan, groups: Sequence[Groups], progress: Progress) -> Any:
    from .attributions import collect_attributions
    from .groups import judge_scores_torch

    if plan.model is None:
        raise Unavailable("only samples were given: without the model's weights nothing can be attributed")
    if plan.modality != "image":
        raise Unavailable(f"latent dimensions are traced to what images show; this model makes {plan.modality} records")
    judge = groups[0] if groups and groups[0].parameters else None
    return collect_attributions(
        plan.model,
        judge_scores=None if judge is None else lambda x: judge_scores_torch(judge.parameters, pixel_features(x)),
        classes=() if judge is None else judge.names,
        seed=plan.seed,
        progress=lambda done: progress("attributions", done),
    )


def _latents(plan: Plan, reference: Real | None, labels: Mapping[str, Labels], progress: Progress) -> Any:
    from .latents import collect_latents

    if plan.model is None:
        raise Unavailable("only samples were given: without the model's weights there is no latent space to look at")
    if plan.modality != "image":
        raise Unavailable(f"latent spaces are looked at through images; this model makes {plan.modality} records")
    main = next((each.attribute for each in labels.values()), None)
    return collect_latents(
        plan.model,
        reference,
        conditions=None if main is None else [main.names[each] for each in main.values],
        seed=plan.seed,
        progress=lambda done: progress("latents", done),
    )
