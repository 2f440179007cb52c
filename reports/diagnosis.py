"""The diagnosis in words, from its parts in the record: every output says it alike."""

from collections.abc import Sequence

from ..audit.diagnosis import Diagnosis, Sign, State
from ..audit.verdict import Ruling
from . import numbers
from .diagnosis_parts import DiagnosisPart, SignPart
from .finding_parts import PerfectPart
from .record import Record
from .unnoticed import smallest_mode, too_small
from .words import finding_of, measured, perfect_text, sentence

NOT_RECORDED = "The diagnosis is not recorded: this record was written by an earlier version."


def diagnosis_part(diagnosis: Diagnosis) -> DiagnosisPart:
    """A diagnosis as part of a record."""
    states = {state.value: tuple(_sign_part(each) for each in diagnosis.of(state)) for state in State}
    return DiagnosisPart(sentence=_sentence(**states), **states)


def _sign_part(sign: Sign) -> SignPart:
    estimate, interval, perfect = sign.estimate, sign.interval, sign.perfect
    return SignPart(
        name=sign.pattern.name,
        means=sign.pattern.means,
        code=sign.code,
        estimate=sign.pattern.estimate,
        label=sign.label,
        above=sign.pattern.above,
        coarse=sign.pattern.coarse,
        value=None if estimate is None else estimate.value,
        low=None if interval is None else interval.low,
        high=None if interval is None else interval.high,
        level=None if interval is None else interval.level,
        n=None if estimate is None else estimate.n,
        unit=None if estimate is None else estimate.unit,
        perfect=None if perfect is None else PerfectPart(value=perfect.value, low=perfect.low, high=perfect.high),
        p_adjusted=sign.p_adjusted,
        minimum_detectable=None if estimate is None else estimate.minimum_detectable,
        reason=sign.reason,
    )


def _sentence(
    seen: Sequence[SignPart], slight: Sequence[SignPart], unseen: Sequence[SignPart], untested: Sequence[SignPart]
) -> str:
    doubted = [each for each in untested if each.value is not None]
    if doubted:
        known = [f"{what}{listed(signs)}" for what, signs in (("", seen), ("slight signs of ", slight)) if signs]
        surely = f"The tests together show {' and '.join(known)}" if known else "The tests cannot be relied on here"
        return sentence(f"{surely}; in doubt, as the records may not be independent: {listed(doubted)}")
    if not seen and not slight:
        if not unseen:
            return "No pattern was tested."
        if len(unseen) == 1:
            return "The one pattern that was tested is not seen at this number of samples."
        return f"None of the {len(unseen)} patterns that were tested is seen at this number of samples."
    if not seen:
        return sentence(f"The tests together show nothing but slight signs of {listed(slight)}")
    beside = f"; beside them, slight signs of {listed(slight)}" if slight else ""
    return sentence(f"The tests together show {listed(seen)}{beside}")


def listed(signs: Sequence[SignPart]) -> str:
    """The names of patterns within a sentence."""
    names = [each.name[:1].lower() + each.name[1:] for each in signs]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def said(sign: SignPart) -> str:
    """What was seen of a pattern, beside what a perfect generator would score."""
    if sign.value is None:
        return sentence(sign.reason or "nothing tested it")
    text = f"{sign.label} is {_seen(sign)}; of a perfect generator it would be {_perfect(sign)}"
    return sentence(text) if sign.reason is None else f"{sentence(text)} In doubt: {sentence(sign.reason)}"


def not_found(record: Record, sign: SignPart) -> str:
    """What a test that found nothing may have missed."""
    least = sign.minimum_detectable
    if least is None or sign.perfect is None:
        return "Not found; how small a one would have been found is not known."
    weak = " – a weak test: draw more samples, or give more real data" if least > sign.coarse else ""
    missed = too_small(
        sign.estimate,
        sign.unit or "",
        least,
        change="a rise" if sign.above else "a fall",
        perfect=sign.perfect.value,
        size=smallest_mode(finding_of(record, sign.code)),
    )
    return sentence(
        f"not found; too small to be seen: {missed}{weak}" if "likely" not in missed else f"not found; {missed}{weak}"
    )


def page_one(record: Record) -> str | None:
    """Beside a PASS: the patterns that are clearly seen, and whether any rule judged their estimates; else None."""
    diagnosis = record.diagnosis
    if record.verdict.outcome is not Ruling.PASS or diagnosis is None or not diagnosis.seen:
        return None
    applied = {
        (rule.auditor, rule.estimate)
        for rule in record.verdict.rules
        if rule.group is None and rule.outcome is not Ruling.NOT_APPLIED
    }
    free = [each for each in diagnosis.seen if (each.code, each.estimate) not in applied]
    bound = [each for each in diagnosis.seen if (each.code, each.estimate) in applied]
    parts = [
        f"{what}: {'; '.join(_briefly(each) for each in signs)}"
        for what, signs in (("judged by no rule", free), ("within what its rules allow", bound))
        if signs
    ]
    return sentence(f"Passes the policy; also found, {'; and, '.join(parts)}")


def _briefly(sign: SignPart) -> str:
    return f"{sign.name[:1].lower()}{sign.name[1:]} ({sign.label} {_quantity(sign)}, {sign.code})"


def _quantity(sign: SignPart) -> str:
    assert sign.value is not None
    assert sign.low is not None
    assert sign.high is not None
    seen, between = numbers.estimate(sign.value, sign.low, sign.high, sign.unit or "")
    return f"{seen}, {between}"


def _seen(sign: SignPart) -> str:
    assert sign.value is not None
    assert sign.low is not None
    assert sign.high is not None
    assert sign.level is not None
    assert sign.n is not None
    return measured(sign.value, sign.low, sign.high, sign.unit or "", level=sign.level, n=sign.n)


def _perfect(sign: SignPart) -> str:
    return perfect_text(sign.perfect, sign.unit or "")
