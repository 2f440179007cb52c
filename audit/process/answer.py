"""What a worker leaves for the process that started it: a folder of plain files, whole only with its mark.

The worker may run anybody's code, so nothing of it is believed before it was read and compared: neither how it ended,
nor what it wrote before its end.
"""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..pipeline.drawing import KEPT
from ..request import Request

if TYPE_CHECKING:
    from ...reports.record import Record
    from ..evidence.bundle import Evidence

REQUEST, RECORD, EVIDENCE, ANSWER = "request.json", "record.json", "evidence", "answer.json"
STEPS, FAULT, LEFT = "steps.jsonl", "fault.txt", "left.txt"
"""Files of the folder: steps begun, where a fault struck, and where `os._exit` was called; the others say it."""

PATHS = tuple(each.name for each in fields(Request) if each.type == Path | None)
SEVERAL_PATHS = tuple(each.name for each in fields(Request) if each.type == tuple[Path, ...])
"""Fields of a request that are a path or several, which JSON knows as text."""

Kind = Literal["audit", "draws", "user", "policy", "ours"]

MOST_OF_A_FILE = 64 * 1024
"""Bytes read at most of a file that only says where something happened."""


@dataclass(frozen=True, slots=True)
class Audited:
    """A record, and the evidence behind it."""

    record: "Record"
    evidence: "Evidence"


@dataclass(frozen=True, slots=True)
class Answer:
    """How the work ended: by an `audit`, by `draws`, by a mistake of the `user` or in the `policy`, by our defect.

    Args:
        kind: which of them.
        message: the one line of a mistake, or the traceback of a defect.
        sha256: of the record's file.
    """

    kind: Kind
    message: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Chunks:
    """Chunks of samples to draw again: their size, their places in the draw, the seed, and the records' modality."""

    size: int
    places: tuple[int, ...]
    seed: int
    modality: str


def write_request(folder: Path, request: Request, memory: int | None, chunks: Chunks | None = None) -> None:
    """Leave what to do for the worker: audit, or draw chunks of samples again.

    `memory` are the bytes that it may use, None: as many as it wants.
    """
    asked = {each.name: getattr(request, each.name) for each in fields(Request)}
    again = None if chunks is None else {each.name: getattr(chunks, each.name) for each in fields(Chunks)}
    text = json.dumps({"request": asked, "memory": memory, "chunks": again}, default=os.fspath)
    (folder / REQUEST).write_text(text, encoding="utf-8")


def read_request(folder: Path) -> tuple[Request, int | None, Chunks | None]:
    """What `write_request` left."""
    content = json.loads((folder / REQUEST).read_text(encoding="utf-8"))
    asked: dict[str, Any] = content["request"]
    asked |= {name: tuple(value) for name, value in asked.items() if isinstance(value, list)}
    asked |= {name: Path(asked[name]) for name in PATHS if asked[name] is not None}
    asked |= {name: tuple(map(Path, asked[name])) for name in SEVERAL_PATHS}
    again: dict[str, Any] | None = content["chunks"]
    chunks = None if again is None else Chunks(**{**again, "places": tuple(again["places"])})
    return Request(**asked), content["memory"], chunks


def write_answer(folder: Path, answer: Answer) -> None:
    """Leave the mark, whole or not at all."""
    part = folder / f"{ANSWER}.part"
    part.write_text(json.dumps({each.name: getattr(answer, each.name) for each in fields(answer)}), encoding="utf-8")
    part.replace(folder / ANSWER)


def read_answer(folder: Path) -> Answer | None:
    """The mark; None where there is none, or what is there is none."""
    try:
        return Answer(**json.loads((folder / ANSWER).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def read_audit(folder: Path, answer: Answer) -> Audited:
    """The audit that a whole answer promises.

    Raises:
        ValueError, OSError: if the files are not those that the mark names.
    """
    import hashlib

    from ...reports.record import Record
    from ..evidence.bundle import Evidence

    if hashlib.sha256((folder / RECORD).read_bytes()).hexdigest() != answer.sha256:
        raise ValueError(f"{RECORD}: expected the file that the worker wrote, but it differs")
    return Audited(Record.load(folder / RECORD), Evidence.load(folder / EVIDENCE))


def told(folder: Path, name: str) -> str:
    """The text of a small file that may be missing."""
    try:
        with (folder / name).open("rb") as file:
            return file.read(MOST_OF_A_FILE).decode("utf-8", "replace").strip()
    except OSError:
        return ""


class Steps:
    """Reads the steps that a worker has begun, as they appear; `kept` is whether samples outlive an interruption.

    Args:
        folder: of the worker.
        progress: is told each step and the share of it that is done.
    """

    def __init__(self, folder: Path, progress: Callable[[str, float], None]) -> None:
        self.file, self.progress = folder / STEPS, progress
        self.seen, self.last, self.kept = 0, "start", False

    def read(self) -> None:
        """Pass on what was added since the last time."""
        try:
            with self.file.open("rb") as file:
                file.seek(self.seen)
                added = file.read(MOST_OF_A_FILE)
        except OSError:
            return
        whole = added[: added.rfind(b"\n") + 1]
        self.seen += len(whole)
        for line in whole.splitlines():
            try:
                step, share = json.loads(line)
                self.last = str(step)
                self.kept = self.kept or KEPT in self.last
                self.progress(self.last, float(share))
            except (ValueError, TypeError):
                continue
