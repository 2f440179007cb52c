"""What each column of a table is taken for: one schema for reference, holdout and samples, guessed or declared.

A guess is made where a column's cells leave no doubt. Where they do (decimal commas, currency signs, days before or
after months, a country NA), what the column holds is for the user to say, in a file for `--types`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from ..errors import UserError
from ..reading.plain_yaml import NotPlain, read_plain

Kind = Literal["number", "date", "truth", "text"]

MISSING = frozenset(
    ("", "NA", "N/A", "n/a", "<NA>", "#N/A", "#NA", "#N/A N/A", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None")
) | {"1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"}
"""Cells without a value: what `pandas.read_csv` takes for missing, because models are trained on what it reads."""

WORDS: Mapping[Kind, str] = {
    "number": "number",
    "date": "date, as days since 1970-01-01",
    "truth": "true or false",
    "text": "text, a category",
}


@dataclass(frozen=True, slots=True)
class ColumnType:
    """How the cells of a column are read.

    Args:
        type: what they are.
        decimal: the mark between whole and decimal part of a number.
        thousands: the mark between thousands; none by default.
        remove: signs around a number that are no part of it, such as `$` or `kg`.
        format: of a date, as `datetime.strptime` has it; by default ISO 8601.
        missing: cells that stand for no value; by default what `pandas.read_csv` takes for one. A file may also name
            more beside these, as `also_missing`.
        why: what a guess rests on, where a reader could have expected another.
    """

    type: Kind
    decimal: str = "."
    thousands: str = ""
    remove: str = ""
    format: str = ""
    missing: frozenset[str] = MISSING
    why: str = ""

    @property
    def words(self) -> str:
        """What the column is taken for, for a reader."""
        told = {"decimal": "." if self.decimal == "." else f"{self.decimal!r} before decimals"}
        told |= {"thousands": f"{self.thousands!r} between thousands" if self.thousands else ""}
        told |= {"remove": f"without {self.remove!r}" if self.remove else "", "format": self.format, "why": self.why}
        if self.missing not in (MISSING, frozenset({""})):
            told["missing"] = f"no value: {', '.join(map(repr, sorted(self.missing))) or 'nothing'}"
        more = [text for text in told.values() if text not in ("", ".")]
        return WORDS[self.type] + (f" ({'; '.join(more)})" if more else "")

    def as_yaml(self) -> Any:
        """The entry of a `--types` file: the type alone, or a mapping where more is to be said."""
        plain = ColumnType(self.type)
        names = [each.name for each in fields(self) if each.name not in ("type", "why")]
        more = {name: getattr(self, name) for name in names if getattr(self, name) != getattr(plain, name)}
        if self.missing > MISSING:
            more["also_missing"] = sorted(more.pop("missing") - MISSING)
        elif "missing" in more:
            more["missing"] = sorted(more["missing"])
        return {"type": self.type, **more} if more else self.type


Types = Mapping[str, ColumnType]


class Doubt(Exception):
    """A column that could be read in several ways.

    Args:
        what: what speaks for doubt, with an example.
        readings: the ways, the likeliest first.
    """

    def __init__(self, what: str, *readings: ColumnType) -> None:
        super().__init__(what)
        self.what, self.readings = what, readings

    def refusal(self, where: str) -> UserError:
        """The refusal of a file, with the ways out; `where` stands at its start."""
        ways = " or ".join(flow(each.as_yaml()) for each in self.readings)
        return UserError(
            f"{where}: {self.what}; say how to read it, {ways}, in a file for --types "
            "(`genai-audit init types --reference DATA` writes one)"
        )


def read_types(path: Path) -> dict[str, ColumnType]:
    """The types that a YAML file declares: `columns:`, by name, a type or a mapping with `type` and more.

    Raises:
        UserError: if the file cannot be read or declares something else.
    """
    try:
        content = read_plain(path, "a YAML file of types").data
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); name a file for --types") from error
    except NotPlain as error:
        raise UserError(f"{path}: {error}") from error
    columns = content.get("columns") if isinstance(content, dict) and len(content) == 1 else None
    if not isinstance(columns, dict) or not columns:
        raise UserError(f"{path}: expected `columns:` with a type for each name, got something else; correct it")
    return {str(name): _declared(entry, f"{path}: column {str(name)!r}") for name, entry in columns.items()}


def _declared(entry: Any, where: str) -> ColumnType:
    given = {"type": entry} if isinstance(entry, str) else entry
    names = {each.name for each in fields(ColumnType)} - {"why"} | {"also_missing"}
    if not isinstance(given, dict) or not given.keys() <= names or given.get("type") not in get_args(Kind):
        raise UserError(
            f"{where}: expected one of {', '.join(get_args(Kind))}, or a mapping of type and "
            f"{', '.join(sorted(names - {'type'}))}, got {str(entry)[:60]!r}; correct it"
        )
    lists = [given.get("missing", sorted(MISSING)), given.get("also_missing", [])]
    texts = [value for name, value in given.items() if name not in ("missing", "also_missing")]
    if not all(isinstance(each, list) for each in lists) or not all(
        isinstance(each, str) for each in [*lists[0], *lists[1], *texts]
    ):
        raise UserError(f"{where}: expected texts in quotes, and of missing a list of them; correct it")
    if given.get("decimal", ".") == given.get("thousands", "") or len(given.get("decimal", ".")) != 1:
        raise UserError(f"{where}: expected decimal as one mark that thousands is not; correct it")
    rest = {name: value for name, value in given.items() if name != "also_missing"}
    return ColumnType(**{**rest, "missing": frozenset(lists[0] + lists[1]), "why": "declared"})


def flow(entry: Any) -> str:
    """An entry as YAML on one line."""
    if isinstance(entry, str):
        return f"`{entry}`"
    parts = (f"{name}: {value if name == 'type' else _quoted(value)}" for name, value in entry.items())
    return f"`{{{', '.join(parts)}}}`"


def _quoted(value: Any) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
