"""Whether the files of an audit are those that it wrote, by digest."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from ...models.errors import UserError
from ...models.reading.typed_values import damage
from ...reports.record import Record
from ...reports.strict_json import strict_content
from ..evidence.bundle import Evidence
from ..folder.binding import UNBOUND, evidence_digests
from ..folder.manifest import MANIFEST, is_listed, listed, strangers
from ..folder.seal import SEALED, seal_of
from .check import Check, all_of, equal, sound, unchecked, wrong


def of_files(folder: Path) -> Iterator[Check]:
    """That every file is as the list of the audit says, and none is missing or was added."""
    what = "files, by the list of the audit"
    if not is_listed(folder):
        yield wrong(what, f"expected {MANIFEST} with the SHA-256 of every file, found none that can be read")
        return
    differing = (
        wrong(name, f"is not as listed in {MANIFEST}" if os.path.lexists(folder / name) else "is missing")
        for name in dict.fromkeys((*strangers(folder), *missing(folder)))
    )
    yield from all_of(what, differing, f"{len(listed(folder)):,} as listed in {MANIFEST}")


def missing(folder: Path) -> list[str]:
    """What is listed and is not there."""
    return [name for name in listed(folder) if not (folder / name).is_file()]


def of_seal(record: Record, file: Path) -> Check:
    """That the record is as it was sealed."""
    what = f"{file.name}, by its seal"
    if record.schema_version < SEALED:
        return unchecked(what, f"records of schema version {record.schema_version} have no seal")
    return equal(what, record.seal or "a seal", seal_of(strict_content(file)))


def of_evidence(record: Record, folder: Path) -> Iterator[Check]:
    """That every file of evidence is the one that the record was made of."""
    what = "evidence, by the record's digests"
    if record.schema_version <= UNBOUND and not record.evidence:
        yield unchecked(what, "records of schema version 1 may hold no digests")
        return
    try:
        found = evidence_digests(folder)
    except (OSError, UserError) as error:
        yield wrong(what, f"cannot be read: {error}")
        return
    yield from all_of(what, _unlike(record.evidence, found), f"{len(found):,} files as recorded")


def _unlike(expected: Mapping[str, str], found: Mapping[str, str]) -> Iterator[Check]:
    for name in sorted({*expected, *found}):
        check = equal(f"evidence/{name}", expected.get(name, "no such file"), found.get(name, "no such file"))
        if check.holds is False:
            yield check


def loaded(folder: Path) -> tuple[Evidence | None, Check]:
    """The evidence, and whether it can be read."""
    what = "evidence, read again"
    broken: tuple[type[Exception], ...] = (*damage(), UserError)
    try:
        evidence = Evidence.load(folder)
    except broken as error:
        return None, wrong(what, f"cannot be read: {' '.join(str(error).split())[:200]}")
    return evidence, sound(what)
