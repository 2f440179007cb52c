"""A series of audits: each estimate that matters over time, with what is shown to have changed from one to the next."""

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Literal

from ...models.errors import UserError
from ...reports.over_time.parts import ChangePart, HistoryPart, PointPart, SeriesPart
from ..finding import NOMINAL, Estimate
from ..policy import Policy
from ..statistics.heterogeneity import heterogeneity
from ..statistics.intervals import BAND
from .comparison import MARGIN, Key, claimed, row_of, seen_of
from .opened import opened, records_in
from .side import Side

Order = Literal["started", "name"]


def history_of(
    folder: Path, *, estimates: Sequence[str] = (), order: Order = "started", margin: float = MARGIN
) -> HistoryPart:
    """The audits below a folder, in order of time.

    Args:
        folder: that holds them, e.g. one folder a checkpoint or a release.
        estimates: `CODE` or `CODE.name`, to show; by default those that the last audit's policy has rules on.
        order: by when each audit started, or by name, in which 2 comes before 10.
        margin: the change that does not matter, as for `compare`.

    Raises:
        UserError: if no audit can be read, or no estimate is as asked.
    """
    sides, skipped = [], []
    for path in records_in(folder):
        try:
            side = opened(path)
        except UserError as error:
            skipped.append(str(error))
            continue
        inside = path.relative_to(folder)
        sides.append(Side.of(side.record, str(inside.parent if inside.name == "record.json" else inside)))
    if not sides:
        raise UserError(f"{folder}: expected audits that can be read, found none: {skipped[0]}")
    sides.sort(key=lambda side: (_started(side) if order == "started" else 0.0, _natural(side.name)))
    keys = _asked(sides, estimates)
    moves = [[_move(key, *pair, margin) for pair in pairwise(sides)] for key in keys]
    told = iter(claimed([row for series in moves for row in series], NOMINAL))
    return HistoryPart(
        audits=tuple(side.part() for side in sides),
        level=NOMINAL,
        series=tuple(
            _series(key, sides, [next(told) for _ in series]) for key, series in zip(keys, moves, strict=True)
        ),
        skipped=tuple(skipped),
    )


def _started(side: Side) -> float:
    return datetime.fromisoformat(side.record.environment.started).timestamp()


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name) if part]


def _asked(sides: Sequence[Side], estimates: Sequence[str]) -> list[Key]:
    """The estimates to show, in the order of the last audit that has them."""
    found: dict[Key, None] = {}
    for side in reversed(sides):
        for code, finding in side.findings.items():
            found |= dict.fromkeys((code, each.name, each.group) for each in finding.estimates)
    if estimates:
        wanted = [each.partition(".")[::2] for each in estimates]
        chosen = [key for key in found if any(key[0] == code and name in ("", key[1]) for code, name in wanted)]
        if not chosen:
            raise UserError(
                f"--estimate {', '.join(estimates)}: no audit has such an estimate; "
                "name one as CODE or CODE.name, e.g. GA302.support_recall"
            )
        return chosen
    rules = Policy.model_validate(sides[-1].record.policy.content).rules
    ruled = [
        key
        for rule in rules
        for key in found
        if key[:2] == (rule.auditor, rule.estimate) and rule.group in (None, key[2])
    ]
    wholes = {key[:2] for key in ruled if key[2] is None}
    return [key for key in dict.fromkeys(ruled) if key[2] is None or key[:2] not in wholes]


def _of(side: Side, key: Key) -> Estimate | None:
    finding = side.findings.get(key[0])
    named = () if finding is None else finding.estimates
    return next((each for each in named if (each.name, each.group) == key[1:]), None)


def _move(key: Key, old: Side, new: Side, margin: float) -> ChangePart:
    return row_of(key, _of(old, key), _of(new, key), old, new, margin, NOMINAL)


def _series(key: Key, sides: Sequence[Side], moves: Sequence[ChangePart]) -> SeriesPart:
    found = [_of(side, key) for side in sides]
    known = next(each for each in reversed(found) if each is not None)
    facts = next(side.findings[key[0]].facts for side in reversed(sides) if _of(side, key) is not None)
    first = PointPart(seen=None if found[0] is None else seen_of(found[0], NOMINAL), change=None)
    later = [
        PointPart(
            seen=None if each is None else seen_of(each, NOMINAL),
            change=move.outcome,
            direction=move.direction,
            reason=move.reason,
        )
        for each, move in zip(found[1:], moves, strict=True)
    ]
    comparable = all(move.p_change is not None for move in moves)
    values = [(each.value, _error(each)) for each in found if each is not None] if comparable else []
    apart = heterogeneity([value for value, _ in values], [error for _, error in values])
    return SeriesPart(
        auditor=key[0],
        estimate=key[1],
        group=key[2],
        label=next((each.label for each in facts if each.name == key[1]), key[1].replace("_", " ")),
        unit=known.unit,
        better=known.better,
        points=(first, *later),
        excess=None if apart is None else apart.p_value,
        spread=None if apart is None else apart.spread,
    )


def _error(estimate: Estimate) -> float:
    if not estimate.curve or estimate.curve[-1].level < NOMINAL:
        return 0.0
    interval = estimate.interval()
    return (interval.high - interval.low) / (2 * BAND)
