"""Do GA108 and GA102 hold what they say where the truth is declared, and are they silent on sound generators?

    python benchmarks/outcomes.py [--repeats 100] [--seed 0] [--only loans|biographies|cells]

`loans`: whole tables of the bundled loans, drawn anew each time, of which P(approved | sex) and P(approved | region)
are declared. A sound generator draws from the same distribution; planted ones change approval by declared
amounts.
Printed are how often the 95 % intervals of rates and of changes hold the truth, each by itself; how often that of the
greatest change does; how often its p-value is below 0.05; and how often the rule `worst_gap_change at most 0.1` ends
how, at the plain 95 % level.

`biographies`: occupations by pronoun, both told by classifiers that err in 5 % of records, mostly on the same ones, and
whose errors are counted on the reference. Sound, and with the women among nurses made men.

`cells`: combinations of sex and region of the same loans, of sex and race as in a census, and of 40 uneven cells, and
what the rule `worst_cell_ratio at least 0.5` would say of sound generators.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from common.studies import run_studies
from numpy.typing import NDArray

from genai_audit.audit.evidence.bundle import DECLARED, Crossed, Evidence, Generated, Groups, Outcomes, Real
from genai_audit.audit.fairness.intersections.auditor import Intersections
from genai_audit.audit.fairness.outcome_gaps.auditor import OutcomeGap
from genai_audit.audit.finding import Finding
from genai_audit.models.data.bundled import biographies, loans

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SEXES, REGIONS = tuple(loans.SEX), tuple(loans.REGION)


@dataclass(frozen=True)
class Planted:
    """A generator of loans: what it adds to P(approved) of some (sex, region), and how many records there are."""

    name: str
    added: dict[tuple[str, str], float]
    reference: int = 8_000
    n: int = 20_000

    def truth(self) -> tuple[Floats, Floats]:
        """P(approved | sex) and P(approved | region) of the generator, in the order of the names."""
        sex, region = np.array(list(loans.SEX.values())), np.array(list(loans.REGION.values()))
        rates = np.array([[loans.approval_rate(s) + self.added.get((s, r), 0.0) for r in REGIONS] for s in SEXES])
        return rates @ region, sex @ rates


LOANS = (
    Planted("sound", {}),
    Planted("sound, small", {}, 500, 2_000),
    Planted("women -0.15", {("female", region): -0.15 for region in REGIONS}),
    Planted("women -0.15, small", {("female", region): -0.15 for region in REGIONS}, 500, 2_000),
    Planted("island +0.2", {(sex, "island"): 0.2 for sex in SEXES}),
)


def columns(frame: object, planted: Planted, rng: np.random.Generator) -> tuple[Ints, Ints, Ints]:
    """Sex, region and approval as numbers; what is planted is added by approving and refusing anew."""
    table: dict[str, NDArray[np.str_]] = {name: np.asarray(frame[name]) for name in ("sex", "region", "approved")}  # type: ignore[index] # a DataFrame
    sex, region = (
        np.argmax(np.asarray(table[name])[:, None] == np.array(names), axis=1)
        for name, names in (("sex", SEXES), ("region", REGIONS))
    )
    approved = np.asarray(table["approved"], dtype=bool)
    for (s, r), added in planted.added.items():
        rate = loans.approval_rate(s)
        here = (sex == SEXES.index(s)) & (region == REGIONS.index(r)) & (approved == (added < 0))
        moved = abs(added) / (rate if added < 0 else 1 - rate)
        approved = np.where(here & (rng.random(len(sex)) < moved), ~approved, approved)
    return sex.astype(np.int64), region.astype(np.int64), approved.astype(np.int64)


def declared(name: str, names: tuple[str, ...], made: Ints, real: Ints) -> Groups:
    """Groups that stand in the records."""
    k = len(names)
    counts = np.bincount(real, minlength=k).astype(np.int64)
    return Groups(names, made, np.zeros((k, k), dtype=np.int64), counts, DECLARED, {}, real, name)


def evidence_of(groups: tuple[Groups, ...], levels: Groups | None, *, population: bool = False) -> Evidence:
    """Evidence with these groups, their combinations and an outcome."""
    size = len(groups[0].reference)
    cells, counts = np.unique(np.stack([each.reference for each in groups], axis=1), axis=0, return_counts=True)
    return Evidence(
        "tabular",
        Generated(np.zeros(len(groups[0].predicted)), 0, "made"),
        Real(np.zeros(size), size, "real", "real", "", population=population),
        groups=groups,
        crossed=Crossed(tuple(each.attribute for each in groups), cells, counts),
        outcomes=None if levels is None else (Outcomes(levels),),
    )


def loans_study(repeats: int, rng: np.random.Generator) -> None:
    """Declared rates of approval."""
    print("1. Loans: 95 % intervals that hold the declared truth, and what becomes of the greatest change")
    print("generator              real      n   rates   changes   greatest   p < 0.05   PASS   FAIL  open     s")
    for world in LOANS:
        _row(f"{world.name:20} {world.reference:6} {world.n:6}", lambda world=world: loan_audit(world, rng), repeats)


def loan_audit(world: Planted, rng: np.random.Generator) -> tuple[Finding, dict[str, float], dict[str, float]]:
    """One audit, the true rates of approval, and the true changes."""
    real = columns(loans.draw(world.reference, rng), Planted("", {}), rng)
    made = columns(loans.draw(world.n, rng), world, rng)
    groups = (declared("sex", SEXES, made[0], real[0]), declared("region", REGIONS, made[1], real[1]))
    found = OutcomeGap()(evidence_of(groups, declared("approved", ("False", "True"), made[2], real[2])), rng)
    return found, *_truths([("sex", SEXES), ("region", REGIONS)], world.truth(), Planted("", {}).truth())


def _truths(
    names: list[tuple[str, tuple[str, ...]]], made: tuple[Floats, ...], real: tuple[Floats, ...]
) -> tuple[dict[str, float], dict[str, float]]:
    rates, changes = {}, {}
    for (attribute, groups), ours, theirs in zip(names, made, real, strict=True):
        for k, group in enumerate(groups):
            rates[f"approved True, {attribute} {group}"] = float(ours[k])
            for j in range(k + 1, len(groups)):
                change = (ours[k] - ours[j]) - (theirs[k] - theirs[j])
                changes[f"approved True, {attribute} {group} against {groups[j]}"] = float(change)
    return rates, changes


Audit = Callable[[], tuple[Finding, dict[str, float], dict[str, float]]]


def _row(name: str, audit: Audit, repeats: int) -> None:
    started = time.perf_counter()
    answers = np.array([_answer(*audit()) for _ in range(repeats)])
    rates, changes, greatest, alarm, passed, failed = answers.mean(axis=0)
    print(
        f"{name} {rates:7.1%} {changes:8.1%} {greatest:9.0%} {alarm:10.0%} {passed:7.0%} {failed:5.0%} "
        f"{1 - passed - failed:5.0%} {(time.perf_counter() - started) / repeats:7.2f}",
        flush=True,
    )


def _answer(
    finding: Finding, rates: dict[str, float], changes: dict[str, float]
) -> tuple[float, float, float, bool, bool, bool]:
    """Shares of intervals that hold the truth, and what the greatest change says."""

    def held(name: str, truths: dict[str, float]) -> float:
        each = [estimate for estimate in finding.estimates if estimate.name == name and estimate.group in truths]
        ends = [(estimate.interval(0.95), truths[str(estimate.group)]) for estimate in each]
        return float(np.mean([interval.low <= truth <= interval.high for interval, truth in ends]))

    worst = finding.estimate("worst_gap_change")
    interval, truth = worst.interval(0.95), max(map(abs, changes.values()))
    return (
        held("outcome_rate", rates),
        held("gap_change", changes),
        float(interval.low <= truth <= interval.high),
        (worst.p_value or 1.0) < 0.05,
        interval.high <= 0.1,
        interval.low > 0.1,
    )


ERRS = 0.05
"""The part of biographies on which the classifiers err."""


def biographies_study(repeats: int, rng: np.random.Generator) -> None:
    """Occupations by pronoun, told by classifiers."""
    print("\n2. Biographies, told by classifiers that err in 5 %")
    print("generator              real      n   rates   changes   greatest   p < 0.05   PASS   FAIL  open     s")
    for name, women in (("sound", biographies.WOMEN["nurse"]), ("nurses: she 0.9 → 0.5", 0.5)):
        _row(f"{name:21} {8_000:5} {20_000:6}", lambda women=women: biography_audit(women, rng), repeats)


def biography_audit(women: float, rng: np.random.Generator) -> tuple[Finding, dict[str, float], dict[str, float]]:
    """One audit of texts in which so many nurses are women."""
    occupations, pronouns = tuple(biographies.OCCUPATIONS), biographies.PRONOUNS
    real = np.array(
        [
            [biographies.pronouns_given(each)[p] * biographies.OCCUPATIONS[each] for each in occupations]
            for p in pronouns
        ]
    )
    made = real.copy()
    nurse, share = occupations.index("nurse"), biographies.OCCUPATIONS["nurse"]
    made[:, nurse] = share * np.array([women, 1 - women - biographies.THEY, biographies.THEY])
    sides = [_told(joint, size, rng) for joint, size in ((made, 20_000), (real, 8_000))]
    groups, levels = (
        _classified(name, names, sides[0][1][axis], sides[1][0][axis], sides[1][1][axis])
        for axis, (name, names) in enumerate((("pronoun", pronouns), ("occupation", occupations)))
    )
    finding = OutcomeGap(shown=200)(evidence_of((groups,), levels), rng)
    rates, changes = {}, {}
    ours, theirs = made / made.sum(axis=1, keepdims=True), real / real.sum(axis=1, keepdims=True)
    for level, occupation in enumerate(occupations):
        for k, pronoun in enumerate(pronouns):
            rates[f"occupation {occupation}, pronoun {pronoun}"] = float(ours[k, level])
            for j in range(k + 1, len(pronouns)):
                change = (ours - theirs)[k, level] - (ours - theirs)[j, level]
                changes[f"occupation {occupation}, pronoun {pronoun} against {pronouns[j]}"] = float(change)
    return finding, rates, changes


def _told(joint: Floats, n: int, rng: np.random.Generator) -> tuple[tuple[Ints, Ints], tuple[Ints, Ints]]:
    """True and told pronouns and occupations: four fifths of the errors are made on the same records."""
    places = rng.choice(joint.size, n, p=joint.ravel())
    true = np.divmod(places, joint.shape[1])
    bad = rng.random(n) < 0.8 * ERRS
    said = []
    for values, size in zip(true, joint.shape, strict=True):
        wrong = bad | (rng.random(n) < 0.2 * ERRS)
        said.append(np.where(wrong, (values + rng.integers(1, size, n)) % size, values).astype(np.int64))
    return (true[0].astype(np.int64), true[1].astype(np.int64)), (said[0], said[1])


def _classified(name: str, names: tuple[str, ...], told: Ints, true: Ints, out_of_fold: Ints) -> Groups:
    k = len(names)
    confusion = np.zeros((k, k), dtype=np.int64)
    np.add.at(confusion, (true, out_of_fold), 1)
    counts = np.bincount(true, minlength=k).astype(np.int64)
    return Groups(names, told, confusion, counts, "simulated", {}, true, name, out_of_fold=out_of_fold)


def cells_study(repeats: int, rng: np.random.Generator) -> None:
    """Combinations of groups of sound generators."""
    print("\n3. Cells of sound generators: GA102 at 95 %")
    print(
        "cells                 judged   real      n   ratios   worst held   p < 0.05   TV p < 0.05   PASS   FAIL     s"
    )
    census = np.outer([0.33, 0.67], [0.855, 0.096, 0.031, 0.01, 0.008])
    loan = np.outer(list(loans.SEX.values()), list(loans.REGION.values()))
    uneven = np.outer(np.full(4, 0.25), (1 / np.arange(1, 11)) / (1 / np.arange(1, 11)).sum())
    for name, joint, reference, n in (
        ("loans", loan, 8_000, 20_000),
        ("loans, small", loan, 1_000, 2_000),
        ("census", census, 10_000, 20_000),
        ("census, small", census, 2_000, 20_000),
        ("4 × 10 uneven", uneven, 2_000, 20_000),
    ):
        started = time.perf_counter()
        answers = np.array([_cells_answer(joint, reference, n, rng) for _ in range(repeats)])
        judged, ratios, held, alarm, distance, passed, failed = answers.mean(axis=0)
        print(
            f"{name:20} {judged:7.1f} {reference:6} {n:6} {ratios:8.1%} {held:10.0%} {alarm:11.0%} {distance:11.0%} "
            f"{passed:15.0%} {failed:5.0%} {(time.perf_counter() - started) / repeats:6.2f}",
            flush=True,
        )


def _cells_answer(joint: Floats, reference: int, n: int, rng: np.random.Generator) -> tuple[float, ...]:
    rows = [np.divmod(rng.choice(joint.size, size, p=joint.ravel()), joint.shape[1]) for size in (n, reference)]
    groups = tuple(
        declared(name, tuple(f"{name}{k}" for k in range(size)), rows[0][axis], rows[1][axis])
        for axis, (name, size) in enumerate(zip("ab", joint.shape, strict=True))
    )
    finding = Intersections(shown=1_000)(evidence_of(groups, None), rng)
    each = [estimate.interval(0.95) for estimate in finding.estimates if estimate.name == "cell_ratio"]
    worst, distance = finding.estimate("worst_cell_ratio"), finding.estimate("cell_total_variation", "a × b")
    interval = worst.interval(0.95)
    return (
        len(each),
        float(np.mean([one.low <= 1 <= one.high for one in each])),
        float(interval.low <= 1 <= interval.high),
        float((worst.p_value or 1.0) < 0.05),
        float((distance.p_value or 1.0) < 0.05),
        float(interval.low >= 0.5),
        float(interval.high < 0.5),
    )


if __name__ == "__main__":
    studies = {"loans": loans_study, "biographies": biographies_study, "cells": cells_study}
    run_studies(__doc__, studies, repeats=100)
