"""Collect all the evidence that a run's auditors need; the only place where the model is touched.

Which kinds there are, and which module collects each, stands in `Evidence`; nothing here knows a kind by name.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib import import_module
from typing import Any, Protocol, cast

from .bundle import COLLECTORS, Evidence
from .plan import Plan, Progress
from .process_state import as_found
from .samples.given import given
from .unavailable import Partial, Unavailable, Unmeasured

Guard = Callable[[Callable[[], Any]], tuple[Any, str | None]]
"""Runs a collector and returns its result, or None and a traceback if it crashed; the pipeline provides it."""


class Collector(Protocol):
    """The module that collects one kind of evidence.

    `NEEDS` names the kinds that it looks at, which are tried before it. What must be noted before the model is first
    used, a module notes in `before(plan)`, if it has one; its `collect` finds the answer in `plan.before`. One whose
    evidence is of the model alone, and the same however many samples are drawn, says so by `WITHOUT_DRAWS = True`.
    """

    NEEDS: tuple[str, ...]

    def collect(self, plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Any:
        """The evidence, or a `Partial` of it; raises `Unavailable` or `Unmeasured` where there is none."""
        ...


def collect(plan: Plan, *, needs: Iterable[str], guard: Guard, progress: Progress) -> Evidence:
    """Everything that `needs` names, as far as the model and the data can give it.

    Args:
        plan: what to collect it from.
        needs: the wanted kinds; what these need is collected as well.
        guard: runs a collector.
        progress: told the kind at work and the share of it that is done.

    Raises:
        ValueError: if the model's samples are unusable, or the data cannot be compared with them.
    """
    order = in_order(needs)
    plan = noted(plan, needs)
    if plan.draws is None and plan.generates:
        progress("samples", 0.0)
    with as_found():
        evidence = given(plan, lambda share: progress("samples", share))
    for kind in order:
        silent = None if not depends_on_draws((kind,)) else evidence.absent.get("generated")
        if silent is not None:
            evidence = _without(evidence, kind, Unavailable(silent))
        else:
            evidence = _with(evidence, kind, plan, guard, progress)
    return evidence


def noted(plan: Plan, needs: Iterable[str]) -> Plan:
    """The plan with what collectors must note before the model is first used; what was noted already stays."""
    notes = {kind: getattr(collector(kind), "before", None) for kind in in_order(needs) if kind not in plan.before}
    return replace(
        plan, before={**plan.before, **{kind: note(plan) for kind, note in notes.items() if note is not None}}
    )


def depends_on_draws(needs: Iterable[str]) -> bool:
    """Whether evidence of these kinds depends on how many samples were drawn."""
    return not any(kind in COLLECTORS and getattr(collector(kind), "WITHOUT_DRAWS", False) for kind in needs)


def collector(kind: str) -> Collector:
    """The module that collects a kind."""
    return cast(Collector, import_module(f".{COLLECTORS[kind]}", __package__))


def in_order(wanted: Iterable[str]) -> tuple[str, ...]:
    """The wanted kinds with a collector and what these need: each after its needs, else in the order of `Evidence`."""
    order: dict[str, None] = {}

    def add(kind: str) -> None:
        for need in collector(kind).NEEDS:
            add(need)
        order.setdefault(kind)

    chosen = set(wanted)
    for kind in COLLECTORS:
        if kind in chosen:
            add(kind)
    return tuple(order)


def _with(so_far: Evidence, kind: str, plan: Plan, guard: Guard, progress: Progress) -> Evidence:
    """The evidence with one kind more, or with why there is none."""
    module = collector(kind)
    progress(kind, 0.0)
    try:
        with as_found():
            item, traceback = guard(lambda: module.collect(plan, so_far, lambda share: progress(kind, share)))
    except (Unavailable, Unmeasured) as reason:
        so_far = _without(so_far, kind, reason)
    else:
        if traceback is not None:
            so_far = replace(so_far, crashed={**so_far.crashed, kind: traceback})
        elif isinstance(item, Partial):
            so_far = replace(so_far, **{kind: item.item})
            for part, why in item.missing.items():
                so_far = _without(so_far, part, why)
        else:
            so_far = replace(so_far, **{kind: item})
    progress(kind, 1.0)
    return so_far


def _without(so_far: Evidence, part: str, reason: Unavailable | Unmeasured) -> Evidence:
    if isinstance(reason, Unmeasured):
        return replace(so_far, unmeasured={**so_far.unmeasured, part: str(reason)})
    return replace(so_far, absent={**so_far.absent, part: str(reason)})
