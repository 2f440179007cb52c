"""Are GA301 and GA305 calibrated?

Two studies. *False alarms*: whole audits of sound generators, 1,000 by default, over ten distributions. *Coverage*: how
often 95 % intervals hold the truth, and their mean width over that which the true standard deviation would give; counts
are drawn for modes of known shares, samples for modes of known spread, boundary values among them. What both auditors
find is in `power.py`.

    python benchmarks/modes.py [--sound 1000] [--repeats 300] [--seed 0]
"""

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from genai_audit.audit.collapse.mode_coverage.auditor import ModeCoverage
from genai_audit.audit.collapse.mode_coverage.estimates import MISSING, estimates, measured
from genai_audit.audit.collapse.shared.mode_cells import Cells
from genai_audit.audit.collapse.within_mode_spread.auditor import SpreadWithinModes
from genai_audit.audit.evidence.bundle import Evidence, Features, Generated, Real
from genai_audit.audit.finding import Estimate, Finding
from genai_audit.audit.statistics.modes.discovery import Modes
from genai_audit.audit.statistics.modes.spread import pooled_ratio, scatter, spread_limits

Matrix = NDArray[np.float64]
Distribution = Callable[[int, np.random.Generator], Matrix]
GRID = np.array([(x, y) for x in range(-4, 5, 2) for y in range(-4, 5, 2)], dtype=float)
OVERALL = ("thinnest_mode_ratio", "missing_modes", "lost_mass", "spread_ratio", "smallest_spread_ratio",
           "largest_spread_ratio")  # fmt: skip


def grid(n: int, rng: np.random.Generator) -> Matrix:
    """Twenty-five narrow modes."""
    return GRID[rng.integers(25, size=n)] + 0.05 * rng.normal(size=(n, 2))


def blobs(modes: int, dimensions: int, freedom: float = np.inf) -> Distribution:
    """Modes of unequal share and spread, with heavy tails where the degrees of freedom are few."""
    rng = np.random.default_rng(modes)
    centres, scales = 3 * rng.normal(size=(modes, dimensions)), rng.uniform(0.5, 1.5, size=modes)
    shares = rng.dirichlet(np.full(modes, 5.0))

    def draw(n: int, rng: np.random.Generator) -> Matrix:
        own = rng.choice(modes, size=n, p=shares)
        noise = rng.normal(size=(n, dimensions)) if np.isinf(freedom) else rng.standard_t(freedom, (n, dimensions))
        return centres[own] + scales[own, None] * noise

    return draw


LAWS: dict[str, tuple[Distribution, int, int]] = {
    "grid of 25": (grid, 500, 500),
    "grid of 25, more samples": (grid, 1000, 4000),
    "one cloud, 2 dimensions": (lambda n, rng: rng.normal(size=(n, 2)), 500, 500),
    "one cloud, 64 dimensions": (lambda n, rng: rng.normal(size=(n, 64)), 300, 600),
    "6 blobs, 8 dimensions": (blobs(6, 8), 500, 1000),
    "10 blobs, 32 dimensions": (blobs(10, 32), 1000, 2000),
    "6 blobs, heavy tails": (blobs(6, 4, freedom=5), 500, 500),
    "skewed": (lambda n, rng: rng.exponential(size=(n, 3)), 500, 500),
    "12 categories": (lambda n, rng: np.eye(12)[rng.integers(12, size=n)], 400, 400),
    "counts": (lambda n, rng: rng.poisson(2.0, size=(n, 3)).astype(float), 600, 600),
}


def audits(real: Matrix, made: Matrix, rng: np.random.Generator) -> list[Finding]:
    """Both auditors; those that cannot answer are left out."""
    evidence = Evidence(
        modality="image",
        generated=Generated(np.zeros((len(made), 1, 1, 1), np.float32), 0, "toy"),
        reference=Real(np.zeros((len(real), 1, 1, 1), np.float32), len(real), "toy", "toy", ""),
        features=Features(made, real, np.zeros((0, real.shape[1])), "identity"),
    )
    found = [ModeCoverage(shown=0)(evidence, rng)]
    if real.shape[1] != 12:  # equal samples within each mode have no spread
        found.append(SpreadWithinModes()(evidence, rng))
    return found


