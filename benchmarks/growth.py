"""How does the cost of each statistic grow with the number of records?

Seconds at n = m = 1,000 to 100,000 records of 64 features, as a table with the exponent fitted on logarithms from 5,000
records on, and as a chart with logarithmic scales. A statistic is not taken further once its next size is expected to
take longer than the limit. How many records the audit itself compares at most is said in the auditors' pages.

    python benchmarks/growth.py [--most 100000] [--limit 600] [--threads 2] [--chart docs/growth.svg]
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from genai_audit.audit.statistics.classifiers.detection import detect
from genai_audit.audit.statistics.distances.effective_number import mean_similarity
from genai_audit.audit.statistics.distances.frechet import frechet_distance
from genai_audit.audit.statistics.distances.kernel_sums import gaussian_kernel
from genai_audit.audit.statistics.distances.mmd import measure_mmd
from genai_audit.audit.statistics.distances.vendi import vendi_from_features
from genai_audit.audit.statistics.modes.discovery import find_modes
from genai_audit.audit.statistics.neighbours.prdc import prdc

Matrix = NDArray[np.float64]
Work = Callable[[Matrix, Matrix, np.random.Generator], object]
Times = list[tuple[int, float]]

SIZES = (1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)
FITTED_FROM = 5000
DIMENSIONS = 64
# Distances of squared length about 2 d: a kernel that is neither 0 nor 1 for most pairs.
WIDTH = float(np.sqrt(2 * DIMENSIONS))

STATISTICS: dict[str, Work] = {
    "neighbours": lambda x, y, rng: prdc(generated=y, reference=x, k=5, rng=rng),
    "kernel discrepancy": lambda x, y, _: measure_mmd(generated=y, reference=x, kernel=gaussian_kernel(WIDTH)),
    "effective number": lambda _, y, __: mean_similarity(y, width=WIDTH),
    "Fréchet distance": lambda x, y, _: frechet_distance(generated=y, reference=x),
    "Vendi, linear kernel": lambda _, y, __: vendi_from_features(y),
    "modes": lambda x, _, rng: find_modes(learning=x, rng=rng),
    "classifier": lambda x, y, rng: detect(generated=y, reference=x, rng=rng),
}

COLOURS = ("#1b6ca8", "#b3541e", "#2a7f3f", "#7a4fa3", "#a3264b", "#5c6b1f", "#444444")
WIDE, HIGH, LEFT, RIGHT, TOP, BOTTOM = 720, 420, 60, 210, 16, 44


def measured(work: Work, most: int, limit: float) -> Times:
    """Seconds at each size, as far as time allows; the better of two runs where they are short."""
    found: Times = []
    for n in (size for size in SIZES if size <= most):
        if found and found[-1][1] * (n / found[-1][0]) ** 2 > limit:
            break
        rng = np.random.default_rng(0)
        x, y = rng.normal(size=(n, DIMENSIONS)), 0.02 + 0.98 * rng.normal(size=(n, DIMENSIONS))
        runs = [seconds(work, x, y)]
        if runs[0] < 5:
            runs.append(seconds(work, x, y))
        found.append((n, min(runs)))
    return found


def seconds(work: Work, x: Matrix, y: Matrix) -> float:
    """Of one run."""
    start = time.perf_counter()
    work(x, y, np.random.default_rng(0))
    return time.perf_counter() - start


def exponent(found: Times) -> float | None:
    """The slope on logarithmic scales, or None with fewer than two large sizes."""
    large = np.log(np.array([each for each in found if each[0] >= FITTED_FROM]))
    return float(np.polyfit(large[:, 0], large[:, 1], 1)[0]) if len(large) > 1 else None


def table(results: dict[str, Times]) -> str:
    """Markdown: a row a statistic, a column a size."""
    sizes = [n for n in SIZES if any(n == at for found in results.values() for at, _ in found)]
    lines = [
        "| Statistic | " + " | ".join(f"{n:,}" for n in sizes) + " | grows as |",
        "|---" * (len(sizes) + 2) + "|",
    ]
    for name, found in results.items():
        known, power = dict(found), exponent(found)
        cells = [f"{known[n]:.3g}" if n in known else "–" for n in sizes]
        lines.append(f"| {name} | " + " | ".join(cells) + f" | {'–' if power is None else f'n^{power:.2f}'} |")
    return "\n".join(lines)


def chart(results: dict[str, Times]) -> str:
    """SVG: seconds over records, both scales logarithmic, each line named at its end."""
    times = [each for found in results.values() for _, each in found]
    low, high = np.floor(np.log10(min(times))), np.ceil(np.log10(max(times)))
    first, last = np.log10(SIZES[0]), np.log10(SIZES[-1])

    def place(n: float, t: float) -> tuple[float, float]:
        across = (np.log10(n) - first) / (last - first)
        up = (np.log10(t) - low) / (high - low)
        return LEFT + across * (WIDE - LEFT - RIGHT), HIGH - BOTTOM - up * (HIGH - BOTTOM - TOP)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {HIGH}" role="img" font-family="sans-serif" '
        'font-size="12">',
        "<title>Seconds that each statistic takes, by the number of records; both scales logarithmic</title>",
        f'<rect width="{WIDE}" height="{HIGH}" fill="#fff"/>',
    ]
    for decade in range(int(low), int(high) + 1):
        _, y = place(SIZES[0], 10.0**decade)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDE - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**decade:g} s</text>')
    for n in SIZES:
        x, y = place(n, 10.0**low)
        parts.append(f'<path d="M{x:.1f} {TOP}V{y:.1f}" stroke="#eee"/>')
        parts.append(f'<text x="{x:.1f}" y="{y + 16:.1f}" text-anchor="middle">{n // 1000}k</text>')
    parts.append(f'<text x="{(LEFT + WIDE - RIGHT) / 2:.0f}" y="{HIGH - 8}" text-anchor="middle">records</text>')
    parts += lines(results, place)
    return "\n".join([*parts, "</svg>", ""])


def lines(results: dict[str, Times], place: Callable[[float, float], tuple[float, float]]) -> list[str]:
    """The lines with their marks and names; names that would overlap are moved apart."""
    parts, ends = [], []
    for colour, (name, found) in zip(COLOURS, results.items(), strict=True):
        points = [place(n, t) for n, t in found]
        drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points]
        power = exponent(found)
        ends.append((points[-1][1], colour, name if power is None else f"{name}, n^{power:.2f}"))
    last = 0.0
    for y, colour, name in sorted(ends):
        last = max(y + 4, last + 15)
        parts.append(f'<text x="{WIDE - RIGHT + 10}" y="{last:.1f}" fill="{colour}">{name}</text>')
    return parts


def main() -> None:
    """Print the table and, where asked for, write the chart."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--most", type=int, default=SIZES[-1])
    parser.add_argument("--limit", type=float, default=600.0, help="seconds that one run may be expected to take")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--chart", type=Path)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    results: dict[str, Times] = {}
    for name, work in STATISTICS.items():
        results[name] = measured(work, asked.most, asked.limit)
        print(name, ", ".join(f"{n:,}: {t:.3g} s" for n, t in results[name]), flush=True)
    print(table(results))
    if asked.chart:
        asked.chart.write_text(chart(results), encoding="utf-8")
        print(f"chart: {asked.chart}")


if __name__ == "__main__":
    main()
