"""Cells of a table, which are text, as values: what type fits a column, and what each of its cells then means."""

import math
import re
from collections.abc import Collection
from datetime import UTC, datetime

from .column_types import MISSING, ColumnType, Doubt

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
INTEGER = re.compile(r"[+-]?[0-9]+")
INFINITE = re.compile(r"[+-]?inf(?:inity)?", re.IGNORECASE)
TRUTH = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}

SPELLED = {"yes": True, "no": False, "y": True, "n": False, "t": True, "f": False, "1": True, "0": False}
"""Further ways to write truth values, in small letters: read where a column is known to hold them."""

CODE = re.compile(r"0[0-9]+")
TELEPHONE = re.compile(r"\+[0-9]{7,}")
EXPONENT = re.compile(r"[0-9]+[eE][0-9]+")
"""A number as no program writes it, which has a point or a sign; so it may be a code."""
ISO_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?: ?(?:Z|UTC|[+-][0-9]{2}:?[0-9]{2}))?)?"
)
FORMATS = (
    ("%Y/%m/%d", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S"),
    ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%y"),
    ("%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M:%S",
     "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %I:%M %p"),
    ("%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d-%b-%y"),
    ("%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%a, %d %b %Y", "%a, %d %b %Y %H:%M:%S %z",
     "%a %b %d %H:%M:%S %Y", "%d/%b/%Y:%H:%M:%S %z"),
    ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p"),
    ("%Y-%m", "%Y%m%dT%H%M%S", "%Y%m%dT%H%M%SZ", "%Y-%m-%d %I:%M %p", "%Y-%m-%d %I:%M:%S %p"),
    ("%Y%m%d",),
)  # fmt: skip
"""Other dates than ISO 8601, which are not read unless they are declared; those of a line may fit the same cells."""
SIGNS = "$€£¥₹%"
SPACES = " \u00a0\u202f"
GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:([,.'_ \u00a0\u202f])[0-9]{3})(?:\1[0-9]{3})*(?:([.,])[0-9]+)?")
COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
UNIT = re.compile(r"[+-]?[0-9]+(?:[.,'][0-9]+)*\s?([A-Za-z°µ]{1,12})|([A-Za-z]{1,4}) [+-]?[0-9]+(?:[.,'][0-9]+)*")
ODD_NUMBER = re.compile(r"\([$€£¥₹]?[0-9][0-9.,]*\)|[\u2212\u2013\ufe63\uff0d][0-9][0-9.,]*")
"""A negative number as accountants and typesetters write it, in parentheses or with another sign than the hyphen."""
DURATION = re.compile(
    r"-?P(?=[0-9T])(?:[0-9]+[YMWD])*(?:T(?:[0-9.]+[HMS])+)?"
    r"|-?[0-9]+ days?,? \+?[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?"
    r"|[0-9]+:[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?"
)
TWO_LETTERS = re.compile(r"[A-Z]{2}")

MANY = 20
"""Different cells from which a column could hardly be one of a few categories."""
MOST_OF = 0.8
"""A share of the different cells that says what a column is meant to be."""
DOUBTFUL = ("?", "-", ".", "--")
"""Marks of a missing number that `pandas.read_csv` does not know: with them a column of numbers turns into text."""


def guess(cells: Collection[str]) -> ColumnType:
    """What the different cells of a column are, those without a value among them.

    Raises:
        Doubt: if they could be read in several ways.
    """
    known = sorted(set(cells) - MISSING)
    numbers = {cell for cell in known if NUMBER.fullmatch(cell) or INFINITE.fullmatch(cell)}
    codes = [cell for cell in known if CODE.fullmatch(cell)]
    if known and len(numbers) == len(known):
        _doubt_exponents(known)
        return _of_numbers(known, codes)
    if known and TRUTH.keys() >= set(known):
        return ColumnType("truth")
    _doubt_truths(known)
    dates = [cell for cell in known if ISO_DATE.fullmatch(cell)]
    if known and len(dates) == len(known):
        return ColumnType("date")
    _doubt_words(known, numbers if not codes else set(), ColumnType("number"), "numbers")
    _doubt_words(known, set(dates), ColumnType("date"), "dates")
    _doubt_numbers(known)
    _doubt_dates(known)
    if "NA" in cells and len(known) > 1 and all(map(TWO_LETTERS.fullmatch, known)):
        raise Doubt(
            f"'NA' among codes such as {known[0]!r} may be one of them (Namibia), or no value",
            ColumnType("text", missing=frozenset({""})),
            ColumnType("text", missing=frozenset({"", "NA"})),
        )
    return ColumnType("text")


def _of_numbers(known: list[str], codes: list[str]) -> ColumnType:
    if codes and all(map(INTEGER.fullmatch, known)):
        return ColumnType("text", why=f"codes with leading zeros, such as {codes[0]!r}")
    if all(map(TELEPHONE.fullmatch, known)):
        return ColumnType("text", why=f"with a plus before all, as of telephones, such as {known[0]!r}")
    if all(map(INTEGER.fullmatch, known)) and not all(map(is_whole, known)):
        return ColumnType("text", why="whole numbers that 64 bits do not hold")
    compact = ColumnType("date", format="%Y%m%d")
    if len(known) >= MANY and all(
        len(cell) == 8 and "1900" <= cell[:4] < "2100" and days(cell, compact) is not None for cell in known
    ):
        raise Doubt(
            f"{known[0]!r} and all others may be numbers, or dates without marks", compact, ColumnType("number")
        )
    return ColumnType("number")


def _doubt_exponents(known: list[str]) -> None:
    """Doubt codes such as 12E5, which a reader of numbers turns into 1200000."""
    exponents = [cell for cell in known if EXPONENT.fullmatch(cell)]
    codes = exponents and all(EXPONENT.fullmatch(cell) or cell.isdecimal() for cell in known)
    if codes and not any(math.isinf(float(cell)) for cell in exponents):
        raise Doubt(f"{exponents[0]!r} may be a code, or a number", ColumnType("text"), ColumnType("number"))


def _doubt_truths(known: list[str]) -> None:
    """Doubt a column in which truth values are written in two ways."""
    ways = (("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("1", "0"))
    small = {cell.lower() for cell in known}
    used = [way for way in ways if small >= set(way)]
    if len(used) > 1 and small == {word for way in used for word in way}:
        raise Doubt(
            f"{used[0][0]!r} and {used[1][0]!r} are one value written in two ways",
            ColumnType("truth"),
            ColumnType("text"),
        )


def _doubt_words(known: list[str], fitting: set[str], kind: ColumnType, plural: str) -> None:
    """Doubt a column of which most cells are of a kind, beside words that are not."""
    others = [cell for cell in known if cell not in fitting]
    marks = bool(fitting) and set(others) <= set(DOUBTFUL)
    if marks or (len(fitting) >= MANY and len(fitting) >= MOST_OF * len(known)):
        missing = ColumnType(kind.type, missing=MISSING | set(others[:5]))
        raise Doubt(
            f"expected {plural}, got {others[0]!r} among them, where a missing one is an empty cell",
            missing,
            ColumnType("text"),
        )


def _doubt_numbers(known: list[str]) -> None:
    """Doubt decimal commas, thousands separators, currency signs and units."""
    odd = [cell for cell in known if ODD_NUMBER.fullmatch(cell) or (cell.isdecimal() and not cell.isascii())]
    if odd and all(cell in odd or NUMBER.fullmatch(cell) or GROUPED.fullmatch(cell) for cell in known):
        raise Doubt(
            f"{odd[0]!r} is read as a number only with the digits 0 to 9, and a hyphen before it where it is negative",
            ColumnType("text"),
        )
    signs = "".join(sign for sign in SIGNS if any(sign in cell for cell in known))
    bare = [cell.translate({ord(sign): None for sign in signs}).strip(SPACES) for cell in known]
    if not known or not all(
        NUMBER.fullmatch(cell) or COMMA.fullmatch(cell) or GROUPED.fullmatch(cell) for cell in bare
    ):
        _doubt_units(known)
        return
    example = next(cell for cell in known if not NUMBER.fullmatch(cell))
    marks = [f"signs ({signs})"] * bool(signs) + ["commas"] * any("," in cell for cell in bare)
    marks = marks or ["marks between thousands"]
    raise Doubt(f"{example!r} is a number with {' and '.join(marks)}", *_fitting(known, signs), ColumnType("text"))


def _doubt_units(known: list[str]) -> None:
    """Doubt numbers that have the same unit, or the same currency before them."""
    units = {(match[1] or match[2]) if (match := UNIT.fullmatch(cell)) else None for cell in known}
    unit = units.pop() if len(units) == 1 and len(known) >= MANY else None
    readings = _fitting(known, unit) if unit else []
    if readings:
        raise Doubt(f"{known[0]!r} and all others are numbers with {unit!r}", *readings, ColumnType("text"))


def _fitting(known: list[str], remove: str) -> list[ColumnType]:
    """The first two ways to read all cells as numbers."""
    return [each for each in _notations(remove) if all(number(cell, each) is not None for cell in known)][:2]


def _notations(signs: str) -> list[ColumnType]:
    marks = (".:", ",:", ",:.", ".:,", ".:'", ".:_", ".: ", ",: ", ",:\u00a0", ".:\u00a0", ",:\u202f", ".:\u202f")
    pairs = [mark.split(":") for mark in marks]
    return [ColumnType("number", decimal=decimal, thousands=mark, remove=signs) for decimal, mark in pairs]


def _doubt_dates(known: list[str]) -> None:
    """Doubt dates in another form than ISO 8601."""
    if not known or not any(character.isdigit() for character in known[0]):
        return
    for line in FORMATS[:-1]:
        readings = [ColumnType("date", format=form) for form in line]
        fitting = [each for each in readings if all(days(cell, each) is not None for cell in known)]
        if fitting:
            raise Doubt(f"{known[0]!r} is a date, but not in ISO 8601", *fitting[:2], ColumnType("text"))
    if all(map(DURATION.fullmatch, known)):
        raise Doubt(
            f"{known[0]!r} is a duration, which is read as a number only if it is saved as one", ColumnType("text")
        )


def number(cell: str, kind: ColumnType) -> float | None:
    """The number in a cell, perhaps infinite; None if it is none."""
    if kind.remove or kind.thousands or kind.decimal != ".":
        bare = _bare(cell, kind.remove)
        if kind.thousands and kind.thousands in bare:
            marks = {".": r"\.", "'": "'"}.get(kind.thousands, re.escape(kind.thousands))
            if not re.fullmatch(rf"[+-]?[0-9]{{1,3}}(?:{marks}[0-9]{{3}})+(?:{re.escape(kind.decimal)}[0-9]*)?", bare):
                return None
            bare = bare.replace(kind.thousands, "")
        if kind.decimal != "." and "." in bare:
            return None
        cell = bare.replace(kind.decimal, ".")
    if NUMBER.fullmatch(cell) or INFINITE.fullmatch(cell):
        return float(cell)
    return None


def _bare(cell: str, remove: str) -> str:
    # A unit is a word, currency signs are characters of which a cell may have any.
    bare = cell.replace(remove, "") if remove.isalpha() else cell.translate({ord(sign): None for sign in remove})
    return bare.strip(SPACES)


def days(cell: str, kind: ColumnType) -> float | None:
    """Days from 1970-01-01 (UTC, where a cell names no zone) to the date in a cell; None if it is none."""
    try:
        if kind.format:
            moment = datetime.strptime(cell, kind.format)
        elif ISO_DATE.fullmatch(cell):
            moment = datetime.fromisoformat(cell.replace(" UTC", "Z").replace(",", ".").replace("Z", "+00:00"))
        else:
            return None
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() / 86400


def value(cell: str, kind: ColumnType) -> float | bool | str | None:
    """What a cell with a value means in a column of this type; None if it cannot be of it."""
    match kind.type:
        case "number":
            return number(cell, kind)
        case "date":
            return days(cell, kind)
        case "truth":
            return truth(cell)
        case _:
            return cell


def truth(cell: str) -> bool | None:
    """The truth value in a cell, in any of the usual spellings; None if it is none."""
    return TRUTH.get(cell, SPELLED.get(cell.lower().removesuffix(".0")))


def is_whole(cell: str) -> bool:
    """Whether a cell is a whole number that 64 bits hold."""
    return len(cell) <= 20 and bool(INTEGER.fullmatch(cell)) and -(2**63) <= int(cell) < 2**63


def is_infinite(found: object) -> bool:
    """Whether a value is an infinite number."""
    return isinstance(found, float) and math.isinf(found)
