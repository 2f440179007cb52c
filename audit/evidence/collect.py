"""Collect all the evidence that a run's auditors need; the only place where the model is touched."""

import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .bundle import Evidence, Generated, Groups, Real
from .features import collect_features, pixel_features
from .real import Images, real_data
from .samples import collect_generated
from .unavailable import Unavailable

Progress = Callable[[str, float], None]
"""Told what is being done and the share of it that is done."""

Guard = Callable[[Callable[[], Any]], tuple[Any, str | None]]
"""Runs a collector and returns its result, or None and a traceback if it crashed; the pipeline provides it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to collect, and from what. `model` is None where only samples are at hand, in `samples`."""

    modality: str
    source: str
    model: Any = None
    samples: Images | None = None
    reference: Images | None = None
    holdout: Images | None = None
    n: int = 20_000
    seed: int = 0


def stream(seed: int, name: str) -> np.random.Generator:
    """A random stream of its own for each use, so that adding one use never shifts another."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(name.encode())]))


def collect(plan: Plan, *, needs: Iterable[str], guard: Guard, progress: Progress) -> Evidence:
    """Everything that `needs` names, as far as the model and the data can give it.

    Raises:
        ValueError: if the model's samples are unusable, or images of the data have another size than they.
    """
    wanted = set(needs)
    kinds: dict[str, Any] = {"generated": _generated(plan, progress)}
    for role, data in (("reference", plan.reference), ("holdout", plan.holdout)):
        if data is not None:
            kinds[role] = real_data(data, stream(plan.seed, role))
            _check_size(kinds["generated"], kinds[role])
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
        attempt("features", lambda: collect_features(kinds["generated"], kinds.get("reference"), kinds.get("holdout")))
    if wanted & {"groups", "attributions"}:
        attempt("groups", lambda: _groups(kinds, absent, plan.seed))
    if "attributions" in wanted:
        attempt("attributions", lambda: _attributions(plan, kinds.get("groups"), progress))
    return Evidence(modality=plan.modality, absent=absent, crashed=crashed, **kinds)


def _generated(plan: Plan, progress: Progress) -> Generated:
    if plan.samples is not None:
        given = real_data(plan.samples, stream(plan.seed, "generated"))
        return Generated(given.samples, plan.seed, plan.source)
    return collect_generated(
        plan.model, n=plan.n, seed=plan.seed, source=plan.source, progress=lambda done: progress("samples", done)
    )


def _check_size(generated: Generated, real: Real) -> None:
    ours, theirs = (" × ".join(map(str, each.samples.shape[1:])) for each in (generated, real))
    if ours != theirs:
        raise ValueError(
            f"generated images are {ours}, but those of {real.source} {theirs}; give data of the same size"
        )


def _groups(kinds: dict[str, Any], absent: dict[str, str], seed: int) -> Groups:
    from .groups import collect_groups

    reference: Real | None = kinds.get("reference")
    if reference is None:
        raise Unavailable("there is no reference data; give it with --reference")
    if not len(reference.labels):
        raise Unavailable(f"the reference data ({reference.name}) has no labels, so there are no groups to compare")
    if "features" not in kinds:
        raise Unavailable(absent.get("features", "features could not be computed"))
    return collect_groups(
        generated=kinds["features"].generated,
        reference=kinds["features"].reference,
        labels=reference.labels,
        classes=reference.classes,
        reference_counts=reference.class_counts,
        rng=stream(seed, "groups"),
    )


def _attributions(plan: Plan, groups: Groups | None, progress: Progress) -> Any:
    from .attributions import collect_attributions
    from .groups import judge_scores_torch

    if plan.model is None:
        raise Unavailable("only samples were given: without the model's weights nothing can be attributed")
    return collect_attributions(
        plan.model,
        judge_scores=None if groups is None else lambda x: judge_scores_torch(groups.parameters, pixel_features(x)),
        classes=() if groups is None else groups.names,
        seed=plan.seed,
        progress=lambda done: progress("attributions", done),
    )
