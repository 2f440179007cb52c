"""Do the intervals of GA201 hold their level?

    python benchmarks/attribution_intervals.py [--repeats 600] [--seed 1]

Attributions are drawn from distributions whose shares are known, to the accuracy of 400,000 draws. Each row gives the
share of repeats in which the nominal 95 % interval holds the truth: of a single share, for the dimension that fares
worst; of all shares together; of the largest share; of the effective number of dimensions.
"""

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from genai_audit.audit.attribution.latent_drivers.shares import bounds, effective, largest_curve, shares_of
from genai_audit.audit.finding import Interval

Floats = NDArray[np.float64]
Distribution = Callable[[int, int, np.random.Generator], Floats]

SIZES = ((256, 8), (64, 8), (256, 32))
TRUTH_DRAWS = 400_000


def linear(weights: Callable[[int], Floats]) -> Distribution:
    """Attributions of a linear readout whose strength varies from draw to draw."""

    def draw(n: int, size: int, rng: np.random.Generator) -> Floats:
        strength = np.exp(0.5 * rng.standard_normal((n, 1)))
        return weights(size) * rng.standard_normal((n, size)) * strength

    return draw


def rare(n: int, size: int, rng: np.random.Generator) -> Floats:
    """The last dimension acts on one pair in fifty, and there three times as strongly as the others."""
    attributions = rng.standard_normal((n, size))
    attributions[:, -1] *= 3 * (rng.random(n) < 0.02)
    return attributions


def interacting(n: int, size: int, rng: np.random.Generator) -> Floats:
    """The effect of each dimension is scaled by another's."""
    paths = rng.standard_normal((n, size))
    return paths * np.abs(np.roll(paths, 1, axis=1))


LAWS: dict[str, Distribution] = {
    "equal": linear(np.ones),
    "halving": linear(lambda size: 0.5 ** np.arange(size)),
    "one driver": linear(lambda size: np.r_[1.0, np.full(size - 1, 0.001)]),
    "interacting": interacting,
    "rare": rare,
}


def coverage(
    distribution: Distribution, n: int, size: int, repeats: int, rng: np.random.Generator
) -> tuple[float, float, float, float]:
    """Worst single share, all together, largest, effective number."""
    truth = shares_of(distribution(TRUTH_DRAWS, size, rng)).values
    number = 1 / float((truth**2).sum())
    single, together, largest, effective_held = [], [], [], []
    for _ in range(repeats):
        shares = shares_of(distribution(n, size, rng))
        low, high = bounds(shares, 0.95)
        single.append((low <= truth) & (truth <= high))
        low, high = bounds(shares, 0.95, family=size)
        together.append(bool(((low <= truth) & (truth <= high)).all()))
        largest.append(_holds(largest_curve(shares), float(truth.max())))
        effective_held.append(_holds(effective(shares)[1], number))
    worst = float(np.mean(single, axis=0).min())
    return worst, float(np.mean(together)), float(np.mean(largest)), float(np.mean(effective_held))


def _holds(curve: tuple[Interval, ...], truth: float) -> bool:
    interval = next(each for each in curve if each.level == 0.95)
    # The truth is itself a sum of floating-point shares.
    return interval.low - 1e-9 <= truth <= interval.high + 1e-9


def main() -> None:
    """Print one row a distribution and size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"{'distribution':12} {'pairs':>5} {'dims':>4} {'single':>7} {'all':>7} {'largest':>8} {'effective':>10}")
    for name, distribution in LAWS.items():
        for n, size in SIZES:
            single, together, largest, number = coverage(
                distribution, n, size, options.repeats, np.random.default_rng(options.seed)
            )
            print(f"{name:12} {n:5d} {size:4d} {single:7.3f} {together:7.3f} {largest:8.3f} {number:10.3f}")


if __name__ == "__main__":
    main()
