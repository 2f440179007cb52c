"""How often does the diagnosis name anything of a perfect generator?

Reference and generated records are independent draws of one distribution, so that every pattern that is named is a
false alarm. Whole audits, from the records on, with all auditors as the default policy sets them. The promise: at most
5 % of the audits are named anything, seen or slight. Below each table stands how often the p-value of each pattern's
estimate is at most 0.05 by itself, which says where an alarm comes from.

    OMP_NUM_THREADS=1 python benchmarks/diagnosis.py [--only blobs-2 texts] [--repeats 100] [--seed 0]
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from common.defects import SOUND, WORLDS
from numpy.typing import NDArray

from genai_audit.audit.catalogue import Auditor, estimates_by_code, patterns_by_code
from genai_audit.audit.diagnosis import ALPHA, Diagnosis, diagnose
from genai_audit.audit.evidence.bundle import DECLARED, Evidence, Features, Generated, Groups, Real
from genai_audit.audit.evidence.collect import collect
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.finding import Outcome
from genai_audit.audit.pipeline.auditing import configured, run_auditors
from genai_audit.audit.policy import Policy
from genai_audit.audit.statistics.shares.binomial import clopper_pearson

Floats = NDArray[np.float64]
Draw = Callable[[int, np.random.Generator], Floats]
"""(n, d) independent records."""

Deal = Callable[[int, np.random.Generator], Evidence]
"""The evidence of one audit of a perfect generator, from a seed and a random stream."""


@dataclass(frozen=True)
class Setting:
    """A distribution, and how many records of it there are.

    Args:
        about: what it is, in words.
        deal: the evidence of one audit.
    """

    about: str
    deal: Deal


def blobs(dimensions: int, *, kinds: int = 5) -> Draw:
    """A mixture of uneven normal clouds."""
    known = np.random.default_rng(dimensions)
    centres = 3 * known.normal(size=(kinds, dimensions))
    shares = np.arange(1, kinds + 1) / np.arange(1, kinds + 1).sum()

    def draw(n: int, rng: np.random.Generator) -> Floats:
        found: Floats = centres[rng.choice(kinds, n, p=shares)] + rng.normal(size=(n, dimensions))
        return found

    return draw


def heavy(dimensions: int, *, freedom: float = 2.0) -> Draw:
    """Student's t in every direction alike: infinite variance at 2 degrees of freedom."""

    def draw(n: int, rng: np.random.Generator) -> Floats:
        scale = np.sqrt(freedom / rng.chisquare(freedom, size=(n, 1)))
        found: Floats = scale * rng.normal(size=(n, dimensions))
        return found

    return draw


def lattice(dimensions: int, *, mean: float) -> Draw:
    """Independent Poisson counts: records that often tie."""
    return lambda n, rng: rng.poisson(mean, size=(n, dimensions)).astype(np.float64)


def narrow_modes(n: int, rng: np.random.Generator) -> Floats:
    """A grid of 25 narrow modes in the plane."""
    middles = np.stack([each.ravel() for each in np.meshgrid(np.arange(5.0), np.arange(5.0))], axis=1)
    found: Floats = middles[rng.integers(25, size=n)] + 0.03 * rng.normal(size=(n, 2))
    return found


