"""Does GA101 hold what it says when whole audits are run, with the reference and the classifier drawn anew each time?

    python benchmarks/share_audits.py [--repeats 200] [--seed 0] [--only columns|classified]

`columns`: groups stand in the records. Reference and generated samples are drawn from known shares; the reference's own
shares are what GA101 compares with. Printed are how often a perfect generator fails the rule `worst_share_ratio at
least 0.8` at the plain 95 % level, how often the 95 % intervals hold the truth, how often p-values are below 0.05, and
how often what was measured lies in the band of a perfect generator. Then the same for a group at 0.6 of its share.

`classified`: groups are told apart by the classifier of the audit itself, fitted to normal classes that overlap at a
known distance. Printed are its errors as counted and as they are on the generated samples, and how often intervals
hold the truth, among all audits and among those that were answered.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from common.studies import run_studies
from numpy.typing import NDArray

from genai_audit.audit.evidence.bundle import DECLARED, Evidence, Generated, Groups
from genai_audit.audit.evidence.groups import Labelled, collect_classified
from genai_audit.audit.fairness.group_representation.auditor import GroupRepresentation
from genai_audit.audit.finding import Finding, Inconclusive
from genai_audit.models.records import INVENTED

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def uneven(groups: int) -> Floats:
    """Shares that fall as one over the rank."""
    weights = 1 / np.arange(1, groups + 1)
    return weights / weights.sum()


@dataclass(frozen=True)
class Columns:
    """Known shares of real and of generated records, and how many there are of each."""

    name: str
    real: Floats
    made: Floats
    reference: int
    n: int = 20_000


def perfect(name: str, shares: Floats, reference: int, n: int = 20_000) -> Columns:
    """A generator that draws from the distribution behind the reference."""
    return Columns(name, shares, shares, reference, n)


COLUMNS = (
    perfect("10 equal", np.full(10, 0.1), 150),
    perfect("10 equal", np.full(10, 0.1), 150, 1_000),
    perfect("40 uneven", uneven(40), 1_000),
    perfect("40 uneven", uneven(40), 150),
    perfect("one of 1 %", np.array([0.99, 0.01]), 1_000),
    perfect("one of 1 %", np.array([0.99, 0.01]), 1_000, 2_000),
    perfect("race-like", np.array([0.855, 0.096, 0.031, 0.01, 0.008]), 1_000),
    Columns("0.1 at 0.6, of 10", np.full(10, 0.1), np.array([0.06, *np.full(9, 0.94 / 9)]), 2_000, 5_000),
    Columns("0.1 at 0.6, of 2", np.array([0.1, 0.9]), np.array([0.06, 0.94]), 2_000, 5_000),
)


def drawn(world: Columns, rng: np.random.Generator) -> tuple[Evidence, Floats]:
    """Evidence of one audit, and the true ratio of every group that the reference has."""
    real, made = rng.multinomial(world.reference, world.real), rng.multinomial(world.n, world.made)
    kept = real > 0
    names = tuple(f"g{k}" for k in np.flatnonzero(kept))
    counts, reference = made[kept], real[kept]
    if made[~kept].sum():
        names, counts, reference = (*names, INVENTED), np.append(counts, made[~kept].sum()), np.append(reference, 0)
    groups = Groups(
        names=names,
        predicted=np.repeat(np.arange(len(names)), counts),
        confusion=np.zeros((len(names), len(names)), np.int64),
        reference_counts=reference,
        classifier=DECLARED,
        parameters={},
        reference=np.repeat(np.arange(len(names)), reference),
    )
    return evidence_of(groups), (world.made / world.real)[kept]


def evidence_of(groups: Groups) -> Evidence:
    """Evidence with nothing but groups."""
    pictures = Generated(np.zeros((len(groups.predicted), 1, 1, 1), np.float32), 0, "toy")
    return Evidence("tabular", pictures, groups=(groups,))


def columns_study(repeats: int, rng: np.random.Generator) -> None:
    """Groups that stand in the records."""
    print("\n1. Groups in a column; rule: worst_share_ratio at least 0.8, at 95 %")
    print(
        "generator             real    made    FAIL   worst held  p<.05  in band   "
        "ratios held   total variation held  p<.05  in band    s"
    )
    for world in COLUMNS:
        started, seen = time.perf_counter(), []
        for _ in range(repeats):
            evidence, truth = drawn(world, rng)
            finding = GroupRepresentation(repeats=500)(evidence, rng)
            moved = 0.5 * np.abs(world.made - world.real).sum()
            seen.append((*_worst(finding, truth.min()), _ratios_held(finding, truth), *_distance(finding, moved)))
        mean = np.mean(seen, axis=0)
        print(
            f"{world.name:20} {world.reference:5} {world.n:7}  {mean[0]:6.1%}  {mean[1]:9.1%} {mean[2]:6.1%} "
            f"{mean[3]:7.1%}   {mean[4]:9.1%}   {mean[5]:14.1%} {mean[6]:10.1%} {mean[7]:7.1%}   "
            f"{(time.perf_counter() - started) / repeats:.2f}",
            flush=True,
        )


def _worst(finding: Finding, truth: float) -> tuple[bool, bool, bool, bool]:
    """Whether the rule fails, the interval holds the truth, p is small, and the value lies in the perfect band."""
    worst = finding.estimate("worst_share_ratio")
    interval = worst.interval()
    assert worst.p_value is not None
    assert worst.perfect is not None
    inside = worst.perfect.low <= worst.value <= worst.perfect.high
    return interval.high < 0.8, interval.low <= truth <= interval.high, worst.p_value < 0.05, inside


def _distance(finding: Finding, truth: float) -> tuple[bool, bool, bool]:
    distance = finding.estimate("total_variation")
    interval = distance.interval()
    assert distance.p_value is not None
    assert distance.perfect is not None
    inside = distance.perfect.low <= distance.value <= distance.perfect.high
    return interval.low <= truth + 1e-12 and truth <= interval.high + 1e-12, distance.p_value < 0.05, inside


def _ratios_held(finding: Finding, truth: Floats) -> float:
    ratios = [each.interval() for each in finding.estimates if each.name == "share_ratio"]
    return float(np.mean([each.low <= one <= each.high for each, one in zip(ratios, truth, strict=True)]))


@dataclass(frozen=True)
class Classified:
    """Normal classes, each `apart` from the origin along an axis of its own, in so many dimensions."""

    name: str
    real: Floats
    made: Floats
    apart: float
    dimensions: int
    reference: int
    n: int = 5_000

    def features(self, shares: Floats, number: int, rng: np.random.Generator) -> tuple[Floats, Ints]:
        """Features (number, d) and the true class of each."""
        labels = rng.choice(len(shares), number, p=shares)
        features = rng.standard_normal((number, self.dimensions))
        features[np.arange(number), labels] += self.apart
        return features, labels


MINORITY, SHORT = np.array([0.5, 0.4, 0.1]), np.array([0.52, 0.42, 0.06])
CLASSIFIED = (
    Classified("perfect, 2 dims", MINORITY, MINORITY, 3.0, 3, 1_000),
    Classified("minority at 0.6", MINORITY, SHORT, 3.0, 3, 1_000),
    Classified("minority at 0.6", MINORITY, SHORT, 3.0, 40, 1_000),
    Classified("minority at 0.6", MINORITY, SHORT, 3.0, 40, 300),
    Classified("perfect, weak", np.array([0.5, 0.5]), np.array([0.5, 0.5]), 1.4, 10, 300),
    Classified("0.3 at 0.6, weak", np.array([0.7, 0.3]), np.array([0.82, 0.18]), 1.6, 10, 300),
)


def classified_study(repeats: int, rng: np.random.Generator) -> None:
    """Groups that the audit's own classifier tells apart."""
    print("\n2. Classified groups: errors of the classes (mean), and intervals at 95 %")
    print(
        "generator            dims  real    errors counted   true    answered   share held   ratio held   "
        "last group's   width   FAIL 0.8    s"
    )
    for world in CLASSIFIED:
        started = time.perf_counter()
        errors, answers = [], []
        for _ in range(repeats):
            groups, truth = told_apart(world, rng)
            errors.append((_counted(groups), _true(groups, truth)))
            try:
                finding = GroupRepresentation(repeats=200)(evidence_of(groups), rng)
            except Inconclusive:
                continue
            answers.append(tuple(_answer(finding, world)))
        counted, true = np.mean(errors, axis=0)
        share, ratio, last, width, failed = np.mean(answers, axis=0) if answers else np.full(5, np.nan)
        print(
            f"{world.name:20} {world.dimensions:4} {world.reference:5} {counted:14.3f} {true:9.3f} "
            f"{len(answers):6}/{repeats} {share:9.1%} {ratio:12.1%} {last:13.1%} {width:10.3f} {failed:8.1%}   "
            f"{(time.perf_counter() - started) / repeats:.2f}",
            flush=True,
        )


