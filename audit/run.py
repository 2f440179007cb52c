"""The pipeline: load, collect, audit, judge, record. The only file that knows the order."""

import dataclasses
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ..reports import convert
from ..reports.diagnosis import diagnosis_part
from ..reports.environment import Environment
from ..reports.record import SCHEMA_VERSION, Record
from .catalogue import AUDITORS, Auditor, estimates_by_code, patterns_by_code
from .commands.commit import commit_of
from .commands.environment import machine, versions
from .diagnosis import diagnose
from .evidence.bundle import Evidence
from .evidence.collect import collect
from .evidence.control import control_evidence
from .evidence.plan import Plan, Progress, stream
from .finding import Finding, Inconclusive, NotApplicable, Outcome
from .judge import judge
from .policy import Policy, PolicyError
from .record_parts import data_parts, policy_part
from .request import Request
from .subject import Subject, prepare
from .verdict import Ruling, Verdict

DEFAULT_SAMPLES = 20_000
"""Enough for the default policy to decide on the reference models: see docs/guide/policy.md."""

LEFT_OUT = "left out by --only"


@dataclass
class _Clock:
    """Seconds by step, for the record."""

    timings: dict[str, float] = field(default_factory=dict)
    last: float = field(default_factory=time.perf_counter)

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self.timings[step] = round(now - self.last, 3)
        self.last = now


def audit(request: Request, *, progress: Progress = lambda step, share: None) -> tuple[Record, Evidence]:
    """Audit one checkpoint.

    Raises:
        UserError, PolicyError: if what was asked cannot be done; nothing was measured then.
    """
    clock, started = _Clock(), datetime.now(UTC)
    policy = Policy.load(request.policy, estimates=estimates_by_code())
    auditors = configured(policy)
    chosen = _chosen(auditors, request.only)
    progress("checkpoint", 0.0)
    subject = prepare(request, progress)
    clock.lap("load")
    needs = {kind for auditor in chosen for kind in auditor.needs}
    evidence = _collect(subject, request, needs, progress)
    clock.lap("collect")
    findings = run_auditors(auditors, evidence, seed=request.seed, only=request.only, progress=progress)
    clock.lap("audit")
    data = data_parts(subject, evidence)
    available = data.generated.total if subject.samples is not None else None
    verdict = judged(findings, policy, evidence, seed=request.seed, today=started.date(), available=available)
    clock.lap("judge")
    record = Record(
        verdict=convert.verdict_part(verdict),
        checkpoint=subject.checkpoint,
        data=data,
        findings=tuple(convert.finding_part(finding) for finding in findings),
        diagnosis=diagnosis_part(diagnose(findings, patterns_by_code())),
        coverage=convert.coverage_of(findings),
        policy=policy_part(policy, request.policy),
        environment=Environment(
            versions=versions(),
            platform=machine(),
            git=None if subject.place is None else commit_of(subject.place),
            device=request.device,
            dtype="float32",
            seed=request.seed,
            samples=len(evidence.generated.samples),
            argv=request.argv,
            loader=request.loader,
            started=started.isoformat(timespec="seconds"),
            timings=clock.timings,
        ),
    )
    return record, evidence


def rejudge(record: Record, policy: Policy, source: Path | None, evidence: Evidence | None, today: date) -> Record:
    """The record with another policy's verdict. Auditors run again only where the policy gives them other settings.

    Args:
        record: of the audit.
        policy: the other policy.
        source: its file; None for the default policy.
        evidence: what the audit looked at; None where that is missing.
        today: the day on which waivers are checked.

    Raises:
        PolicyError: if that needs evidence which is not at hand.
    """
    findings = tuple(convert.finding_from(part) for part in record.findings)
    if policy.settings != record.policy.content.get("settings", {}):
        if evidence is None:
            raise PolicyError(
                "this policy sets parameters of auditors, so they must run again, but the record's evidence folder is "
                "missing; keep `evidence/` beside record.json, or remove `settings` from the policy"
            )
        skipped = [each.code for each in findings if each.reason == LEFT_OUT]
        only = tuple(each.code for each in findings if each.code not in skipped) if skipped else ()
        findings = run_auditors(configured(policy), evidence, seed=record.environment.seed, only=only)
    available = record.data.generated.total if record.checkpoint.format == "samples" else None
    if evidence is None:
        verdict = judge(findings, policy, drawn=record.environment.samples, today=today, available=available)
    else:
        verdict = judged(findings, policy, evidence, seed=record.environment.seed, today=today, available=available)
    return record.model_copy(
        update={
            "verdict": convert.verdict_part(verdict),
            "schema_version": SCHEMA_VERSION,
            "findings": tuple(convert.finding_part(finding) for finding in findings),
            "diagnosis": diagnosis_part(diagnose(findings, patterns_by_code())),
            "coverage": convert.coverage_of(findings),
            "policy": policy_part(policy, source),
        }
    )


