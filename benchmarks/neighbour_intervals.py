"""Do the intervals of GA302 hold their level, and how wide are they?

For each setting the true expectations come from an independent Monte Carlo; then the auditor's estimates are made anew
from fresh samples, many times. Printed for every estimate: how often the 95 % and the 99 % interval held the truth
(with the exact 95 % interval of the former frequency), the mean width over the width that the true standard deviation
would give, how often p fell below 0.05 (a false alarm where the setting is sound), and how many of the scores fell
inside the band of a perfect generator.

    python benchmarks/neighbour_intervals.py [--repeats 200] [--truth 500] [--only same_2d,…] [--jobs 2] [--seed 0]
"""

import argparse
import multiprocessing
import os
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import binomtest

from genai_audit.audit.collapse.neighbour_fidelity.estimates import scored
from genai_audit.audit.collapse.neighbour_fidelity.facts import ESTIMATES
from genai_audit.audit.finding import Estimate
from genai_audit.audit.statistics.neighbours.clipped import contributions, matched_share
from genai_audit.audit.statistics.neighbours.measure import measure
from genai_audit.audit.statistics.neighbours.prdc import expected_coverage, prdc
from genai_audit.audit.statistics.neighbours.support import support

K = 5
SPLITS = 128
Draw = Callable[[int, np.random.Generator], NDArray[np.float64]]


@dataclass(frozen=True)
class Setting:
    """Two distributions, the size of each set and the number of generated sets."""

    real: Draw
    generated: Draw
    size: int
    sets: int


def gaussian(dimensions: int, shift: float = 0.0, scale: float = 1.0) -> Draw:
    """Independent normal coordinates."""
    return lambda n, rng: shift + scale * rng.normal(size=(n, dimensions))


def grid(dropped: int) -> Draw:
    """Twenty-five narrow modes, of which the first are never drawn."""
    centres = np.array([(x, y) for x in range(5) for y in range(5)], dtype=float)[dropped:]
    return lambda n, rng: centres[rng.integers(len(centres), size=n)] + 0.025 * rng.normal(size=(n, 2))


def categories(top: int) -> Draw:
    """Three discrete coordinates of four levels; a top above 4 makes the last level more frequent."""
    return lambda n, rng: np.minimum(rng.integers(top, size=(n, 3)), 3).astype(float)


SETTINGS = {
    "same_2d": Setting(gaussian(2), gaussian(2), 400, 1),
    "same_64d": Setting(gaussian(64), gaussian(64), 200, 1),
    "same_64d_4_sets": Setting(gaussian(64), gaussian(64), 200, 4),
    "same_16d_1000": Setting(gaussian(16), gaussian(16), 1000, 4),
    "shift_8d": Setting(gaussian(8), gaussian(8, shift=0.4), 400, 2),
    "shift_16d_1000": Setting(gaussian(16), gaussian(16, shift=0.25), 1000, 2),
    "shrink_16d": Setting(gaussian(16), gaussian(16, scale=0.6), 400, 1),
    "shrink_16d_8_sets": Setting(gaussian(16), gaussian(16, scale=0.6), 200, 8),
    "wide_16d": Setting(gaussian(16), gaussian(16, scale=1.5), 400, 4),
    "wide_64d": Setting(gaussian(64), gaussian(64, scale=1.3), 200, 2),
    "grid_one_dropped": Setting(grid(0), grid(1), 400, 2),
    "grid_one_dropped_1000": Setting(grid(0), grid(1), 1000, 4),
    "categories_same": Setting(categories(4), categories(4), 400, 2),
    "categories_shifted": Setting(categories(4), categories(5), 400, 1),
}
STUDIED = tuple(each.name for each in ESTIMATES if each.name != "stray_share")
"""All but the stray share, which is stated against one reference: its limits are exact binomial ones."""


