"""The pipeline: load, collect, audit, judge, record. The only file that knows the order."""

import dataclasses
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ..models.records import digest
from ..reports import convert
from ..reports.diagnosis import diagnosis_part
from ..reports.record import SCHEMA_VERSION, DataPart, DataParts, Environment, GroupsPart, PolicyPart, Record
from .catalogue import AUDITORS, Auditor, estimates_by_code, patterns_by_code
from .commands.environment import git_commit, machine, versions
from .diagnosis import diagnose
from .evidence.bundle import Evidence, Groups, Real
from .evidence.collect import collect
from .evidence.plan import Plan, Progress, stream
from .finding import Finding, Inconclusive, NotApplicable, Outcome
from .judge import judge
from .policy import Policy, PolicyError
from .request import Request
from .subject import Subject, prepare

DEFAULT_SAMPLES = 20_000
"""Enough for the default policy to decide on the reference models: see docs/guide/policy.md."""


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
    verdict = judge(findings, policy, drawn=len(evidence.generated.samples), today=started.date())
    record = Record(
        verdict=convert.verdict_part(verdict),
        checkpoint=subject.checkpoint,
        data=data_parts(subject, evidence),
        findings=tuple(convert.finding_part(finding) for finding in findings),
        diagnosis=diagnosis_part(diagnose(findings, patterns_by_code())),
        coverage=convert.coverage_of(findings),
        policy=policy_part(policy, request.policy),
        environment=Environment(
            versions=versions(),
            platform=machine(),
            git=git_commit(),
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
    verdict = judge(findings, policy, drawn=record.environment.samples, today=today)
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


def _collect(subject: Subject, request: Request, needs: set[str], progress: Progress) -> Evidence:
    from ..models.adapters.user_code import failure
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
        inspect=subject.inspect,
        fingerprint=subject.fingerprint,
    )
    try:
        with one_thread():
            return collect(plan, needs=needs, guard=_guard, progress=progress)
    except (UserError, KeyboardInterrupt):
        raise
    # A SystemExit of a model's own would otherwise be this process's exit code, which a build reads as a verdict.
    except BaseException as error:
        said = failure(subject.model, error) or (f"{request.name}: {error}" if isinstance(error, ValueError) else None)
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


LEFT_OUT = "left out by --only"


def run_auditors(
    auditors: Sequence[Auditor],
    evidence: Evidence,
    *,
    seed: int,
    only: Iterable[str] = (),
    progress: Progress = lambda step, share: None,
) -> tuple[Finding, ...]:
    """One finding per auditor, whatever happens to it."""
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
            reason = evidence.absent.get(kind, f"no {kind} in the evidence")
            return _without(auditor, Outcome.NOT_APPLICABLE, reason)
    started = time.perf_counter()
    try:
        finding, crash = _guard(lambda: auditor(evidence, stream(seed, auditor.code)))
    except NotApplicable as reason:
        return _without(auditor, Outcome.NOT_APPLICABLE, str(reason))
    except Inconclusive as reason:
        return _without(auditor, Outcome.INCONCLUSIVE, str(reason))
    if crash is not None:
        return _without(auditor, Outcome.ERROR, crash)
    answer: Finding = dataclasses.replace(
        finding, seconds=time.perf_counter() - started, facts=auditor.estimates
    )
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
        made: Auditor = auditor(**settings)
    except (TypeError, ValueError) as error:
        raise PolicyError(f"settings.{auditor.code}: {error}") from error
    return made


def _chosen(auditors: Sequence[Auditor], only: Sequence[str]) -> list[Auditor]:
    from ..models.errors import UserError

    codes = [auditor.code for auditor in auditors]
    strangers = sorted(set(only) - set(codes))
    if strangers:
        raise UserError(f"--only: no auditor {', '.join(strangers)}; known: {', '.join(codes)}")
    return [auditor for auditor in auditors if not only or auditor.code in only]


def policy_part(policy: Policy, source: Path | None) -> PolicyPart:
    """The policy as part of a record."""
    where = "shipped with genai-audit" if source is None else str(source)
    content = policy.model_dump(mode="json")
    return PolicyPart(name=policy.name, sha256=policy.sha256, source=where, content=content)


def data_parts(subject: Subject, evidence: Evidence) -> DataParts:
    """What the samples and the data were, as part of a record."""
    generated = evidence.generated
    return DataParts(
        generated=DataPart(
            n=len(generated.samples),
            total=len(generated.samples) if subject.samples is None else len(subject.samples.samples),
            sha256=digest(generated.samples, {}),
            source=generated.source,
            name="generated samples",
        ),
        reference=_real_part(evidence.reference),
        holdout=_real_part(evidence.holdout),
        groups=tuple(_groups_part(each) for each in evidence.groups or ()),
    )


def _real_part(real: Real | None) -> DataPart | None:
    if real is None:
        return None
    return DataPart(n=len(real.samples), total=real.total, sha256=real.sha256, source=real.source, name=real.name)


def _groups_part(groups: Groups) -> GroupsPart:
    judged = int(groups.confusion.sum())
    accuracy = float(groups.confusion.trace() / judged) if judged else None
    return GroupsPart(attribute=groups.attribute, names=groups.names, source=groups.classifier, accuracy=accuracy)
