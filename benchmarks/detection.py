"""Does the whole tool see planted defects, and stay silent on sound models?

Two studies through the public API with the default policy: toy generators whose truth is exact (each seed new real
data and new samples), and reference models that are trained with and without a defect (each seed a new training).

    python benchmarks/detection.py [--toys 100] [--trained 10]
"""

import argparse
import importlib.util
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from genai_audit import Record, Ruling, audit_checkpoint
from genai_audit.audit.commands.trainer import train_checkpoint
from genai_audit.audit.statistics.shares.binomial import clopper_pearson

TOYS = Path(__file__).parents[1] / "tests" / "planted" / "toys.py"
TOY_DEFECTS: Mapping[str, Mapping[str, Any]] = {
    "sound": {},
    "drop one of six": {"drop": [3]},
    "quarter of one of six": {"thin": [[3, 0.25]]},
    "half of one of six": {"thin": [[3, 0.5]]},
    "collapse to two of six": {"drop": [1, 2, 4, 5]},
    "spread × 0.6": {"spread": 0.6},
    "spread × 1.5": {"spread": 1.5},
    "memorise 40": {"memorise": 40},
}
TRAINED_DEFECTS = ("", "drop-mode=3", "imbalance=3:0.25", "collapse=3", "shrink=0.6", "memorise=50")


def main() -> None:
    """Run both studies and print a table each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--toys", type=int, default=100, help="seeds of the toy study (0: leave it out)")
    parser.add_argument("--trained", type=int, default=10, help="seeds of the trained study (0: leave it out)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for defect in TOY_DEFECTS if arguments.toys else ():
            report("toy", defect, [toy(defect, seed, folder) for seed in progress(arguments.toys)])
        for family in ("vae", "gan") if arguments.trained else ():
            for defect in TRAINED_DEFECTS:
                records = [trained(family, defect, seed, folder) for seed in progress(arguments.trained)]
                report(family, defect or "sound", records)


def toy(defect: str, seed: int, folder: Path) -> Record:
    """Audit one toy against real data of its own seed."""
    toys = loaded()
    for role, shift in (("reference", 0), ("holdout", 500_000)):
        images, labels = toys.real(seed + shift)
        np.savez(folder / f"{role}.npz", x=images, y=labels)
    checkpoint = folder / "toy.json"
    checkpoint.write_text(json.dumps({"seed": seed, **TOY_DEFECTS[defect]}), encoding="utf-8")
    return audit_checkpoint(
        checkpoint,
        loader=f"{TOYS}:load",
        reference=folder / "reference.npz",
        holdout=folder / "holdout.npz",
        seed=seed,
    )


def trained(family: str, defect: str, seed: int, folder: Path) -> Record:
    """Train one model, with a new split of the data, and audit it."""
    out = folder / "model.safetensors"
    train_checkpoint(
        family, "digits", seed=seed, plant=defect or None, steps=None, out=out, progress=lambda step, share: None
    )
    return audit_checkpoint(out, seed=seed)


def report(what: str, defect: str, records: list[Record]) -> None:
    """One row: the verdicts with an exact interval, and how often each rule failed."""
    verdicts = Counter(record.verdict.outcome for record in records)
    broken = Counter(rule.id for record in records for rule in record.verdict.rules if rule.outcome is Ruling.FAIL)
    n = len(records)
    low, high = clopper_pearson(successes=verdicts[Ruling.FAIL], trials=n, level=0.95)
    rate = f"fail {verdicts[Ruling.FAIL]}/{n} (95 % interval {low:.2f}–{high:.2f})"
    rest = f"pass {verdicts[Ruling.PASS]}, inconclusive {verdicts[Ruling.INCONCLUSIVE]}"
    rules = ", ".join(f"{rule} {count}" for rule, count in broken.most_common()) or "none"
    print(f"{what:4} {defect:24} {rate}; {rest}; rules failed: {rules}", flush=True)


def progress(n: int) -> Iterator[int]:
    """The seeds, counted on the error stream."""
    for seed in range(n):
        print(f"\r{seed + 1}/{n} ", end="", file=sys.stderr, flush=True)
        yield seed
    print("\r", end="", file=sys.stderr)


def loaded() -> ModuleType:
    """The toys' file as a module, once."""
    if "toys" not in sys.modules:
        spec = importlib.util.spec_from_file_location("toys", TOYS)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["toys"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["toys"])
    return sys.modules["toys"]


if __name__ == "__main__":
    main()
