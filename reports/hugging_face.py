"""The record as a model card of the Hugging Face Hub: front matter with `model-index`, and a card in Markdown.

`model-index` has no field for an interval, so each result's name carries it, and the card's table has all of it. A
result's `verified` is a mark of the Hub's own service and is never set here.

Reference: https://huggingface.co/docs/hub/model-cards, https://github.com/huggingface/hub-docs/blob/main/modelcard.md
"""

from collections.abc import Iterator
from typing import Any

import yaml

from . import numbers
from .card import DECLARED, card_lines
from .finding_parts import EstimatePart, FindingPart
from .markdown import escape
from .record import Record
from .rulings import verdict_sentence
from .terminal.visible import line
from .words import estimate_text, finding_of, in_order, label, perfect_text, rule_words, ruling_mark

TASKS = {"image": "unconditional-image-generation", "text": "text-generation"}
"""The Hub's names of tasks by modality; it has none for unconditional tables, music and audio: these are `other`."""

MOST_RESULTS = 200
"""Results that the front matter lists: the Hub reads it whole for every page."""


def model_card(record: Record) -> str:
    """A record as a model card: the same text for the same record."""
    front = yaml.safe_dump(_front(record), sort_keys=False, allow_unicode=True, width=100)
    return f"---\n{front}---\n\n" + "\n".join(_body(record)) + "\n"


def _front(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if record.card is not None:
        facts = record.card.facts
        # The Hub knows licences by short names alone; any other is `other` with its name.
        known = facts.licence is not None and facts.licence == facts.licence.lower() and " " not in facts.licence
        if facts.licence:
            licence = line(facts.licence)
            found |= {"license": licence} if known else {"license": "other", "license_name": licence}
        if facts.licence_link:
            found["license_link"] = line(facts.licence_link)
        for name, values in (("language", facts.languages), ("base_model", facts.base_models)):
            found |= {name: [*map(line, values)]} if values else {}
    found["tags"] = ["genai-audit"]
    results = _results(record)
    # Without results the Hub's own library refuses the whole index.
    if results:
        name = line(record.checkpoint.name) or "model"
        found["model-index"] = [{"name": name, "results": results}]
    return found


def _results(record: Record) -> list[dict[str, Any]]:
    reference = record.data.reference
    name = "generated samples alone" if reference is None else line(reference.name) or "reference"
    task = TASKS.get(record.checkpoint.modality, "other")
    judged = {(rule.auditor, rule.estimate) for rule in record.verdict.rules}
    given = [(finding, each) for finding in record.findings for each in finding.estimates]
    # Stable: what the policy judges comes first, each in the order of the report.
    given.sort(key=lambda pair: (pair[0].code, pair[1].name) not in judged)
    return [
        {"task": {"type": task}, "dataset": {"type": "other", "name": name}, "metrics": [_metric(finding, each)]}
        for finding, each in given[:MOST_RESULTS]
    ]


def _metric(finding: FindingPart, each: EstimatePart) -> dict[str, Any]:
    group = "" if each.group is None else f", {line(each.group)}"
    said = f"{label(each.name, finding)}{group}: {estimate_text(each)}"
    return {"type": f"{finding.code}/{each.name}", "value": each.value, "name": line(said)}


def _body(record: Record) -> Iterator[str]:
    checkpoint, mark = record.checkpoint, ruling_mark(record.verdict.outcome)
    yield f"# {escape(checkpoint.name)}"
    yield ""
    yield f"{mark.sign} {mark.word}: {escape(verdict_sentence(record))}"
    yield ""
    digest = f"SHA-256 `{escape(checkpoint.sha256)}`, " if checkpoint.sha256 else ""
    yield (
        f"Measured by genai-audit: {digest}policy {escape(record.policy.name)}, "
        f"{numbers.count(record.environment.samples)} samples, seed {record.environment.seed}."
    )
    yield ""
    yield f"## What is declared ({DECLARED})"
    yield ""
    if record.card is None:
        yield "Nothing is."
    else:
        for name, values in card_lines(record.card.facts):
            yield f"- {escape(name.replace('_', ' '))}: {escape('; '.join(values))}"
    yield from ("", "## What the policy asks", "", "| Outcome | Rule | Estimate |", "|---|---|---|")
    for rule in in_order(record.verdict.rules):
        outcome = ruling_mark(rule.outcome).word + (", waived" if rule.waived else "")
        yield f"| {outcome} | {escape(rule.id)} | {escape(rule_words(rule, record))} |"
    yield from ("", "## What was measured", "")
    yield "| Finding | Estimate | Value | A perfect generator |"
    yield "|---|---|---|---|"
    for finding in record.findings:
        for each in finding.estimates:
            yield _row(record, finding, each)
    yield from ("", "What was not measured, and why, stands in the audit's report.")


def _row(record: Record, finding: FindingPart, each: EstimatePart) -> str:
    group = "" if each.group is None else f", {each.group}"
    name = f"{label(each.name, finding_of(record, finding.code))}{group}"
    cells = (finding.code, name, estimate_text(each), perfect_text(each.perfect, each.unit))
    return f"| {' | '.join(escape(cell) for cell in cells)} |"
