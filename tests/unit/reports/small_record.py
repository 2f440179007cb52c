"""A small record with every state a rule and an auditor can be in, for the tests of its views."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from genai_audit.audit.catalogue import AUDITORS
from genai_audit.audit.finding import LEVELS, Better, Estimate, Finding, Interval, Outcome, Perfect
from genai_audit.audit.judge import judge
from genai_audit.audit.policy import Policy
from genai_audit.reports import convert
from genai_audit.reports.data_parts import DataPart, DataParts
from genai_audit.reports.environment import Environment
from genai_audit.reports.record import CheckpointPart, PolicyPart, Record

TODAY = date(2026, 1, 15)

HOSTILE = "<script>alert(1)</script> |pipe| `tick` [a](javascript:x) @all $x$ \x00\x1b[31m\nsecond line ✕ \ufffe"
"""A name that tries every escape: HTML, Markdown, terminal codes, characters that XML forbids."""


def estimate(name: str, value: float, half: float, *, group: str | None = None, draws: float | None = 0.9) -> Estimate:
    """An estimate whose interval has the given half-width at 95 % and grows with the level."""
    curve = tuple(Interval(level, value - half * grow(level), value + half * grow(level)) for level in LEVELS)
    perfect = Perfect(1.0, 0.97, 1.03)
    return Estimate(name, value, curve, 2000, "a test", "ratio", Better.HIGHER, group, perfect, from_draws=draws)


def grow(level: float) -> float:
    """How much wider than at 95 % an interval is: any increasing function would do."""
    return level / (1 - level) / 19


def finding(code: str, *estimates: Estimate) -> Finding:
    """A measured finding."""
    return Finding(code, f"Title of {code}", f"Question of {code}?", Outcome.MEASURED, estimates=estimates)


def with_facts(found: Finding) -> Finding:
    """The finding with what its auditor says of its estimates, as the runner leaves it."""
    facts = {each.code: each.estimates for each in AUDITORS}
    return replace(found, facts=facts.get(found.code, ()))


def rule(id_: str, auditor: str, name: str, **more: object) -> dict[str, object]:
    """A rule of at least 0.8, as it stands in a policy file."""
    return {"id": id_, "auditor": auditor, "estimate": name, "at_least": 0.8, "why": "because", **more}


RULES = (
    rule("met", "GA302", "coverage_ratio"),
    rule("missed", "GA302", "recall_ratio"),
    rule("open", "GA302", "precision_ratio"),
    rule("per-group", "GA101", "share_ratio"),
    rule("crashed", "GA201", "share_of_effect"),
    rule("passed-over", "GA401", "copies", required=False),
    rule("lived-with", "GA302", "density_ratio"),
)

FINDINGS = (
    finding("GA101", estimate("share_ratio", 0.99, 0.01, group="a"), estimate("share_ratio", 0.1, 0.01, group="b")),
    Finding("GA201", "Drivers", "What drives it?", Outcome.ERROR, "Traceback:\n  deep\nValueError: <broken> & torn"),
    finding(
        "GA302",
        estimate("coverage_ratio", 0.95, 0.01),
        estimate("recall_ratio", 0.5, 0.01),
        estimate("precision_ratio", 0.84, 0.05, draws=0.97),
        estimate("density_ratio", 0.4, 0.01),
    ),
    Finding("GA401", "Copies", "Does it copy?", Outcome.NOT_APPLICABLE, "no training data was given"),
    Finding("GA402", "Leaks", "Does it leak?", Outcome.INCONCLUSIVE, "too few samples"),
)

WAIVER: dict[str, object] = {"rule": "lived-with", "owner": "A. Person", "reason": "planned", "expires": "2026-01-31"}


def small_record(
    *,
    name: str = "model.safetensors",
    findings: Sequence[Finding] = FINDINGS,
    rules: Sequence[dict[str, object]] = RULES,
    waivers: Sequence[dict[str, object]] = (WAIVER,),
) -> Record:
    """The record of an audit that never ran."""
    policy = Policy.model_validate({"version": 1, "name": "small", "rules": rules, "waivers": waivers})
    verdict = judge(findings, policy, drawn=2000, today=TODAY)
    return Record(
        verdict=convert.verdict_part(verdict),
        checkpoint=CheckpointPart(
            name=name,
            sha256="ab" * 32,
            format="safetensors",
            family="vae",
            modality="image",
            parameters=10,
            declared={},
        ),
        data=DataParts(
            generated=DataPart(n=2000, total=2000, sha256="cd" * 32, source="model", name="generated samples"),
            reference=None,
            holdout=None,
            groups=None,
        ),
        findings=tuple(convert.finding_part(with_facts(each)) for each in findings),
        coverage=convert.coverage_of(tuple(findings)),
        policy=PolicyPart(name="small", sha256=policy.sha256, source="test", content=policy.model_dump(mode="json")),
        environment=Environment(
            versions={"python": "3.11"},
            platform="test",
            git=None,
            device="cpu",
            dtype="float32",
            seed=0,
            samples=2000,
            argv=("genai-audit", "run", name),
            loader=None,
            started="2026-01-15T12:00:00+00:00",
            timings={"load": 0.1},
        ),
    )
