"""Do tests of membership hold their level, are lists of memorised records right, and are memorisers told?

Simulations first: 1,000 runs without a leak for every test, with and without ties; intervals of a known area; certified
rates; lists of planted records; base models trained on the holdout alone, on other data, and on both. Then, with
`--models`, reference models that were trained on a few records of digits (`memorise=N`) beside sound twins, and a text
model that knows 500 lines by heart beside one that was trained on many (`--text FILE`).

    python benchmarks/membership.py [--runs 1000] [--seed 0] [--models] [--text FILE]
"""

import argparse
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from genai_audit.audit.evidence.collect import collect
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.privacy.membership.auditor import MembershipInference
from genai_audit.audit.privacy.memorised_records.auditor import MemorisedRecords
from genai_audit.audit.statistics.membership.by_group import areas_by_group
from genai_audit.audit.statistics.membership.listing import listing
from genai_audit.audit.statistics.membership.pairs import guess_pairs
from genai_audit.audit.statistics.membership.separation import permutation_p, separation, two_sided_p
from genai_audit.audit.statistics.membership.thresholds import certified
from genai_audit.models.data.datasets import load_data

Floats = NDArray[np.float64]


def tests(members: Floats, others: Floats, rng: np.random.Generator) -> dict[str, float]:
    """The p-value of every test on one pair of sets."""
    half, part = len(members) // 2, len(others) // 2
    groups = areas_by_group([members[:half], members[half:]], [others[:part], others[part:]], rng, 199)
    found = {
        "area, by permutation": permutation_p(members=members, others=others),
        "area, two-sided (base model)": two_sided_p(members=members, others=others),
        "pairs, binomial": guess_pairs(members=members, others=others, rng=rng).p_value,
        "two groups, max-T": min(each.p_adjusted for each in groups),
        "no record stands out": listing(members, others, q=0.1).p_value,
    }
    threshold = certified(others, 0.02)
    if threshold is not None:
        found["records above a threshold"] = threshold.p_value(threshold.passing(members), len(members))
    return found


def levels(runs: int, seed: int) -> Iterator[tuple[str, str, float]]:
    """How often each test rejects at 5 % without a leak: kind of scores, test, share."""
    kinds: dict[str, Callable[[Floats], Floats]] = {"continuous": lambda x: x, "tied": lambda x: np.round(2 * x) / 2}
    for kind, read in kinds.items():
        rng, found = np.random.default_rng(seed), []
        for _ in range(runs):
            found.append(tests(read(rng.normal(size=300)), read(rng.normal(size=200)), rng))
        for name in found[0]:
            yield kind, name, float(np.mean([each[name] <= 0.05 for each in found]))


def coverage(runs: int, seed: int) -> Iterator[tuple[str, float]]:
    """How often 95 % intervals hold the true area, and certified rates are exceeded."""
    rng = np.random.default_rng(seed)
    for shift in (0.0, 0.5, 1.5, 3.0):
        true, held = float(ndtr(shift / np.sqrt(2))), 0
        for _ in range(runs):
            limits = separation(members=rng.normal(shift, size=300), others=rng.normal(size=200)).limits(0.95)
            held += limits.low <= true <= limits.high
        yield f"interval of an area of {true:.3f} holds it", held / runs
    over = [1 - found.value > 0.01 for _ in range(runs) if (found := certified(rng.random(400), 0.01)) is not None]
    yield "a certified rate of 1 % is exceeded", float(np.mean(over))


def lists(runs: int, seed: int) -> Iterator[tuple[str, float, float, float, float]]:
    """Of 1,000 records: the case, wrong share, share found, the lower bound's errors, its mean share of the truth."""
    for memorised, shift in ((0, 0.0), (10, 6.0), (50, 6.0), (50, 3.0), (200, 3.0)):
        rng, wrong, found, errors, bounds = np.random.default_rng(seed), [], [], 0, []
        for _ in range(runs):
            scores = np.concatenate([rng.normal(shift, size=memorised), rng.normal(size=1000 - memorised)])
            each = listing(scores, rng.normal(size=500), q=0.1)
            right = int(each.named[:memorised].sum())
            wrong.append((each.count - right) / max(each.count, 1))
            sure = each.surely(0.95)
            errors += sure > right
            found.append(right / max(memorised, 1))
            bounds.append(sure / max(memorised, 1))
        share, power, bound = (float(np.mean(each)) for each in (wrong, found, bounds))
        yield f"{memorised} at {shift:g} SD", share, power, errors / runs, bound


