"""Draw as many samples as the rules need, and collect all the evidence that the auditors need."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from ...models.encoders.encoder import EncoderError
from ...reports.drawing import DrawingPart
from ...reports.terminal.total import plan_of
from ..catalogue import Auditor, looked_at
from ..encoding import kinds, opened
from ..evidence.bundle import Evidence
from ..evidence.collect import collect, depends_on_draws, in_order, noted
from ..evidence.hand_labels.reading import check_labels, read_hand_labels
from ..evidence.plan import Plan, Progress
from ..evidence.process_state import as_found
from ..group_judge import opened_judge
from ..planted import opened_key
from ..policy import Policy
from ..request import Request
from ..request_checks import check_silent, suggested_samples
from ..subject import Subject
from ..verdict import Verdict
from .auditing import guarded, run_auditors
from .controlled_verdict import judged
from .drawing import Asking, Look, draw
from .limits import limits_of

DEFAULT_SAMPLES = 20_000
"""Enough for the default policy to decide on the reference models: see docs/guide/policy.md."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the samples are drawn for.

    Args:
        policy: the rules.
        auditors: all, with the policy's parameters.
        chosen: those to run.
        today: the day on which waivers are checked.
        files: of the user's that decide the samples, from `code_and_prompts`.
    """

    policy: Policy
    auditors: tuple[Auditor, ...]
    chosen: Sequence[Auditor]
    today: date
    files: tuple[str | None, str | None] = (None, None)

    def looked(self) -> tuple["Asked", set[str]]:
        """The rules that samples decide, their auditors, and the evidence that these need."""
        ruled = {rule.auditor for rule in self.policy.rules}
        looked = [each for each in self.chosen if each.code in ruled and depends_on_draws(each.needs)]
        codes = {each.code for each in looked}
        rules = tuple(rule for rule in self.policy.rules if rule.auditor in codes)
        policy = self.policy.model_copy(update={"rules": rules})
        return replace(self, policy=policy, chosen=looked), {kind for each in looked for kind in looked_at(each)}


def collected(
    subject: Subject, request: Request, asked: Asked, progress: Progress
) -> tuple[Evidence, DrawingPart | None]:
    """The evidence, and how its samples were drawn; None where they were given.

    Args:
        subject: what is audited.
        request: what the user asked for.
        asked: rules and auditors.
        progress: told the step at work and the share of it that is done.

    Raises:
        UserError: if the model's own code fails, or its samples are unusable.
    """
    from ...models.threads import one_thread

    plan = _planned(subject, request, asked.policy)
    check_labels(plan)
    if not plan.generates:
        check_silent(request)
    needs = kinds((kind for auditor in asked.chosen for kind in looked_at(auditor)), plan)

    progress(plan_of(["samples", *in_order(needs), *(each.code for each in asked.chosen), "report"]), 0.0)
    asking = partial(_asking, subject, request)
    with one_thread():
        with asking():
            plan, drawing = noted(plan, needs), None
        if plan.samples is None and plan.generates:
            limits = limits_of(request, subject, plan, asked.files)
            plan, drawing = draw(plan, limits, _look(asked, request, limits.most, asking), asking, progress)
        with asking():
            return collect(plan, needs=needs, guard=_guarding(plan.model), progress=progress), drawing


def _planned(subject: Subject, request: Request, policy: Policy) -> Plan:
    """What to collect, from what the user asked for."""
    return Plan(
        modality=subject.checkpoint.modality,
        source=subject.checkpoint.name,
        model=subject.model,
        samples=subject.samples,
        reference=subject.reference,
        holdout=subject.holdout,
        n=request.samples or suggested_samples(subject.model, DEFAULT_SAMPLES),
        seed=request.seed,
        population=request.population or (subject.reference is not None and subject.reference.population),
        not_training=request.not_training,
        unit=request.unit,
        inspect=subject.inspect,
        fingerprint=subject.fingerprint,
        conform=subject.conform,
        encoders=opened(request, subject, policy),
        outcomes=request.outcomes,
        labels=None if request.labels is None else read_hand_labels(request.labels),
        probes=request.probes,
        judge=opened_judge(request, subject),
        base=subject.base,
        canaries=opened_key(request, subject),
    )


def _look(asked: Asked, request: Request, most: int, asking: Asking) -> Look:
    """What judges the rules that samples decide, while they are being drawn."""
    looked, needs = asked.looked()
    codes = {each.code for each in looked.chosen}

    def look(plan: Plan, part: float) -> Verdict:
        guard = _guarding(plan.model)
        with asking():
            evidence = collect(plan, needs=kinds(needs, plan), guard=guard, progress=lambda step, share: None)
        findings = run_auditors(looked.auditors, evidence, seed=request.seed, only=codes) if codes else ()
        return judged(
            findings,
            looked.policy,
            evidence,
            seed=request.seed,
            today=asked.today,
            available=None,
            part=part,
            most=most,
        )

    return look


@contextmanager
def _asking(subject: Subject, request: Request) -> Iterator[None]:
    """Put back what the model's own code changes, and tell what it raises as the user's mistake that it is."""
    from ...models.adapters.user_code import blamed
    from ...models.errors import UserError

    try:
        with as_found():
            yield
    except (UserError, KeyboardInterrupt):
        raise
    # A SystemExit of a model's own would otherwise be this process's exit code, which a build reads as a verdict.
    except BaseException as error:
        said = blamed(subject.model, error, request.name)
        if said is not None:
            raise UserError(said) from error
        raise


def _guarding(model: Any) -> Callable[[Callable[[], Any]], tuple[Any, str | None]]:
    """As `guarded`, but what the model's own code raised is the user's mistake, and no finding."""
    from ...models.adapters.user_code import failure
    from ...models.errors import UserError
    from ..evidence.unavailable import Unavailable, Unmeasured

    def called(work: Callable[[], Any]) -> Any:
        try:
            return work()
        except (Unavailable, Unmeasured, EncoderError):
            raise
        except Exception as error:
            said = None if model is None else failure(model, error)
            if said is None:
                raise
            raise UserError(said) from error

    def guard(work: Callable[[], Any]) -> tuple[Any, str | None]:
        return guarded(lambda: called(work))

    return guard
