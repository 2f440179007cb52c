"""Do the estimates of GA309 hold their levels, and which broken dependences do they find?

Tables are drawn from known distributions: sound ones twice, broken ones beside them. The true largest difference
is that between two very large tables. Printed for each setting: how often p fell below 0.05 (both estimates), how often
the 95 % interval of `association_gap` held the truth, its mean value, the median and the 95th percentile of its upper
end, and how often `association_gap at_most 0.25` would pass and fail at the 95 % level.

    python benchmarks/dependence.py [--repeats 100] [--seed 0]
"""

import argparse
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from genai_audit.audit.statistics.dependence.association import associations, score_pairs
from genai_audit.audit.statistics.dependence.gap import Gap, compare
from genai_audit.audit.statistics.dependence.scores import Levels, Numbers, score_count, scores
from genai_audit.audit.statistics.dependence.typical import typical

Columns = list[Numbers | Levels]
Draw = Callable[[int, np.random.Generator], Columns]
BOUND = 0.25
LARGE = 100_000
KINDS = ("number", "ties", "category", "zeros", "missing")


class Setting(NamedTuple):
    """Real and generated tables of one kind, and their sizes."""

    name: str
    real: Draw
    generated: Draw
    n: int
    m: int


def table(columns: int, kinds: Sequence[str] = KINDS, *, loose: int | None = None) -> Draw:
    """Columns that share three factors; column `loose`, if any, is drawn from its own distribution, on its own."""
    weights = np.random.default_rng(0).normal(size=(columns, 3))

    def draw(n: int, rng: np.random.Generator) -> Columns:
        values = rng.normal(size=(n, 3)) @ weights.T + rng.normal(size=(n, columns))
        if loose is not None:
            values[:, loose] = np.sqrt(1 + (weights[loose] ** 2).sum()) * rng.normal(size=n)
        return [column(values[:, at], kinds[at % len(kinds)], weights[at], rng) for at in range(columns)]

    return draw


def column(
    values: NDArray[np.float64], kind: str, weights: NDArray[np.float64], rng: np.random.Generator
) -> Numbers | Levels:
    """A normal column as numbers, as few levels, or with zeros or gaps."""
    match kind:
        case "ties":
            return Numbers(np.round(values), folded=False)
        case "category":
            edges = np.array([-1.3, -0.3, 1.0]) * np.sqrt(1 + (weights**2).sum())
            return Levels(np.searchsorted(edges, values), (0, 1, 2, 3))
        case "zeros":
            return Numbers(np.where(values < 1, 0.0, values), folded=False)
        case "missing":
            return Numbers(np.where(rng.random(len(values)) < 0.15, np.nan, values), missing=True)
        case _:
            return Numbers(values)


def normal_pair(correlation: float) -> Draw:
    """Eight columns of numbers, two of which have that correlation."""

    def draw(n: int, rng: np.random.Generator) -> Columns:
        values = rng.normal(size=(n, 8))
        values[:, 1] = correlation * values[:, 0] + np.sqrt(1 - correlation**2) * values[:, 1]
        return [Numbers(each) for each in values.T]

    return draw


def curved(strength: float) -> Draw:
    """A column that follows the square of another, which a rank correlation alone does not show."""

    def draw(n: int, rng: np.random.Generator) -> Columns:
        x, noise = rng.normal(size=(2, n))
        return [Numbers(x), Numbers(strength * (x**2 - 1) / np.sqrt(2) + np.sqrt(1 - strength**2) * noise)]

    return draw


def compared(setting: Setting, rng: np.random.Generator, *, n: int | None = None) -> Gap:
    """One comparison, of tables of the setting's sizes or of n records each."""
    sides = [setting.generated(n or setting.m, rng), setting.real(n or setting.n, rng)]
    counts = [score_count(each) for each in sides[1]]
    first, second = score_pairs(np.repeat(np.arange(len(counts)), counts))
    own, real = (associations(scores(each), first, second) for each in sides)
    return compare(generated=own, reference=real, rng=rng)


SOUND = [
    *(Setting("3 numbers", table(3, ("number",)), table(3, ("number",)), n, n) for n in (150, 1000)),
    *(Setting("8 mixed", table(8), table(8), n, m) for n, m in ((150, 150), (150, 5000), (1000, 1000), (1000, 5000))),
    Setting("8 mixed", table(8), table(8), 5000, 5000),
    Setting("8 of few levels", table(8, ("category",)), table(8, ("category",)), 300, 300),
    *(Setting("25 mixed", table(25), table(25), n, n) for n in (300, 1000)),
]
BROKEN = [
    *(
        Setting(f"{old} made {new}", normal_pair(old), normal_pair(new), n, m)
        for old, new in ((0.95, 0.0), (0.6, 0.3), (0.5, -0.5))
        for n, m in ((300, 300), (1000, 1000), (1000, 5000))
    ),
    *(Setting("category made loose", table(8), table(8, loose=2), n, n) for n in (300, 1000)),
    *(Setting("square made loose", curved(0.9), curved(0.0), n, n) for n in (300, 1000)),
]


def line(setting: Setting, true: float, repeats: int, rng: np.random.Generator) -> str:
    """How one setting fared."""
    found = [compared(setting, rng) for _ in range(repeats)]
    between = [gap.limits(0.95) for gap in found]
    alarms = np.mean([gap.p_value() <= 0.05 for gap in found])
    other = np.mean([typical(gap).p_value() <= 0.05 for gap in found])
    held = np.mean([each.low <= true <= each.high for each in between])
    high = [each.high for each in between]
    passed, failed = np.mean([each <= BOUND for each in high]), np.mean([each.low > BOUND for each in between])
    value = np.mean([gap.value() for gap in found])
    return (
        f"  {setting.name:20} {setting.n:5} {setting.m:5} {len(found[0].differences):5}  {true:5.2f}  {alarms:6.1%}"
        f"  {other:6.1%}  {held:6.1%}  {value:5.3f}  {np.median(high):5.3f}  {np.quantile(high, 0.95):5.3f}"
        f"  {passed:6.1%}  {failed:6.1%}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Calibration and power of GA309")
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    print(
        f"  {'setting':20} {'n':>5} {'m':>5} {'pairs':>5}  {'truth':>5}  {'p gap':>6}  {'p err':>6}  {'held':>6}"
        f"  {'value':>5}  {'high':>5}  {'95 %':>5}  {'pass':>6}  {'fail':>6}"
    )
    for setting in SOUND:
        print(line(setting, 0.0, asked.repeats, rng), flush=True)
    for setting in BROKEN:
        true = float(np.abs(compared(setting, rng, n=LARGE).differences).max())
        print(line(setting, true, asked.repeats, rng), flush=True)


if __name__ == "__main__":
    main()
