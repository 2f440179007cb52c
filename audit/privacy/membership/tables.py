"""The tables of GA401."""

from collections.abc import Iterator

from ...evidence.membership.kind import Membership
from ...finding import NOMINAL, Column, Kind, Table
from .measure import Measured, Score

Cell = str | int | float | None


def tables_of(found: Measured, evidence: Membership) -> Iterator[Table]:
    """What is claimed of what, thresholds, scores, and groups."""
    yield _claims(found)
    yield _thresholds(found)
    yield _scores(found)
    if any(each.area is not None for each in found.groups):
        yield _groups(found, evidence)


def _claims(found: Measured) -> Table:
    area, pairs = found.main.area, found.pairs
    limits = area.limits(NOMINAL)
    rows: tuple[tuple[Cell, ...], ...] = (
        (
            "this checkpoint",
            "its scores separate records that it learned from and others",
            area.value,
            limits.low,
            limits.high,
            found.main.p_value,
            "the split was random; records are independent given the model",
        ),
        (
            "the training algorithm",
            "in random pairs the member is guessed",
            pairs.right / pairs.made if pairs.made else None,
            None,
            None,
            pairs.p_value,
            "the split was uniformly random, with sets of fixed sizes; says that it leaks, not how much (no ε)",
        ),
    )
    return Table(
        name="claims",
        caption="What is claimed of what: one checkpoint says how its own training records stand out, and by one game "
        f"that its training leaks; intervals at {NOMINAL:.0%}",
        columns=(
            Column("about", "About", Kind.TEXT),
            Column("claim", "Claim", Kind.TEXT),
            Column("value", "Share of pairs told rightly", Kind.SHARE),
            Column("low", "From", Kind.SHARE),
            Column("high", "To", Kind.SHARE),
            Column("p_value", "p, if nothing leaks", Kind.P_VALUE),
            Column("rests_on", "Rests on", Kind.TEXT),
        ),
        rows=rows,
    )


def _thresholds(found: Measured) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for each in sorted(found.passing, key=lambda one: -one.rate):
        if each.threshold is None:
            rows.append((each.rate, None, None, None, None, None, None, None, each.refusal))
            continue
        (passed, records), (wrong, checked), (made, of) = each.training, each.checked, each.generated
        rows.append(
            (
                each.rate,
                each.threshold.n,
                each.threshold.expected,
                passed / records,
                each.threshold.p_value(passed, records),
                wrong if checked else None,
                checked if checked else None,
                made / of if of else None,
                "certified",
            )
        )
    return Table(
        name="thresholds",
        caption="Thresholds that at most so many unseen records exceed, certified at 95 %, and who exceeds them",
        columns=(
            Column("rate", "Unseen records above, at most", Kind.SHARE),
            Column("set_by", "Set by holdout records", Kind.COUNT),
            Column("expected", "Expected of unseen ones", Kind.SHARE),
            Column("training", "Training records above", Kind.SHARE),
            Column("p_value", "p, if nothing leaks", Kind.P_VALUE),
            Column("wrong", "Other holdout records above", Kind.COUNT),
            Column("checked", "Of", Kind.COUNT),
            Column("generated", "Generated records above", Kind.SHARE),
            Column("reading", "Reading", Kind.TEXT),
        ),
        rows=tuple(rows),
    )


def _scores(found: Measured) -> Table:
    rows = [_score_row(found.main, "conclusions rest on it")]
    if found.calibrated is not None:
        rows.append(_score_row(found.calibrated, "the base model treats both sets alike, for all that is seen"))
    if found.base is not None:
        area, limits = found.base.area, found.base.area.limits(NOMINAL)
        reading = "accepted: tells nothing" if found.base.symmetric else "refused: it tells the sets apart"
        rows.append(
            (
                "the base model by itself",
                area.value,
                limits.low,
                limits.high,
                found.base.p_value,
                area.generated,
                area.reference,
                reading,
            )
        )
    rows += [_score_row(each, "for comparison") for each in found.others]
    return Table(
        name="scores",
        caption="Each score: how often a training record has a higher one than an unseen record. Which one counts was "
        "settled by what the model offers, before any was looked at; p-values of the others are not adjusted",
        columns=(
            Column("score", "Score", Kind.TEXT),
            Column("area", "Area under the curve", Kind.NUMBER),
            Column("low", "From", Kind.NUMBER),
            Column("high", "To", Kind.NUMBER),
            Column("p_value", "p, if nothing leaks", Kind.P_VALUE),
            Column("training", "Training records", Kind.COUNT),
            Column("holdout", "Holdout records", Kind.COUNT),
            Column("reading", "Use", Kind.TEXT),
        ),
        rows=tuple(rows),
    )


def _score_row(score: Score, use: str) -> tuple[Cell, ...]:
    limits = score.area.limits(NOMINAL)
    return (score.name, score.area.value, limits.low, limits.high, score.p_value, *score.sizes, use)


def _groups(found: Measured, evidence: Membership) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for each in found.groups:
        if each.area is None:
            rows.append((each.name, *each.sizes, None, None, None, "too few records"))
            continue
        area = each.area
        reading = "told" if area.p_adjusted < 1 - NOMINAL else "not surely told"
        rows.append((each.name, *each.sizes, area.area.value, area.p_value, area.p_adjusted, reading))
    rows.sort(key=lambda row: -row[3] if isinstance(row[3], float) else 1.0)
    return Table(
        name="groups",
        caption="How well members of each group are told from unseen records of the same group, the best told first",
        columns=(
            Column("group", evidence.attribute or "Group", Kind.TEXT),
            Column("training", "Training records", Kind.COUNT),
            Column("holdout", "Holdout records", Kind.COUNT),
            Column("area", "Area under the curve", Kind.NUMBER),
            Column("p_value", "p, this group", Kind.P_VALUE),
            Column("p_adjusted", "p, all groups (max-T)", Kind.P_VALUE),
            Column("reading", "Reading", Kind.TEXT),
        ),
        rows=tuple(rows),
    )
