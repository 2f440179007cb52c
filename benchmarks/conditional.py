"""Do GA104 and GA103 find what is wrong with requests and with single groups, and leave sound models alone?

    python benchmarks/conditional.py [--repeats 100] [--seed 0] [--only requests|quality]

Models of small pictures of six classes that can be asked for one, exact in distribution but for their defect
(`common/requested.py`). In each repeat the reference (400 labelled records), the group classifier and all records are
drawn anew; the classes lie so near each other that the classifier errs, or, in a quarter of the repeats, apart.

`requests`: for each defect, how often the interval of `worst_fidelity` holds the truth; how often the rule
`worst_fidelity at_least 0.8` fails and passes at the 95 % level; how often p is below 0.05; how often all classes that
are mostly not met are named in the first table, with what is made instead, and no other; and the mean of
`ignored_condition` with how often its interval holds the truth.

`quality`: for each defect, how often the intervals of `worst_fidelity_gap` and `worst_coverage_gap` lie above 0, a
false alarm where all groups are alike; how often p is below 0.05; the median gaps; and how often class c is the worst.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from common.rates import with_interval
from common.requested import DEFECTS, NAMES, WORLDS, Asked, World, evidence_of, plan_of
from common.studies import run_studies

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.conditioned.collect import collect
from genai_audit.audit.fairness.conditional_fidelity.auditor import ConditionalFidelity
from genai_audit.audit.fairness.quality_parity.auditor import QualityParity
from genai_audit.audit.finding import Finding

REQUESTS = ("sound", "two swapped", "one ignored", "all ignored", "one made in 60 %")
QUALITY = (
    "sound",
    "c with twice the spread",
    "c with half the spread",
    "all with 1.3 of the spread",
    "all with 0.8 of the spread",
)
NAMED: Mapping[str, set[tuple[str, str]]] = {
    "sound": set(),
    "two swapped": {("c", "swapped with d"), ("d", "swapped with c")},
    "one ignored": {("c", "mostly something else")},
    "all ignored": {(name, "mostly something else") for name in NAMES},
    "one made in 60 %": set(),
}
"""What the first table should say of classes that are not mostly as asked."""


def answered(evidence: Evidence, model: Asked, seed: int, rng: np.random.Generator) -> Finding:
    """What GA104 finds of a model, with the reference and the classifier of the evidence."""
    plan = plan_of(model, evidence_seed=seed)
    asked = collect(plan, evidence, lambda share: None)
    return ConditionalFidelity(repeats=400)(replace(evidence, conditioned=asked), rng)


def named(finding: Finding) -> set[tuple[str, str]]:
    """The requests that are not mostly as asked, with what is said of them."""
    (table,) = [each for each in finding.tables if each.name == "requests"]
    return {(str(row[0]), str(row[-1])) for row in table.rows if row[-1] not in ("mostly as asked", "cannot tell")}


def true_fidelity(model: Asked) -> float:
    """The least share of a class's records that are of it."""
    return float(np.diagonal(model.answers).min())


def true_ignored(model: Asked) -> float:
    """One minus the mean total variation between the answers to a request and to all, over the most possible."""
    departures = model.answers - model.answers.mean(axis=0)
    return 1 - float(np.maximum(departures, 0).sum(axis=1).mean()) / (1 - 1 / len(NAMES))


def requests(repeats: int, rng: np.random.Generator) -> None:
    """How GA104 answers, by world and defect."""
    print("| classes | model | truth held | fails 0.8 | passes 0.8 | p < 0.05 | named exactly | ignored: mean, held |")
    print("|---|---|---|---|---|---|---|---|")
    for name, world in WORLDS.items():
        rows: dict[str, list[tuple[Any, ...]]] = {defect: [] for defect in REQUESTS}
        errors, number = [], repeats if name == "alike" else max(1, repeats // 4)
        for _ in range(number):
            seed = int(rng.integers(2**31))
            evidence = evidence_of(DEFECTS["sound"](world), seed=seed, needs=("features", "groups"), n=2_400)
            assert evidence.groups is not None
            confusion = evidence.groups[0].confusion
            errors.append(1 - np.trace(confusion) / confusion.sum())
            for defect in REQUESTS:
                model = DEFECTS[defect](world)
                rows[defect].append(_row(answered(evidence, model, seed, rng), model, NAMED[defect]))
        for defect, found in rows.items():
            held, fails, passes, low_p, exact, ignored, ignored_held = (list(each) for each in zip(*found, strict=True))
            rates = (with_interval(sum(each), number) for each in (held, fails, passes, low_p, exact))
            print(
                f"| {name} ({np.mean(errors):.1%} errors) | {defect} | {' | '.join(rates)} | "
                f"{np.mean(ignored):.3f}, {with_interval(sum(ignored_held), number)} |",
                flush=True,
            )


def _row(finding: Finding, model: Asked, wanted: set[tuple[str, str]]) -> tuple[Any, ...]:
    worst, ignored = finding.estimate("worst_fidelity"), finding.estimate("ignored_condition")
    interval, around = worst.interval(), ignored.interval()
    return (
        interval.low <= true_fidelity(model) <= interval.high,
        interval.high < 0.8,
        interval.low >= 0.8,
        (worst.p_value or 1.0) < 0.05,
        named(finding) == wanted,
        ignored.value,
        around.low - 1e-9 <= true_ignored(model) <= around.high + 1e-9,
    )


def quality(repeats: int, rng: np.random.Generator) -> None:
    """How GA103 answers, by world and defect."""
    print("| classes | model | fidelity: above 0 | p < 0.05 | median | worst is c | coverage: the same |")
    print("|---|---|---|---|---|---|---|")
    for name, world in WORLDS.items():
        number = repeats if name == "alike" else max(1, repeats // 4)
        for defect in QUALITY:
            found = [_gaps(world, defect, int(rng.integers(2**31)), rng) for _ in range(number)]
            cells = []
            for measure in ("fidelity", "coverage"):
                above, low_p, value, worst = (list(each) for each in zip(*(one[measure] for one in found), strict=True))
                rates = [with_interval(sum(above), number), with_interval(sum(low_p), number)]
                cells.append((*rates, f"{np.median(value):.3f}", with_interval(sum(worst), number)))
            print(f"| {name} | {defect} | {' | '.join(cells[0])} | {', '.join(cells[1])} |", flush=True)


def _gaps(world: World, defect: str, seed: int, rng: np.random.Generator) -> dict[str, tuple[Any, ...]]:
    model = DEFECTS[defect](world)
    finding = QualityParity()(evidence_of(model, seed=seed, needs=("features", "groups"), n=4_000), rng)
    tables = {each.name: each for each in finding.tables}
    return {
        measure: (
            estimate.interval().low > 0,
            (estimate.p_value or 1.0) < 0.05,
            estimate.value,
            tables[measure].rows[0][0] == "c",
        )
        for measure, estimate in ((each, finding.estimate(f"worst_{each}_gap")) for each in ("fidelity", "coverage"))
    }


if __name__ == "__main__":
    run_studies(__doc__, {"requests": requests, "quality": quality}, repeats=100)
