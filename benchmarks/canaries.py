"""How often is a training that leaks nothing accused of a privacy loss, and how much of a real one is shown?

Models are simulated by their scores: of those that leak nothing, scores know nothing of the coins; of the others, the
scores of planted canaries are shifted. Beside our bound, whose number of guesses is fixed beforehand, stands the
largest bound over many pairs of numbers of guesses, each at the full level, as ml_privacy_meter reports it (our own
code, from its formula).

    python benchmarks/canaries.py [--runs 1000] [--seed 0]
"""

import argparse

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc

from genai_audit.audit.statistics.canaries.one_run import epsilon_lower_bound, right_guesses
from genai_audit.audit.statistics.canaries.ranks import rank_p_values
from genai_audit.audit.statistics.classifiers.detection import area

SIZES = (100, 400, 1000, 4000)
SHIFTS = (0.5, 1.0, 2.0, 4.0)


def scores(m: int, shift: float, rng: np.random.Generator) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Scores of m canaries, and which were planted by coins."""
    included = rng.random(m) < 0.5
    return rng.normal(size=m) - shift * included, included


def largest_is_positive(found: NDArray[np.float64], included: NDArray[np.bool_]) -> bool:
    """Whether the largest bound over many numbers of guesses, in steps of 1 % of the records either way, is above 0."""
    ordered = included[np.argsort(found)]
    m = len(ordered)
    steps = np.unique(np.linspace(0, m // 2, min(m // 2, 50) + 1).astype(int))
    ins, outs = np.r_[0, np.cumsum(ordered)], np.r_[0, np.cumsum(~ordered[::-1])]
    for low in steps:
        guesses = low + steps
        right = ins[low] + outs[steps]
        possible = guesses > 0
        if (bdtrc(right[possible] - 1.0, guesses[possible], 0.5) <= 0.05).any():
            return True
    return False


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(
        "| Canaries | ε above 0, ours | ε above 0, largest of many | p of ranks (AUC) ≤ 0.05 | rank p of one ≤ 0.05 |"
    )
    print("|---|---|---|---|---|")
    for m in SIZES:
        rng = np.random.default_rng([options.seed, m])
        counts = np.zeros(4)
        for _ in range(options.runs):
            found, included = scores(m, 0.0, rng)
            right = right_guesses(found, included, guesses=m // 2, rng=rng)
            planted, held_out = found[included], found[~included]
            counts += (
                epsilon_lower_bound(records=m, guesses=m // 2, right=right, delta=1e-5) > 0,
                largest_is_positive(found, included),
                area(generated=-planted, reference=-held_out).p_value() <= 0.05,
                rank_p_values(planted[:1], held_out)[0] <= 0.05,
            )
        print(f"| {m:,} | " + " | ".join(f"{100 * each / options.runs:.1f} %" for each in counts) + " |")
    print()
    print("| Scores of planted ones lower by | " + " | ".join(f"{m:,} canaries" for m in SIZES) + " |")
    print("|---" * (1 + len(SIZES)) + "|")
    for shift in SHIFTS:
        row = []
        for m in SIZES:
            rng = np.random.default_rng([options.seed, m, int(10 * shift)])
            bounds = []
            for _ in range(max(options.runs // 20, 5)):
                found, included = scores(m, shift, rng)
                right = right_guesses(found, included, guesses=m // 2, rng=rng)
                bounds.append(epsilon_lower_bound(records=m, guesses=m // 2, right=right, delta=1e-5))
            row.append(f"{np.median(bounds):.2f} ({100 * np.mean(np.array(bounds) > 0):.0f} %)")
        print(f"| {shift:g} standard deviations | " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
