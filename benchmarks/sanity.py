"""How many of 30 published sanity checks do our estimates of fidelity and of diversity pass?

Fifteen pairs of distributions with an answer that is plain to see, two demands on each, rebuilt from their description
(Räisä et al. 2025, arXiv:2505.22450): samples of 1,000 each unless their number is what varies, features standardised
by the real data, means over repeats. A demand counts as passed if all its parts are, in every dimension tried. Where a
generated distribution is wider than the real one, a measure of diversity may take it for full or for none, but always
the same.

Scored are `support_precision` and `support_recall`, and, for comparison, the other pairs of GA302.

    python benchmarks/sanity.py [--repeats 10] [--points 11] [--seed 0]
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from genai_audit.audit.statistics.neighbours.clipped import clipped
from genai_audit.audit.statistics.neighbours.prdc import expected_coverage, perfect_precision, prdc
from genai_audit.audit.statistics.neighbours.support import support

Matrix = NDArray[np.float64]
Draw = Callable[[int], Matrix]
Score = Callable[[Matrix, Matrix, np.random.Generator], tuple[float, float]]
Verdict = bool | str
K = 5
N = 1000
CLOSE = 0.05


@dataclass(frozen=True)
class Sweep:
    """A series of pairs of samples.

    Args:
        check: the name of the sanity check.
        at: the values that vary, ascending.
        pairs: a real and a generated sample for each.
    """

    check: str
    at: Sequence[float]
    pairs: Sequence[tuple[Matrix, Matrix]]


@dataclass
class Curve:
    """Scores along a sweep: fidelity and diversity, (repeats, points) once all repeats are in."""

    at: Sequence[float]
    values: list[list[tuple[float, float]]] = field(default_factory=list)

    def mean(self, side: int) -> Matrix:
        """Of fidelity (0) or diversity (1), over repeats."""
        return np.array(self.values).mean(axis=0)[:, side]


def by_support(real: Matrix, made: Matrix, rng: np.random.Generator) -> tuple[float, float]:
    """`support_precision` and `support_recall`; raw values decide what a single feature rules out."""
    parts = [made[start : start + len(real)] for start in range(0, max(len(made) - len(real), 0) + 1, len(real))][:4]
    found = [support(generated=each, reference=real, k=K, rng=rng, steps=True, standardised=True) for each in parts]
    precision, recall = np.mean(found, axis=0)
    return float(precision), float(recall)


def by_ratio(real: Matrix, made: Matrix, rng: np.random.Generator) -> tuple[float, float]:
    """`precision_ratio` and `recall_ratio`."""
    x, y = standardised(real, made)
    found, perfect = prdc(generated=y, reference=x, k=K, rng=rng), perfect_precision(reference=x, k=K, rng=rng)
    return found.precision / perfect, found.recall / perfect


def by_density(real: Matrix, made: Matrix, rng: np.random.Generator) -> tuple[float, float]:
    """`density` and `coverage_ratio`."""
    x, y = standardised(real, made)
    found = prdc(generated=y, reference=x, k=K, rng=rng)
    return found.density, found.coverage / expected_coverage(reference=len(x), generated=len(y), k=K)


def by_clipping(real: Matrix, made: Matrix, rng: np.random.Generator) -> tuple[float, float]:
    """`clipped_density`, cut off at 1 as GA302 shows it, and `clipped_coverage`."""
    x, y = standardised(real, made)
    found = clipped(generated=y, reference=x, k=K, rng=rng)
    return min(found.density, 1.0), found.coverage


SCORES: dict[str, Score] = {
    "support_precision, support_recall": by_support,
    "precision_ratio, recall_ratio": by_ratio,
    "density, coverage_ratio": by_density,
    "clipped_density, clipped_coverage": by_clipping,
}


def standardised(real: Matrix, made: Matrix) -> tuple[Matrix, Matrix]:
    """Both by the real data's mean and spread; a constant feature keeps its unit."""
    mean, spread = real.mean(axis=0), real.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    return (real - mean) / spread, (made - mean) / spread


def sweeps(points: int, rng: np.random.Generator) -> Iterator[Sweep]:
    """All pairs of samples of one repeat; `points` along each sweep whose length is free, an odd number."""
    yield from gaussians(points, rng)
    yield from mixtures(points, rng)
    yield from shapes(points, rng)
    yield from columns(points, rng)


