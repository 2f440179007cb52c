"""Ask auditors: one finding each, whatever happens to them."""

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import Any

from ...models.encoders.encoder import EncoderError
from ..catalogue import AUDITORS, Auditor
from ..encoding import with_encoders
from ..evidence.bundle import Evidence
from ..evidence.collect import depends_on_draws
from ..evidence.plan import Progress, stream
from ..finding import Finding, Inconclusive, NotApplicable, Outcome
from ..policy import Policy, PolicyError
from ..settings import check_settings
from .quotes import without_records

LEFT_OUT = "left out by --only"

OF_TRAINING = "GA4"
"""How the codes begin of all that ask whether the model gives back what it learned from."""


def guarded(work: Callable[[], Any]) -> tuple[Any, str | None]:
    """The result of `work`, or the traceback of its crash; what says that there is no result is passed on."""
    from ...models.errors import UserError, one_line
    from ...models.memory import limited, ran_out
    from ...models.tracebacks import traceback_of
    from ..evidence.unavailable import Unavailable, Unmeasured

    try:
        return work(), None
    except (UserError, Unavailable, Unmeasured, NotApplicable, Inconclusive, EncoderError):
        raise
    except Exception as error:  # A crash must end as an outcome of its own and never take the other auditors down.
        if limited() and ran_out(error):
            # What has no room says nothing of the model, and whatever comes next would have as little.
            raise UserError(
                f"memory ran out ({one_line(error)}); draw fewer samples (--samples), or allow more"
            ) from error
        return None, traceback_of(error)


def run_auditors(
    auditors: Sequence[Auditor],
    evidence: Evidence,
    *,
    seed: int,
    only: Iterable[str] = (),
    progress: Progress = lambda step, share: None,
) -> tuple[Finding, ...]:
    """One finding per auditor, whatever happens to it.

    Args:
        auditors: in the order of the findings.
        evidence: what they look at.
        seed: of the audit; every auditor's random numbers follow from it and from the auditor's code.
        only: codes of those to ask, all if empty; the others are listed as left out.
        progress: is told the code of the auditor, 0 before it and 1 after it.
    """
    from ...models.threads import one_thread

    chosen, telling = set(only), Lock()

    def finding(auditor: Auditor) -> Finding:
        if chosen and auditor.code not in chosen:
            return _without(auditor, Outcome.NOT_APPLICABLE, LEFT_OUT)
        with telling:
            progress(auditor.code, 0.0)
        found = _asked(auditor, evidence, seed)
        with telling:
            progress(auditor.code, 1.0)
        return found

    with one_thread(), _side_by_side() as pool:
        return tuple(each.result() for each in [pool.submit(finding, auditor) for auditor in auditors])


@contextmanager
def _side_by_side() -> Iterator[Executor]:
    """Two auditors at a time, as they are pure functions of the evidence; what has not begun is dropped on an error.

    One at a time where memory is limited: two may need what one has room for.
    """
    from ...models.memory import limited
    from ...models.threads import cores

    pool = ThreadPoolExecutor(1 if limited() else min(2, cores()))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _asked(auditor: Auditor, evidence: Evidence, seed: int) -> Finding:
    """What an auditor finds by the first encoder, and by each further one."""

    def again(other: Evidence, group: str) -> Finding:
        return _ask(auditor, other, seed, group)

    return with_encoders(_ask(auditor, evidence, seed), auditor, evidence, again)


def _ask(auditor: Auditor, evidence: Evidence, seed: int, more: str = "") -> Finding:
    silent = evidence.absent.get("generated")
    if silent is not None and depends_on_draws(auditor.needs):
        return _without(auditor, Outcome.NOT_APPLICABLE, silent)
    learned = evidence.absent.get("training")
    if learned is not None and auditor.code.startswith(OF_TRAINING):
        return _without(auditor, Outcome.NOT_APPLICABLE, learned)
    # One that asks in several ways does with what there is of its kinds, and says itself where there is none.
    any_will_do = getattr(auditor, "any_will_do", False)
    for kind in auditor.needs:
        if kind in evidence.crashed:
            return _without(auditor, Outcome.ERROR, without_records(evidence.crashed[kind], evidence))
        if any_will_do:
            continue
        if kind in evidence.unmeasured:
            return _without(auditor, Outcome.INCONCLUSIVE, evidence.unmeasured[kind])
        if getattr(evidence, kind) is None:
            return _without(auditor, Outcome.NOT_APPLICABLE, evidence.absent.get(kind, f"no {kind} in the evidence"))
    started = time.perf_counter()
    try:
        finding, crash = guarded(lambda: auditor(evidence, stream(seed, f"{auditor.code}{more}")))
    except NotApplicable as reason:
        return _without(auditor, Outcome.NOT_APPLICABLE, str(reason))
    except Inconclusive as reason:
        return _without(auditor, Outcome.INCONCLUSIVE, str(reason))
    if crash is not None:
        return _without(auditor, Outcome.ERROR, without_records(crash, evidence))
    seconds = time.perf_counter() - started
    answer: Finding = dataclasses.replace(
        finding, seconds=seconds, facts=auditor.estimates, sampling_unit=_sampling_unit(auditor)
    )
    return answer


def _without(auditor: Auditor, outcome: Outcome, reason: str) -> Finding:
    unit = _sampling_unit(auditor)
    return Finding(
        auditor.code, auditor.title, auditor.question, outcome, reason, facts=auditor.estimates, sampling_unit=unit
    )


def _sampling_unit(auditor: Auditor) -> str:
    """What the auditor's n counts: records, unless it says something else."""
    return getattr(auditor, "sampling_unit", "record")


def configured(policy: Policy) -> tuple[Auditor, ...]:
    """Every auditor of the catalogue with the policy's parameters.

    Raises:
        PolicyError: if an auditor has no such parameter, or refuses the value.
    """
    return tuple(_configure(auditor, policy.settings.get(auditor.code, {})) for auditor in AUDITORS)


def _configure(auditor: type[Any], settings: dict[str, Any]) -> Auditor:
    known = [each.name for each in dataclasses.fields(auditor)]
    strangers = sorted(set(settings) - set(known))
    if strangers:
        raise PolicyError(
            f"settings.{auditor.code}: no parameter {', '.join(strangers)}; known: {', '.join(known) or 'none'}"
        )
    check_settings(auditor.code, auditor, settings)
    try:
        instance: Auditor = auditor(**settings)
    except (TypeError, ValueError) as error:
        raise PolicyError(f"settings.{auditor.code}: {error}") from error
    return instance


def chosen_of(auditors: Sequence[Auditor], only: Sequence[str]) -> list[Auditor]:
    """The auditors with these codes, all if none are named.

    Raises:
        UserError: if there is no such auditor.
    """
    from ...models.errors import UserError

    strangers = sorted(set(only) - {each.code for each in auditors})
    if strangers:
        raise UserError(f"--only: no auditor {', '.join(strangers)}; known: {', '.join(a.code for a in auditors)}")
    return [auditor for auditor in auditors if not only or auditor.code in only]
