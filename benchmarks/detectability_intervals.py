"""Do the intervals of GA308 hold their level, how wide are they, and how often is a sound model called different?

Scores of known distributions take the place of a classifier, so that the true area is known; then the whole procedure
runs on sound data, fit included. Printed for each setting: how often the 95 % and the 99 % interval held the truth, the
mean width over the width that the true standard deviation would give, and how often p fell below 0.05.

    python benchmarks/detectability_intervals.py [--repeats 1000] [--sound 300] [--seed 0]
"""

import argparse
from collections.abc import Callable
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from genai_audit.audit.statistics.classifiers.detection import Auc, area, detect

Scores = Callable[[int, np.random.Generator], NDArray[np.float64]]
SIZES = (25, 100, 500)


def normal(shift: float = 0.0) -> Scores:
    """Normal scores."""
    return lambda n, rng: shift + rng.normal(size=n)


def separated(true: float) -> Scores:
    """Normal scores that lie above standard normal ones in a share `true` of all pairs."""
    return normal(2**0.5 * NormalDist().inv_cdf(true))


def rare(share: float) -> Scores:
    """1 for few, 0 for most."""
    return lambda n, rng: (rng.random(n) < share).astype(float)


def spread(share: float) -> Scores:
    """Tied at 0 but for a few."""
    return lambda n, rng: np.where(rng.random(n) < share, 9 * rng.normal(size=n), 0.0)


def surely(wrong: float, within: bool) -> Scores:
    """Far above all real scores but for a few, which lie among them or below them all."""
    return lambda n, rng: np.where(rng.random(n) < wrong, rng.normal(size=n) if within else -100.0, 100.0)


def levels(n: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Three levels."""
    return rng.integers(3, size=n).astype(float)


SETTINGS: dict[str, tuple[Scores, Scores, float]] = {
    "equal distributions": (normal(), normal(), 0.5),
    "AUC 0.6": (normal(), separated(0.6), 0.6),
    "AUC 0.8": (normal(), separated(0.8), 0.8),
    "AUC 0.95": (normal(), separated(0.95), 0.95),
    "AUC 0.99": (normal(), separated(0.99), 0.99),
    "AUC 0.999": (normal(), separated(0.999), 0.999),
    "three levels, equal": (levels, levels, 0.5),
    "rare level": (rare(0.02), rare(0.05), 0.515),
    "mostly tied": (spread(0.05), spread(0.1), 0.5),
    "1 % among the real": (normal(), surely(0.01, True), 0.995),
    "1 % below the real": (normal(), surely(0.01, False), 0.99),
}


def line(name: str, n: int, found: list[Auc], true: float) -> str:
    """How one setting fared."""
    limits = {level: [each.limits(level) for each in found] for level in (0.95, 0.99)}
    held = {level: np.mean([each.low <= true <= each.high for each in given]) for level, given in limits.items()}
    width = np.mean([each.high - each.low for each in limits[0.95]])
    ideal = 2 * NormalDist().inv_cdf(0.975) * np.std([each.value for each in found], ddof=1)
    alarms = np.mean([each.p_value() < 0.05 for each in found])
    ratio = width / ideal if ideal > 0 else float("inf")
    first = f"  {name:22} {n:5}  {true:6.3f}  {held[0.95]:6.1%}  {held[0.99]:6.1%}"
    return f"{first}  {width:6.3f}  {ratio:5.2f}  {alarms:6.1%}"


def sound(repeats: int, rng: np.random.Generator) -> None:
    """The whole procedure where both sets have one distribution: 1/2 is the truth for every classifier."""
    draws: dict[str, Callable[[int], NDArray[np.float64]]] = {
        "2 dimensions": lambda n: rng.normal(size=(n, 2)),
        "64 dimensions": lambda n: rng.normal(size=(n, 64)),
        "categories": lambda n: rng.integers(3, size=(n, 4)).astype(float),
    }
    for name, draw in draws.items():
        found = [detect(generated=draw(200), reference=draw(200), rng=rng).auc for _ in range(repeats)]
        print(line(f"fitted, {name}", 100, found, 0.5), flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Calibration of the intervals of GA308")
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--sound", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    rng = np.random.default_rng(asked.seed)
    print(
        f"  {'setting':22} {'n':>5}  {'truth':>6}  {'95 %':>6}  {'99 %':>6}  {'width':>6}  {'ratio':>5}  {'p<0.05':>6}"
    )
    for name, (real, generated, true) in SETTINGS.items():
        for n in SIZES:
            found = [area(generated=generated(n, rng), reference=real(n, rng)) for _ in range(asked.repeats)]
            print(line(name, n, found, true), flush=True)
    sound(asked.sound, rng)


if __name__ == "__main__":
    main()
