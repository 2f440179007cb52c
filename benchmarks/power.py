"""Which planted defects do the auditors find, and how often do they find one in a sound generator?

Whole audits, from the samples on, with the modes found and not given, of records with a defect of known size (see
`common/defects.py`). Every estimate with a p-value appears by itself. The panel is a fixed choice of estimates whose
p-values are adjusted together (Holm), and the diagnosis is the report's. Then: how large a loss of one mode must be to
be found, as samples grow; and reference models that were trained with a defect.

    python benchmarks/power.py [--only grid] [--n 500] [--repeats 100] [--sound 200] [--sizes 40] [--trained 2]
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
from common.defects import SOUND, WORLDS, World, deal_grid, shares

from genai_audit import Record, audit_checkpoint
from genai_audit.audit.catalogue import Auditor, estimates_by_code, patterns_by_code
from genai_audit.audit.collapse.mode_coverage.auditor import ModeCoverage
from genai_audit.audit.commands.trainer import train_checkpoint
from genai_audit.audit.diagnosis import diagnose
from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.collect import collect
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.finding import Finding
from genai_audit.audit.pipeline.auditing import configured, run_auditors
from genai_audit.audit.policy import Policy
from genai_audit.audit.statistics.shares.binomial import clopper_pearson
from genai_audit.models.data.datasets import Dataset
from genai_audit.reports import convert

LEVEL = 0.05
FAMILY = "GA3"
"""What the codes of auditors of collapse and diversity begin with."""

Key = tuple[str, str]

PANEL: tuple[Key, ...] = (
    ("GA301", "missing_modes"),
    ("GA302", "recall_ratio"),
    ("GA302", "stray_share"),
    ("GA303", "frechet_distance"),
    ("GA304", "duplicate_excess"),
    ("GA305", "spread_ratio"),
)
"""One estimate for each way to fail, and none that needs groups; with more, each must be surer by itself.

One that an audit does not give counts as not significant and stays in the adjustment.
"""

SIZES = (500, 1000, 2000, 4000)
LOSSES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""How much of one mode is lost, for the smallest loss that is found."""

PLANTS: Mapping[str, Sequence[str]] = {
    "vae": ("", "drop-mode=3", "imbalance=3:0.25", "collapse=10", "shrink=0.6", "memorise=50"),
    "text-lstm": ("", "drop-mode=farmer", "imbalance=farmer:0.25", "collapse=10", "memorise=50"),
    "music-lstm": ("", "drop-mode=minor", "imbalance=minor:0.25", "collapse=10", "memorise=50"),
    "tabular-vae": ("", "drop-mode=island", "imbalance=west:0.25", "collapse=10", "shrink=0.6", "memorise=50"),
}
"""One family of each kind of record, and the defects that it is trained with."""


@dataclass(frozen=True)
class Seen:
    """What one audit shows: the p-value of each estimate, and the patterns that the diagnosis names."""

    p_values: Mapping[Key, float]
    named: tuple[str, ...]

    @property
    def panel(self) -> bool:
        """Whether any estimate of the panel is significant after Holm's adjustment over all of them."""
        return len(PANEL) * min(self.p_values.get(key, 1.0) for key in PANEL) <= LEVEL


def evidence(real: Dataset, made: Dataset, seed: int) -> Evidence:
    """What the pipeline collects from samples."""
    plan = Plan(real.modality, "records with a defect", samples=made, reference=real, n=len(made), seed=seed)
    needs = ("features", "groups")
    return collect(plan, needs=needs, guard=lambda collector: (collector(), None), progress=lambda step, done: None)


@cache
def auditors() -> tuple[Auditor, ...]:
    """Those of collapse and diversity, as the default policy sets them.

    Not GA101: it compares with the reference's own shares as if these were exact, so that a fresh draw of the
    distribution that the reference was drawn from is not what it tests.
    """
    chosen = configured(Policy.load(None, estimates=estimates_by_code()))
    return tuple(each for each in chosen if each.code.startswith(FAMILY))


def audited(real: Dataset, made: Dataset, seed: int) -> Seen:
    """One whole audit of samples."""
    findings = run_auditors(auditors(), evidence(real, made, seed), seed=seed)
    return seen(findings)


def seen(findings: Sequence[Finding]) -> Seen:
    """The p-values of all estimates that speak for the whole, and the diagnosis."""
    found = {
        (finding.code, each.name): each.p_value
        for finding in findings
        for each in finding.estimates
        if finding.code.startswith(FAMILY) and each.group is None and each.p_value is not None
    }
    return Seen(found, diagnose(findings, patterns_by_code()).named)


def study(world: World, defect: str, repeats: int, seed: int) -> list[Seen]:
    """Audits of new real data and new samples each; all defects meet the same real data."""
    found = []
    for repeat in range(repeats):
        rng = np.random.default_rng([seed, repeat])
        real, pool = world.deal(world.n, rng)
        found.append(audited(real, world.defects[defect](pool, world.made, rng), seed=seed + repeat))
        progress(f"{world.about}, {defect}: {repeat + 1}/{repeats}")
    return found


def power(found: Sequence[Seen]) -> dict[Key, float]:
    """How often each estimate by itself has p of at most 0.05."""
    keys = dict.fromkeys(key for each in found for key in each.p_values)
    return {key: float(np.mean([each.p_values.get(key, 1.0) <= LEVEL for each in found])) for key in keys}


