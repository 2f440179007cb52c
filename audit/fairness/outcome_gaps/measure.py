"""The rates of one outcome in the groups of one attribute, generated and real, and the gaps between groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.bundle import DECLARED, Groups, Ints, Outcomes
from ...finding import LEVELS, Inconclusive
from ...statistics.multiplicity import holm
from ...statistics.outcomes.gaps import Contrasts, contrasts, p_values, worst_limits
from ...statistics.outcomes.rates import Rates, corrected_joint, corrected_rates, counted_rates
from ...statistics.shares.binomial import Limits
from ...statistics.shares.confusion import WEAKEST, youden

Floats = NDArray[np.float64]

LABELLED = 5
"""Labelled records of a pair of group and level below which the classifiers' errors on it are not known."""


@dataclass(frozen=True, slots=True)
class OutcomeGaps:
    """One outcome and one attribute: K groups that are judged, and all L levels.

    Args:
        outcome: what happens.
        attribute: what tells the groups apart.
        groups: the K groups.
        levels: the L levels.
        chosen: those whose rates are compared: one of two, all of more.
        generated: rates among generated records, (K, L).
        real: the same among real ones.
        sizes: (K, 2), generated and real records of each group; generated ones as corrected where a classifier told.
        left_out: groups that are not judged, and why.
        never: groups that are wanted and were never generated.
        contrasts: all pairs of groups at the chosen levels.
        change_p: p-value of each change, (P, C).
        confusion_accuracy: the part of labelled records whose pair both classifiers told; None where it stands in them.
    """

    outcome: str
    attribute: str
    groups: tuple[str, ...]
    levels: tuple[str, ...]
    chosen: Ints
    generated: Rates
    real: Rates
    sizes: Floats
    left_out: Mapping[str, str]
    never: tuple[str, ...]
    contrasts: Contrasts
    change_p: Floats
    confusion_accuracy: float | None

    @property
    def comparisons(self) -> int:
        """Pairs of groups times levels."""
        return int(self.change_p.size)

    @property
    def title(self) -> str:
        """Outcome and attribute in words."""
        return f"{self.outcome} by {self.attribute}"

    def pair(self, index: int) -> str:
        """The two groups of a pair."""
        first, second = self.contrasts.pairs[index]
        return f"{self.groups[first]} against {self.groups[second]}"

    def level(self, index: int) -> str:
        """The name of a chosen level."""
        name: str = self.levels[int(self.chosen[index])]
        return name


@dataclass(frozen=True, slots=True)
class Together:
    """Limits of all changes of all parts that are looked at together, each in the order of the parts.

    Args:
        pointwise: of each part's changes, (levels, P, C), each by itself at `LEVELS`.
        simultaneous: the same, all of all parts together.
        adjusted: of each part, the p-values of its changes (P, C) after Holm's procedure over all parts.
    """

    pointwise: tuple[Limits, ...]
    simultaneous: tuple[Limits, ...]
    adjusted: tuple[Floats, ...]


def measure_gaps(
    outcome: Outcomes, groups: Groups, *, favourable: str | None, fewest: int, population: bool
) -> OutcomeGaps:
    """Rates of every level in every group with enough real records.

    Args:
        outcome: who has which level.
        groups: who is of which group.
        favourable: the one level to compare; without it the last of two, or each of more.
        fewest: real records below which a group is not judged.
        population: whether the reference is all there is, so that its rates are exact.

    Raises:
        Inconclusive: if fewer than two groups can be judged, or classifiers cannot carry it.
    """
    levels = outcome.levels
    ours, confusion = _told(groups, levels)
    theirs = _real(outcome, groups, ours.shape)
    sizes = _sizes(ours, confusion)
    kept, left_out, never = _kept(groups.told_apart, sizes, theirs.sum(axis=1), fewest)
    if len(kept) < 2:
        said = "; ".join(f"{name}: {why}" for name, why in left_out.items())
        raise Inconclusive(
            f"fewer than two groups of {groups.attribute} have outcomes to compare ({said}); give more data, "
            "or merge groups"
        )
    generated = counted_rates(ours[kept]) if confusion is None else corrected_rates(ours, confusion).of_groups(kept)
    real = counted_rates(theirs[kept], exact=population)
    chosen = _chosen(levels, favourable)
    compared = contrasts(generated.of_levels(chosen), real.of_levels(chosen))
    return OutcomeGaps(
        outcome=levels.attribute,
        attribute=groups.attribute,
        groups=tuple(groups.told_apart[k] for k in kept),
        levels=levels.told_apart,
        chosen=chosen,
        generated=generated,
        real=real,
        sizes=np.stack([sizes, theirs.sum(axis=1)], axis=1)[kept],
        left_out=left_out,
        never=never,
        contrasts=compared,
        change_p=p_values(compared.change),
        confusion_accuracy=None if confusion is None else float(np.trace(confusion) / confusion.sum()),
    )


def together(parts: list[OutcomeGaps]) -> Together:
    """The limits of all changes of all parts, by themselves and together (Bonferroni), and their adjusted p-values."""
    number = sum(part.comparisons for part in parts)
    steps = holm([float(p) for part in parts for p in part.change_p.ravel()], alpha=0.05)
    ends = np.cumsum([part.comparisons for part in parts])[:-1]
    adjusted = np.split(np.array([step.adjusted for step in steps]), ends)
    return Together(
        tuple(part.contrasts.change.limits(errors(1)) for part in parts),
        tuple(part.contrasts.change.limits(errors(number)) for part in parts),
        tuple(each.reshape(part.change_p.shape) for each, part in zip(adjusted, parts, strict=True)),
    )


