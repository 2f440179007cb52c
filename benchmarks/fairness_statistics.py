"""Do intervals of clustered means, of shares with labels by hand and of corrected gaps hold their level?

    python benchmarks/fairness_statistics.py [--repeats 1000] [--seed 0] [--only clusters|labels|gaps]

Every repeat draws all data anew from a known truth.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from common.rates import with_interval
from common.studies import run_studies
from numpy.typing import NDArray
from scipy import stats

from genai_audit.audit.statistics.paired.clusters import cluster_mean, wild_cluster_p
from genai_audit.audit.statistics.shares.group_errors import JudgedGroup, rate_difference
from genai_audit.audit.statistics.shares.prediction_powered import prediction_powered

Floats = NDArray[np.float64]

LEVELS = (0.95, 0.99)


@dataclass(frozen=True)
class Effects:
    """How clusters and the values in them scatter around a mean."""

    name: str
    between: Callable[[np.random.Generator, int], Floats]
    within: Callable[[np.random.Generator, int], Floats]
    mean: float


SCATTER = (
    Effects("normal", lambda rng, g: rng.normal(size=g), lambda rng, n: rng.normal(size=n), 0.0),
    Effects("skewed values", lambda rng, g: 0.3 * rng.normal(size=g), lambda rng, n: rng.exponential(size=n), 1.0),
    Effects("skewed clusters", lambda rng, g: rng.exponential(size=g), lambda rng, n: rng.normal(size=n), 1.0),
    Effects(
        "very skewed clusters",
        lambda rng, g: np.exp(rng.normal(size=g)),
        lambda rng, n: np.zeros(n),
        float(np.exp(0.5)),
    ),
)
LABELS = (  # how many, the true share, and the judge's error rates
    (20, 0.5, 0.1, 0.1),
    (50, 0.05, 0.3, 0.02),
    (100, 0.05, 0.3, 0.02),
    (100, 0.6, 0.01, 0.03),
    (300, 0.5, 0.1, 0.2),
    (1000, 0.3, 0.2, 0.1),
)
SIZES: dict[str, Callable[[np.random.Generator, int], NDArray[np.int64]]] = {
    "10 each": lambda _, g: np.full(g, 10),
    "2 to 59": lambda rng, g: rng.integers(2, 60, g),
    "log-normal, 1 to 200": lambda rng, g: np.clip(np.exp(rng.normal(1.8, 1.0, g)), 1, 200).astype(np.int64),
}


def _clustered(
    effects: Effects,
    sizes: Callable[[np.random.Generator, int], NDArray[np.int64]],
    count: int,
    rng: np.random.Generator,
) -> tuple[Floats, NDArray[np.int64]]:
    clusters = np.repeat(np.arange(count), sizes(rng, count))
    return effects.between(rng, count)[clusters] + effects.within(rng, len(clusters)), clusters


def study_clusters(repeats: int, rng: np.random.Generator) -> None:
    """Coverage of `cluster_mean`, and of an interval that takes all values as independent."""
    print("| Clusters | Scatter | Sizes | 95 % | 99 % | as if independent | p ≤ 0.05 |\n|---|---|---|---|---|---|---|")
    for count in (6, 12, 30, 100):
        for effects in SCATTER:
            for name, sizes in SIZES.items():
                hits, plain, rejected = np.zeros(len(LEVELS)), 0, 0
                for _ in range(repeats):
                    values, clusters = _clustered(effects, sizes, count, rng)
                    found = cluster_mean(values=values, clusters=clusters, levels=LEVELS)
                    hits += [each.low <= effects.mean <= each.high for each in found.curve]
                    plain += abs(values.mean() - effects.mean) <= 1.96 * stats.sem(values)
                    if count < 30:
                        rejected += wild_cluster_p(values=values, clusters=clusters, null=effects.mean) <= 0.05
                cells = (*(with_interval(each, repeats) for each in hits), f"{plain / repeats:.0%}")
                wild = f"{rejected / repeats:.1%}" if count < 30 else "–"
                print(f"| {count} | {effects.name} | {name} | {' | '.join(cells)} | {wild} |", flush=True)


def study_labels(repeats: int, rng: np.random.Generator) -> None:
    """Coverage of `prediction_powered` and of normal limits from the same variance; 5,000 samples without labels."""
    print("| Labels | Share | Misses / false alarms | λ | 95 % | 99 % | normal limits, 95 % | width over normal |")
    print("|---|---|---|---|---|---|---|---|")
    for m, share, miss, alarm in LABELS:
        for tuned in (True, False):
            hits, plain, widths = np.zeros(len(LEVELS)), 0, np.zeros(2)
            for _ in range(repeats):
                truth = rng.random(m + 5000) < share
                said = np.where(truth, rng.random(m + 5000) >= miss, rng.random(m + 5000) < alarm)
                found = prediction_powered(
                    labelled=truth[:m],
                    labelled_predictions=said[:m],
                    predictions=said[m:],
                    levels=LEVELS,
                    tuned=tuned,
                )
                low, high = found.limits.low[:, 0], found.limits.high[:, 0]
                half = 1.96 * float(found.covariance[0, 0]) ** 0.5
                hits += (low <= share) & (share <= high)
                plain += abs(found.values[0] - share) <= half
                widths += high[0] - low[0], 2 * half
            cells = (*(with_interval(each, repeats) for each in hits), f"{plain / repeats:.1%}")
            how = "tuned" if tuned else "1"
            ratio = f"{widths[0] / widths[1]:.2f}"
            print(f"| {m} | {share} | {miss} / {alarm} | {how} | {' | '.join(cells)} | {ratio} |", flush=True)


def study_gaps(repeats: int, rng: np.random.Generator) -> None:
    """Coverage of `rate_difference` where the judge errs more on the second group, and of one pooled correction."""
    print("| Rates | Labelled a kind and group | 95 % | 99 % | pooled error rates, 95 % |\n|---|---|---|---|---|")
    for rates in ((0.1, 0.1), (0.3, 0.15), (0.02, 0.05)):
        for labelled in (50, 200, 1000):
            hits, pooled = np.zeros(len(LEVELS)), 0
            for _ in range(repeats):
                groups = [
                    _judged(rng, rate, se, sp, labelled)
                    for rate, se, sp in zip(rates, (0.9, 0.8), (0.95, 0.85), strict=True)
                ]
                truth = rates[0] - rates[1]
                found = rate_difference(first=groups[0], second=groups[1], levels=LEVELS)
                hits += [each.low <= truth <= each.high for each in found.curve]
                both = np.sum([each.confusion for each in groups], axis=0).tolist()
                alike = [JudgedGroup(each.positive, each.n, (tuple(both[0]), tuple(both[1]))) for each in groups]
                one = rate_difference(first=alike[0], second=alike[1], levels=LEVELS[:1]).curve[0]
                pooled += one.low <= truth <= one.high
            cells = " | ".join(with_interval(each, repeats) for each in hits)
            print(f"| {rates[0]} and {rates[1]} | {labelled} | {cells} | {pooled / repeats:.1%} |", flush=True)


def _judged(rng: np.random.Generator, rate: float, se: float, sp: float, labelled: int) -> JudgedGroup:
    hits, spared = int(rng.binomial(labelled, se)), int(rng.binomial(labelled, sp))
    positive = int(rng.binomial(2000, rate * se + (1 - rate) * (1 - sp)))
    return JudgedGroup(positive, 2000, ((hits, labelled - hits), (labelled - spared, spared)))


if __name__ == "__main__":
    run_studies(__doc__, {"clusters": study_clusters, "labels": study_labels, "gaps": study_gaps}, repeats=1000)