def told_apart(world: Classified, rng: np.random.Generator) -> tuple[Groups, Ints]:
    """What the audit's classifier says of samples, and their true classes."""
    reference, labels = world.features(world.real, world.reference, rng)
    generated, truth = world.features(world.made, world.n, rng)
    names = tuple(f"g{k}" for k in range(len(world.real)))
    asked = Labelled("class", names, labels, np.bincount(labels, minlength=len(names)))
    (groups,) = collect_classified(generated=generated, reference=reference, attributes=[asked], rng=rng)
    if not isinstance(groups, Groups):
        raise groups
    return groups, truth


def _counted(groups: Groups) -> float:
    return float(1 - (np.diagonal(groups.confusion) / groups.confusion.sum(axis=1)).mean())


def _true(groups: Groups, truth: Ints) -> float:
    return float(np.mean([(groups.predicted[truth == k] != k).mean() for k in np.unique(truth)]))


def _answer(finding: Finding, world: Classified) -> Iterator[float]:
    """Shares and ratios held, those of the last group, the width of its ratio's interval, and whether it fails."""
    shares, ratios = ([each for each in finding.estimates if each.name == name] for name in ("share", "share_ratio"))
    for estimates, truth in ((shares, world.made), (ratios, world.made / world.real)):
        ends = [each.interval() for each in estimates]
        yield float(np.mean([each.low <= one <= each.high for each, one in zip(ends, truth, strict=True)]))
    last, truth = ratios[-1].interval(), float((world.made / world.real)[-1])
    yield float(last.low <= truth <= last.high)
    yield last.high - last.low
    yield float(finding.estimate("worst_share_ratio").interval().high < 0.8)


STUDIES = {
    "columns": columns_study,
    "classified": classified_study,
}


def main() -> None:
    """Run both studies, or one."""
    run_studies(__doc__, STUDIES, repeats=200)


if __name__ == "__main__":
    main()
