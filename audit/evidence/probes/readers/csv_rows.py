"""Rows of a file of values between commas or tabs, by name of column."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from ..probe_file import wrong


def header_of(text: str, separator: str = ",") -> list[str]:
    """The names of the columns."""
    return next(csv.reader(io.StringIO(text), delimiter=separator), [])


def rows(path: Path, text: str, wanted: tuple[str, ...], separator: str = ",") -> Iterator[tuple[int, dict[str, str]]]:
    """The line and the values of each row, those of the wanted columns not empty.

    Raises:
        UserError: if a wanted column or a value in it is missing, or there is no row.
    """
    reader = csv.DictReader(io.StringIO(text), delimiter=separator)
    names = list(reader.fieldnames or ())
    missing = [name for name in wanted if name not in names]
    if missing:
        raise wrong(path, 1, f"the columns {', '.join(wanted)}", ", ".join(names), f"add {', '.join(missing)}")
    count = 0
    for row in reader:
        values = {str(name): value or "" for name, value in row.items() if isinstance(value, str) or value is None}
        empty = [name for name in wanted if not values[name].strip()]
        if empty:
            raise wrong(path, reader.line_num, f"a value of {empty[0]}", "none", "fill it in, or leave the row out")
        count += 1
        yield reader.line_num, values
    if not count:
        raise wrong(path, None, "rows below the names of the columns", "none", "give at least two")