def with_interval(flags: Iterable[bool]) -> str:
    """A share with its exact 95 % interval."""
    hits = list(flags)
    low, high = clopper_pearson(successes=sum(hits), trials=len(hits), level=0.95)
    return f"{np.mean(hits):.2f} ({low:.2f}–{high:.2f})"


def told(audits: Sequence[Seen]) -> str:
    """How often the diagnosis names each pattern, the commonest first."""
    names = Counter(name for audit in audits for name in audit.named).most_common()
    return ", ".join(f"{name.lower()} {count / len(audits):.2f}" for name, count in names) or "nothing"


def report(world: World, found: Mapping[str, Sequence[Seen]]) -> None:
    """What finds each defect; then all estimates on all of them."""
    print(f"\n### {world.about}: {world.n} real and {world.made} generated records\n")
    print("| Defect | Repeats | Best single test | Panel | Diagnosis names |\n|---|---|---|---|---|")
    powers = {defect: power(audits) for defect, audits in found.items()}
    for defect, audits in found.items():
        (_, best), rate = max(powers[defect].items(), key=lambda item: item[1])
        panel = with_interval(audit.panel for audit in audits)
        print(f"| {defect} | {len(audits)} | `{best}` {rate:.2f} | {panel} | {told(audits)} |")
    print(f"\n| Estimate | {' | '.join(found)} |\n|---|{'---|' * len(found)}")
    for key in dict.fromkeys(key for each in powers.values() for key in each):
        row = " | ".join(f"{each[key]:.2f}" if key in each else "–" for each in powers.values())
        mark = ", panel" if key in PANEL else ""
        print(f"| `{key[1]}` ({key[0]}{mark}) | {row} |", flush=True)


def smallest_loss(repeats: int, seed: int) -> None:
    """How much one mode of 25 must lose to be found by `thinnest_mode_ratio`, as both sets grow together."""
    print("\n### One mode of 25 thinned: power of `thinnest_mode_ratio` by the part of the mode that is lost\n")
    print(
        f"| Records of each kind | {' | '.join(f'{loss:.0%}' for loss in LOSSES)} | Minimum detectable, as reported |"
    )
    print(f"|---|{'---|' * (len(LOSSES) + 1)}")
    for n in SIZES:
        found = {loss: [thinnest(n, loss, [seed, n, repeat]) for repeat in range(repeats)] for loss in LOSSES}
        rates = " | ".join(f"{np.mean([p <= LEVEL for p, _ in runs]):.2f}" for runs in found.values())
        least = [each for runs in found.values() for _, each in runs]
        known = f"{np.median([each for each in least if each is not None]):.2f}" if any(least) else "none"
        print(f"| {n} | {rates} | {known} |", flush=True)


def thinnest(n: int, loss: float, seed: Sequence[int]) -> tuple[float, float | None]:
    """The p-value and the minimum detectable of the thinnest mode where one has lost that part of its share."""
    rng = np.random.default_rng(seed)
    real, pool = deal_grid(n, rng)
    made = shares({0: 1 - loss})(pool, n, rng)
    found = ModeCoverage(shown=0)(evidence(real, made, 0), rng).estimate("thinnest_mode_ratio")
    progress(f"{n} records, {loss:.0%} lost")
    return 1.0 if found.p_value is None else found.p_value, found.minimum_detectable


def trained(seeds: int) -> None:
    """The same for reference models that are trained, each seed anew, and audited as users do."""
    print(f"\n### Trained models, 20,000 samples, {seeds} seeds\n")
    print("| Model | Verdicts | Panel | Diagnosis names |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for family, plants in PLANTS.items():
            for plant in plants:
                records = [_trained(family, plant, seed, Path(folder) / "model.safetensors") for seed in range(seeds)]
                audits = [seen([convert.finding_from(part) for part in record.findings]) for record in records]
                verdicts = Counter(str(record.verdict.outcome) for record in records)
                shown = ", ".join(f"{each} {count}" for each, count in verdicts.items())
                panel = f"{sum(audit.panel for audit in audits)} of {seeds}"
                print(f"| {family} {plant or 'sound'} | {shown} | {panel} | {told(audits)} |", flush=True)


def _trained(family: str, plant: str, seed: int, out: Path) -> Record:
    progress(f"{family} {plant}, seed {seed}")
    train_checkpoint(
        family, None, seed=seed, plant=plant or None, steps=None, out=out, progress=lambda step, done: None
    )
    return audit_checkpoint(out, seed=seed)


def progress(text: str) -> None:
    """What is being done, on the error stream."""
    print(f"\r{text:60}", end="", file=sys.stderr, flush=True)


def main() -> None:
    """Run the studies and print them as tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", choices=WORLDS, default=list(WORLDS), help="which records")
    parser.add_argument("--n", type=int, help="real records; by default what fits the data")
    parser.add_argument("--repeats", type=int, default=100, help="audits of each defect")
    parser.add_argument("--sound", type=int, default=200, help="audits of sound generators, for false alarms")
    parser.add_argument("--sizes", type=int, default=40, help="repeats for the smallest loss (0: leave it out)")
    parser.add_argument("--trained", type=int, default=2, help="seeds of trained models (0: leave them out)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for name in options.only:
        world = replace(WORLDS[name], n=options.n or WORLDS[name].n)
        repeats = {defect: options.sound if defect == SOUND else options.repeats for defect in world.defects}
        report(world, {each: study(world, each, count, options.seed) for each, count in repeats.items() if count})
    if options.sizes:
        smallest_loss(options.sizes, options.seed)
    if options.trained:
        trained(options.trained)


if __name__ == "__main__":
    main()
