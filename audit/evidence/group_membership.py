"""Collect groups: which group each generated sample belongs to, read from its table or told by a classifier."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from .bundle import Evidence, Groups
from .judged.corrected import by_attribute
from .plan import Plan, stream
from .samples.given import reference_labels
from .samples.real import Labels
from .unavailable import Partial, Unavailable, Unmeasured, needed

NEEDS = ("features",)

Outcome = Groups | Unavailable | Unmeasured


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Partial:
    """The groups of every attribute of the reference, or of a judge; those that cannot be told are left out with why.

    There may be none where a judge counted some, or people labelled samples by hand.

    Raises:
        Unavailable: if there is no labelled reference data, or no attribute has groups to compare, and nothing else.
        Unmeasured: if groups of no attribute could be told apart, and nothing else tells any.
    """
    labels = reference_labels(plan)
    judged = by_attribute(so_far.judged or (), labels)
    otherwise = bool(judged) or plan.labels is not None
    if not otherwise:
        _require_labels(so_far, labels)
    rest = {name: each for name, each in labels.items() if name not in judged}
    # What is the same in every record (one language, one source) tells nothing apart, and must not leave a rule open.
    rest = {name: each for name, each in rest.items() if len(each.attribute.names) > 1} or ({} if otherwise else rest)
    read = _read if plan.modality == "tabular" else _classified
    told = dict(zip(rest, read(plan, so_far, rest), strict=True)) if rest else {}
    everything: dict[str, Outcome] = {**told, **judged}
    # In the order of the reference's attributes, and after them what only the judge knows.
    outcomes = {name: everything[name] for name in dict.fromkeys([*labels, *judged]) if name in everything}
    groups = tuple(each for each in outcomes.values() if isinstance(each, Groups))
    missing = {name: each for name, each in outcomes.items() if not isinstance(each, Groups)}
    if not groups and not otherwise:
        # What could have been measured counts for more than a question that cannot arise.
        raise min(missing.values(), key=lambda reason: not isinstance(reason, Unmeasured))
    # What could be read stands; the auditor says what could not.
    return Partial(groups, {f"groups of {name}": reason for name, reason in missing.items()})


def _require_labels(so_far: Evidence, labels: Mapping[str, Labels]) -> None:
    if so_far.reference is None:
        raise Unavailable("there is no reference data; give it with --reference")
    if not labels:
        name = so_far.reference.name
        raise Unavailable(f"the reference data ({name}) has no labels, so there are no groups to compare")


def _read(plan: Plan, so_far: Evidence, labels: Mapping[str, Labels]) -> Iterator[Outcome]:
    from .groups import read_groups

    for name, each in labels.items():
        try:
            yield read_groups(
                generated=so_far.generated.samples,
                labels=each.attribute,
                reference_counts=each.counts,
                attribute=name,
            )
        except (Unavailable, Unmeasured) as reason:
            yield reason


def _classified(plan: Plan, so_far: Evidence, labels: Mapping[str, Labels]) -> Iterable[Outcome]:
    from .groups import Labelled, collect_classified

    features = needed(so_far, "features")
    return collect_classified(
        generated=features.generated,
        reference=features.reference,
        attributes=[
            Labelled(name, each.attribute.names, each.attribute.values, each.counts) for name, each in labels.items()
        ],
        rng=stream(plan.seed, "groups"),
    )
