"""Is a digit that comes three times too often found, without labels, where precision, recall and coverage pass?

MNIST, dealt afresh for every seed: real pictures of the training part, and generated ones that are other pictures of
it, in which one digit has `factor` times its share (the seed's last figure says which). Features are the default ones,
settings those of the default policy. A rule counts as failed only if it would fail beside any other findings: at the
error divided by the number of the policy's rules.

    python benchmarks/imbalance.py [--seeds 20] [--sound 5] [--others 3] [--reference 10000] [--generated 5000]
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from genai_audit.audit.catalogue import estimates_by_code
from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.collect import collect
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.finding import Finding
from genai_audit.audit.judge import failure_p_value
from genai_audit.audit.pipeline.auditing import configured, run_auditors
from genai_audit.audit.policy import Policy
from genai_audit.models.data.datasets import Dataset, load_data

MNIST = Path(__file__).parents[2] / "shared" / "data" / "mnist" / "train.npz"
RULE = "little-is-lost"
PASSING = ("GA302", "GA303", "GA308")
"""Auditors of the whole distribution, which see a digit by its share only."""


def dealt(whole: Dataset, seed: int, *, reference: int, generated: int, factor: float) -> tuple[Dataset, Dataset]:
    """Real pictures without labels, and others of which one digit has `factor` times its share."""
    rng = np.random.default_rng([seed, 12])
    order = rng.permutation(len(whole))
    real, pool = order[:reference], order[reference:]
    much = whole.labels[pool] == seed % 10
    share = much.mean()
    weights = np.where(much, factor * share / much.sum(), (1 - factor * share) / (~much).sum())
    made = pool[rng.choice(len(pool), generated, replace=factor != 1, p=weights)]
    return replace(whole.subset(real), attributes={}), replace(whole.subset(made), attributes={})


def found(real: Dataset, made: Dataset, seed: int, only: Sequence[str]) -> dict[str, Finding]:
    """What these auditors find, by code."""
    plan = Plan("image", "MNIST with one digit too often", samples=made, reference=real, n=len(made), seed=seed)
    evidence: Evidence = collect(
        plan, needs=("features",), guard=lambda work: (work(), None), progress=lambda step, done: None
    )
    policy = Policy.load(None, estimates=estimates_by_code())
    return {each.code: each for each in run_auditors(configured(policy), evidence, seed=seed, only=only)}


def failed(finding: Finding) -> tuple[bool, str]:
    """Whether the rule fails beside any others, and what it looked at."""
    policy = Policy.load(None, estimates=estimates_by_code())
    rule = next(each for each in policy.rules if each.id == RULE)
    estimate = next(each for each in finding.estimates if each.name == rule.estimate and each.group is None)
    p = failure_p_value(estimate, rule.bound) * len(policy.rules)
    interval = estimate.interval(policy.confidence)
    said = f"{estimate.name} {estimate.value:.3f} ({interval.low:.3f} to {interval.high:.3f})"
    return p <= 1 - policy.confidence, said


def main() -> None:
    """Print every seed, and the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--sound", type=int, default=5, help="seeds of a sound twin")
    parser.add_argument("--others", type=int, default=3, help="seeds of which other auditors are asked, too")
    parser.add_argument("--reference", type=int, default=10_000)
    parser.add_argument("--generated", type=int, default=5_000)
    parser.add_argument("--factor", type=float, default=3.0)
    asked = parser.parse_args()
    whole = load_data(str(MNIST))
    for factor, seeds in ((asked.factor, asked.seeds), (1.0, asked.sound)):
        fails = 0
        for seed in range(seeds):
            others = PASSING if seed < asked.others else ()
            real, made = dealt(whole, seed, reference=asked.reference, generated=asked.generated, factor=factor)
            findings = found(real, made, seed, ("GA301", *others))
            fails_here, said = failed(findings["GA301"])
            fails += fails_here
            beside = [
                f"{each.name} {each.value:.3f} (perfect {each.perfect.value:.3f})"
                for code in others
                for each in findings[code].estimates
                if each.perfect is not None and each.group is None
            ]
            verdict = "FAILS" if fails_here else "does not fail"
            print(f"{factor:g} times digit {seed % 10}, seed {seed}: {RULE} {verdict}, {said}", flush=True)
            if beside:
                print(f"    beside it: {'; '.join(beside)}", flush=True)
        print(f"{factor:g} times its share: {RULE} failed in {fails} of {seeds} seeds", flush=True)


if __name__ == "__main__":
    main()
