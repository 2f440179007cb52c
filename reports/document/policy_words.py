"""The policy in plain words: each rule as what it asks of what, its reason, and whether it must be judged."""

import re
from dataclasses import dataclass

from ...audit.verdict import Ruling
from ..claims import title
from ..record import Record, RulePart
from ..words import bound_words, in_order, rule_words, sentence, short


@dataclass(frozen=True, slots=True)
class Asked:
    """One rule in words."""

    title: str
    asks: str
    why: str
    brief: str
    required: bool
    applied: bool
    code: str


def policy_rules(record: Record) -> tuple[Asked, ...]:
    """All rules of the policy, each once; of a rule that holds for several groups, the first."""
    first: dict[str, RulePart] = {}
    for rule in in_order(record.verdict.rules):
        first.setdefault(rule.id, rule)
    return tuple(
        Asked(
            title=title(rule.model_copy(update={"group": None})),
            asks=f"{rule_words(rule.model_copy(update={'group': None}), record)}: {bound_words(rule, record)}",
            why=sentence(short(" ".join(rule.why.split()), 1000)),
            brief=_first(" ".join(rule.why.split())),
            required=rule.required,
            applied=rule.outcome is not Ruling.NOT_APPLIED,
            code=rule.auditor,
        )
        for rule in first.values()
    )


def _first(text: str) -> str:
    """The first sentence, for paper; a stop inside a number or an abbreviation ends none."""
    found = re.match(r".{20,}?[.!?](?=\s+[A-Z]|$)", text)
    return sentence(short(found.group() if found else text, 240))
