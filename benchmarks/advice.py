"""Does the number of samples that an open rule asks for decide it?

    python benchmarks/advice.py [--audits 200] [--seed 0]

Audits of group shares whose truth is known are drawn until so many rules are left open with a number. Each is then
audited anew, with fresh samples of that number and the same real records; the number should decide in about four of
five. Beside it: how often looking again, with the number that was printed or with twice as many samples each time, ends
in a wrong decision where the truth lies on the bound.
"""

import argparse
from collections.abc import Sequence
from datetime import date

import numpy as np
from common.rates import with_interval
from numpy.typing import NDArray

from genai_audit.audit.evidence.bundle import DECLARED, Evidence, Generated, Groups, Real
from genai_audit.audit.fairness.group_representation.auditor import GroupRepresentation
from genai_audit.audit.judge import judge
from genai_audit.audit.policy import Policy
from genai_audit.audit.verdict import RuleResult, Ruling

POLICY = Policy.model_validate(
    {
        "version": 1,
        "name": "shares",
        "rules": [{"id": "r", "auditor": "GA101", "estimate": "worst_share_ratio", "at_least": 0.8, "why": "study"}],
    }
)
MOST = 2_000_000
"""Samples at which looking again is given up."""

SETTINGS = (
    ("2 groups, the smaller at 0.87 of its share", (0.3, 0.7), 0.87, 20_000),
    ("5 groups, one at 0.88", (0.1, 0.2, 0.2, 0.2, 0.3), 0.88, 20_000),
    ("5 groups, one at 0.7", (0.1, 0.2, 0.2, 0.2, 0.3), 0.7, 20_000),
    ("10 groups, all as they should be", (0.1,) * 10, 1.0, 20_000),
    ("10 groups, 2,000 real records", (0.1,) * 10, 1.0, 2000),
)


def audited(reference: NDArray[np.int64], shares: NDArray[np.float64], n: int, seed: int) -> RuleResult:
    """The rule on n fresh samples with those shares of groups."""
    rng = np.random.default_rng([seed, n])
    counts = rng.multinomial(n, shares)
    k = len(shares)
    groups = Groups(
        tuple(f"g{each}" for each in range(k)),
        np.repeat(np.arange(k), counts),
        np.zeros((k, k), dtype=np.int64),
        reference,
        DECLARED,
        {},
        np.repeat(np.arange(k), reference),
    )
    real = Real(None, int(reference.sum()), "real", "real", "")
    evidence = Evidence("tabular", Generated([], seed, "known shares"), real, groups=(groups,))
    finding = GroupRepresentation(repeats=200)(evidence, rng)
    return judge([finding], POLICY, drawn=n, today=date(2026, 1, 1)).rules[0]


def shares_of(group: Sequence[float], ratio: float) -> NDArray[np.float64]:
    """The shares with the first group at `ratio` of its own, and the others scaled up alike."""
    shares = np.asarray(group, dtype=float)
    lost = shares[0] * (1 - ratio)
    return np.append(shares[0] - lost, shares[1:] * (1 + lost / shares[1:].sum()))


def advice(audits: int, seed: int) -> None:
    """How often the number that is printed decides."""
    print('| Setting | Open audits with a number | The number decides (95 % interval) | Audits with "no number" |')
    print("|---|---|---|---|")
    for name, group, ratio, real in SETTINGS:
        wanted = shares_of(group, ratio)
        decided, none, tried = [], 0, 0
        while len(decided) < audits and tried < 20 * audits:
            tried += 1
            rng = np.random.default_rng([seed, tried])
            reference = rng.multinomial(real, group)
            rule = audited(reference, wanted, int(rng.choice([300, 600, 1200, 2500])), tried)
            if rule.outcome is not Ruling.INCONCLUSIVE:
                continue
            if rule.samples_needed is None or rule.samples_needed > MOST:
                none += 1
                continue
            again = audited(reference, wanted, rule.samples_needed, 10_000 + tried)
            decided.append(again.outcome is not Ruling.INCONCLUSIVE)
        print(f"| {name} | {len(decided)} | {with_interval(sum(decided), len(decided))} | {none} |", flush=True)


def looks(audits: int, seed: int) -> None:
    """How often looking again until something is decided ends wrongly, with the truth on the bound."""
    print("\n| Looking again | Audits | Decided wrongly (95 % interval) |\n|---|---|---|")
    for name in ("once, at 1,000 samples", "the printed number each time", "twice as many each time"):
        wrong = []
        for each in range(audits):
            rng = np.random.default_rng([seed, 7, each])
            reference = rng.multinomial(50_000, (0.3, 0.7))
            n, rule = 1000, None
            for look in range(1 if name.startswith("once") else 8):
                rule = audited(reference, shares_of((0.3, 0.7), 0.8), n, 1000 * each + look)
                following = rule.samples_needed if name.startswith("the printed") else 2 * n
                if rule.outcome is not Ruling.INCONCLUSIVE or following is None or following > MOST:
                    break
                n = max(n + 1, following)
            wrong.append(rule is not None and rule.outcome is not Ruling.INCONCLUSIVE)
        print(f"| {name} | {len(wrong)} | {with_interval(sum(wrong), len(wrong))} |", flush=True)


def main() -> None:
    """Run both studies."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audits", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    advice(options.audits, options.seed)
    looks(options.audits, options.seed)


if __name__ == "__main__":
    main()
