"""A file for `--types` to start from: what each column of a table would be taken for, and what else it could be."""

from pathlib import Path

from ..errors import UserError
from .column_types import ColumnType, Doubt, flow
from .datasets import BUNDLED, load_data
from .readers.csv_file import guessed, marks_gaps_by_blanks, raw_columns

HEAD = """\
# What the columns of the tables are: genai-audit run ... --types THIS_FILE
# Each is number, date, truth or text; or a mapping of type and, where they are needed,
#   decimal: ","   thousands: "."   remove: "$"   format: "%d/%m/%Y"   missing: [""]   also_missing: ["unknown"]
# Columns that are left out are guessed.
columns:
"""


def suggested(path: Path) -> str:
    """The content of the file, with a comment where a column leaves doubt.

    Raises:
        UserError: if there is no table at `path`.
    """
    if path.suffix.lower() == ".csv":
        if not path.is_file():
            raise UserError(f"{path}: expected a table, but no file is there; check the path")
        columns = raw_columns(path)
        marks = marks_gaps_by_blanks(columns)
        return HEAD + "".join(_of_cells(name, cells, marks) for name, cells in columns.items())
    if path.suffix.lower() != ".parquet" and str(path) not in BUNDLED:
        raise UserError(f"{path}: expected a table, .csv or .parquet, got another file; types are of a table's columns")
    return HEAD + "".join(_line(name, kind, kind.why) for name, kind in load_data(str(path)).types.items())


def _of_cells(name: str, cells: tuple[str, ...], marks: bool) -> str:
    try:
        kind = guessed(cells, marks)
    except Doubt as doubt:
        others = ", or ".join(flow(each.as_yaml()) for each in doubt.readings[1:])
        return _line(name, doubt.readings[0], f"doubtful: {doubt.what}{f'; or {others}' if others else ''}")
    return _line(name, kind, kind.why)


def _line(name: str, kind: ColumnType, comment: str) -> str:
    import json

    plain = " ".join(comment.replace("`", "").split())
    entry = flow(kind.as_yaml()).strip("`")
    return f"  {json.dumps(name, ensure_ascii=False)}: {entry}{f'  # {plain}' if plain else ''}\n"