def false_alarms(runs: int, rng: np.random.Generator) -> None:
    """How often p is below 0.05 for sound generators, by distribution and in all."""
    total: dict[str, list[bool]] = {name: [] for name in OVERALL}
    print(f"False alarms at the 5 % level, {runs} sound runs; and how often 95 % intervals of single modes leave out 1")
    for distribution, (draw, n, m) in LAWS.items():
        alarms: dict[str, list[bool]] = {name: [] for name in OVERALL}
        single: list[bool] = []
        modes = []
        for _ in range(runs // len(LAWS)):
            for finding in audits(draw(n, rng), draw(m, rng), rng):
                for each in finding.estimates:
                    p = each.p_value if each.p_value is not None else 1.0
                    (single if each.group else alarms[each.name]).append(p <= 0.05)
                if finding.code == ModeCoverage.code:
                    modes.append(finding.settings["modes"])
        for name, found in alarms.items():
            total[name] += found
        shown = "  ".join(f"{name} {np.mean(found):.3f}" for name, found in alarms.items() if found)
        print(f"  {distribution:26} {np.median(modes):3.0f} modes  {shown}  single modes {np.mean(single):.3f}")
    for name, found in total.items():
        exact = binomtest(sum(found), len(found)).proportion_ci(0.95, "exact")
        print(f"  all distributions: {name:24} {np.mean(found):.3f} ({exact.low:.3f}–{exact.high:.3f}) of {len(found)}")


def counted_only(made: NDArray[np.int64], real: NDArray[np.int64]) -> Cells:
    """Cells whose samples are no more than counts."""
    k = len(made)
    none = np.zeros((k, 1))
    modes = Modes(np.zeros(1), np.ones((1, 1)), none, np.ones(k), np.ones(k, np.int64), True)
    real_labels, made_labels = (np.repeat(np.arange(k), each) for each in (real, made))
    names = tuple(f"mode {each + 1}" for each in range(k))
    return Cells(modes, np.arange(len(real_labels)), real_labels, made_labels, names, "none", np.full(k, -1))


def counting_settings() -> dict[str, tuple[Matrix, Matrix, int, int]]:
    """Real shares, generated shares, and how many of each are counted."""
    equal = np.full(25, 1 / 25)
    rng = np.random.default_rng(5)
    uneven = rng.dirichlet(np.full(12, 3.0))

    def of(weights: Matrix) -> Matrix:
        return weights / weights.sum()

    first = np.arange(25)
    return {
        "equal (boundary: no loss)": (equal, equal, 300, 500),
        "1 of 25 dropped (boundary: ratio 0)": (equal, of((first > 0).astype(float)), 300, 500),
        "1 of 25 dropped, more samples": (equal, of((first > 0).astype(float)), 1000, 4000),
        "1 of 25 halved": (equal, of(np.where(first > 0, 1.0, 0.5)), 1000, 2000),
        "3 of 25 dropped": (equal, of((first > 2).astype(float)), 300, 500),
        "imbalance i^-0.3": (equal, of((first + 1.0) ** -0.3), 600, 1000),
        "12 uneven modes, all off": (uneven, of(uneven * rng.uniform(0.5, 1.5, size=12)), 600, 600),
        "2 modes, one cut to 30 %": (np.array([0.5, 0.5]), of(np.array([0.5, 0.15])), 300, 300),
    }


def interval_row(name: str, found: list[Estimate], truths: list[float]) -> str:
    """Coverage and relative width of one estimate."""
    limits = [each.interval() for each in found]
    held = np.mean([each.low - 1e-9 <= true <= each.high + 1e-9 for each, true in zip(limits, truths, strict=True)])
    width = float(np.mean([each.high - each.low for each in limits]))
    spread = float(np.std([each.value for each in found]))
    relative = f"{width / (3.92 * spread):.2f}" if spread > 0 else "–"
    return f"{name} {held:.3f} (width {width:.3f}, relative {relative})"


def coverage(repeats: int, rng: np.random.Generator) -> None:
    """Intervals of GA301 for known shares, and of GA305 for known spreads."""
    print(f"Coverage of nominal 95 % intervals, {repeats} repeats; width relative to that of the true deviation")
    for setting, (p, q, n, m) in counting_settings().items():
        true = {
            "thinnest_mode_ratio": float((q / p).min()),
            "missing_modes": float((q / p < MISSING).sum()),
            "lost_mass": float(np.maximum(p - q, 0).sum()),
        }
        found: dict[str, list[Estimate]] = {name: [] for name in (*true, "mode 1", "mode 2")}
        for _ in range(repeats):
            real = np.maximum(rng.multinomial(n, p), 1)
            cells = counted_only(rng.multinomial(m, q), real)
            for each in estimates(measured(cells, repeats=300, rng=rng), rng):
                key = each.group or each.name
                if key in found:
                    found[key].append(each)
        truths = {**true, "mode 1": float(q[0] / p[0]), "mode 2": float(q[1] / p[1])}
        print(f"  {setting}: " + "; ".join(interval_row(k, v, [truths[k]] * len(v)) for k, v in found.items()))
    for setting, (factor, modes, n, m, freedom) in {
        "25 round modes, sound": (1.0, 25, 300, 500, np.inf),
        "25 round modes, shrunk to 0.6": (0.6, 25, 300, 500, np.inf),
        "25 round modes, blown up by 1.5": (1.5, 25, 300, 500, np.inf),
        "1 mode": (1.0, 1, 100, 100, np.inf),
        "6 modes with heavy tails (t, 5)": (0.8, 6, 300, 300, 5.0),
        "10 modes, all equal within (boundary 0)": (0.0, 10, 300, 300, np.inf),
    }.items():
        print(f"  spread, {setting}: {spread_coverage(factor, modes, n, m, freedom, 2 * repeats, rng)}")


def spread_coverage(
    factor: float, modes: int, n: int, m: int, freedom: float, repeats: int, rng: np.random.Generator
) -> str:
    """Coverage and relative width of the pooled ratio, and of single modes."""
    held, single, values, widths = [], [], [], []
    for _ in range(repeats):
        sets = []
        for size in (m, n):
            own = rng.integers(modes, size=size)
            noise = rng.normal(size=(size, 2)) if np.isinf(freedom) else rng.standard_t(freedom, (size, 2))
            sets.append(scatter(samples=noise * (factor if not sets else 1.0), labels=own, modes=modes))
        ratio = pooled_ratio(generated=sets[0], reference=sets[1], weights=np.full(modes, 1 / modes))
        limits = spread_limits(ratio, samples=m, levels=[0.95])
        held.append(limits.low[0] <= factor <= limits.high[0])
        values.append(float(np.sqrt(ratio.value)))
        widths.append(float(limits.high[0] - limits.low[0]))
        first, second = (type(each)(*(part[:1] for part in each)) for each in sets)
        one = pooled_ratio(generated=first, reference=second, weights=np.ones(1))
        limits = spread_limits(one, samples=sets[0].sizes[0], levels=[0.95])
        single.append(limits.low[0] <= factor <= limits.high[0])
    spread = float(np.std(values))
    relative = f"{np.mean(widths) / (3.92 * spread):.2f}" if spread > 0 else "–"
    wide = f"(width {np.mean(widths):.3f}, relative {relative})"
    return f"all modes {np.mean(held):.3f} {wide}; one mode {np.mean(single):.3f}"


def main() -> None:
    """Run the studies and print them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sound", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    if options.sound:
        false_alarms(options.sound, rng)
    if options.repeats:
        coverage(options.repeats, rng)


if __name__ == "__main__":
    main()
