"""Do the intervals of GA101 hold their level, and what does their honesty cost?

    python benchmarks/share_intervals.py [--repeats 1000] [--seed 0] [--only shares|lang-reiczigel|whole|power]

Every audit is drawn from known truth: the generated samples *and* the labelled samples on which the classifier's errors
are counted. Coverage comes with its own exact 95 % interval. `width` is relative to 2 × 1.96 true standard errors of
the estimator, which no honest interval stays below on average where the share is well away from 0.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common.rates import with_interval
from common.studies import run_studies
from numpy.typing import NDArray

from genai_audit.audit.statistics.shares.binomial import Limits
from genai_audit.audit.statistics.shares.confusion import (
    corrected_shares,
    error_rates,
    share_covariance,
    simulated_shares,
    softened_rates,
)
from genai_audit.audit.statistics.shares.corrected import share_limits
from genai_audit.audit.statistics.shares.ratios import ratios, simultaneous_levels, worst_ratio_limits
from genai_audit.audit.statistics.shares.total_variation import total_variation, total_variation_limits

# The exact interval of two groups serves as an oracle here, and lies beside the tests that need it.
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from golden.unaudited.prevalence import lang_reiczigel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PASS_LEVEL = 0.9875
"""What is left of 95 % where four rules share the error and this one is ruled on first."""


@dataclass(frozen=True)
class World:
    """A generator and a classifier, both known. `errors`: `even` over all other groups, or all to the `next` one."""

    shares: Floats
    accuracy: float
    labelled: int
    n: int
    errors: str = "even"

    @property
    def rates(self) -> Floats:
        """The classifier's true rates, (K, K)."""
        k = len(self.shares)
        wrong = np.roll(np.eye(k), 1, axis=1) if self.errors == "next" else (1 - np.eye(k)) / (k - 1)
        return self.accuracy * np.eye(k) + (1 - self.accuracy) * wrong

    @property
    def rows(self) -> Ints:
        """Labelled samples behind each row, (K,)."""
        return np.full(len(self.shares), self.labelled)

    def audits(self, repeats: int, rng: np.random.Generator) -> Iterator[tuple[Ints, Ints]]:
        """Counts (K,) and confusion (K, K) of repeated audits."""
        for _ in range(repeats):
            confusion = np.stack([rng.multinomial(self.labelled, row) for row in self.rates])
            yield rng.multinomial(self.n, self.shares @ self.rates), confusion

    def standard_errors(self) -> Floats:
        """Of corrected shares, (K,), by linearisation at the truth."""
        covariance = share_covariance(shares=self.shares, rates=self.rates, labelled=self.rows, n=self.n)
        return np.sqrt(np.diagonal(covariance.draws + covariance.classifier))


def one_group(share: float, k: int) -> Floats:
    """One group with this share, the others equal."""
    shares = np.full(k, (1 - share) / (k - 1))
    shares[0] = share
    return shares


def shares_study(repeats: int, rng: np.random.Generator) -> None:
    """Coverage and width of a group's own interval at 95 %."""
    print("\n1. Interval of one group's share, nominal 95 %")
    print(
        "groups errors acc. rows      n  share   coverage               missed low/high    others, mean / least   width"
    )
    for k, errors in ((2, "even"), (10, "even"), (10, "next")):
        for accuracy, labelled in ((0.99, 30), (0.99, 120), (0.95, 60), (0.85, 150)):
            for n in (500, 2_000, 20_000):
                for share in (0.0, 0.004, 0.05, 0.1, 0.5):
                    _share_row(World(one_group(share, k), accuracy, labelled, n, errors), repeats, rng)


