"""Which encoders an audit uses: opened before anything is drawn, and compared with what the policy asks for."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..models.encoders.encoder import Encoder
from .evidence.bundle import DECLARED, Evidence
from .evidence.plan import Plan
from .finding import Finding, Outcome
from .policy import Policy, PolicyError, of_encoder

if TYPE_CHECKING:
    from .catalogue import Auditor
    from .request import Request
    from .subject import Subject

Ask = Callable[[Evidence, str], Finding]
"""Asks one auditor about evidence, with random numbers that follow from a name."""


def opened(request: "Request", subject: "Subject", policy: Policy) -> tuple[Encoder, ...]:
    """The encoders of an audit, tried on records of the reference; the modality's own one where none is named.

    Raises:
        UserError: if one cannot be used.
        PolicyError: if the policy asks for another.
    """
    from ..models.encoders.builtin.catalogue import DEFAULTS
    from ..models.encoders.catalogue import open_encoders

    modality, reference = subject.checkpoint.modality, subject.reference
    encoders: tuple[Encoder, ...] = (DEFAULTS[modality],)
    if request.encoders:
        encoders = open_encoders(
            request.encoders,
            modality=modality,
            records=None if reference is None else reference.samples,
            sample_rate=None if reference is None else reference.sample_rate,
            device=request.device,
        )
    check_asked(policy, [each.facts.name for each in encoders])
    return encoders


def placed(request: "Request") -> "Request":
    """The request with full paths of whatever is read after the model's code ran, which may change the folder."""

    def full(name: Any) -> Any:
        file, colon, function = name.rpartition(":") if isinstance(name, str) else ("", "", "")
        if file.endswith(".py") and Path(file).is_file():
            return f"{Path(file).absolute()}{colon}{function}"
        return str(Path(name).absolute()) if isinstance(name, str) and os.sep in name and Path(name).exists() else name

    if not request.runs_code:
        return request
    # The policy has been read, and results show its path as it was named.
    named = {each.name: getattr(request, each.name) for each in fields(request) if each.name != "policy"}
    files: dict[str, Any] = {name: path.absolute() for name, path in named.items() if isinstance(path, Path)}
    return replace(
        request,
        encoders=tuple(full(each) for each in request.encoders),
        group_classifier=full(request.group_classifier),
        classifier_validation=full(request.classifier_validation),
        probes=tuple(each.absolute() for each in request.probes),
        **files,
    )


def check_asked(policy: Policy, names: Sequence[str]) -> None:
    """Refuse a policy as a whole that names another encoder than those there are.

    Raises:
        PolicyError: with both.
    """
    if policy.encoder is not None and names and policy.encoder not in names:
        raise PolicyError(
            f"policy {policy.name}: expected features of its encoder, {policy.encoder}, got those of "
            f"{', '.join(names)}; run the audit with --encoder {policy.encoder}, or use another policy"
        )


def kinds(needs: Iterable[str], plan: Plan) -> set[str]:
    """The kinds of evidence to collect: what auditors need, with it what more encoders, judges and people say."""
    wanted = set(needs)
    further = {"other_features"} if "features" in wanted and len(plan.encoders) > 1 else set()
    if "groups" in wanted:
        further |= {"judged"} if plan.judge is not None else set()
        further |= {"hand_labels"} if plan.labels is not None else set()
    return wanted | further


def with_encoders(finding: Finding, auditor: "Auditor", evidence: Evidence, ask: Ask) -> Finding:
    """A finding that names the encoder behind it, with the estimates for the whole by every further encoder.

    Those bear the group `encoder NAME`, by which a rule can ask for them. What a further encoder cannot show stands in
    the settings; where the auditor breaks on one, its whole finding is that error.
    """
    first = None if evidence.features is None else evidence.features.encoder
    if first is None or not _fed(auditor, evidence):
        return finding
    finding = replace(finding, encoder=first.name)
    if finding.outcome is not Outcome.MEASURED or "features" not in auditor.needs:
        return finding
    estimates, settings = list(finding.estimates), dict(finding.settings)
    for other in evidence.other_features or ():
        if other.encoder is None:
            continue
        group = of_encoder(other.encoder.name)
        seen = ask(replace(evidence, features=other, other_features=None), group)
        if seen.outcome is Outcome.ERROR:
            return replace(seen, encoder=other.encoder.name)
        measured = seen.outcome is Outcome.MEASURED
        settings[group] = other.extractor if measured else f"{seen.outcome.replace('_', ' ')}: {seen.reason}"
        estimates += [replace(each, group=group) for each in seen.estimates if each.group is None]
    return replace(finding, estimates=tuple(estimates), settings=settings)


def _fed(auditor: "Auditor", evidence: Evidence) -> bool:
    """Whether an auditor looks at features, or at groups that a classifier told apart by them."""
    told: Any = evidence.groups or ()
    return "features" in auditor.needs or (
        "groups" in auditor.needs and any(each.classifier != DECLARED and each.parameters for each in told)
    )
