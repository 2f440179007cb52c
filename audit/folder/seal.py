"""The seal of a record: a digest of all the rest of it, so that no field can be changed unnoticed by itself.

Whoever changes a record can make its seal anew, as with any digest; only a signature says who made it.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from ...models.errors import UserError
from ...reports.record import Record
from ...reports.strict_json import strict_content

SEALED = 3
"""The first version of records that have a seal."""

SEAL = "seal"


def sealed(record: Record) -> Record:
    """The record with its seal."""
    content = json.loads(record.to_json())
    return record.model_copy(update={SEAL: seal_of(content)})


def seal_of(content: Any) -> str:
    """The seal of what a record's file says.

    SHA-256, in hexadecimal, of its JSON without the seal: keys sorted, no blanks, numbers as Python writes them, and
    what is not ASCII escaped.
    """
    rest = {name: value for name, value in content.items() if name != SEAL}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def check_seal(record: Record, file: Path) -> None:
    """Refuse a record whose seal is not that of its content.

    Raises:
        UserError: if the file was changed since it was written.
    """
    if record.schema_version < SEALED:
        return
    if record.seal != seal_of(strict_content(file)):
        raise UserError(
            f"{file}: its seal is not that of its content, so the record was changed since the audit; put it back as "
            "it was, or audit again"
        )
