"""How often do comparisons of two audits see a change, paired and unpaired, where there is none and where there is one?

Two models draw records of three normal columns on one reference: twice the same model, and one that is shifted by a
part of a standard deviation. Of every estimate, over the repeats: how often each test says at the 5 % level that it
changed, how often it could be paired, and how wide the paired interval is beside the other.

    python benchmarks/paired_comparison.py [--repeats 40] [--records 300] [--shift 0.3] [--only GA101,GA304] [--seed 0]
"""

import argparse
import os
from collections import defaultdict
from dataclasses import dataclass, field

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from genai_audit.audit.evidence.bundle import DECLARED, Evidence, Features, Generated, Groups, Real
from genai_audit.audit.finding import Estimate
from genai_audit.audit.over_time.recomputed import Asked, recomputed
from genai_audit.audit.pipeline.auditing import configured, run_auditors
from genai_audit.audit.policy import Policy
from genai_audit.audit.statistics.change import change, changed_p

Matrix = NDArray[np.float64]
FAST = "GA304"


@dataclass
class Tally:
    """What became of one estimate over the repeats."""

    repeats: int = 0
    alone: int = 0
    told: int = 0
    paired: int = 0
    widths: list[float] = field(default_factory=list)
    correlations: list[float] = field(default_factory=list)


def evidence(reference: Matrix, generated: Matrix) -> Evidence:
    """Records that are their own features; the sign of the first column tells two groups apart."""
    labels = (reference[:, 0] > 0).astype(np.int64)
    groups = Groups(
        names=("left", "right"),
        predicted=(generated[:, 0] > 0).astype(np.int64),
        confusion=np.zeros((2, 2), dtype=np.int64),
        reference_counts=np.bincount(labels, minlength=2),
        classifier=DECLARED,
        parameters={},
        reference=labels,
    )
    return Evidence(
        modality="image",
        generated=Generated(generated, 0, "study"),
        reference=Real(reference, len(reference), "study", "study", ""),
        features=Features(generated, reference, np.zeros((0, reference.shape[1])), "the columns"),
        groups=(groups,),
    )


def asked(policy: Policy, found: Evidence, seed: int, codes: list[str]) -> Asked:
    """What the auditors find in the evidence."""
    findings = run_auditors(configured(policy), found, seed=seed, only=codes)
    return Asked(policy, seed, found, {each.code: each for each in findings})


def width(moved: Estimate) -> float:
    """Of the interval of a difference at 95 %."""
    interval = moved.interval()
    return interval.high - interval.low


def study(args: argparse.Namespace, shift: float) -> dict[tuple[str, str, str | None], Tally]:
    """Both tests of every estimate, over repeats."""
    codes, tallies = args.only.split(","), defaultdict(Tally)
    policy = Policy.model_validate(
        {
            "version": 1,
            "name": "study",
            "rules": [{"id": "a", "auditor": "GA101", "estimate": "share_ratio", "at_least": 0.8, "why": "a study"}],
        }
    )
    for repeat in range(args.repeats):
        rng = np.random.default_rng([args.seed, repeat])
        reference, then, now = (rng.normal(size=(args.records, 3)) for _ in range(3))
        sides = [
            asked(policy, evidence(reference, each), place, codes) for place, each in enumerate((then, now + shift))
        ]
        shared = recomputed(*sides, codes=codes, budget=float("inf"), progress=lambda step, share: None)
        for code in codes:
            after = {(each.name, each.group): each for each in sides[1].findings[code].estimates}
            for old in sides[0].findings[code].estimates:
                new = after.get((old.name, old.group))
                if new is None or not (old.curve and new.curve):
                    continue
                key = (code, old.name, old.group)
                pair, tally = shared.paired.get(key), tallies[key]
                alone, told = change(old=old, new=new), change(old=old, new=new, paired=pair)
                tally.repeats += 1
                tally.alone += changed_p(alone) < 0.05
                tally.told += changed_p(told) < 0.05
                if pair is not None and width(alone):
                    tally.paired += 1
                    tally.widths.append(width(told) / width(alone))
                    tally.correlations.append(pair.correlation)
    return tallies


def main() -> None:
    """Print both parts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=40)
    parser.add_argument("--records", type=int, default=300)
    parser.add_argument("--shift", type=float, default=0.3)
    parser.add_argument("--only", default=FAST)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    for shift in (0.0, args.shift):
        print(f"shift {shift}: changed unpaired, changed, paired of repeats, width beside unpaired, correlation")
        for (code, name, group), each in study(args, shift).items():
            label = f"{code} {name}" + ("" if group is None else f"[{group}]")
            beside = f"{np.mean(each.widths):.2f}  {np.mean(each.correlations):.2f}" if each.widths else "–"
            print(f"  {label:45} {each.alone:4} {each.told:4} {each.paired:4}/{each.repeats}  {beside}")


if __name__ == "__main__":
    main()
