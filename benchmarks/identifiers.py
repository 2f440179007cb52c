"""Are sound generators accused of repeating identifiers or of giving columns away, and are leaking ones found?

GA406: 600 customers with numbers, dealt at random into 400 of the training data and 200 held out; a generator that
draws numbers at random hits some of either, one that leaks repeats numbers of the training data in a share of its rows.

GA407: rows of six columns that depend on each other, 200 of the training data, 200 held out, 400 generated ones of
which a share are copies of training rows.

    python benchmarks/identifiers.py [--runs 1000] [--planted 200] [--seed 0] [--only GA406]
"""

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.evidence.identifiers.collect import collect
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.finding import Finding
from genai_audit.audit.privacy.attribute_inference.auditor import AttributeInference
from genai_audit.audit.privacy.identifiers.auditor import IdentifiersInOutputs
from genai_audit.models.data.in_memory import data_in_memory

SHARES = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)


def numbered(numbers: np.ndarray) -> pd.DataFrame:
    """Customers by their numbers."""
    return pd.DataFrame({"customer": numbers, "age": numbers % 70})


def repeating(share: float, rng: np.random.Generator) -> Finding:
    """GA406 on a generator that repeats training numbers in a share of 1,000 rows, and else draws numbers at random."""
    dealt = rng.permutation(600) + 1
    reference, holdout = numbered(dealt[:400]), numbered(dealt[400:])
    leaked = rng.choice(dealt[:400], int(share * 1000))
    made = numbered(np.r_[leaked, rng.integers(1, 6001, 1000 - len(leaked))])
    plan = Plan(
        modality="tabular",
        source="simulated",
        reference=data_in_memory(reference, "reference"),
        holdout=data_in_memory(holdout, "holdout"),
    )
    evidence = Evidence("tabular", Generated(made, 0, "simulated"))
    seen = collect(plan, evidence, lambda done: None)
    return IdentifiersInOutputs()(Evidence("tabular", evidence.generated, identifiers=seen), rng)


def people(n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Six columns that depend on each other."""
    age = rng.integers(18, 90, n)
    return pd.DataFrame(
        {
            "age": age,
            "town": rng.choice(["Ulm", "Bonn", "Kiel", "Jena"], n, p=[0.5, 0.3, 0.15, 0.05]),
            "wage": np.round(age * rng.gamma(2, 50, n), 2),
            "ill": np.where(rng.random(n) < age / 120, "yes", "no"),
            "visits": rng.poisson(3, n),
            "member": rng.random(n) < 0.2,
        }
    )


def inferring(share: float, rng: np.random.Generator) -> Finding:
    """GA407 on a generator that copies training rows in a share of its rows."""
    reference, holdout, made = people(200, rng), people(200, rng), people(400, rng)
    copies = int(share * 400)
    rows = rng.integers(200, size=copies)
    made = pd.concat([reference.iloc[rows], made[copies:]], ignore_index=True)
    real = [Real(each, len(each), "people", "simulated", "") for each in (reference, holdout)]
    auditor = AttributeInference(deals=199)
    return auditor(Evidence("tabular", Generated(made, 0, "simulated"), real[0], real[1]), rng)


def main() -> None:
    """Print a table an auditor."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--planted", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=["GA406", "GA407"])
    options = parser.parse_args()
    for name, ask, estimate in (
        ("GA406", repeating, "identifiers_excess"),
        ("GA407", inferring, "worst_inference_excess"),
    ):
        if options.only not in (None, name):
            continue
        print(f"{name}, {estimate}")
        print("| Share that leaks | runs | p ≤ 0.05 | interval above 0 | median value |")
        print("|---|---|---|---|---|")
        for share in SHARES:
            runs = options.runs if share == 0 else options.planted
            rng = np.random.default_rng([options.seed, int(1000 * share)])
            found = [ask(share, rng).estimate(estimate) for _ in range(runs)]
            small = np.mean([each.p_value is not None and each.p_value <= 0.05 for each in found])
            above = np.mean([each.interval().low > 0 for each in found])
            median = np.median([each.value for each in found])
            print(
                f"| {100 * share:g} % | {runs} | {100 * small:.1f} % | {100 * above:.1f} % | {median:.3f} |", flush=True
            )
        print()


if __name__ == "__main__":
    main()
