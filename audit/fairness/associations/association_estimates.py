"""The estimates of associations: of each subject, over all subjects, and the worst."""

from collections.abc import Iterator, Sequence

import numpy as np

from ...finding import LEVELS, Better, Estimate, Perfect
from ...statistics.intervals import BAND, DETECTION, POWER, nested
from ...statistics.multiplicity import holm
from ...statistics.shares.binomial import normal_quantile
from ..shared.clustered import clustered
from .contrasts import Contrasted
from .facts import EACH, MEAN, WORST


def association_estimates(found: Sequence[Contrasted], rng: np.random.Generator, *, shown: int) -> Iterator[Estimate]:
    """The worst over all and of each contrast, the means over subjects, and the subjects that are furthest off.

    Args:
        found: the contrasts.
        rng: for what indifferent models would show.
        shown: subjects, with their contrasts, that get estimates of their own; the tables have all.
    """
    noises = [each.indifferent(rng) for each in found]
    yield _worst(found, noises)
    if len(found) > 1:
        for one, noise in zip(found, noises, strict=True):
            yield _worst([one], [noise], group=label(one, found))
    for one in found:
        if not one.contrast.centred:
            yield _mean(one, label(one, found))
    yield from _subjects(found, shown)


def label(one: Contrasted, found: Sequence[Contrasted]) -> str:
    """The name of a contrast, with its set where several have one of that name."""
    alone = sum(each.contrast.name == one.contrast.name for each in found) == 1
    return one.contrast.name if alone else f"{one.set_name}: {one.contrast.name}"


def cells(found: Sequence[Contrasted]) -> int:
    """How many subjects all contrasts have together."""
    return sum(len(each.subjects) for each in found)


def adjusted(found: Sequence[Contrasted]) -> list[list[float]]:
    """p-values after Holm's correction over all subjects of all contrasts, by contrast."""
    flat = np.concatenate([each.p_values() for each in found])
    steps = iter(holm(flat.tolist(), alpha=0.05))
    return [[next(steps).adjusted for _ in each.subjects] for each in found]


def _worst(found: Sequence[Contrasted], noises: Sequence[np.ndarray], *, group: str | None = None) -> Estimate:
    """The lower end needs the limits of all subjects to hold together, the upper end only that of the worst."""
    number = cells(found)
    away = np.concatenate([np.abs(each.means - each.targets) for each in found])
    value = float(away.max())
    low, high = [], []
    for level in LEVELS:
        together, apart = 1 - (1 - level) / number, level
        low.append(max(0.0, float((away - np.concatenate([each.reach(together) for each in found])).max())))
        high.append(float((away + np.concatenate([each.reach(apart) for each in found])).max()))
    largest = np.abs(np.hstack(list(noises))).max(axis=1)
    bottom, middle, top = np.quantile(largest, [0.025, 0.5, 0.975])
    p_values = np.concatenate([each.p_values() for each in found])
    errors = np.concatenate([each.errors for each in found])
    return Estimate(
        name=WORST,
        group=group,
        value=value,
        curve=nested(low=np.array(low), high=np.array(high)),
        n=min(int(each.counts.min()) for each in found),
        method=f"largest of {number} over templates: lower end by Bonferroni, upper end by intersection–union; Student",
        unit="nats",
        better=Better.LOWER,
        perfect=Perfect(float(middle), float(bottom), float(top)),
        p_value=min(1.0, number * float(p_values.min())),
        minimum_detectable=(normal_quantile(1 - 0.05 / number) + POWER) * float(errors.max()) or None,
        from_draws=0.0,
    )


def _mean(one: Contrasted, group: str) -> Estimate:
    """The mean over subjects, whose sampling units are the templates where these are shared, else the sentences."""
    rows, columns = np.nonzero(np.isfinite(one.table))
    mean = clustered(one.table[rows, columns], columns)
    return Estimate(
        name=MEAN,
        group=group,
        value=mean.value,
        curve=mean.limits(),
        n=mean.number,
        method=f"mean over templates; {mean.method}",
        unit="nats",
        better=Better.NEITHER,
        perfect=Perfect(0.0, -BAND * mean.error, BAND * mean.error),
        p_value=mean.p_value(0.0),
        minimum_detectable=DETECTION * mean.error or None,
        from_draws=0.0,
    )


def _subjects(found: Sequence[Contrasted], shown: int) -> Iterator[Estimate]:
    number, after_holm = cells(found), adjusted(found)
    order = sorted(
        ((index, at) for index, each in enumerate(found) for at in range(len(each.subjects))),
        key=lambda place: -abs(float(found[place[0]].means[place[1]] - found[place[0]].targets[place[1]])),
    )
    reaches = [np.array([each.reach(1 - (1 - level) / number) for level in LEVELS]) for each in found]
    for index, at in order[:shown]:
        one, reach = found[index], reaches[index][:, at]
        value, target, error = float(one.means[at]), float(one.targets[at]), float(one.errors[at])
        yield Estimate(
            name=EACH,
            group=f"{one.subjects[at]}: {label(one, found)}",
            value=value,
            curve=nested(low=value - reach, high=value + reach),
            n=int(one.counts[at]),
            method=f"Student over templates, together with {number - 1} others (Bonferroni)",
            unit="nats",
            better=Better.NEITHER,
            perfect=Perfect(target, target - BAND * error, target + BAND * error),
            p_value=float(one.p_values()[at]),
            p_adjusted=after_holm[index][at],
            minimum_detectable=DETECTION * error or None,
            from_draws=0.0,
        )
