"""The verdict as Markdown for a pull request or a job's page, and as annotations on GitHub Actions."""

import re
from collections.abc import Mapping
from pathlib import Path

from ..audit.finding import Outcome
from ..audit.verdict import Ruling
from . import diagnosis, numbers
from .diagnosis_parts import SignPart
from .drawing_words import looks_words
from .encoder_words import encoder_words
from .finding_parts import FindingPart
from .independence import independence_words
from .junit import rule_name
from .levels import at_policy_level
from .record import Record, RulePart
from .rulings import observed_and_named, rule_sentence, verdict_sentence
from .terminal import visible
from .words import (
    bound_words,
    in_order,
    outcome_mark,
    policy_words,
    rule_words,
    ruling_mark,
    sentence,
    short,
    waiver_words,
)

STEP_SUMMARY_BYTES = 1024 * 1024
"""GitHub drops the summary of a step that is larger, as its documentation on workflow commands says."""

MOST_COLUMNS = 40
"""Columns of a kind that are named."""

MOST_ANNOTATIONS = 10
"""GitHub shows at most so many errors and so many warnings of a step."""

_CUT = "\n\n(cut here: the summary of a step may hold 1 MiB; record.json has everything)\n"


def summary(record: Record) -> str:
    """A record in Markdown: the verdict, the rules (failed first), what was looked at, where the rest is."""
    record = at_policy_level(record)
    verdict, environment = record.verdict, record.environment
    mark = ruling_mark(verdict.outcome)
    drawn = f"{numbers.count(environment.samples)} samples, seed {environment.seed}"
    lines = [
        f"# {mark.sign} {mark.word}: {escape(record.checkpoint.name)}",
        "",
        escape(verdict_sentence(record)),
        "",
        *_beside(record),
        f"Checkpoint `{escape(record.checkpoint.sha256[:12] or 'in memory')}`, policy {escape(record.policy.name)}, "
        f"{drawn}, {escape(environment.started)}.",
        "",
        "| Outcome | Rule | Asked | Observed | Reason |",
        "|---|---|---|---|---|",
        *(_rule_row(record, rule) for rule in in_order(verdict.rules)),
        "",
        escape(policy_words(record)),
        "",
        *_encoders(record),
        *_independence(record),
        *_looks(record),
        "## Diagnosis",
        "",
        *_diagnosis(record),
        "",
        "## What was looked at",
        "",
        *(_finding_line(finding) for finding in record.findings),
        "",
        *_columns(record),
        "Outputs: `report.html` (to read), `record.json` (everything), `junit.xml`, `evidence/`.",
    ]
    return "\n".join(lines) + "\n"


def _columns(record: Record) -> list[str]:
    """What the columns of tables were taken for, on one line a kind."""
    kinds: dict[str, list[str]] = {}
    for column in record.data.columns:
        kinds.setdefault(column.taken_for, []).append(column.name)
    named = [
        f"- {escape(kind)}: {escape(', '.join(short(name) for name in names[:MOST_COLUMNS]))}"
        f"{f' and {len(names) - MOST_COLUMNS} more' if len(names) > MOST_COLUMNS else ''}"
        for kind, names in kinds.items()
    ]
    return ["## What columns were taken for", "", *named[:MOST_COLUMNS], ""] if named else []


def _encoders(record: Record) -> list[str]:
    said = encoder_words(record)
    return [] if said is None else [escape(said), ""]


def _independence(record: Record) -> list[str]:
    said = independence_words(record)
    return [] if said is None else [escape(said), ""]


def _looks(record: Record) -> list[str]:
    again = looks_words(record)
    return [] if again is None else [escape(again), ""]


def _beside(record: Record) -> list[str]:
    beside = diagnosis.page_one(record)
    return [] if beside is None else [escape(beside), ""]


def _diagnosis(record: Record) -> list[str]:
    """The diagnosis, and a line for each pattern that is seen."""
    told = record.diagnosis
    if told is None:
        return [escape(diagnosis.NOT_RECORDED)]
    clear, slight = (
        [_sign_line(sign, mark) for sign in signs] for signs, mark in ((told.seen, ""), (told.slight, ", slight"))
    )
    return [escape(told.sentence), *([""] if clear or slight else []), *clear, *slight]


