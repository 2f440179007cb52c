"""Generators with exact truth: every departure is seen, by the auditor whose question it is; the twin passes."""

from collections.abc import Callable
from typing import Any

import pytest

from genai_audit import Record, Ruling

SEEDS = range(5)

# Departure → the rules of the default policy that it must break.
DEPARTURES: list[tuple[dict[str, Any], set[str]]] = [
    ({"drop": [3]}, {"no-group-underrepresented"}),
    ({"thin": [[3, 0.25]]}, {"no-group-underrepresented"}),
    ({"drop": [1, 2, 4, 5]}, {"no-group-underrepresented", "reality-is-reached"}),
    ({"spread": 0.6}, {"reality-is-reached"}),
    ({"spread": 1.5}, {"samples-look-real"}),
    ({"memorise": 40}, {"reality-is-reached"}),
]


def failed(record: Record) -> set[str]:
    return {rule.id for rule in record.verdict.rules if rule.outcome is Ruling.FAIL}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_sound_twin_passes(audit_toy: Callable[..., Record], seed: int) -> None:
    record = audit_toy(seed)
    # How much is lost is known to within a few per cent of the data only, from so few real records as a toy has.
    still_open = {rule.id for rule in record.verdict.rules if rule.outcome is Ruling.INCONCLUSIVE}
    assert not failed(record)
    assert still_open <= {"little-is-lost"}, record.verdict.reason
    assert not record.coverage.error


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("departure", "broken"), DEPARTURES, ids=lambda value: str(value) if isinstance(value, dict) else ""
)
def test_every_departure_is_seen(
    audit_toy: Callable[..., Record], seed: int, departure: dict[str, Any], broken: set[str]
) -> None:
    record = audit_toy(seed, **departure)
    assert record.verdict.outcome is Ruling.FAIL, record.verdict.reason
    assert broken <= failed(record)


@pytest.mark.parametrize("departure", [{"drop": [3]}, {"thin": [[3, 0.25]]}])
def test_the_missing_group_is_named(audit_toy: Callable[..., Record], departure: dict[str, Any]) -> None:
    record = audit_toy(0, **departure)
    found = next(each for each in record.findings if each.code == "GA101")
    ratios = {each.group: each.value for each in found.estimates if each.name == "share_ratio"}
    assert min(ratios, key=lambda group: ratios[group]) == "3"
