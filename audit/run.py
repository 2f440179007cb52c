"""The pipeline: load, collect, audit, judge, record. The only file that knows the order."""

import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

from ..reports import convert
from ..reports.card_files import declared_facts
from ..reports.diagnosis import diagnosis_part
from ..reports.drawing import part_spent
from ..reports.environment import Environment
from ..reports.record import SCHEMA_VERSION, Record
from .adoption.lock import kept, read_lock
from .catalogue import estimates_by_code, patterns_by_code
from .commands.commit import commit_of
from .commands.environment import machine, processor, versions
from .diagnosis import diagnose
from .encoding import check_asked, placed
from .evidence.bundle import Evidence
from .evidence.plan import Progress
from .judge import judge
from .pipeline.auditing import LEFT_OUT, chosen_of, configured, run_auditors
from .pipeline.collection import Asked, collected
from .pipeline.controlled_verdict import judged
from .pipeline.drawing import with_verdict
from .pipeline.limits import code_and_prompts
from .policy import Policy, PolicyError
from .record_parts import context, data_parts, policy_part
from .request import Request
from .request_checks import check_request
from .statistics.where import kernels_on
from .subject import Subject, prepare


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
    from ..models.adapters.user_code import blaming

    check_request(request)
    with blaming(request.loader, request.checkpoint), kernels_on(request.device):
        return _audited(request, progress)


def _audited(request: Request, progress: Progress) -> tuple[Record, Evidence]:
    clock, started = _Clock(), datetime.now(UTC)
    policy = Policy.load(request.policy, estimates=estimates_by_code())
    auditors = configured(policy)
    chosen = chosen_of(auditors, request.only)
    if request.lock is not None:
        read_lock(request.lock)
    progress("checkpoint", 0.0)
    request = placed(request)
    files = code_and_prompts(request)
    subject = prepare(request, progress)
    clock.lap("load")
    asked = Asked(policy, auditors, chosen, started.date(), files)
    evidence, drawing = collected(subject, request, asked, progress)
    clock.lap("collect")
    findings = run_auditors(auditors, evidence, seed=request.seed, only=request.only, progress=progress)
    clock.lap("audit")
    data = data_parts(subject, evidence)
    # Whether an earlier record asked the same is known now.
    policy = policy.beside(context(subject.described(), data))
    available = data.generated.total if subject.samples is not None else None
    verdict = judged(
        findings, policy, evidence, seed=request.seed, today=asked.today, available=available, part=part_spent(drawing)
    )
    clock.lap("judge")
    record = Record(
        card=declared_facts(request.card, subject.place),
        verdict=convert.verdict_part(verdict, asked.today),
        drawing=None if drawing is None else with_verdict(drawing, verdict),
        checkpoint=subject.described(),
        data=data,
        findings=tuple(convert.finding_part(finding) for finding in findings),
        diagnosis=diagnosis_part(diagnose(findings, patterns_by_code())),
        coverage=convert.coverage_of(findings),
        policy=policy_part(policy, request.policy),
        environment=_environment(request, subject, len(evidence.generated.samples), started, clock),
        lock=kept(request.lock, request, policy, data),
    )
    return record, evidence


def _environment(request: Request, subject: Subject, samples: int, started: datetime, clock: _Clock) -> Environment:
    return Environment(
        versions=versions(),
        platform=machine(),
        git=None if subject.place is None else commit_of(subject.place),
        device=request.device,
        dtype="float32",
        seed=request.seed,
        samples=samples,
        argv=request.argv,
        loader=request.loader,
        encoders=request.named_encoders,
        started=started.isoformat(timespec="seconds"),
        timings=clock.timings,
        processor=processor(),
    )


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
    check_asked(policy, [each.name for each in record.data.encoders])
    policy = policy.beside(context(record.checkpoint, record.data))
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
    part = part_spent(record.drawing)
    if evidence is None:
        verdict = judge(findings, policy, drawn=record.environment.samples, today=today, available=available, part=part)
    else:
        seed = record.environment.seed
        verdict = judged(findings, policy, evidence, seed=seed, today=today, available=available, part=part)
    return record.model_copy(
        update={
            "verdict": convert.verdict_part(verdict, today),
            "drawing": None if record.drawing is None else with_verdict(record.drawing, verdict),
            "schema_version": SCHEMA_VERSION,
            "findings": tuple(convert.finding_part(finding) for finding in findings),
            "diagnosis": diagnosis_part(diagnose(findings, patterns_by_code())),
            "coverage": convert.coverage_of(findings),
            "policy": policy_part(policy, source),
            "seal": "",
            "lock": None if record.lock is None else record.lock.judged_by(policy.sha256),
        }
    )
