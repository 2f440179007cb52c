"""Speed of the collapse statistics against the usual ways to compute the same numbers, in one process, on one array.

Every part times both sides in turn, several times, checks that they agree, and prints the ratio of the medians with the
smallest and the largest ratio of two neighbouring runs.

    python benchmarks/collapse.py [--part frechet,vendi] [--repeats 5] [--quick]
"""

import argparse
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigvals, sqrtm

from genai_audit.audit.statistics.distances.frechet import frechet_distance, frechet_from_moments, moments
from genai_audit.audit.statistics.distances.vendi import vendi_from_features, vendi_from_kernel

Matrix = NDArray[np.float64]


class Race(NamedTuple):
    """Two ways to one number: what they are called, ours and theirs, and the relative difference allowed."""

    name: str
    ours: Callable[[], float]
    theirs: Callable[[], float]
    tolerance: float = 1e-6


def frechet(quick: bool) -> Iterator[Race]:
    """Fréchet distance at the size of Inception features, with many and with few records."""
    d = 512 if quick else 2048
    rng = np.random.default_rng(0)
    spread = np.arange(1, d + 1.0) ** -0.5
    x, y = spread * rng.normal(size=(3 * d, d)), spread * (0.1 + rng.normal(size=(3 * d, d)))
    a, b = moments(x), moments(y)
    fixed = float(np.square(a.mean - b.mean).sum() + np.trace(a.covariance) + np.trace(b.covariance))

    def root() -> float:
        return fixed - 2 * float(np.trace(sqrtm(a.covariance @ b.covariance)).real)

    def roots() -> float:
        return fixed - 2 * float(np.sqrt(eigvals(a.covariance @ b.covariance).astype(complex)).real.sum())

    def ours() -> float:
        return frechet_from_moments(generated=b, reference=a)

    yield Race(f"Fréchet d = {d}, moments given: scipy.linalg.sqrtm", ours, root)
    yield Race(f"Fréchet d = {d}, moments given: nonsymmetric eigenvalues", ours, roots)
    few_x, few_y = x[:500], y[:500]

    def few(trace: Callable[[Matrix], float]) -> float:
        first, second = moments(few_x), moments(few_y)
        shift = np.square(first.mean - second.mean).sum() + np.trace(first.covariance + second.covariance)
        return float(shift) - 2 * trace(first.covariance @ second.covariance)

    def few_root() -> float:
        return few(lambda product: float(np.trace(sqrtm(product)).real))

    def few_roots() -> float:
        return few(lambda product: float(np.sqrt(eigvals(product).astype(complex)).real.sum()))

    def few_ours() -> float:
        return frechet_distance(generated=few_y, reference=few_x)

    # Without full rank the usual root is wrong in the fifth digit: roots of rounding errors add up.
    yield Race(f"Fréchet n = 500, d = {d}, from records: scipy.linalg.sqrtm", few_ours, few_root, 1e-3)
    yield Race(f"Fréchet n = 500, d = {d}, from records: nonsymmetric eigenvalues", few_ours, few_roots, 1e-3)


def vendi(quick: bool) -> Iterator[Race]:
    """Vendi score of order 1 under the cosine kernel."""
    n, d = (1000, 64) if quick else (5000, 128)
    rows = np.random.default_rng(0).normal(size=(n, d))

    def from_kernel() -> float:
        unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return vendi_from_kernel(unit @ unit.T)

    yield Race(f"Vendi n = {n}, d = {d}: n × n kernel", lambda: vendi_from_features(rows), from_kernel, 1e-9)


PARTS: dict[str, Callable[[bool], Iterator[Race]]] = {"frechet": frechet, "vendi": vendi}
"""What can be timed; each gives its races, at a smaller size where asked for a quick look."""


def run(race: Race, repeats: int) -> str:
    """One line: both medians and their ratio with its spread."""
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(repeats):
        seconds, first = _timed(race.ours)
        ours.append(seconds)
        seconds, second = _timed(race.theirs)
        theirs.append(seconds)
        if abs(first - second) > race.tolerance * max(abs(first), abs(second)):
            raise SystemExit(f"{race.name}: {first} and {second} differ by more than {race.tolerance:g}")
    ratios = np.array(theirs) / np.array(ours)
    return (
        f"{race.name}: {np.median(theirs):.4g} s against {np.median(ours):.4g} s, "
        f"{np.median(theirs) / np.median(ours):.1f} times [{ratios.min():.1f}, {ratios.max():.1f}]"
    )


def _timed(function: Callable[[], float]) -> tuple[float, float]:
    started = time.perf_counter()
    value = function()
    return time.perf_counter() - started, value


def main() -> None:
    """Print one line a race."""
    parser = argparse.ArgumentParser(description="Speed of the collapse statistics")
    parser.add_argument("--part", default=",".join(PARTS), help=f"some of {', '.join(PARTS)}")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="smaller sizes")
    asked = parser.parse_args()
    for part in asked.part.split(","):
        for race in PARTS[part](asked.quick):
            print(run(race, asked.repeats), flush=True)


if __name__ == "__main__":
    main()
