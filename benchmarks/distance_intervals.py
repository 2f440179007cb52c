"""Do the intervals of GA303 and GA304 hold their level, and how wide are they?

In each setting the estimates are made anew from fresh samples, many times. The truth is known where both distributions
are equal, and elsewhere it is the mean over all repeats. Printed for every estimate: its truth, how often the 95 % and
the 99 % interval held it, the mean width over the width that the true standard deviation would give, how often p fell
below 0.05 (a false alarm where the setting is sound), how many of the values fell inside the band of a perfect
generator, and the smallest departure that would be noticed.

    python benchmarks/distance_intervals.py [--repeats 200] [--only same_2d,…] [--sound 1000] [--seed 0]
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import torch
from numpy.typing import NDArray

from genai_audit.audit.collapse.distribution_distance.estimates import distance_estimates
from genai_audit.audit.collapse.effective_diversity.estimates import Copies, duplicate_estimates, number_estimates
from genai_audit.audit.evidence.matches.codes import record_codes
from genai_audit.audit.finding import Estimate
from genai_audit.audit.statistics.distances.effective_number import mean_similarity, similarity_width
from genai_audit.audit.statistics.distances.frechet_splits import measure_frechet
from genai_audit.audit.statistics.distances.kernel_sums import gaussian_kernel
from genai_audit.audit.statistics.distances.mmd import measure_mmd, median_distance

Matrix = NDArray[np.float64]
Draw = Callable[[int, np.random.Generator], Matrix]

MODES = np.array([(x, y) for x in range(-4, 5, 2) for y in range(-4, 5, 2)], dtype=float)


@dataclass(frozen=True)
class Setting:
    """Two distributions and how much is drawn of each; `sound` if they are the same."""

    real: Draw
    generated: Draw
    reference: int
    drawn: int
    sound: bool = False


def gaussian(d: int, *, scale: float = 1.0, shift: float = 0.0, decay: float = 0.0) -> Draw:
    """Normal in d dimensions; the i-th standard deviation is scale · i^(−decay / 2)."""
    spread = scale * np.arange(1, d + 1.0) ** (-decay / 2)
    return lambda n, rng: shift / np.sqrt(d) + spread * rng.normal(size=(n, d))


def grid(dropped: int) -> Draw:
    """25 narrow modes less the first few."""
    return lambda n, rng: MODES[rng.integers(dropped, 25, size=n)] + 0.05 * rng.normal(size=(n, 2))


def heavy(d: int, scale: float) -> Draw:
    """Student's t with 5 degrees of freedom in every coordinate."""
    return lambda n, rng: scale * rng.standard_t(5, size=(n, d))


def categories(weights: list[float]) -> Draw:
    """One-hot rows."""
    shares = np.array(weights) / sum(weights)
    return lambda n, rng: np.eye(len(shares))[rng.choice(len(shares), size=n, p=shares)]


def pool(size: int) -> Draw:
    """Rows from a fixed list: copies are certain in the end."""
    rows = np.random.default_rng(99).normal(size=(size, 4))
    return lambda n, rng: rows[rng.integers(size, size=n)]


SETTINGS = {
    "same_2d": Setting(gaussian(2), gaussian(2), 200, 200, True),
    "same_64d_more_drawn": Setting(gaussian(64), gaussian(64), 300, 1200, True),
    "same_300d": Setting(gaussian(300), gaussian(300), 200, 400, True),
    "same_decaying": Setting(gaussian(100, decay=2), gaussian(100, decay=2), 300, 600, True),
    "same_grid": Setting(grid(0), grid(0), 500, 500, True),
    "same_categories": Setting(categories([1] * 8), categories([1] * 8), 200, 200, True),
    "same_pool": Setting(pool(400), pool(400), 300, 900, True),
    "shift_2d": Setting(gaussian(2), gaussian(2, shift=0.5), 300, 300),
    "shift_16d": Setting(gaussian(16), gaussian(16, shift=0.4), 300, 600),
    "shrunk_16d": Setting(gaussian(16), gaussian(16, scale=0.8), 300, 300),
    "wide_100d": Setting(gaussian(100), gaussian(100, scale=1.15), 200, 400),
    "grid_one_dropped": Setting(grid(0), grid(1), 500, 1000),
    "heavy_tails_wider": Setting(heavy(8, 1), heavy(8, 1.1), 300, 300),
    "categories_shifted": Setting(categories([1] * 8), categories([3, 3, 2, 2, 2, 2, 1, 1]), 300, 300),
    "pool_smaller": Setting(pool(4000), pool(400), 300, 900),
}