def judged(
    findings: Sequence[Finding],
    policy: Policy,
    evidence: Evidence,
    *,
    seed: int,
    today: date,
    available: int | None,
) -> Verdict:
    """The verdict, in which no rule fails that held-out real records fail too.

    The auditors of failing rules look at the held-out records in the place of generated ones.

    Args:
        findings: what the auditors found.
        policy: the rules.
        evidence: what they looked at.
        seed: of the audit.
        today: the day on which waivers are checked.
        available: records in the file of samples; None where a model draws them.
    """
    drawn = len(evidence.generated.samples)
    verdict = judge(findings, policy, drawn=drawn, today=today, available=available)
    failing = {rule.auditor for rule in verdict.rules if rule.outcome is Ruling.FAIL}
    control = control_evidence(evidence, stream(seed, "control")) if failing else None
    if control is None:
        return verdict
    looked = run_auditors(configured(policy), control, seed=seed, only=failing)
    seen = [each for each in looked if each.outcome is Outcome.MEASURED]
    return judge(findings, policy, drawn=drawn, today=today, available=available, control=seen)


def _collect(subject: Subject, request: Request, needs: set[str], progress: Progress) -> Evidence:
    from ..models.adapters.user_code import blamed
    from ..models.errors import UserError
    from ..models.threads import one_thread

    plan = Plan(
        modality=subject.checkpoint.modality,
        source=subject.checkpoint.name,
        model=subject.model,
        samples=subject.samples,
        reference=subject.reference,
        holdout=subject.holdout,
        n=request.samples or int(getattr(subject.model, "default_samples", DEFAULT_SAMPLES)),
        seed=request.seed,
        population=request.population or (subject.reference is not None and subject.reference.population),
        unit=request.unit,
        inspect=subject.inspect,
        fingerprint=subject.fingerprint,
        conform=subject.conform,
    )
    try:
        with one_thread():
            return collect(plan, needs=needs, guard=_guard, progress=progress)
    except (UserError, KeyboardInterrupt):
        raise
    # A SystemExit of a model's own would otherwise be this process's exit code, which a build reads as a verdict.
    except BaseException as error:
        said = blamed(subject.model, error, request.name)
        if said is not None:
            raise UserError(said) from error
        raise


def _guard(work: Callable[[], Any]) -> tuple[Any, str | None]:
    from .evidence.unavailable import Unavailable, Unmeasured

    try:
        return work(), None
    except (Unavailable, Unmeasured, NotApplicable, Inconclusive):
        raise
    except Exception:  # A crash must end as an outcome of its own and never take the other auditors down.
        return None, traceback.format_exc()


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
    from ..models.threads import plain_algebra

    chosen = set(only)
    findings = []
    with plain_algebra():
        for auditor in auditors:
            if chosen and auditor.code not in chosen:
                findings.append(_without(auditor, Outcome.NOT_APPLICABLE, LEFT_OUT))
                continue
            progress(auditor.code, 0.0)
            findings.append(_ask(auditor, evidence, seed))
            progress(auditor.code, 1.0)
    return tuple(findings)


def _ask(auditor: Auditor, evidence: Evidence, seed: int) -> Finding:
    for kind in auditor.needs:
        if kind in evidence.crashed:
            return _without(auditor, Outcome.ERROR, evidence.crashed[kind])
        if kind in evidence.unmeasured:
            return _without(auditor, Outcome.INCONCLUSIVE, evidence.unmeasured[kind])
        if getattr(evidence, kind) is None:
            return _without(auditor, Outcome.NOT_APPLICABLE, evidence.absent.get(kind, f"no {kind} in the evidence"))
    started = time.perf_counter()
    try:
        finding, crash = _guard(lambda: auditor(evidence, stream(seed, auditor.code)))
    except NotApplicable as reason:
        return _without(auditor, Outcome.NOT_APPLICABLE, str(reason))
    except Inconclusive as reason:
        return _without(auditor, Outcome.INCONCLUSIVE, str(reason))
    if crash is not None:
        return _without(auditor, Outcome.ERROR, crash)
    answer: Finding = dataclasses.replace(finding, seconds=time.perf_counter() - started, facts=auditor.estimates)
    return answer


def _without(auditor: Auditor, outcome: Outcome, reason: str) -> Finding:
    return Finding(auditor.code, auditor.title, auditor.question, outcome, reason, facts=auditor.estimates)


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
    try:
        instance: Auditor = auditor(**settings)
    except (TypeError, ValueError) as error:
        raise PolicyError(f"settings.{auditor.code}: {error}") from error
    return instance


def _chosen(auditors: Sequence[Auditor], only: Sequence[str]) -> list[Auditor]:
    from ..models.errors import UserError

    strangers = sorted(set(only) - {each.code for each in auditors})
    if strangers:
        raise UserError(f"--only: no auditor {', '.join(strangers)}; known: {', '.join(a.code for a in auditors)}")
    return [auditor for auditor in auditors if not only or auditor.code in only]