def persons(plain: Draw, *, times: int = 3, noise: float = 0.05) -> Draw:
    """Every record comes a few times with a little noise, as of one person: the records are not independent."""

    def draw(n: int, rng: np.random.Generator) -> Floats:
        whole = np.repeat(plain(-(-n // times), rng), times, axis=0)[:n]
        found: Floats = whole + noise * rng.normal(size=whole.shape)
        return found

    return draw


def cloud(draw: Draw, n: int, m: int, *, holdout: int = 0) -> Deal:
    """Real (n) and generated (m) records whose features are their own values."""

    def deal(seed: int, rng: np.random.Generator) -> Evidence:
        real, made, held = draw(n, rng), draw(m, rng), draw(holdout, rng)
        known = Real(_pictures(real), n, "known", "drawn", "")
        return Evidence(
            "image",
            Generated(_pictures(made), seed, "perfect generator"),
            reference=known,
            holdout=Real(_pictures(held), holdout, "known", "drawn", "") if holdout else None,
            features=Features(made, real, held, "the records' own values"),
        )

    return deal


def grouped(n: int, m: int, shares: Sequence[float]) -> Deal:
    """Records of a cloud each, with declared groups at these shares in both draws."""
    plain, k = blobs(4), len(shares)

    def deal(seed: int, rng: np.random.Generator) -> Evidence:
        real, made = rng.choice(k, n, p=shares), rng.choice(k, m, p=shares)
        groups = Groups(
            names=tuple(map(str, range(k))),
            predicted=made,
            confusion=np.diag(np.bincount(real, minlength=k)),
            reference_counts=np.bincount(real, minlength=k),
            classifier=DECLARED,
            parameters={},
            reference=real,
        )
        return replace(cloud(plain, n, m)(seed, rng), groups=(groups,))

    return deal


def bundled(name: str, n: int, *, drawn: int = 1) -> Deal:
    """Records of a bundled set dealt at random; features and groups as the pipeline finds them."""

    def deal(seed: int, rng: np.random.Generator) -> Evidence:
        world = WORLDS[name]
        real, pool = world.deal(n, rng)
        made = world.defects[SOUND](pool, drawn * n, rng)
        plan = Plan(real.modality, "perfect generator", samples=made, reference=real, n=len(made), seed=seed)
        needs = ("generated", "reference", "features", "groups")
        return collect(plan, needs=needs, guard=lambda work: (work(), None), progress=lambda step, done: None)

    return deal


def _pictures(values: Floats) -> NDArray[np.float32]:
    """One pixel a coordinate, in [0, 1] whatever the tails; equal records stay equal and no others do."""
    return (0.5 + np.arctan(values) / np.pi).astype(np.float32).reshape(len(values), 1, 1, -1)


SETTINGS: Mapping[str, Setting] = {
    "blobs-2": Setting("5 uneven clouds, d = 2, 150 + 150", cloud(blobs(2), 150, 150)),
    "blobs-8": Setting("5 uneven clouds, d = 8, 500 + 500", cloud(blobs(8), 500, 500)),
    "blobs-8-drawn": Setting("5 uneven clouds, d = 8, 300 + 2,000", cloud(blobs(8), 300, 2000)),
    "blobs-8-held": Setting(
        "5 uneven clouds, d = 8, 500 + 1,000, 500 held out", cloud(blobs(8), 500, 1000, holdout=500)
    ),
    "blobs-32": Setting("5 uneven clouds, d = 32, 800 + 800", cloud(blobs(32), 800, 800)),
    "heavy-2": Setting("Student t, 2 degrees of freedom, d = 2, 300 + 300", cloud(heavy(2), 300, 300)),
    "heavy-8": Setting("Student t, 2 degrees of freedom, d = 8, 500 + 500", cloud(heavy(8), 500, 500)),
    "lattice": Setting("Poisson counts, mean 4, d = 2, 500 + 500", cloud(lattice(2, mean=4.0), 500, 500)),
    "sparse": Setting("Poisson counts, mean 0.3, d = 10, 400 + 400", cloud(lattice(10, mean=0.3), 400, 400)),
    "narrow": Setting("grid of 25 narrow modes, 500 + 2,000", cloud(narrow_modes, 500, 2000)),
    "groups": Setting("5 declared groups from 4 to 40 %, 300 + 1,000", grouped(300, 1000, (0.4, 0.3, 0.2, 0.06, 0.04))),
    "persons": Setting("3 near-equal records a person, d = 4, 300 + 300", cloud(persons(blobs(4)), 300, 300)),
    "digits": Setting("digits, 350 + 350", bundled("images", 350)),
    "texts": Setting("biographies, 400 + 400", bundled("text", 400)),
    "texts-small": Setting("biographies, 150 + 600", bundled("text", 150, drawn=4)),
    "melodies": Setting("melodies, 400 + 400", bundled("music", 400)),
    "tables": Setting("loans, 400 + 400", bundled("tables", 400)),
    "tables-drawn": Setting("loans, 300 + 1,200", bundled("tables", 300, drawn=4)),
}
"""What a perfect generator is asked to imitate."""


@cache
def auditors() -> tuple[Auditor, ...]:
    """All of them, as the default policy sets them."""
    return configured(Policy.load(None, estimates=estimates_by_code()))


def audited(deal: Deal, seed: int, repeat: int) -> Diagnosis:
    """The diagnosis of one whole audit of a perfect generator.

    Raises:
        RuntimeError: if an auditor crashed; it would count as naming nothing.
    """
    rng = np.random.default_rng([seed, repeat])
    findings = run_auditors(auditors(), deal(repeat, rng), seed=1000 * seed + repeat)
    crashed = [each.reason for each in findings if each.outcome is Outcome.ERROR]
    if crashed:
        raise RuntimeError(f"an auditor crashed: {crashed[0]}")
    return diagnose(findings, patterns_by_code())


def report(name: str, setting: Setting, repeats: int, seed: int) -> Counter[str]:
    """Audit, and print a row; gives how often each estimate alarms by itself."""
    started, told = time.perf_counter(), []
    for repeat in range(repeats):
        told.append(audited(setting.deal, seed, repeat))
        print(f"\r{name}: {repeat + 1}/{repeats}".ljust(60), end="", file=sys.stderr, flush=True)
    hits = sum(bool(each.named) for each in told)
    low, high = clopper_pearson(successes=hits, trials=repeats, level=0.95)
    names = Counter(pattern for each in told for pattern in each.named)
    said = ", ".join(f"{pattern.lower()} {count}" for pattern, count in names.most_common()) or "nothing"
    seconds = (time.perf_counter() - started) / repeats
    print(f"| {setting.about} | {hits} of {repeats} | {low:.3f}–{high:.3f} | {said} | {seconds:.1f} |", flush=True)
    return Counter(key for each in told for key in _alone(each))


def _alone(told: Diagnosis) -> set[str]:
    """The estimates whose p-value is at most the level by itself."""
    return {
        f"{each.code} {each.pattern.estimate}"
        for each in told.signs
        if each.estimate is not None and each.estimate.p_value is not None and each.estimate.p_value <= ALPHA
    }


def main() -> None:
    """Run the study and print it as tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=SETTINGS, default=list(SETTINGS), help="which settings")
    parser.add_argument("--repeats", type=int, default=100, help="audits of each setting")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print("| Perfect generator | Named anything | 95 % interval | What | Seconds an audit |\n|---|---|---|---|---|")
    alone = {each: report(each, SETTINGS[each], options.repeats, options.seed) for each in options.only}
    print(f"\n| p ≤ {ALPHA:g} by itself, of {options.repeats} | {' | '.join(alone)} |\n|---|{'---|' * len(alone)}")
    for key in sorted({key for counts in alone.values() for key in counts}):
        print(f"| {key} | {' | '.join(str(counts[key]) for counts in alone.values())} |")


if __name__ == "__main__":
    main()