def estimates(setting: Setting, rng: np.random.Generator) -> dict[str, Estimate]:
    """All estimates of both auditors from fresh samples."""
    x, y = setting.real(setting.reference, rng), setting.generated(setting.drawn, rng)
    kernel = gaussian_kernel(median_distance(generated=y, reference=x, rng=rng), halvings=4)
    width = similarity_width(reference=x, kinds=32, rng=rng)
    sets = np.arange(setting.drawn // setting.reference * setting.reference).reshape(-1, setting.reference)
    found = (
        *distance_estimates(
            measure_frechet(generated=y, reference=x, rng=rng),
            measure_mmd(generated=y, reference=x, kernel=kernel).distance,
        ),
        *number_estimates(generated=mean_similarity(y, width=width), reference=mean_similarity(x, width=width)),
        *duplicate_estimates(Copies(record_codes(y), sets, record_codes(x), more_draws_help=True)),
    )
    return {each.name: each for each in found}


def truth(setting: Setting, name: str, values: list[float]) -> float:
    """Exact where equal distributions decide it; else the mean of all repeats, of error sd / √repeats."""
    known = {"frechet_distance": 0.0, "frechet_ratio": 1.0, "mmd2": 0.0, "effective_number_ratio": 1.0}
    known["duplicate_excess"] = 0.0
    return known[name] if setting.sound and name in known else float(np.mean(values))


def line(found: list[Estimate], true: float) -> str:
    """How one estimate fared."""
    held = [np.mean([e.interval(at).low <= true <= e.interval(at).high for e in found]) for at in (0.95, 0.99)]
    spread = 2 * NormalDist().inv_cdf(0.975) * np.std([e.value for e in found], ddof=1)
    width = np.mean([e.interval().high - e.interval().low for e in found])
    alarms = np.mean([(e.p_value or 0) < 0.05 for e in found])
    inside = np.mean([e.perfect is not None and e.perfect.low <= e.value <= e.perfect.high for e in found])
    detectable = np.mean([e.minimum_detectable or 0.0 for e in found])
    return (
        f"  {found[0].name:22} {true:9.4f}  {held[0]:6.1%}  {held[1]:6.1%}  {width:9.5f}"
        f"  {width / spread if spread > 1e-12 else float('inf'):5.2f}  {alarms:6.1%}  {inside:6.1%}  {detectable:9.5f}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Calibration of the intervals of GA303 and GA304")
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--sound", type=int, default=None, help="repeats where both distributions are equal")
    parser.add_argument("--only", default=",".join(SETTINGS))
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    print(f"  {'estimate':22} {'truth':>9}  {'95 %':>6}  {'99 %':>6}  {'width':>9}  {'ratio':>5}", end="")
    print(f"  {'p<0.05':>6}  {'band':>6}  {'detects':>9}")
    for name in asked.only.split(","):
        setting = SETTINGS[name]
        rng = np.random.default_rng([asked.seed, list(SETTINGS).index(name)])
        repeats = (asked.sound or asked.repeats) if setting.sound else asked.repeats
        found = [estimates(setting, rng) for _ in range(repeats)]
        print(f"{name}: {setting.reference} real, {setting.drawn} generated, {repeats} repeats")
        for each in found[0]:
            own = [one[each] for one in found]
            print(line(own, truth(setting, each, [one.value for one in own])), flush=True)


if __name__ == "__main__":
    main()
