"""What the audit is about: what was declared of the model and its use, and the policy in plain words.

Nothing here was verified, and nothing is made up: what nobody declared is shown as missing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .record import Record
from .words import short

LONGEST = 600
"""Characters of one declared fact."""

MOST_ENTRIES = 60
"""Entries of a list that are named; a longer one is counted."""

MISSING = "missing: not declared"

ASKED: Mapping[str, tuple[str, ...]] = {
    "Intended use": ("intended_use", "intended_uses"),
    "Excluded use": ("excluded_use", "excluded_uses", "out_of_scope_use", "out_of_scope"),
    "Owner": ("owner", "owners", "developer", "developed_by"),
    "Licence": ("licence", "license"),
    "Users and people affected": ("affected", "users"),
    "Training data": ("training_statement", "training_data"),
    "Human oversight": ("oversight",),
}
"""What every card should say, and the keys under which it may."""

NEXT_REVIEW = ("next_review", "review_date", "review_by")
RISKS = ("residual_risks", "risks")
CONDITIONS = ("conditions", "conditions_of_use")


@dataclass(frozen=True, slots=True)
class Fact:
    """One declared fact; `said` is None where it is missing."""

    name: str
    said: str | None
    source: str = ""


@dataclass(frozen=True, slots=True)
class ResidualRisk:
    """A risk that somebody lives with: as declared, with its owner and when it is looked at again."""

    name: str
    owner: str | None
    review: str | None


def card(record: Record) -> Mapping[str, Any]:
    """The declared facts that came with the model, as keys and values; empty without any."""
    given = getattr(record, "card", None)
    if given is not None and hasattr(given, "model_dump"):
        given = given.model_dump(mode="json")
    told = given.get("facts", given) if isinstance(given, Mapping) else {}
    return told if isinstance(told, Mapping) else {}


def facts(record: Record) -> tuple[Fact, ...]:
    """What a reviewer must know of the model's use, each declared or missing, then whatever else a card says."""
    told = card(record)
    shown = [Fact(name, *_first(told, keys)) for name, keys in ASKED.items()]
    taken = {key for keys in ASKED.values() for key in keys} | {*NEXT_REVIEW, *RISKS, *CONDITIONS}
    more = [
        Fact(_name(key), said, "card")
        for key, value in told.items()
        if key not in taken and (said := plain(_value(value))) is not None
    ]
    return (*shown, *more)


def next_review(record: Record) -> str | None:
    """When the model is to be looked at again, as the card says; None where it does not."""
    return _first(card(record), NEXT_REVIEW)[0]


def conditions(record: Record) -> tuple[str, ...]:
    """The conditions of use that the card names."""
    return tuple(_texts(card(record), CONDITIONS))


def residual_risks(record: Record) -> tuple[ResidualRisk, ...]:
    """The risks that the card names, with owner and review date where it says them."""
    told = card(record)
    given = _value(next((told[key] for key in RISKS if key in told), None))
    each = given if isinstance(given, list | tuple) else [] if given is None else [given]
    return tuple(filter(None, map(_risk, each)))


def plain(value: Any) -> str | None:
    """A declared value as text, without the brackets of a program; None where it says nothing."""
    if value is None or value in ("", [], {}):
        return None
    if isinstance(value, str):
        text = " ".join(value.split())
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, list | tuple) and len(value) <= MOST_ENTRIES and all(map(_simple, value)):
        text = "; ".join(filter(None, map(plain, value)))
    elif isinstance(value, Mapping) and all(isinstance(each, str | int | float | None) for each in value.values()):
        text = ", ".join(f"{_name(str(key)).lower()} {plain(each)}" for key, each in value.items() if plain(each))
    elif isinstance(value, int | float | date):
        text = f"{value:g}" if isinstance(value, float) else str(value)
    else:
        return f"{len(value)} entries, in record.json" if hasattr(value, "__len__") else short(str(value), LONGEST)
    return short(text, LONGEST) if text else None


def _simple(value: Any) -> bool:
    flat = value.values() if isinstance(value, Mapping) else (value,)
    return all(isinstance(each, str | int | float | None) for each in flat)


def _value(value: Any) -> Any:
    """The content of an entry that may come with how it is known: `{value: …, status: declared}`."""
    if isinstance(value, Mapping) and "value" in value:
        return value["value"]
    return value


def _first(told: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[str | None, str]:
    for key in keys:
        said = plain(_value(told.get(key)))
        if said is not None:
            return said, "card"
    return None, ""


def _texts(told: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[str]:
    given = _value(next((told[key] for key in keys if key in told), None))
    for each in given if isinstance(given, list | tuple) else (given,):
        said = plain(_value(each))
        if said is not None:
            yield said


def _risk(given: Any) -> ResidualRisk | None:
    if not isinstance(given, Mapping):
        said = plain(given)
        return None if said is None else ResidualRisk(said, None, None)
    name = _first(given, ("risk", "name", "description", "what"))[0]
    owner, review = _first(given, ("owner",))[0], _first(given, ("review", "review_date", "next_review", "due"))[0]
    return None if name is None else ResidualRisk(name, owner, review)


def _name(key: str) -> str:
    text = short(key, 100).replace("_", " ")
    return text[:1].upper() + text[1:]