def truth(setting: Setting, repeats: int, rng: np.random.Generator) -> dict[str, float]:
    """Expectations from fresh draws, the perfect generator's included."""
    n = setting.size
    scores, perfect, limited, supported = [], [], [], []
    for _ in range(repeats):
        real = setting.real(n, rng)
        drawn = setting.generated(n, rng)
        scores.append(prdc(generated=drawn, reference=real, k=K, rng=rng))
        limited.append(contributions(generated=drawn, reference=real, k=K, rng=rng))
        supported.append(support(generated=drawn, reference=real, k=K, rng=rng))
        sound = prdc(generated=setting.real(n, rng), reference=real, k=K, rng=rng)
        perfect.append((sound.precision + sound.recall) / 2)
    precision, recall, density, coverage = (float(each) for each in np.mean(scores, axis=0))
    fresh = float(np.mean(perfect))
    inside, own, filled = np.mean(limited, axis=0)
    of_generated, of_real = (float(each) for each in np.mean(supported, axis=0))
    return {
        "precision": precision,
        "precision_ratio": precision / fresh,
        "recall": recall,
        "recall_ratio": recall / fresh,
        "density": density,
        "coverage": coverage,
        "coverage_ratio": coverage / expected_coverage(reference=n, generated=n, k=K),
        "clipped_density": min(float(inside / own), 1.0),
        "clipped_coverage": matched_share(filled, reference=n, generated=n, k=K),
        "support_precision": of_generated,
        "support_recall": of_real,
    }


def study(name: str, repeats: int, truths: int, seed: int) -> list[str]:
    """The lines of one setting."""
    torch.set_num_threads(1)
    setting = SETTINGS[name]
    rng = np.random.default_rng([seed, list(SETTINGS).index(name)])
    true = truth(setting, truths, rng)
    found: dict[str, list[Estimate]] = {each: [] for each in STUDIED}
    for _ in range(repeats):
        sets = [setting.generated(setting.size, rng) for _ in range(setting.sets)]
        measured = measure(generated=sets, reference=setting.real(setting.size, rng), k=K, rng=rng, splits=SPLITS)
        for estimate in scored(measured, freedom=SPLITS):
            if estimate.name in found:
                found[estimate.name].append(estimate)
    head = f"{name}: n = {setting.size}, {setting.sets} generated sets"
    return [head, *(line(found[each], true[each]) for each in STUDIED)]


def _study(asked: tuple[str, int, int, int]) -> list[str]:
    return study(*asked)


def line(found: list[Estimate], true: float) -> str:
    """How one estimate fared."""
    held = {level: [e.interval(level).low <= true <= e.interval(level).high for e in found] for level in (0.95, 0.99)}
    exact = binomtest(sum(held[0.95]), len(found)).proportion_ci()
    spread = 2 * NormalDist().inv_cdf(0.975) * np.std([e.value for e in found], ddof=1)
    width = np.mean([e.interval().high - e.interval().low for e in found])
    alarms = np.mean([e.p_value is not None and e.p_value < 0.05 for e in found])
    inside = np.mean([e.perfect is not None and e.perfect.low <= e.value <= e.perfect.high for e in found])
    detectable = np.mean([e.minimum_detectable or 0.0 for e in found])
    return (
        f"  {found[0].name:16} {true:7.4f}  {np.mean(held[0.95]):6.1%} [{exact.low:6.1%}, {exact.high:6.1%}]"
        f"  {np.mean(held[0.99]):6.1%}  {width:7.4f}  {width / spread if spread else float('inf'):5.2f}"
        f"  {alarms:6.1%}  {inside:6.1%}  {detectable:7.4f}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Calibration of the intervals of GA302")
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--truth", type=int, default=500)
    parser.add_argument("--only", default=",".join(SETTINGS))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    work = [(name, asked.repeats, asked.truth, asked.seed) for name in asked.only.split(",")]
    print(f"  {'estimate':16} {'truth':>7}  {'95 % held':>6} {'[exact]':>15}  {'99 %':>6}", end="")
    print(f"  {'width':>7}  {'ratio':>5}  {'p<0.05':>6}  {'band':>6}  {'detects':>7}")
    with multiprocessing.get_context("spawn").Pool(asked.jobs) as pool:
        for lines in pool.imap(_study, work):
            print("\n".join(lines), flush=True)


if __name__ == "__main__":
    main()