def gaussians(points: int, rng: np.random.Generator) -> Iterator[Sweep]:
    """Shifted means, with an outlier on either side, and other spreads."""
    for d, most, powers in ((1, 6.0, 3.0), (8, 3.0, 1.0), (64, 1.0, 0.5)):
        real = rng.normal(size=(N, d))
        outlier = np.full((1, d), most)
        means = np.linspace(-most, most, points)
        made = [mean + rng.normal(size=(N, d)) for mean in means]
        yield Sweep("mean", means, [(real, each) for each in made])
        yield Sweep("mean and outlier", means, [(np.vstack([real, outlier]), each) for each in made])
        yield Sweep("mean and outlier", means, [(real, np.vstack([each, outlier])) for each in made])
        spreads = np.logspace(-powers, powers, points)
        yield Sweep("spread", spreads, [(real, each * rng.normal(size=(N, d))) for each in spreads])


def mixtures(points: int, rng: np.random.Generator) -> Iterator[Sweep]:
    """Ten modes lost together or in turn, five modes and inventions, one broad distribution in place of two modes."""
    middles = np.linspace(0, 10, 10)

    def draw(shares: Matrix, d: int, spread: float) -> Matrix:
        return middles[rng.choice(10, size=N, p=shares / shares.sum())][:, None] + spread * rng.normal(size=(N, d))

    for d, spread in ((1, 1 / 6), (8, 1 / 3), (64, 1.0)):
        real = draw(np.ones(10), d, spread)
        lost = np.append(np.linspace(0, 0.9, points - 2), [0.95, 1.0])
        shares = [np.append(1.0, np.full(9, 1 - each)) for each in lost]
        yield Sweep("modes thinned", lost, [(real, draw(each, d, spread)) for each in shares])
        shares = [np.where(np.arange(10) < 10 - gone, 1.0, 0.0) for gone in range(10)]
        yield Sweep("modes dropped", range(10), [(real, draw(each, d, spread)) for each in shares])
        apart = np.linspace(0, 5, points)
        yield Sweep("one for two modes", apart, [two_modes(each, d, rng) for each in apart])
    scattered = np.array([[5.5, -4.1], [4.9, -13.6], [-16.4, 9.1], [-2.2, 12.5], [11.6, -5.0],
                          [-24.6, 14.2], [16.8, -3.2], [-5.5, -6.8], [9.5, 1.1], [-5.4, -17.3]])  # fmt: skip

    def some(modes: int) -> Matrix:
        return scattered[rng.integers(modes, size=N)] + 0.25 * rng.normal(size=(N, 2))

    real = some(5)
    yield Sweep("dropped and invented", range(1, 11), [(real, some(modes)) for modes in range(1, 11)])


def two_modes(apart: float, d: int, rng: np.random.Generator) -> tuple[Matrix, Matrix]:
    """Two modes, and one broad distribution over both."""
    side = np.where(rng.random((N, 1)) < 0.5, -0.5, 0.5) * apart
    return side + rng.normal(size=(N, d)), np.sqrt(1 + apart**2) * rng.normal(size=(N, d))