def _share_row(world: World, repeats: int, rng: np.random.Generator) -> None:
    k, truth = len(world.shares), world.shares
    too_high, too_low, width = np.zeros(k), np.zeros(k), 0.0
    for counts, confusion in world.audits(repeats, rng):
        low, high = (ends[0] for ends in share_limits(counts=counts, confusion=confusion, levels=[0.95]))
        too_high += low > truth
        too_low += high < truth
        width += high[0] - low[0]
    covered = repeats - too_high - too_low
    honest = 2 * 1.96 * world.standard_errors()[0]
    relative = f"{width / repeats / honest:5.2f}" if truth[0] > 2 * world.standard_errors()[0] else "    –"
    print(
        f"{k:6} {world.errors:6} {world.accuracy:4} {world.labelled:4} {world.n:6}  {truth[0]:5}   "
        f"{with_interval(covered[0], repeats):22} {too_high[0] / repeats:6.1%} {too_low[0] / repeats:6.1%}     "
        f"{covered[1:].mean() / repeats:6.1%} / {covered[1:].min() / repeats:6.1%}       {relative}",
        flush=True,
    )


def lang_reiczigel_study(repeats: int, rng: np.random.Generator) -> None:
    """Two groups: beside the published interval."""
    print("\n2. Two groups: coverage and mean width beside Lang and Reiczigel, nominal 95 %")
    print(" share  sens.  spec.     n  rows   ours                  L–R                    width ours   L–R")
    for share, se, sp, n, labelled in (
        (0.642, 0.947, 0.983, 9_000, 1_500),
        (0.642, 0.869, 0.885, 9_000, 1_500),
        (0.5, 0.85, 0.9, 2_000, 300),
        (0.2, 0.85, 0.9, 2_000, 100),
        (0.05, 0.95, 0.95, 2_000, 100),
    ):
        hits, widths = np.zeros(2), np.zeros(2)
        for _ in range(repeats):
            found, right, spared = rng.binomial([n, labelled, labelled], [share * se + (1 - share) * (1 - sp), se, sp])
            confusion = np.array([[right, labelled - right], [labelled - spared, spared]])
            low, high = share_limits(counts=np.array([found, n - found]), confusion=confusion, levels=[0.95])
            theirs = lang_reiczigel(
                apparent=found / n,
                n=n,
                sensitivity=right / labelled,
                n_sensitivity=labelled,
                specificity=spared / labelled,
                n_specificity=labelled,
            )
            ends = np.array([[low[0, 0], high[0, 0]], [theirs.low, theirs.high]])
            hits += (ends[:, 0] <= share) & (share <= ends[:, 1])
            widths += ends[:, 1] - ends[:, 0]
        print(
            f"{share:6} {se:6} {sp:6} {n:5} {labelled:5}   {with_interval(hits[0], repeats)}  "
            f"{with_interval(hits[1], repeats)}    {widths[0] / repeats:.4f}    {widths[1] / repeats:.4f}",
            flush=True,
        )


GENERATORS: dict[str, Callable[[np.random.Generator], Floats]] = {
    "perfect": lambda rng: np.full(10, 0.1),
    "one at 0.9": lambda rng: one_group(0.09, 10),
    "half at 0.9": lambda rng: np.repeat([0.09, 0.11], 5),
    "random": lambda rng: rng.dirichlet(np.full(10, 200.0)),
    "one at 0.25": lambda rng: one_group(0.025, 10),
    "one dropped": lambda rng: one_group(0.0, 10),
}


