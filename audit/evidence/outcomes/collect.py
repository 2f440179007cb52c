"""Collect outcomes: what happens to each record, read from its table or told by a classifier from labelled records."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from ..bundle import DECLARED, Crossed, Evidence, Groups, Outcomes
from ..plan import Plan, stream
from ..samples.given import reference_outcomes
from ..samples.real import Labels
from ..unavailable import Partial, Unavailable, Unmeasured, needed
from .crossed import crossed

NEEDS = ("groups",)


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Partial:
    """Every outcome that was named; those that could not be read or told are left out, with why.

    Raises:
        Unavailable: if none was named, or there are no groups.
        Unmeasured: if none could be measured.
    """
    if plan.reference is None or not plan.reference.outcomes:
        raise Unavailable("no outcome is named whose rates could be compared: name a column with --outcome")
    groups: Sequence[Groups] = needed(so_far, "groups")
    labels = reference_outcomes(plan)
    read = _read if plan.modality == "tabular" else _classified
    told = dict(zip(labels, read(plan, so_far, labels), strict=True))
    found = {name: each for name, each in told.items() if isinstance(each, Groups)}
    missing = {name: each for name, each in told.items() if not isinstance(each, Groups)}
    if not found:
        # Somebody asked for an outcome: one that could not be read was not measured, whatever the reason.
        raise Unmeasured("; ".join(f"{name}: {why}" for name, why in missing.items()))
    outcomes = tuple(
        Outcomes(each, labels[name].attribute.edges, _crossed(plan, each, groups)) for name, each in found.items()
    )
    return Partial(outcomes, {f"outcome {name}": Unmeasured(str(why)) for name, why in missing.items()})


def _read(plan: Plan, so_far: Evidence, labels: Mapping[str, Labels]) -> Iterator[Groups | Unavailable | Unmeasured]:
    from ..groups import read_groups

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


def _classified(
    plan: Plan, so_far: Evidence, labels: Mapping[str, Labels]
) -> Sequence[Groups | Unavailable | Unmeasured]:
    from ..groups import Labelled, collect_classified

    features = needed(so_far, "features")
    return collect_classified(
        generated=features.generated,
        reference=features.reference,
        attributes=[
            Labelled(name, each.attribute.names, each.attribute.values, each.counts) for name, each in labels.items()
        ],
        rng=stream(plan.seed, "outcomes"),
    )


def _crossed(plan: Plan, levels: Groups, groups: Sequence[Groups]) -> Crossed | None:
    """Combinations of groups and levels in the whole reference; None where a classifier told any of them."""
    assert plan.reference is not None  # where the outcomes come from
    if any(each.classifier != DECLARED for each in (levels, *groups)):
        return None
    # Names that only generated records have come after those of the reference.
    own = [plan.reference.attributes[each.attribute].values for each in groups]
    return crossed((*groups, levels), [*own, plan.reference.outcomes[levels.attribute].values])