def shapes(points: int, rng: np.random.Generator) -> Iterator[Sweep]:
    """Shells of other radius, cubes that share a fifth of their volume, a ball within a torus."""

    def shell(d: int) -> Matrix:
        points = rng.normal(size=(N, d))
        return points / np.linalg.norm(points, axis=1, keepdims=True)

    def ball(n: int, d: int, radius: float) -> Matrix:
        points = rng.normal(size=(n, d))
        return radius * rng.random((n, 1)) ** (1 / d) * points / np.linalg.norm(points, axis=1, keepdims=True)

    def torus(n: int) -> Matrix:
        across, turn = ball(n, 2, 0.1), rng.uniform(0, 2 * np.pi, n)
        return np.stack([(1 + across[:, 0]) * np.cos(turn), (1 + across[:, 0]) * np.sin(turn), across[:, 1]], axis=1)

    for d in (2, 16, 128):
        real, radii = shell(d), np.linspace(0.1, 1.9, points)
        yield Sweep("shell", radii, [(real, each * shell(d)) for each in radii])
    sizes = np.logspace(2, 4, max(points // 2, 5)).astype(int)
    for d in (1, 8, 64):
        moved = 1 - 0.2 ** (1 / d)
        pairs = [(rng.uniform(size=(n, d)), moved + rng.uniform(size=(n, d))) for n in sizes]
        yield Sweep("cube, both sizes", sizes, pairs)
        real = rng.uniform(size=(N, d))
        yield Sweep("cube, generated size", sizes, [(real, moved + rng.uniform(size=(n, d))) for n in sizes])
    real = ball(N, 3, 0.8)
    yield Sweep("ball and torus", sizes, [(real, torus(n)) for n in sizes])
    real = torus(N)
    yield Sweep("ball and torus", sizes, [(real, ball(n, 3, 0.8)) for n in sizes])


def columns(points: int, rng: np.random.Generator) -> Iterator[Sweep]:
    """What tables are like: other units, a heavy tail, one wrong column among many, whole numbers."""
    units = np.logspace(-3, 3, points)
    pairs = [
        (rng.normal(size=(N, 2)) * [1, unit], (np.array([6.0, 0.0]) + rng.normal(size=(N, 2))) * [1, unit])
        for unit in units
    ]
    yield Sweep("unit of a column", units, pairs)

    def heavy(mean: float) -> Matrix:
        return np.stack([mean + rng.normal(size=N), 1 + rng.pareto(1.01, N)], axis=1)

    real, means = heavy(0.0), np.linspace(-6, 6, points)
    yield Sweep("heavy tail beside", means, [(real, heavy(mean)) for mean in means])
    others = np.unique(np.logspace(0, 3, points).astype(int))
    wrong = [(rng.normal(size=(N, 1 + d)), rng.normal(size=(N, 1 + d)) + 6.0 * (np.arange(1 + d) == 0)) for d in others]
    yield Sweep("one wrong among many", others, wrong)
    scales = np.logspace(0, 3, points)
    yield Sweep("real whole numbers", scales, [(np.round(normal(s, rng)), normal(s, rng)) for s in scales])
    yield Sweep("generated whole numbers", scales, [(normal(s, rng), np.round(normal(s, rng))) for s in scales])


def normal(scale: float, rng: np.random.Generator) -> Matrix:
    """One column."""
    return scale * rng.normal(size=(N, 1))


# The demands. Each takes the mean scores along a sweep and says whether they meet it; a demand on diversity may
# answer "full" or "none" where both readings are allowed.


def near(value: float, target: float) -> bool:
    """Within 0.05."""
    return bool(abs(value - target) <= CLOSE)


def wide(value: float) -> Verdict:
    """Of a wider generated distribution: full diversity, none, or neither."""
    return "full" if near(value, 1) else "none" if near(value, 0) else False


def flat(y: Matrix) -> bool:
    """All within 0.05 of each other."""
    return float(np.ptp(y)) <= CLOSE


def settled(y: Matrix) -> bool:
    """The upper half of the sweep is flat."""
    return flat(y[len(y) // 2 :])


def falls(y: Matrix) -> bool:
    """From high to low by 0.2 at least, with no more than 0.1 above the start or below the end."""
    return bool(y[0] - y[-1] >= 0.2 and y.max() - y[0] <= 0.1 and y[-1] - y.min() <= 0.1)


def bell(y: Matrix, middle: int) -> bool:
    """High in the middle, and lower by 0.2 at least at both ends, one of which is the lowest but for 0.1."""
    ends = y[[0, -1]]
    return bool((y[middle] - ends >= 0.2).all() and y.max() - y[middle] <= 0.1 and ends.min() - y.min() <= 0.1)


def either(none: bool, full: bool) -> Verdict:
    """Which of two readings is met."""
    return "none" if none else "full" if full else False


def demands(check: str, at: Sequence[float], y: Matrix, diversity: bool) -> dict[str, list[Verdict]]:
    """The parts of both demands of a check, on one sweep."""
    at_array = np.asarray(at, dtype=float)
    ends = [near(y[0], 0), near(y[-1], 0)]
    match check:
        case "mean" | "mean and outlier" | "heavy tail beside" | "shell":
            middle = int(np.argmin(np.abs(at_array - (1 if check == "shell" else 0))))
            return {"bounds": [near(y[middle], 1), *ends], "property": [bell(y, middle)]}
        case "spread":
            middle = int(np.argmin(np.abs(np.log(at_array))))
            same = near(y[middle], 1)
            if diversity:
                shape = either(bell(y, middle), falls(y[::-1]))
                return {"bounds": [same, near(y[0], 0), wide(y[-1])], "property": [shape]}
            return {"bounds": [same, near(y[0], 1), near(y[-1], 0)], "property": [falls(y)]}
        case "modes thinned" | "modes dropped":
            if diversity:
                late = len(y) - 2 if check == "modes thinned" else len(y) // 2
                return {"bounds": [near(y[0], 1)], "property": [falls(y) and bool(y[0] - y[late] >= 0.1)]}
            return {"bounds": [near(y[0], 1), near(y[-1], 1)], "property": [flat(y)]}
        case "dropped and invented":
            same, last = near(y[4], 1), near(y[-1] if diversity else y[0], 1)
            return {"bounds": [same, last], "property": [falls(y[::-1] if diversity else y)]}
        case "one for two modes":
            shape = either(falls(y), flat(y)) if diversity else falls(y)
            return {"bounds": [near(y[0], 1)], "property": [shape]}
        case "cube, both sizes" | "cube, generated size":
            return {"convergence": [settled(y)], "property": [near(y[-1], 0.2)]}
        case "ball and torus":
            return {"bounds": [near(y[-1], 0)], "property": [settled(y)]}
        case "unit of a column" | "one wrong among many":
            return {"bounds": ends, "property": [flat(y)]}
        case "real whole numbers":
            parts: list[Verdict] = [wide(y[0]), wide(y[-1])] if diversity else [*ends]
            return {"bounds": parts, "property": [flat(y)]}
        case "generated whole numbers":
            target = 0 if diversity else 1
            return {"bounds": [near(y[0], target), near(y[-1], target)], "property": [flat(y)]}
        case _:
            raise ValueError(f"expected a known check, got {check}")


def merged(check: str) -> str:
    """Two sweeps of whole numbers are one check."""
    return "whole numbers" if check.endswith("whole numbers") else check


def passed(parts: Sequence[Verdict]) -> bool:
    """All parts, and of the two readings of diversity only one."""
    return all(each is not False for each in parts) and not {"none", "full"} <= set(map(str, parts))


def study(repeats: int, points: int, seed: int) -> dict[str, dict[str, list[Curve]]]:
    """Scores of every pair of estimates along all sweeps, by check."""
    result: dict[str, list[tuple[str, Curve]]] = {name: [] for name in SCORES}
    for repeat in range(repeats):
        rng = np.random.default_rng((seed, repeat))
        for place, sweep in enumerate(sweeps(points, rng)):
            for name, score in SCORES.items():
                if repeat == 0:
                    result[name].append((sweep.check, Curve(sweep.at)))
                result[name][place][1].values.append([score(real, made, rng) for real, made in sweep.pairs])
    grouped: dict[str, dict[str, list[Curve]]] = {name: {} for name in SCORES}
    for name, curves in result.items():
        for check, each in curves:
            grouped[name].setdefault(check, []).append(each)
    return grouped


def judged(curves: dict[str, list[Curve]], side: int) -> dict[tuple[str, str], bool]:
    """Every demand of every check, met or not."""
    parts: dict[tuple[str, str], list[Verdict]] = {}
    for check, several in curves.items():
        for curve in several:
            for demand, found in demands(check, curve.at, curve.mean(side), side == 1).items():
                parts.setdefault((merged(check), demand), []).extend(found)
    return {key: passed(found) for key, found in parts.items()}


def main() -> None:
    """Run the checks and print the score, with the demands that are not met and the curves behind them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--points", type=int, default=11)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.points < 5 or options.points % 2 == 0:
        parser.error(f"expected an odd number of points of at least 5, got {options.points}")
    for name, curves in study(options.repeats, options.points, options.seed).items():
        for side, measure in enumerate(name.split(", ")):
            verdicts = judged(curves, side)
            print(f"{measure}: {sum(verdicts.values())} of {len(verdicts)}")
            for (check, demand), met in verdicts.items():
                if not met:
                    print(f"    fails {check}, {demand}")
                    for each in [curve for own, several in curves.items() if merged(own) == check for curve in several]:
                        print("        " + " ".join(f"{value:.2f}" for value in each.mean(side)))


if __name__ == "__main__":
    main()