def errors(comparisons: int) -> Floats:
    """Standard errors (levels, 1, 1) that intervals at `LEVELS` reach, so many of them together."""
    from scipy.special import ndtri

    tails = (1 - np.array(LEVELS)) / 2 / comparisons
    reach: Floats = -ndtri(tails)[:, None, None]
    return reach


def greatest(pointwise: Sequence[Limits], simultaneous: Sequence[Limits]) -> Limits:
    """Limits of the greatest change of several parts, (levels,) each way."""
    return worst_limits(pointwise=side_by_side(pointwise), simultaneous=side_by_side(simultaneous))


def side_by_side(parts: Sequence[Limits]) -> Limits:
    """Limits (levels, P, C) of several parts as one row a level."""
    return Limits(*(np.hstack([end.reshape(len(end), -1) for end in ends]) for ends in zip(*parts, strict=True)))


def _told(groups: Groups, levels: Groups) -> tuple[Ints, Ints | None]:
    """Generated records by group and level as told, (K, L), and the confusion of pairs; None where nothing was told.

    Raises:
        Inconclusive: if the errors on some pair are unknown, or too large.
    """
    k, size = len(groups.told_apart), len(levels.told_apart)
    counts = np.zeros((k, size), dtype=np.int64)
    np.add.at(counts, (groups.predicted, levels.predicted), 1)
    if groups.classifier == levels.classifier == DECLARED:
        return counts, None
    confusion = pair_confusion(groups, levels)
    labelled, indices = confusion.sum(axis=1), youden(confusion)
    pairs = [f"{group} and {level}" for group in groups.told_apart for level in levels.told_apart]
    fewest = int(labelled.argmin())
    if labelled[fewest] < LABELLED:
        raise Inconclusive(
            f"{labelled[fewest]} labelled records are of {groups.attribute} {pairs[fewest].split(' and ')[0]} with "
            f"{levels.attribute} {pairs[fewest].split(' and ')[1]}, so the classifiers' errors on them are unknown; "
            "label more records, or merge groups or levels"
        )
    weakest = int(np.nan_to_num(indices, nan=-1.0).argmin())
    if not indices[weakest] >= WEAKEST:
        raise Inconclusive(
            f"the classifiers cannot tell {groups.attribute} together with {levels.attribute} apart: for "
            f"{pairs[weakest]} the share of members recognised exceeds that of others taken for them by "
            f"{indices[weakest]:.0%}, and must by {WEAKEST:.0%}; label more records, or merge groups or levels"
        )
    return counts, confusion


def pair_confusion(groups: Groups, levels: Groups) -> Ints:
    """Counts (KL, KL) of true by told pairs of group and level on labelled records that neither learned from."""
    k, size = len(groups.told_apart), len(levels.told_apart)
    said = [each.reference if each.classifier == DECLARED else each.out_of_fold for each in (groups, levels)]
    confusion = np.zeros((k * size, k * size), dtype=np.int64)
    if any(len(each) != len(groups.reference) for each in said):  # evidence of older versions
        return confusion
    known = (said[0] >= 0) & (said[1] >= 0) & (groups.reference < k) & (levels.reference < size)
    true = groups.reference * size + levels.reference
    np.add.at(confusion, (true[known], (said[0] * size + said[1])[known]), 1)
    return confusion


def _real(outcome: Outcomes, groups: Groups, shape: tuple[int, ...]) -> Ints:
    """Real records by group and level: of the whole reference where both stand in it, else of those at hand."""
    counts = np.zeros(shape, dtype=np.int64)
    if outcome.crossed is not None:
        cells = outcome.crossed.cells
        at = cells[:, outcome.crossed.attributes.index(groups.attribute)], cells[:, -1]
        np.add.at(counts, at, outcome.crossed.counts)
        return counts
    known = (groups.reference < shape[0]) & (outcome.levels.reference < shape[1])
    np.add.at(counts, (groups.reference[known], outcome.levels.reference[known]), 1)
    return counts


def _sizes(counts: Ints, confusion: Ints | None) -> Floats:
    if confusion is None:
        read: Floats = counts.sum(axis=1).astype(np.float64)
        return read
    sizes: Floats = corrected_joint(counts, confusion).sum(axis=1) * counts.sum()
    return sizes


def _kept(
    names: tuple[str, ...], generated: Floats, real: Ints, fewest: int
) -> tuple[Ints, dict[str, str], tuple[str, ...]]:
    """The groups to judge, why others are left out, and those of them that were never generated."""
    left_out, never, kept = {}, [], []
    for k, name in enumerate(names):
        if real[k] < fewest:
            number = "1 real record" if real[k] == 1 else f"{real[k]:,} real records"
            left_out[name] = f"{number}, fewer than {fewest}"
        elif generated[k] < 1:
            left_out[name] = "never generated"
            never.append(name)
        else:
            kept.append(k)
    return np.array(kept, dtype=np.int64), left_out, tuple(never)


def _chosen(levels: Groups, favourable: str | None) -> Ints:
    names = levels.told_apart
    if favourable is not None:
        if favourable not in names:
            raise Inconclusive(
                f"expected the favourable level of {levels.attribute} to be one of {', '.join(names)}, got "
                f"{favourable}: correct settings.GA108.favourable in the policy"
            )
        return np.array([names.index(favourable)])
    return np.array([1]) if len(names) == 2 else np.arange(len(names))
