"""The key of a server, and text without it: in the ways in which it may be written, and in parts where it was cut.

The key comes from one environment variable. A server, a proxy or an exception may repeat it; whatever is printed or
stored passes through here before it is cut to a length.
"""

import base64
import html
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

KEY_VARIABLE = "GENAI_AUDIT_API_KEY"
SHOWN = "(key)"

LEAST = 6
"""Characters of a secret at least: `EMPTY`, `test` and `none`, which local servers are given, are words of texts."""
PART, LEAST_IN_PARTS = 10, 20
"""Characters of a part that is taken out, and of a key that is looked for in parts."""
LEAST_CUT = 8
"""Characters of a key's beginning that are taken out at the end of a text, if they are half of it."""

_ESCAPED = re.compile(
    r"%(?:25)*(?P<url>[0-9a-f]{2})|\\+(?:u(?P<long>[0-9a-f]{4})|x(?P<short>[0-9a-f]{2}))"
    r"|&(?:amp;)*(?P<html>(?:#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});)|\\+",
    re.IGNORECASE,
)
"""A character as URLs, JSON, Python and HTML have it, escaped once or several times."""
_BLANK = re.compile("[\\s\u00ad\u200b-\u200d\u2060\ufeff]+")
_USER = re.compile(r"""(?<=:/)(/?)[^\s/@'"?#]+@""")
_QUERY = re.compile(
    r"""([?&][^=&\s'"]*(?:key|token|secret|sig|passw|pwd|auth|credential)[^=&\s'"]*=)[^&#\s'"]+""", re.IGNORECASE
)


def api_key() -> str:
    """The key, empty where there is none."""
    return os.environ.get(KEY_VARIABLE, "").strip()


def without_key(text: str) -> str:
    """The text without the key of the environment, written in whichever way."""
    return _without(text, api_key())


def without_secrets(text: str) -> str:
    """The text without the key, and without user, password or keys in addresses."""
    return _QUERY.sub(r"\1(hidden)", _USER.sub(r"\1(hidden)@", without_key(text)))


def cleaned(content: Any) -> Any:
    """What JSON holds, its texts and names without the key."""
    if isinstance(content, str):
        return without_key(content)
    if isinstance(content, list):
        return [cleaned(each) for each in content]
    if isinstance(content, dict):
        return {without_key(name): cleaned(each) for name, each in content.items()}
    return content


def _without(text: str, key: str) -> str:
    if len(key) < LEAST or not text:
        return text
    forms = _forms(key)
    # What breaks a key into lines is looked through, but `sec ret` is not `secret`.
    blank = "" if len(key) >= 2 * LEAST else None
    plain = _ESCAPED.sub(_unescaped, text)
    plain = plain.lower() if blank is None else _BLANK.sub("", plain).lower()
    if not any(each in plain for each in forms.parts) and not any(plain.endswith(each) for each in forms.beginnings):
        return text
    letters = list(_letters(text, skipped=blank is not None))
    plain = "".join(each.shown for each in letters)
    taken = bytearray(len(text))
    for start, end in _places(plain, forms):
        first, last = letters[start].start, letters[end - 1].end
        taken[first:last] = b"\1" * (last - first)
    runs = re.finditer(b"\1+|\0+", bytes(taken))
    return "".join(SHOWN if taken[run.start()] else text[run.start() : run.end()] for run in runs)


class _Forms(NamedTuple):
    """What is looked for, in small letters: parts anywhere, and beginnings at the end of a text, the longest first."""

    parts: frozenset[str]
    beginnings: tuple[str, ...]


class _Letter(NamedTuple):
    """A character of a text without escapes, and where it stands in the text itself."""

    shown: str
    start: int
    end: int


@lru_cache(maxsize=4)
def _forms(key: str) -> _Forms:
    parts, beginnings = set(), set()
    for form in _written(key):
        share = len(form) / len(key)
        part = int(PART * share) if len(key) >= LEAST_IN_PARTS else len(form)
        parts |= {form[at : at + part] for at in range(len(form) - part + 1)}
        beginnings |= {form[:size] for size in range(int(max(LEAST_CUT, len(key) // 2) * share), len(form))}
    return _Forms(frozenset(parts), tuple(sorted(beginnings, key=len, reverse=True)))


def _written(key: str) -> Iterator[str]:
    """The key as it is, in hexadecimal digits, and the digits of base64 that it alone sets, after any bytes."""
    yield key.lower()
    yield key.encode().hex()
    for before, unsure in ((0, 0), (1, 2), (2, 3)):
        for encoded in (base64.b64encode, base64.urlsafe_b64encode):
            yield encoded(bytes(before) + key.encode()).decode()[unsure : (before + len(key)) * 8 // 6].lower()


def _places(plain: str, forms: _Forms) -> Iterator[tuple[int, int]]:
    for part in forms.parts:
        at = plain.find(part)
        while at >= 0:
            yield at, at + len(part)
            at = plain.find(part, at + 1)
    cut = next((each for each in forms.beginnings if plain.endswith(each)), None)
    if cut is not None:
        yield len(plain) - len(cut), len(plain)


def _letters(text: str, *, skipped: bool) -> Iterator[_Letter]:
    """The characters of a text without escapes; with `skipped` also without blanks."""
    at = 0
    for found in (*_ESCAPED.finditer(text), None):
        end = len(text) if found is None else found.start()
        for place in range(at, end):
            if not (skipped and _BLANK.match(text[place])):
                yield from (_Letter(small, place, place + 1) for small in text[place].lower())
        if found is not None:
            yield from (_Letter(each, found.start(), found.end()) for each in _unescaped(found).lower())
            at = found.end()


def _unescaped(escape: re.Match[str]) -> str:
    """What an escape stands for; a backslash before another character only marks it."""
    if escape["html"]:
        return html.unescape(f"&{escape['html']}")
    digits = escape["url"] or escape["long"] or escape["short"]
    return chr(int(digits, 16)) if digits else ""
