"""Does GA105 hold what it says, with people and training records drawn anew in each audit?

    python benchmarks/downstream.py [--audits 200] [--parts 60] [--size 500] [--people 1500] [--pool 8000] [--seed 0]

The world is the bundled `loans`, whose distribution is known; the outcome is `approved`, the groups are sex and region.
Both learners are trained on many parts of generated and of real records, and predict for a pool of people. An audit
takes five parts of either source and some of the people at random, so that what is true is known exactly: the change
between the means over all parts and all people of the pool.

Sound: both sources are parts of the same records, so every change is 0. Unequal: among generated women, approvals are
turned down with probability 0.35, so that learners disfavour them. Printed are how often 95 % intervals hold the truth,
how often the worst change is found to be above 0 or has a p-value below 0.05, how often it lies in the band of a
perfect generator, and how often the rule `at most 0.1` passes and fails.
"""

import argparse
import time
from dataclasses import replace
from typing import Any
from unittest import mock

import numpy as np
from threadpoolctl import threadpool_limits

from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.downstream import trained as training
from genai_audit.audit.evidence.downstream.kind import Downstream
from genai_audit.audit.fairness.downstream_parity.auditor import DownstreamParity
from genai_audit.audit.fairness.downstream_parity.measured import measure
from genai_audit.models.data.bundled import loans
from genai_audit.models.records import table_attribute

TURNED_DOWN = 0.35


def unequal(n: int, rng: np.random.Generator) -> Any:
    """Applications among which women's approvals are often turned down."""
    frame = loans.draw(n, rng)
    down = (frame["sex"] == "female").to_numpy() & (rng.random(n) < TURNED_DOWN)
    frame["approved"] = frame["approved"].to_numpy() & ~down
    return frame


def pool(make: Any, args: argparse.Namespace, rng: np.random.Generator) -> Downstream:
    """Predictions for all people after training on every part."""
    tested = loans.draw(args.pool, rng)
    groups = {
        "sex": table_attribute(tested, "sex", names=tuple(loans.SEX)),
        "region": table_attribute(tested, "region", names=tuple(loans.REGION)),
    }
    with mock.patch.multiple(training, DRAWS=args.parts, SEEDS=1), threadpool_limits(1):
        return training.trained(
            "approved",
            generated=make(args.parts * args.size, rng),
            real=loans.draw(args.parts * args.size, rng),
            people=training.People(tested, groups, "a pool of people"),
            rng=rng,
        )


def audited(whole: Downstream, people: int, same: bool, rng: np.random.Generator) -> Downstream:
    """Five parts of either source, and some of the people; of one heap of parts where both sources are the same."""
    rows = rng.choice(len(whole.truth), people)
    number = len(whole.real[0])
    chosen = rng.permutation(2 * number)
    own, theirs = chosen[:5], chosen[5:10]
    if not same:
        own, theirs = rng.permutation(number)[:5], number + rng.permutation(number)[:5]
    both = [np.concatenate(each) for each in zip(whole.generated, whole.real, strict=True)]
    return replace(
        whole,
        truth=whole.truth[rows],
        members=whole.members[:, rows],
        generated=tuple(each[own][..., rows] for each in both),
        real=tuple(each[theirs][..., rows] for each in both),
    )


def study(name: str, make: Any, args: argparse.Namespace) -> None:
    """Audits of one generator, printed as a row."""
    rng = np.random.default_rng(args.seed)
    whole, same = pool(make, args, rng), make is loans.draw
    known = {
        (one.learner, one.named.metric, one.named.attribute): 0.0 if same else one.change.value
        for one in measure([whole], repeats=200, rng=rng).changes
    }
    auditor = DownstreamParity(repeats=300, shown=100)
    held: list[bool] = []
    alone: list[bool] = []
    widths: list[float] = []
    counts = dict.fromkeys(("above 0", "p < 0.05", "in band", "passes", "fails"), 0)
    accuracy: list[bool] = []
    started = time.time()
    for audit in range(args.audits):
        each = audited(whole, args.people, same, np.random.default_rng([args.seed, audit]))
        finding = auditor(Evidence("tabular", Generated(None, 0, name), downstream=(each,)), rng)
        found = [one for one in finding.estimates if one.name == "learned_gap_change" and one.group is not None]
        truths = {f"{attribute}: {metric}, {learner}": true for (learner, metric, attribute), true in known.items()}
        worst = finding.estimate("worst_learned_gap_change")
        interval = worst.interval()
        held.append(interval.low <= max(truths[str(one.group)] for one in found) <= interval.high)
        alone += [one.interval().low <= truths[str(one.group)] <= one.interval().high for one in found]
        widths.append(interval.high - worst.value)
        counts["above 0"] += interval.low > 0
        counts["p < 0.05"] += worst.p_value is not None and worst.p_value < 0.05
        counts["in band"] += worst.perfect is not None and worst.perfect.low <= worst.value <= worst.perfect.high
        counts["passes"] += interval.high <= 0.1
        counts["fails"] += interval.low > 0.1
        if same:
            least = finding.estimate("accuracy_change").interval()
            accuracy.append(least.low <= 0 <= least.high)
        if (audit + 1) % 25 == 0 or audit + 1 == args.audits:
            rates = ", ".join(f"{key} {value / (audit + 1):.1%}" for key, value in counts.items())
            print(
                f"{name}: {audit + 1} audits in {time.time() - started:.0f} s, largest true change "
                f"{max(known.values()):.3f}; worst change held {np.mean(held):.1%}, single changes {np.mean(alone):.1%}"
                + (f", accuracy {np.mean(accuracy):.1%}" if same else "")
                + f"; {rates}; upper end {np.median(widths):.3f} above the value (median)",
                flush=True,
            )


def main() -> None:
    """Run both studies."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--audits", type=int, default=200)
    parser.add_argument("--parts", type=int, default=60)
    parser.add_argument("--size", type=int, default=500)
    parser.add_argument("--people", type=int, default=1_500)
    parser.add_argument("--pool", type=int, default=8_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=("sound", "unequal"))
    args = parser.parse_args()
    for name, make in (("sound", loans.draw), ("unequal", unequal)):
        if args.only in (None, name):
            study(name, make, args)


if __name__ == "__main__":
    main()
