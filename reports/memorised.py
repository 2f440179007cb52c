"""The records that a model memorised, as a CSV file for whoever serves deletion requests."""

import csv
import io

from .record import Record

MEMORISED = "memorised.csv"
"""The name of the file in the folder of an audit."""

CODE, TABLE = "GA403", "memorised"


def memorised(record: Record) -> str | None:
    """Every record that GA403 names, a line each, by number and digest, never its content; None where it names none.

    Columns are those of the finding's table: record, digest, score, p_value and p_adjusted. Numbers are written so that
    they read back as they were.
    """
    finding = next((each for each in record.findings if each.code == CODE), None)
    table = None if finding is None else next((each for each in finding.tables if each.name == TABLE), None)
    if table is None or not table.rows:
        return None
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(column.key for column in table.columns)
    writer.writerows(["" if cell is None else cell for cell in row] for row in table.rows)
    return text.getvalue()
