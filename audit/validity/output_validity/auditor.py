"""GA501: can every generated record be true at all?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...evidence.bundle import Evidence
from ...finding import (
    LEVELS,
    Better,
    Column,
    Estimate,
    EstimateFacts,
    Exhibit,
    Finding,
    Inconclusive,
    Interval,
    Json,
    Kind,
    NotApplicable,
    Outcome,
    Perfect,
    Pictures,
    Table,
)
from ...statistics.intervals import POWER
from ...statistics.shares.binomial import clopper_pearson
from .constraints import kept, parse_constraint
from .relations import Relation, relations
from .rules import broken_rules
from .support import Outside, outside

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class OutputValidity:
    """Counts generated records that break a rule of their form, a declared constraint, or the bounds of real records.

    Args:
        constraints: what every row of a table must keep, e.g. `years_employed <= age - 16`.
        shown: records in the exhibit at most.
    """

    constraints: tuple[str, ...] = ()
    shown: int = 12

    code: ClassVar[str] = "GA501"
    title: ClassVar[str] = "Output validity"
    question: ClassVar[str] = "Can every generated record be true: finite, in range, and of values that exist?"
    needs: ClassVar[tuple[str, ...]] = ("generated",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = (
        EstimateFacts(
            "invalid_share",
            "share of records that break a rule",
            "share",
            Better.LOWER,
            "The share of generated records that break a rule of their form or a declared constraint.",
            rests_on=("generated",),
        ),
        EstimateFacts(
            "unsupported_share",
            "share of records with a value that no real record has",
            "share",
            Better.LOWER,
            "The share of generated records with a value that no real record has.",
        ),
        EstimateFacts(
            "broken_relation_share",
            "share of records that break a relation of all real records",
            "share",
            Better.LOWER,
            "The share of generated records that break a relation between columns which every real record keeps.",
        ),
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "constraints", tuple(self.constraints))
        for text in self.constraints:
            parse_constraint(text)

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Count; raises `Inconclusive` without records, or if a constraint does not fit the table."""
        samples = evidence.generated.samples
        if not len(samples):
            raise Inconclusive("there is no generated record to look at: draw samples")
        reference = None if evidence.reference is None else evidence.reference.samples
        held = None if evidence.holdout is None else evidence.holdout.samples
        rules = self._rules(evidence.modality, samples, reference)
        limits = []
        if reference is not None:
            limits = outside(evidence.modality, generated=samples, reference=reference, holdout=held)
        known = relations(samples, reference, held) if evidence.modality == "tabular" and reference is not None else []
        invalid = _any([broken for _, broken in rules], len(samples))
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=(
                _share("invalid_share", invalid, None, perfect=Perfect(0.0, 0.0, 0.0)),
                *_by_rule(rules),
                *_unsupported(limits, len(samples)),
                *_relations(known),
            ),
            tables=tuple(_tables(rules, limits, known)),
            exhibits=_exhibits(invalid, limits, self.shown),
            settings=self._settings(evidence, rules, limits, known),
        )

    def _rules(self, modality: str, samples: Any, reference: Any) -> list[tuple[str, Flags]]:
        rules = broken_rules(modality, samples, reference)
        if self.constraints and modality != "tabular":
            raise NotApplicable(f"constraints are between columns of a table, but these are {modality} records")
        for text in self.constraints:
            try:
                rules.append((text, ~kept(text, samples)))
            except ValueError as error:
                raise Inconclusive(str(error)) from error
        return rules

    def _settings(
        self, evidence: Evidence, rules: Sequence[Any], limits: Sequence[Any], known: Sequence[Any]
    ) -> dict[str, Json]:
        return {
            "generated_samples": len(evidence.generated.samples),
            "reference_records": 0 if evidence.reference is None else len(evidence.reference.samples),
            "rules": len(rules),
            "declared_constraints": "; ".join(self.constraints) or "none",
            "respects_compared_with_real_records": len(limits),
            "relations_found_in_real_records": len(known),
        }


def _any(flags: Sequence[Flags], n: int) -> Flags:
    return np.any(flags, axis=0) if flags else np.zeros(n, dtype=bool)


def _share(
    name: str, broken: Flags, group: str | None, *, perfect: Perfect | None, detectable: float | None = None
) -> Estimate:
    """A share of records with its exact interval; by default of what a perfect generator never does."""
    n, count = len(broken), int(broken.sum())
    limits = clopper_pearson(successes=count, trials=n, level=np.array(LEVELS))
    value = count / n
    lows, highs = np.minimum(limits.low, value), np.maximum(limits.high, value)
    # Of that many records one would have shown itself with a chance of four in five.
    least = 1 - 0.2 ** (1 / n) if detectable is None else detectable
    return Estimate(
        name=name,
        value=value,
        curve=tuple(Interval(*each) for each in zip(LEVELS, lows.tolist(), highs.tolist(), strict=True)),
        n=n,
        method="exact binomial (Clopper–Pearson)",
        unit="share",
        better=Better.LOWER,
        group=group,
        perfect=perfect,
        minimum_detectable=least,
        from_draws=1.0,
    )


