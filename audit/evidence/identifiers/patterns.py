"""Identifiers that have a form of their own, found in texts: addresses, numbers with check digits, full names."""

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

NAME = "full name"


@dataclass(frozen=True, slots=True)
class Form:
    """One kind of identifier.

    Args:
        kind: what it is.
        pattern: what may be one.
        checked: whether what the pattern found is one, given its characters without blanks, dots and dashes.
        hint: what every text with one has; others are not searched.
    """

    kind: str
    pattern: re.Pattern[str]
    checked: Callable[[str], bool]
    hint: re.Pattern[str]


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of ISO/IEC 7812-1 (payment cards)."""
    doubled = [int(each) for each in digits[-2::-2]]
    total = sum(int(each) for each in digits[::-2]) + sum(2 * each - 9 * (each > 4) for each in doubled)
    return total % 10 == 0


def iban(text: str) -> bool:
    """Whether the check digits of ISO 13616 hold: the number, its head moved to the end, is 1 modulo 97."""
    moved = text[4:] + text[:4]
    return int("".join(str(int(each, 36)) for each in moved)) % 97 == 1


def _card(text: str) -> bool:
    return 13 <= len(text) <= 19 and len(set(text)) > 1 and luhn(text)


def _social_security(text: str) -> bool:
    """The United States' number has no check digit, but numbers that are never given out."""
    return text[:3] not in ("000", "666") and text[0] != "9" and text[3:5] != "00" and text[5:] != "0000"


def _cpf(text: str) -> bool:
    """Brazil's number: two check digits modulo 11."""
    digits = [int(each) for each in text]
    sums = [
        sum(each * weight for each, weight in zip(digits, range(size + 1, 1, -1), strict=False)) for size in (9, 10)
    ]
    return len(set(digits)) > 1 and all((10 * each) % 11 % 10 == digits[9 + at] for at, each in enumerate(sums))


def _dni(text: str) -> bool:
    """Spain's number: a check letter modulo 23; that of foreigners begins with X, Y or Z for 0, 1 or 2."""
    number = text[:-1].translate(str.maketrans("XYZ", "012"))
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == text[-1]


def _insee(text: str) -> bool:
    """France's number: two check digits, 97 less the rest modulo 97."""
    return 97 - int(text[:13]) % 97 == int(text[13:])


def _address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _phone(text: str) -> bool:
    return 8 <= len(text.lstrip("+")) <= 15


def _any(text: str) -> bool:
    return True


_DIGIT = re.compile(r"\d")
_AT = re.compile("@")
_B, _E, _HEX = r"(?<![\w.])", r"(?![\w])", "[0-9a-fA-F]{1,4}"

FORMS: tuple[Form, ...] = (
    Form(
        "e-mail address",
        re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}(?![\w-])"),
        _any,
        _AT,
    ),
    Form("IBAN", re.compile(rf"{_B}[A-Z]{{2}}\d{{2}}(?: ?[A-Z0-9]{{1,4}}){{3,8}}{_E}"), iban, _DIGIT),
    Form(
        "national number (FR)", re.compile(rf"{_B}[12] ?\d\d ?\d\d ?\d\d ?\d{{3}} ?\d{{3}} ?\d\d{_E}"), _insee, _DIGIT
    ),
    Form("payment card", re.compile(rf"{_B}[2-6]\d{{3}}(?:[ -]?\d{{2,6}}){{2,4}}{_E}"), _card, _DIGIT),
    Form("national number (BR)", re.compile(rf"{_B}\d{{3}}\.\d{{3}}\.\d{{3}}-\d\d{_E}"), _cpf, _DIGIT),
    Form("national number (ES)", re.compile(rf"{_B}[XYZ\d]-?\d{{7}}-?[A-HJ-NP-TV-Z]{_E}"), _dni, _DIGIT),
    Form("national number (US)", re.compile(rf"{_B}\d{{3}}-\d\d-\d{{4}}{_E}"), _social_security, _DIGIT),
    Form(
        "IP address",
        re.compile(rf"{_B}\d{{1,3}}(?:\.\d{{1,3}}){{3}}(?![\w.]\w)|(?<![\w:])(?:{_HEX}:){{7}}{_HEX}{_E}"),
        _address,
        _DIGIT,
    ),
    # A run of digits alone is a number of anything; what is dialled is written with a plus, a zero or gaps.
    Form(
        "phone number",
        re.compile(
            rf"(?<![\w.])(?:\+\d[\d ()/-]{{6,18}}\d|\(?0[\d ()/-]{{6,18}}\d|\(?\d{{3}}\)?[ -]\d{{3}}[ -]\d{{4}}){_E}"
        ),
        _phone,
        _DIGIT,
    ),
)

KINDS: tuple[str, ...] = (*(each.kind for each in FORMS), NAME)

_FILLING = re.compile(r"[ ().\-/]")
_CAPITAL = r"[A-ZÀ-ÖØ-Þ][\w'’-]+"
_CAPITALS = re.compile(rf"\b{_CAPITAL}(?: +{_CAPITAL}){{1,5}}")
_SMALL = re.compile(r"\b[a-zà-öø-þ][\w'’-]*")


def found(text: str) -> Iterator[tuple[str, str]]:
    """The kind and the value of each identifier in a text, but for names; no character belongs to two of them."""
    taken: list[tuple[int, int]] = []
    for form in FORMS:
        if not form.hint.search(text):
            continue
        for match in form.pattern.finditer(text):
            start, end = match.span()
            value = match.group()
            if form.kind == "e-mail address":
                value = value.casefold()
            elif form.kind != "IP address":
                value = _FILLING.sub("", value)
            if any(start < other and begun < end for begun, other in taken) or not form.checked(value):
                continue
            taken.append((start, end))
            yield form.kind, value


def small_words(texts: Iterable[str]) -> frozenset[str]:
    """The words that begin with a small letter somewhere."""
    return frozenset(word for text in texts for word in _SMALL.findall(text))


def names(text: str, small: frozenset[str]) -> Iterator[str]:
    """Two to four words in a row that begin with a capital, and none of which ever begins with a small letter.

    Whatever else begins with capitals is found as well (places, titles of works), so this is no detector of people.
    """
    for match in _CAPITALS.finditer(text):
        words = match.group().split()
        ordinary = [word.lower() in small for word in words]
        start = 0
        for at in range(len(words) + 1):
            if at == len(words) or ordinary[at]:
                if 2 <= at - start <= 4:
                    yield " ".join(words[start:at])
                start = at + 1
