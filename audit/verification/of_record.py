"""Whether the parts of a record follow from each other and from the evidence."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...models.errors import UserError, one_line
from ...models.records import digest
from ...reports import convert
from ...reports.drawing import part_spent
from ...reports.record import Record
from ..evidence.bundle import Evidence
from ..folder.binding import check_verdict, day_of_judgement, diagnosed
from ..folder.merkle import tree_of
from ..folder.seal import SEALED
from ..judge import judge
from ..pipeline.controlled_verdict import judged
from ..pipeline.drawing import with_verdict
from ..policy import Policy
from ..record_parts import encoder_parts, groups_part, real_part
from ..verdict import Verdict
from .check import Check, all_of, equal, sound, unchecked, wrong
from .comparison import Closeness, differences

DECLARED = (
    "schema_version",
    "looks",
    "checkpoint",
    "data.generated.total",
    "data.*.unit",
    "data.*.units",
    "data.*.given",
    "data.*.shared",
    "data.columns",
    "policy.source",
    "drawing.most",
    "drawing.stopped",
    "drawing.looks.*.scheduled",
    "environment",
)
"""What a record declares of how it came about, which nothing beside it says again: only seal and signature hold it.

Of the checkpoint, digests are compared by `--checkpoint`. Times are held likewise.
"""

UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What values out of range raise where they are computed with."""


def of_policy(record: Record) -> Iterator[Check]:
    """That the policy is the one of its digest and its name."""
    try:
        policy = Policy.model_validate(record.policy.content)
    except ValueError as error:
        yield wrong("policy", f"cannot be read: {one_line(error)}")
        return
    yield equal("policy, by its digest", record.policy.sha256, policy.sha256)
    yield equal("policy's name", record.policy.name, policy.name)


def of_verdict(record: Record, evidence: Evidence | None, close: Closeness) -> Iterator[Check]:
    """That the verdict is what the policy says of the findings on the recorded day, waivers included."""
    try:
        day = day_of_judgement(record)
        what = f"verdict, judged again as on {day}"
        verdict = _judged(record, evidence)
    except UNREADABLE as error:
        yield wrong("verdict", f"cannot be judged again: {one_line(error)}")
        return
    if record.schema_version < SEALED:
        # How its version worded reasons is not known here; outcomes, bounds and waivers are compared.
        try:
            check_verdict(record, Path("record.json"))
        except UserError as error:
            yield wrong(what, str(error))
        else:
            yield sound(what, f"{record.verdict.outcome}, by the outcome of every rule")
        return
    found = convert.verdict_part(verdict, day).model_dump(mode="json")
    yield from all_of(
        what,
        differences("verdict", record.verdict.model_dump(mode="json"), found, close),
        f"{verdict.outcome}, {len(verdict.rules)} rules {close.words} as recorded",
    )
    if record.drawing is not None:
        again = with_verdict(record.drawing, verdict).model_dump(mode="json")
        expected = record.drawing.model_dump(mode="json")
        yield from all_of(
            "looks", differences("looks", expected, again, close), "the last one says what the verdict says"
        )
        yield equal("samples at the last look", record.environment.samples, record.drawing.looks[-1].n)


def _judged(record: Record, evidence: Evidence | None) -> Verdict:
    policy = Policy.model_validate(record.policy.content)
    findings = [convert.finding_from(part) for part in record.findings]
    given: dict[str, Any] = {
        "today": day_of_judgement(record),
        "available": record.data.generated.total if record.checkpoint.format == "samples" else None,
        "part": part_spent(record.drawing),
    }
    if evidence is None:
        return judge(findings, policy, drawn=record.environment.samples, **given)
    return judged(findings, policy, evidence, seed=record.environment.seed, **given)


def of_summaries(record: Record, close: Closeness) -> Iterator[Check]:
    """That coverage and diagnosis are what the findings say."""
    try:
        coverage = convert.coverage_of(tuple(convert.finding_from(part) for part in record.findings))
        diagnosis = diagnosed(record)
    except UNREADABLE as error:
        yield wrong("findings", f"cannot be read: {one_line(error)}")
        return
    expected, found = record.coverage.model_dump(mode="json"), coverage.model_dump(mode="json")
    yield from all_of("coverage", differences("coverage", expected, found, close), coverage.line())
    if record.diagnosis is None:
        yield unchecked("diagnosis", f"records of schema version {record.schema_version} may hold none")
        return
    expected, found = record.diagnosis.model_dump(mode="json"), diagnosis.model_dump(mode="json")
    yield from all_of("diagnosis", differences("diagnosis", expected, found, close), f"{close.words} as recorded")


def of_data(record: Record, evidence: Evidence) -> Iterator[Check]:
    """That what the record says of samples, data, groups and encoders is what the evidence holds."""
    generated, samples = record.data.generated, evidence.generated.samples
    yield equal("samples, their number", generated.n, len(samples))
    if record.drawing is not None:
        yield equal("samples, all that were drawn", generated.total, len(samples))
    yield equal("samples, by their digest", generated.sha256, digest(samples, {}))
    if generated.tree is None:
        yield unchecked("samples, by the root of their tree", "the record holds none")
    else:
        found = tree_of(samples, max(1, generated.tree.chunk))
        yield equal("samples, by the root of their tree", generated.tree, found, f"{found.leaves:,} chunks")
        chunk = None if record.drawing is None else record.drawing.chunk
        if chunk is not None:
            yield equal("samples of a call", generated.tree.chunk, chunk)
    yield from all_of(
        "data, groups and encoders",
        differences("data", _recorded(record), _held(evidence), Closeness()),
        "as the evidence says",
    )


def _recorded(record: Record) -> dict[str, Any]:
    data = record.data.model_dump(mode="json")
    told: dict[str, Any] = {name: data[name] for name in ("groups", "encoders")}
    told["generated"] = {name: data["generated"][name] for name in ("source", "name", "population", "training")}
    for name in ("reference", "holdout"):
        told[name] = None if data[name] is None else {each: data[name][each] for each in OF_REAL}
    return {**told, "modality": record.checkpoint.modality, "seed": record.environment.seed}


OF_REAL = ("n", "total", "sha256", "source", "name", "population", "training")
"""What evidence says of real data."""


def _held(evidence: Evidence) -> dict[str, Any]:
    told: dict[str, Any] = {
        "groups": [groups_part(each).model_dump(mode="json") for each in evidence.groups or ()],
        "encoders": [each.model_dump(mode="json") for each in encoder_parts(evidence)],
        "generated": {
            "source": evidence.generated.source,
            "name": "generated samples",
            "population": False,
            "training": False,
        },
    }
    for name in ("reference", "holdout"):
        learned = name == "reference" and "training" not in evidence.absent
        part = real_part(getattr(evidence, name), None, training=learned)
        told[name] = None if part is None else {each: getattr(part, each) for each in OF_REAL}
    return {**told, "modality": evidence.modality, "seed": evidence.generated.seed}
