"""The parts of a record that say by which policy, and of which records, an audit was made."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..models.records import digest
from ..reports.data_parts import ColumnPart, DataPart, DataParts, EncoderPart, GroupsPart
from ..reports.record import CheckpointPart, PolicyPart
from .comparable import context_of
from .evidence.bundle import Evidence, Groups, Real
from .policy import Policy
from .subject import Subject

if TYPE_CHECKING:
    from ..models.data.datasets import Dataset


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
            **_thinned(subject.samples),
        ),
        reference=real_part(evidence.reference, subject.reference, training="training" not in evidence.absent),
        holdout=real_part(evidence.holdout, subject.holdout),
        groups=tuple(groups_part(each) for each in evidence.groups or ()),
        encoders=encoder_parts(evidence),
        columns=_columns(subject),
    )


def context(checkpoint: CheckpointPart, data: DataParts) -> dict[str, Any]:
    """What was asked, in the form that two audits are compared by."""
    return context_of({"checkpoint": {"modality": checkpoint.modality}, "data": data.model_dump(mode="json")})


def encoder_parts(evidence: Evidence) -> tuple[EncoderPart, ...]:
    """What made the features, the main encoder first."""
    first = () if evidence.features is None else (evidence.features,)
    return tuple(
        EncoderPart(
            name=each.encoder.name,
            version=each.encoder.version,
            sha256=each.encoder.digest,
            licence=each.encoder.licence,
            dimensions=each.reference.shape[1],
            features=each.extractor,
            cannot_see=each.encoder.cannot_see,
        )
        for each in (*first, *(evidence.other_features or ()))
        if each.encoder is not None
    )


def _columns(subject: Subject) -> tuple[ColumnPart, ...]:
    """What the columns of tables were taken for: those of the reference, which the others were read by."""
    first = subject.reference or subject.samples
    types = {} if first is None else first.types
    return tuple(ColumnPart(name=name, taken_for=each.words) for name, each in types.items())


def real_part(real: Real | None, data: "Dataset | None", training: bool = False) -> DataPart | None:
    """Real data as part of a record; `data` are what was read, where more is known of them than evidence holds."""
    if real is None:
        return None
    return DataPart(
        n=len(real.samples),
        total=real.total,
        sha256=real.sha256,
        source=real.source,
        name=real.name,
        population=real.population,
        training=training,
        **_thinned(data),
    )


def _thinned(data: "Dataset | None") -> dict[str, Any]:
    """How the records were thinned to one of each unit; nothing where they were not."""
    return {} if data is None or data.one_each is None else asdict(data.one_each)


def groups_part(groups: Groups) -> GroupsPart:
    """What told the groups of one attribute apart, as part of a record."""
    labelled = int(groups.confusion.sum())
    accuracy = float(groups.confusion.trace() / labelled) if labelled else None
    return GroupsPart(attribute=groups.attribute, names=groups.names, source=groups.classifier, accuracy=accuracy)
