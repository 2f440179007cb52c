"""A schedule of looks at growing samples, and how the error of a policy is spent over them.

A look judges every rule, and drawing stops where the rules are decided: the number of samples then depends on what
they show, and intervals at the policy's own level would be wrong too often. If look k is judged with the part s_k of
the error α, and the parts add up to at most 1, then the chance that *any* look decides a rule wrongly is at most
Σ s_k α ≤ α, whatever the dependence between the looks and wherever drawing stops (Bonferroni; spending functions: Lan
and DeMets 1983, Biometrika 70, 659–663). What a look did not spend stays for later ones, and a look that comes because
time is up, which no sample knows of, spends half of what is left.

Reference: Jennison and Turnbull 2000, Group sequential methods, chapters 7 and 19.
"""

from collections.abc import Sequence

FRACTIONS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
"""Where the looks are, as parts of the most samples: each costs as much drawing as all before it."""

PARTS = (0.06, 0.06, 0.08, 0.10, 0.15, 0.55)
"""The planned part of the error of each look. Most is left for the last, which then needs about a tenth more width than
a single look; the first are for what is as clear as day."""

FEWEST = 200
"""Samples below which a look can decide nothing."""


def schedule(most: int, *, step: int) -> tuple[int, ...]:
    """The numbers of samples to look at, ascending, the last of which is `most`.

    Args:
        most: samples to draw at most, at least 1.
        step: samples that one call of the model gives; looks fall on whole calls.

    Raises:
        ValueError: if `most` or `step` is not positive.
    """
    if most < 1 or step < 1:
        raise ValueError(f"expected positive numbers of samples, got most = {most} and step = {step}")
    whole = [min(most, -(-int(most * part) // step) * step) for part in FRACTIONS]
    return tuple(sorted({n for n in whole if n >= min(FEWEST, most)} | {most}))


def planned(looks: int) -> tuple[float, ...]:
    """The planned parts of the error for that many looks, the last ones of `PARTS` stretched to add up to 1."""
    parts = PARTS[-looks:]
    return tuple(part / sum(parts) for part in parts)


def part_of(look: int, *, of: int, spent: Sequence[float]) -> float:
    """The part of the error that a scheduled look may spend.

    What is left is shared among the looks that remain as it was planned, so that looks which came early because time
    was up take from all later ones.

    Args:
        look: index of the look in its schedule.
        of: how many looks the schedule has.
        spent: parts that earlier looks spent.
    """
    parts = planned(of)
    return _left(spent) * parts[look] / sum(parts[look:])


def part_out_of_time(spent: Sequence[float]) -> float:
    """The part of the error for a look between scheduled ones, because time is up: half of what is left."""
    return _left(spent) / 2


def _left(spent: Sequence[float]) -> float:
    return max(0.0, 1.0 - sum(spent))
