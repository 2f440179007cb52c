"""What a record itself says for the fields of forms: text that was observed or measured, or None where it was not."""

from collections.abc import Callable, Mapping

from ...audit.finding import Outcome
from .. import numbers
from ..data_parts import DataPart
from ..record import Record
from ..rulings import verdict_sentence
from ..words import bound_words, in_order, observed_words, policy_words, rule_words, ruling_mark, waiver_words


def fact(name: str, record: Record) -> str | None:
    """A fact of the record as text; None where the record does not have it."""
    return FACTS[name](record) or None


def _data(record: Record) -> str:
    parts = {"reference": record.data.reference, "holdout": record.data.holdout}
    said = [f"generated: {_set(record.data.generated)}"]
    return "; ".join([*said, *(f"{role}: {_set(each)}" for role, each in parts.items() if each is not None)])


def _set(part: DataPart) -> str:
    whole = f" of {numbers.count(part.total)}" if part.total != part.n else ""
    digest = f", SHA-256 {part.sha256}" if part.sha256 else ""
    return f"{part.name}, {numbers.count(part.n)}{whole} records, {part.source}{digest}"


def _results(record: Record) -> str:
    said = [
        f"{rule_words(rule, record)} {observed_words(rule)}, {bound_words(rule)}: {ruling_mark(rule.outcome).word}"
        for rule in in_order(record.verdict.rules)
    ]
    return "; ".join(said)


def _unmeasured(record: Record) -> str:
    open_ = (Outcome.INCONCLUSIVE, Outcome.ERROR)
    said = [f"{each.code} {each.title}" for each in record.findings if each.outcome in open_]
    return f"not measured: {'; '.join(said)}" if said else "every question that arises here was answered"


def _waivers(record: Record) -> str:
    return "; ".join(f"{rule.id}: {waiver_words(rule)}" for rule in record.verdict.rules if rule.waiver is not None)


def _tool(record: Record) -> str:
    return ", ".join(f"{name} {version}" for name, version in record.environment.versions.items())


def _groups(record: Record) -> str:
    return "; ".join(f"{each.attribute}: {', '.join(each.names)} (by {each.source})" for each in record.data.groups)


def _rationale(record: Record) -> str:
    whys = {rule.id: rule.why for rule in record.verdict.rules}
    return "; ".join(f"{name}: {why}" for name, why in whys.items())


def _recipe(record: Record) -> str:
    environment = record.environment
    samples = numbers.count(environment.samples)
    return f"seed {environment.seed}, {samples} samples, policy {record.policy.name} (SHA-256 {record.policy.sha256})"


FACTS: Mapping[str, Callable[[Record], str | None]] = {
    "name": lambda record: record.checkpoint.name,
    "digest": lambda record: f"SHA-256 {record.checkpoint.sha256}" if record.checkpoint.sha256 else None,
    "format": lambda record: record.checkpoint.format,
    "family": lambda record: record.checkpoint.family,
    "modality": lambda record: record.checkpoint.modality,
    "parameters": lambda record: (
        None if record.checkpoint.parameters is None else f"{numbers.count(record.checkpoint.parameters)} parameters"
    ),
    "verdict": lambda record: f"{ruling_mark(record.verdict.outcome).word}: {verdict_sentence(record)}",
    "policy": policy_words,
    "rationale": _rationale,
    "data": _data,
    "groups": _groups,
    "date": lambda record: record.environment.started,
    "recipe": _recipe,
    "tool": _tool,
    "unmeasured": _unmeasured,
    "results": _results,
    "waivers": _waivers,
    "hardware": lambda record: f"the audit ran on {record.environment.platform}, {record.environment.device}",
}
"""By the name that forms use; tables, as that of impact ratios, are no texts."""