def whole_study(repeats: int, rng: np.random.Generator) -> None:
    """Coverage of the worst ratio and of the total variation, and how the first would be ruled at 0.8."""
    print("\n3. Ten groups, targets 0.1: worst share ratio and total variation")
    print(
        "generator     acc. rows      n   worst ratio at 95 %    at 98.75 %             "
        "total variation at 95 %   pass    fail"
    )
    levels = [0.95, PASS_LEVEL]
    for accuracy, labelled, n in ((0.985, 120, 20_000), (0.95, 60, 20_000), (0.985, 120, 2_000), (0.85, 150, 5_000)):
        for name, draw in GENERATORS.items():
            hits, ruled = np.zeros(3), np.zeros(2)
            for _ in range(repeats):
                world = World(draw(rng), accuracy, labelled, n)
                counts, confusion = next(world.audits(1, rng))
                worst, distance = _whole(counts, confusion, levels, rng)
                truth = 10 * world.shares.min()
                moved = total_variation(shares=world.shares, targets=np.full(10, 0.1))
                hits[:2] += (worst.low <= truth + 1e-12) & (truth <= worst.high + 1e-12)
                hits[2] += distance.low[0] <= moved + 1e-12 and moved <= distance.high[0] + 1e-12
                ruled += [worst.low[1] >= 0.8, worst.high[1] < 0.8]
            print(
                f"{name:12} {accuracy:5} {labelled:4} {n:6}   {with_interval(hits[0], repeats):22} "
                f"{with_interval(hits[1], repeats):22} {with_interval(hits[2], repeats):22} "
                f"{ruled[0] / repeats:8.1%} {ruled[1] / repeats:7.1%}",
                flush=True,
            )


def _whole(counts: Ints, confusion: Ints, levels: list[float], rng: np.random.Generator) -> tuple[Limits, Limits]:
    targets = np.full(len(counts), 1 / len(counts))
    quotients = ratios(counts=counts, confusion=confusion, targets=targets, reference=None)
    worst = worst_ratio_limits(
        pointwise=quotients.limits(levels), simultaneous=quotients.limits(simultaneous_levels(levels, len(counts)))
    )
    distance = total_variation_limits(
        shares=corrected_shares(counts=counts, rates=error_rates(confusion)),
        targets=targets,
        rates=softened_rates(confusion),
        labelled=confusion.sum(axis=1),
        n=int(counts.sum()),
        levels=levels,
        rng=rng,
        repeats=1_000,
    )
    return worst, distance


def power_study(repeats: int, rng: np.random.Generator) -> None:
    """What a perfect generator shows, and how often a worst ratio is passed at 0.8."""
    print("\n4. Ten groups, classifier 98.5 %, 120 labelled a group: a perfect generator's worst ratio (plug-in)")
    print("     n   median   95 % of audits")
    for n in (500, 2_000, 5_000, 20_000, 100_000):
        world = World(np.full(10, 0.1), 0.985, 120, n)
        worst = 10 * simulated_shares(
            shares=world.shares, rates=world.rates, labelled=world.rows, n=n, repeats=20_000, rng=rng
        ).min(axis=1)
        low, median, high = np.quantile(worst, [0.025, 0.5, 0.975])
        print(f"{n:6}   {median:.3f}    {low:.3f} … {high:.3f}")
    print(f"\n   P(pass) and P(fail) of `worst_share_ratio at least 0.8` at level {PASS_LEVEL}, n = 20,000")
    print(" true worst   pass                   fail")
    for ratio in (0.0, 0.25, 0.5, 0.7, 0.75, 0.8, 0.85, 0.875, 0.9, 0.925, 0.95, 1.0):
        ruled = np.zeros(2)
        for counts, confusion in World(one_group(ratio / 10, 10), 0.985, 120, 20_000).audits(repeats, rng):
            pointwise = share_limits(counts=counts, confusion=confusion, levels=[PASS_LEVEL])
            together = share_limits(counts=counts, confusion=confusion, levels=simultaneous_levels([PASS_LEVEL], 10))
            ruled += [10 * pointwise.low.min() >= 0.8, 10 * together.high.min() < 0.8]
        print(f"{ratio:11}   {with_interval(ruled[0], repeats):22} {with_interval(ruled[1], repeats):22}", flush=True)


STUDIES = {
    "shares": shares_study,
    "lang-reiczigel": lang_reiczigel_study,
    "whole": whole_study,
    "power": power_study,
}


def main() -> None:
    """Run all studies, or one."""
    run_studies(__doc__, STUDIES, repeats=1_000)


if __name__ == "__main__":
    main()