def _by_rule(rules: Sequence[tuple[str, Flags]]) -> Iterator[Estimate]:
    for rule, broken in rules:
        yield _share("invalid_share", broken, rule, perfect=Perfect(0.0, 0.0, 0.0))


def _unsupported(limits: Sequence[Outside], n: int) -> Iterator[Estimate]:
    if not limits:
        return
    broken = _any([each.generated for each in limits], n)
    left_out = _any([each.left_out for each in limits], len(limits[0].left_out))
    perfect, detectable = _expected(left_out, n)
    yield _share("unsupported_share", broken, None, perfect=perfect, detectable=detectable)
    for each in limits:
        if each.generated.any():
            perfect, detectable = _expected(each.left_out, n)
            yield _share("unsupported_share", each.generated, each.what, perfect=perfect, detectable=detectable)


def _expected(left_out: Flags, n: int) -> tuple[Perfect, float]:
    """What a perfect generator's n records would show, from leaving each real record out; and what would stand out.

    The real share is itself uncertain, so the number outside is beta-binomial (Jeffreys prior).
    """
    from scipy.stats import betabinom

    m, count = len(left_out), int(left_out.sum())
    distribution = betabinom(n, count + 0.5, m - count + 0.5)
    low, alarm, high = (float(distribution.ppf(level)) / n for level in (0.025, 0.95, 0.975))
    value = min(max(count / m, low), high)
    detectable = alarm + POWER * float(np.sqrt(max(alarm * (1 - alarm), 1 / n) / n)) - value
    return Perfect(value, low, high), max(detectable, 1 / n)


def _relations(known: Sequence[Relation]) -> Iterator[Estimate]:
    if not known:
        return
    yield _share("broken_relation_share", _any([each.generated for each in known], 0), None, perfect=None)
    for each in known:
        if each.generated.any():
            yield _share("broken_relation_share", each.generated, each.text, perfect=None)


def _tables(
    rules: Sequence[tuple[str, Flags]], limits: Sequence[Outside], known: Sequence[Relation]
) -> Iterator[Table]:
    columns = (
        Column("rule", "Rule", Kind.TEXT),
        Column("broken", "Records that break it", Kind.COUNT),
        Column("share", "Share", Kind.SHARE),
    )
    rows = tuple((rule, int(broken.sum()), float(broken.mean())) for rule, broken in rules)
    yield Table("rules", "What no record can be, and how many generated records are", columns, rows)
    if limits:
        yield _outside_table(limits)
    if known:
        yield _relation_table(known)


def _outside_table(limits: Sequence[Outside]) -> Table:
    columns = (
        Column("respect", "Outside of the real records", Kind.TEXT),
        Column("share", "Share generated", Kind.SHARE),
        Column("perfect", "Of a perfect generator", Kind.SHARE),
        Column("holdout", "Of held-out real records", Kind.SHARE),
        Column("example", "Example", Kind.TEXT),
    )
    rows = [
        (
            each.what,
            float(each.generated.mean()),
            float(each.left_out.mean()),
            float(each.holdout.mean()) if len(each.holdout) else None,
            each.example[:200],
        )
        for each in limits
        if each.generated.any() or each.holdout.any()
    ]
    caption = "Values that no real record at hand has. Some of them may be true all the same: see the second share"
    rows.sort(key=lambda row: -row[1])
    return Table("outside", caption, columns, tuple(rows))


def _relation_table(known: Sequence[Relation]) -> Table:
    columns = (
        Column("relation", "Relation", Kind.TEXT),
        Column("share", "Generated records that break it", Kind.SHARE),
        Column("holdout", "Held-out real records that break it", Kind.SHARE),
    )
    rows = sorted(
        (
            (each.text, float(each.generated.mean()), float(each.holdout.mean()) if len(each.holdout) else None)
            for each in known
        ),
        key=lambda row: -row[1],
    )
    caption = "Relations between columns that every real record at hand keeps; declare those that must hold"
    return Table("relations", caption, columns, tuple(rows))


def _exhibits(invalid: Flags, limits: Sequence[Outside], most: int) -> tuple[Exhibit, ...]:
    exhibits = []
    broken = np.flatnonzero(invalid)[:most]
    if len(broken):
        pictures = Pictures("generated, invalid", "generated", tuple(broken.tolist()))
        exhibits.append(Exhibit("invalid", "The first generated records that break a rule", "grid", (pictures,)))
    strange = np.flatnonzero(_any([each.generated for each in limits], len(invalid)))[:most]
    if len(strange):
        pictures = Pictures("generated, outside", "generated", tuple(strange.tolist()))
        caption = "The first generated records with a value that no real record at hand has"
        exhibits.append(Exhibit("outside", caption, "grid", (pictures,)))
    return tuple(exhibits)
