"""The first page: the verdict in domain words, what is established, what was found besides, what nobody saw."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...audit.finding import Outcome
from ...audit.verdict import Ruling
from .. import scope
from ..claims import title
from ..drawing_words import looks_words
from ..encoder_words import encoder_words
from ..found import Departure, departures
from ..independence import independence_words
from ..record import Record, RulePart
from ..risks import RISKS, Risk
from ..rulings import verdict_sentence
from ..words import Mark, ruling_mark, sentence, short
from .strip import Strip, strip

MOST_FOUND = 4
"""Entries of a box on a page that is to be read in a minute; the findings have them all."""


@dataclass(frozen=True, slots=True)
class Waived:
    """A rule that somebody decided to live without, or would have."""

    rule: str
    owner: str
    expires: str
    reason: str
    state: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What is decided about one risk: its rules, each with its sign."""

    risk: str
    said: str


@dataclass(frozen=True, slots=True)
class Unseen:
    """A risk that was not looked at, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What the first page shows."""

    mark: Mark
    sentence: str
    strip: Strip
    established: tuple[Settled, ...]
    found: tuple[Departure, ...]
    found_more: int
    allowed: tuple[str, ...]
    unseen: tuple[Unseen, ...]
    conditions: tuple[str, ...]
    waivers: tuple[Waived, ...]
    next_review: str | None


def decision(record: Record, rules: Sequence[RulePart]) -> Decision:
    """The first page of a record, its rules in the order in which they are shown."""
    found = departures(record)
    return Decision(
        mark=ruling_mark(record.verdict.outcome),
        sentence=verdict_sentence(record),
        strip=strip(record, rules),
        established=_established(record, rules),
        found=found[:MOST_FOUND],
        found_more=max(0, len(found) - MOST_FOUND),
        allowed=_allowed(record),
        unseen=tuple(_unseen(record)),
        conditions=tuple(_conditions(record)),
        waivers=tuple(_waivers(rules)),
        next_review=scope.next_review(record),
    )


def _established(record: Record, rules: Sequence[RulePart]) -> tuple[Settled, ...]:
    """By risk, the rules that are decided either way, failures first; each rule under the first risk it bears on."""
    decided = [rule for rule in rules if rule.outcome in (Ruling.PASS, Ruling.FAIL)]
    listed: dict[str, list[str]] = {}
    for rule in decided:
        risk = next((each.name for each in RISKS if each.codes and each.bears(rule.auditor)), "Other rules")
        waived = ", waived" if rule.waived else ""
        listed.setdefault(risk, []).append(f"{ruling_mark(rule.outcome).sign} {title(rule).lower()}{waived}")
    return tuple(Settled(risk, "; ".join(said)) for risk, said in listed.items())


def _allowed(record: Record) -> tuple[str, ...]:
    """Patterns that are clearly seen, and that a rule looks at and allows."""
    told = record.diagnosis
    met = {(rule.auditor, rule.estimate) for rule in record.verdict.rules if rule.outcome is Ruling.PASS}
    return tuple(sign.name for sign in (told.seen if told else ()) if (sign.code, sign.estimate) in met)


def looked_at(record: Record, risk: Risk) -> bool:
    """Whether any auditor measured something that bears on the risk."""
    return any(finding.outcome is Outcome.MEASURED and risk.bears(finding.code) for finding in record.findings)


def _unseen(record: Record) -> list[Unseen]:
    """The risks about which this record says nothing, each with the reason."""
    return [Unseen(risk.name, why_unseen(record, risk)) for risk in RISKS if not looked_at(record, risk)]


def why_unseen(record: Record, risk: Risk) -> str:
    """Why nothing is known of a risk: nobody can look here, nothing gave the chance to, or a look failed."""
    bearing = [finding for finding in record.findings if risk.codes and risk.bears(finding.code)]
    if not risk.codes:
        return f"outside this tool; needs {risk.instead}"
    if not bearing:
        return "no auditor of this audit looks at it"
    if any(finding.outcome in (Outcome.INCONCLUSIVE, Outcome.ERROR) for finding in bearing):
        return "tried, without an answer"
    return "does not arise, or nothing was given that shows it"


def _conditions(record: Record) -> list[str]:
    """On what the verdict rests; what the card asks for comes first."""
    said = [sentence(each) for each in scope.conditions(record)]
    checkpoint, data = record.checkpoint, record.data
    files = f"files with SHA-256 {checkpoint.sha256[:12]}…" if checkpoint.sha256 else "a model in memory"
    against = f"as compared with {short(data.reference.name)}" if data.reference else "without reference data"
    said.append(f"Holds for {files}, sampled as here and {against}; any change asks for a new audit.")
    open_rules = [title(rule) for rule in record.verdict.rules if rule.outcome is Ruling.INCONCLUSIVE]
    if open_rules:
        said.append(f"Left open: {'; '.join(open_rules[:3])}{_more(len(open_rules) - 3)}.")
    more = (encoder_words(record), independence_words(record), looks_words(record))
    said += [each for each in more if each is not None]
    return said


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""


def _waivers(rules: Sequence[RulePart]) -> list[Waived]:
    return [
        Waived(
            rule=title(rule),
            owner=short(rule.waiver.owner),
            expires=str(rule.waiver.expires),
            reason=sentence(short(" ".join(rule.waiver.reason.split()), 200)),
            state="expired: without effect" if rule.waiver.void else "in force" if rule.waived else "not needed",
        )
        for rule in rules
        if rule.waiver is not None
    ]