def bases(runs: int, seed: int) -> Iterator[tuple[str, float, float]]:
    """Base models fitted to 100 records or more in 20 dimensions: mean area for an oracle target, and share refused.

    The target is the true density, which memorised nothing.
    """
    rng = np.random.default_rng(seed)
    found: dict[str, list[tuple[float, bool]]] = {"the holdout alone": [], "other records": [], "both alike": []}
    for _ in range(runs):
        training, holdout, other = (rng.normal(size=(n, 20)) for n in (100, 100, 100))
        fits = {"the holdout alone": holdout, "other records": other, "both alike": np.concatenate([training, holdout])}
        for name, data in fits.items():
            base = [_fitted(data, each) for each in (training, holdout)]
            target = [-0.5 * np.square(each).sum(axis=1) for each in (training, holdout)]
            area = separation(members=target[0] - base[0], others=target[1] - base[1]).value
            found[name].append((area, two_sided_p(members=base[0], others=base[1]) < 0.05))
    for name, each in found.items():
        yield name, float(np.mean([area for area, _ in each])), float(np.mean([refused for _, refused in each]))


def _fitted(data: Floats, points: Floats) -> Floats:
    """Log-density, up to a constant, of a normal distribution fitted to `data`."""
    centre, spread = data.mean(axis=0), np.cov(data.T)
    left = points - centre
    density: Floats = -0.5 * np.einsum("ij,jk,ik->i", left, np.linalg.inv(spread), left)
    return density


def audited(model: Any, training: Any, holdout: Any, seed: int, n: int = 2000) -> str:
    """One line: the area with its interval, and how many records are named, of these rightly at least."""
    plan = Plan(training.modality, "study", model=model, reference=training, holdout=holdout, n=n, seed=seed)
    evidence = collect(
        plan, needs=("membership",), guard=lambda work: (work(), None), progress=lambda step, share: None
    )
    area = MembershipInference()(evidence, np.random.default_rng(seed)).estimate("membership_auc")
    count = MemorisedRecords()(evidence, np.random.default_rng(seed)).estimate("memorised_count")
    limits = area.interval()
    return (
        f"{area.value:.3f} [{limits.low:.3f}, {limits.high:.3f}]  p {area.p_value:.1e}  named {count.value:.0f}, "
        f"rightly at least {count.interval().low:.0f}"
    )


def models(seed: int) -> Iterator[str]:
    """Memorisers of 50 digits, and their sound twins: of each the 50 and as many held-out digits again and again."""
    from genai_audit.models.families.training.fitting import train

    data = load_data("digits", split="train", seed=0)
    holdout = load_data("digits", split="holdout", seed=0)
    for family, settings in (("vae", {}), ("gan", {}), ("ddpm", {"steps": 3000})):
        for few, name in ((50, "memorises 50"), (len(data), "sound")):
            rows = np.sort(np.random.default_rng(seed).permutation(len(data))[:few])
            shown = data.subset(rows)
            repeated = shown if few == len(data) else shown.subset(np.resize(np.arange(few), 1000))
            model = train(family, repeated, overrides=settings).model
            yield f"{family}, {name}: {audited(model.eval(), shown, holdout, seed)}"


def texts(file: Path, seed: int) -> Iterator[str]:
    """A model of lines of a play that learned 500 by heart, and one of 4,000 that was stopped early."""
    from genai_audit.models.data.in_memory import data_in_memory
    from genai_audit.models.families.training.fitting import train

    every = sorted({line for line in file.read_text(encoding="utf-8").splitlines() if 20 <= len(line) <= 60})
    lines = list(np.random.default_rng(seed).permutation(every))
    holdout = replace(data_in_memory([str(each) for each in lines[:2000]], "holdout"), name="holdout")
    for few, steps, name in ((500, 2500, "500 lines by heart"), (4000, 800, "4,000 lines, stopped early")):
        training = data_in_memory([str(each) for each in lines[2000 : 2000 + few]], "training")
        model = train("text-lstm", training, overrides={"steps": steps}).model
        yield f"text-lstm, {name}: {audited(model.eval(), training, holdout, seed, n=300)}"


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--models", action="store_true")
    parser.add_argument("--text", type=Path)
    asked = parser.parse_args()
    print(f"Rejections at 5 % without a leak, {asked.runs} runs")
    for kind, test, share in levels(asked.runs, asked.seed):
        print(f"  {kind:12} {test:32} {share:.3f}")
    for what, share in coverage(asked.runs, asked.seed):
        print(f"  {what:45} {share:.3f}")
    print("Lists of 1,000 records beside 500: wrong share, share found, lower end errs, lower end / memorised")
    for case, *numbers in lists(asked.runs, asked.seed):
        print(f"  {case:15}", *(f"{each:.3f}" for each in numbers))
    print("Base models fitted to: mean area of a target that memorised nothing, refused")
    for name, area, refused in bases(min(asked.runs, 300), asked.seed):
        print(f"  {name:20} {area:.3f} {refused:.3f}")
    lines = [*([models(asked.seed)] if asked.models else []), *([texts(asked.text, asked.seed)] if asked.text else [])]
    for study in lines:
        for line in study:
            print(" ", line, flush=True)


if __name__ == "__main__":
    main()
