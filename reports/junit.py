"""The verdict as JUnit XML, for the test tab of GitLab, Jenkins and other servers.

One test case a rule. JUnit knows no "inconclusive", and a server shows whatever is neither failed nor broken as green,
so the file is green exactly where the verdict is PASS:

- a rule that is not met is a `failure`;
- an undecided rule is an `error` of type `inconclusive`, or of type `crash` where its auditor crashed;
- a rule that was not applied, or whose miss is waived, is `skipped`, with the reason or the waiver in the message;
- where the verdict is not PASS and no rule says so (none could be applied, or an auditor crashed that none names), a
  case named `verdict` is an `error`.
"""

from typing import assert_never
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from ..audit.finding import Outcome
from ..audit.verdict import Ruling
from .diagnosis import NOT_RECORDED
from .levels import at_policy_level
from .record import Record, RulePart
from .rulings import named_words, rule_sentence
from .terminal.visible import block, line
from .words import bound_words, observed_words, rule_words, waiver_words

_SUITE = "genai_audit"


def junit(record: Record) -> str:
    r"""A record's rules as JUnit XML, in the shape that Jenkins' junit-10 schema and GitLab read.

    Numbers stand in the suite's properties (`RULE.value`, `.low`, `.high`, `.level`, `.n`) and in each case's output.
    Characters that XML 1.0 cannot carry, or that nobody sees, are spelt out, as `\x1b`.

    Reference: https://www.w3.org/TR/xml/#charsets
    """
    record = at_policy_level(record)
    suite = Element("testsuite")
    _properties(suite, record)
    seconds = {finding.code: finding.seconds for finding in record.findings}
    crashes = {each.code: each.reason or "" for each in record.findings if each.outcome is Outcome.ERROR}
    for rule in record.verdict.rules:
        # An auditor's time is spent once, however many rules look at its finding.
        case = _case(suite, rule_name(rule), f"{_SUITE}.{rule.auditor}", seconds.pop(rule.auditor, 0.0))
        said = _state(case, rule, rule_sentence(rule, record), crashes.get(rule.auditor))
        SubElement(case, "system-out").text = block(_output(record, rule, said))
    shown = suite.findall("testcase/failure") + suite.findall("testcase/error")
    if record.verdict.outcome is not Ruling.PASS and not shown:
        case = _case(suite, "verdict", _SUITE, 0.0)
        _set(SubElement(case, "error"), type="inconclusive", message=record.verdict.reason)
    root = Element("testsuites")
    root.append(suite)
    total = sum(finding.seconds for finding in record.findings)
    timestamp = record.environment.started
    _set(suite, name=f"{_SUITE}: {record.checkpoint.name}", timestamp=timestamp, time=f"{total:.3f}", **_counts(suite))
    # Jenkins' schema knows `skipped` on a suite and not on the whole.
    _set(root, name=_SUITE, time=f"{total:.3f}", **{each: n for each, n in _counts(suite).items() if each != "skipped"})
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def rule_name(rule: RulePart) -> str:
    """A rule's name in lists: its id, and the group where one rule holds for several."""
    return rule.id if rule.group is None else f"{rule.id}[{rule.group}]"


def _case(suite: Element, name: str, classname: str, seconds: float) -> Element:
    case = SubElement(suite, "testcase")
    _set(case, name=name, classname=classname, time=f"{seconds:.3f}")
    return case


def _state(case: Element, rule: RulePart, sentence: str, crash: str | None) -> str:
    """Add what became of the rule, in a sentence for lists, and return all that this says."""
    if rule.waived:
        said = f"{_word(rule)}. {waiver_words(rule)}"
        _set(SubElement(case, "skipped"), message=said)
        return said
    match rule.outcome:
        case Ruling.PASS:
            return ""
        case Ruling.NOT_APPLIED:
            _set(SubElement(case, "skipped"), message=rule.reason)
            return rule.reason
        case Ruling.FAIL:
            _set(SubElement(case, "failure"), type="bound", message=sentence)
            return sentence
        case Ruling.INCONCLUSIVE:
            state = SubElement(case, "error")
            _set(state, type="inconclusive" if crash is None else "crash", message=sentence)
            state.text = block(crash) if crash else None
            return f"{sentence}\n{crash or ''}"
        case _ as never:
            assert_never(never)


def _output(record: Record, rule: RulePart, said: str) -> str:
    """What else there is to say of the rule: nothing that the case says already."""
    asked, estimate = rule_words(rule, record), f"{rule.auditor} {rule.estimate}"
    lines = {
        _word(rule): rule.reason,
        "asked": estimate if asked in said else f"{asked} ({estimate})",
        "expected": bound_words(rule, record),
        "observed": observed_words(rule) if rule.observed is not None else "nothing",
        "named": named_words(record, rule),
        "why": rule.why,
        "waiver": waiver_words(rule),
    }
    told = said.lower()
    return "\n".join(line(f"{name}: {text}") for name, text in lines.items() if text and text.lower() not in told)


def _word(rule: RulePart) -> str:
    return rule.outcome.replace("_", " ")


def _properties(suite: Element, record: Record) -> None:
    facts: dict[str, object] = {
        "verdict": record.verdict.outcome,
        "reason": record.verdict.reason,
        "confidence": record.verdict.confidence,
        "checkpoint": record.checkpoint.name,
        "checkpoint.sha256": record.checkpoint.sha256,
        "policy": record.policy.name,
        "policy.sha256": record.policy.sha256,
        "samples": record.environment.samples,
        "seed": record.environment.seed,
        "diagnosis": NOT_RECORDED if record.diagnosis is None else record.diagnosis.sentence,
    }
    for rule in record.verdict.rules:
        if rule.observed is not None:
            facts |= {f"{rule_name(rule)}.{key}": value for key, value in rule.observed.model_dump().items()}
    parent = SubElement(suite, "properties")
    for name, value in facts.items():
        _set(SubElement(parent, "property"), name=name, value=str(value))


def _counts(suite: Element) -> dict[str, str]:
    states = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    counts = {key: str(len(suite.findall(f"testcase/{tag}"))) for key, tag in states.items()}
    return {"tests": str(len(suite.findall("testcase"))), **counts}


def _set(element: Element, **attributes: str) -> None:
    for name, value in attributes.items():
        element.set(name, line(value))