def _sign_line(sign: SignPart, mark: str) -> str:
    return f"- {escape(f'{sign.name}{mark} ({sign.code}): {sign.means}. {diagnosis.said(sign)}')}"


def append_step_summary(text: str, environ: Mapping[str, str]) -> None:
    """Append `text` to the job's page on GitHub Actions; without `GITHUB_STEP_SUMMARY` do nothing.

    Text beyond the megabyte that GitHub accepts is cut at a line, and says so.

    Raises:
        OSError: if the file that the variable names cannot be written.
    """
    target = environ.get("GITHUB_STEP_SUMMARY")
    if not target:
        return
    path = Path(target)
    room = STEP_SUMMARY_BYTES - (path.stat().st_size if path.exists() else 0)
    data = text.encode("utf-8", "replace")
    if len(data) > room:
        kept = data[: max(0, room - len(_CUT.encode()))]
        data = kept[: kept.rfind(b"\n") + 1] + _CUT.encode()
    if len(data) <= room:
        with path.open("ab") as stream:
            stream.write(data)


def annotations(record: Record, environ: Mapping[str, str]) -> list[str]:
    """Workflow commands that mark each rule that is not met or not decided; empty outside GitHub Actions.

    At most ten, failures (errors) before undecided rules (warnings); the last says how many were left out.
    """
    if environ.get("GITHUB_ACTIONS") != "true":
        return []
    standing = [rule for rule in in_order(record.verdict.rules) if not rule.waived]
    commands = [_annotation(record, rule) for rule in standing if rule.outcome in (Ruling.FAIL, Ruling.INCONCLUSIVE)]
    if not commands and record.verdict.outcome is not Ruling.PASS:
        commands = [_command("warning", "genai-audit", sentence(record.verdict.reason))]
    if len(commands) > MOST_ANNOTATIONS:
        left = len(commands) - MOST_ANNOTATIONS + 1
        more = _command("warning", "genai-audit", f"{left} more rules are not met or not decided: see the summary.")
        commands = [*commands[: MOST_ANNOTATIONS - 1], more]
    return commands


def escape(text: str) -> str:
    """Text as one line of literal Markdown: no markup, HTML, link, mention or table cell can come out of it."""
    line = " ".join(visible.line(text).split())
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = re.sub(r"([\\`*\[\]~|#])", r"\\\1", line)
    # Underscores inside a word (worst_share_ratio) mark nothing up and stay readable.
    line = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", r"\\_", line)
    # A bare address, a mention or a formula is live on GitHub even where brackets are escaped.
    for live, dead in {"://": "&#58;//", "@": "&#64;", "$": "&#36;"}.items():
        line = line.replace(live, dead)
    return re.sub(r"\b(www)\.", r"\1&#46;", line, flags=re.IGNORECASE)


def _rule_row(record: Record, rule: RulePart) -> str:
    mark, waiver = ruling_mark(rule.outcome), waiver_words(rule)
    reason = rule.reason if waiver is None else f"{sentence(rule.reason)} {waiver}"
    asked = f"{rule_words(rule, record)} {bound_words(rule, record)}"
    cells = [f"{mark.sign} {mark.word}", rule_name(rule), asked, observed_and_named(record, rule), reason]
    return f"| {' | '.join(escape(cell) for cell in cells)} |"


def _finding_line(finding: FindingPart) -> str:
    mark = outcome_mark(finding.outcome)
    reason = f" ({_brief(finding.reason, finding.outcome)})" if finding.reason else ""
    return f"- {mark.sign} {escape(f'{finding.code} {finding.title}: {mark.word}{reason}')}"


def _brief(reason: str, outcome: Outcome) -> str:
    lines = reason.strip().splitlines() or [""]
    # Of a traceback, the last line says what happened.
    return lines[-1] if outcome is Outcome.ERROR else lines[0]


def _annotation(record: Record, rule: RulePart) -> str:
    level = "error" if rule.outcome is Ruling.FAIL else "warning"
    title = f"genai-audit {rule_name(rule)}: {ruling_mark(rule.outcome).word}"
    return _command(level, title, rule_sentence(rule, record))


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={_escape_data(title).replace(':', '%3A').replace(',', '%2C')}::{_escape_data(message)}"


def _escape_data(text: str) -> str:
    # A line break would be kept as %0A, and the annotation would then say what a name makes it say.
    return visible.line(text).replace("%", "%25")
