"""Samples that outlive a run: what a slow model drew before it was interrupted, or before its time was up.

They lie in the user's cache, one folder for each question: checkpoint, loader, seed and whatever else decides them.
"""

import contextlib
import hashlib
import json
import os
import shutil
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ....models.checkpoints.cache import check_private
from ....models.checkpoints.whole_file import write_whole
from ....models.errors import UserError
from ..bundle import Generated
from ..storage import load_item, save_item

QUESTION, STATE = "question.json", "state.json"

MOST_BYTES = 4 * 2**30
"""Kept of one draw at most; of what is beyond, a later run draws again."""

DAYS = 30
"""After which what nobody went on with is cleared."""


@dataclass
class KeptDraws:
    """The chunks of one draw on disk, and what is known of the looks at them.

    Args:
        folder: of this draw.
        question: what decides the samples, for people to read.
    """

    folder: Path
    question: Mapping[str, Any]
    _bytes: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._bytes = sum(file.stat().st_size for file in self.folder.glob("*/*"))

    def state(self) -> bytes | None:
        """What `note` left; None if there is nothing."""
        try:
            return (self.folder / STATE).read_bytes()
        except OSError:
            return None

    def note(self, state: bytes) -> None:
        """Keep how far things are, as JSON, beside the samples. Where there is no room, nothing is kept."""
        self._made()
        with contextlib.suppress(OSError):
            write_whole(self.folder / STATE, state)

    def load(self, index: int) -> Any | None:
        """The records of a chunk; None if it was not kept, or is damaged: then it is drawn again."""
        try:
            return load_item(self._chunk(index), "chunk", {"Generated": Generated}).samples
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            return None

    def save(self, index: int, records: Any) -> None:
        """Keep the records of a chunk, whole or not at all, as long as there is room."""
        if self._bytes >= MOST_BYTES or self._chunk(index).exists():
            return
        self._made()
        part = self.folder / f"{index:06d}.{os.getpid()}.part"
        try:
            part.mkdir(exist_ok=True)
            save_item(part, "chunk", Generated(records, 0, ""))
            self._bytes += sum(file.stat().st_size for file in part.iterdir())
            part.rename(self._chunk(index))
        except OSError:
            # Nothing but a later resumption needs it: a full disk must not end the audit.
            shutil.rmtree(part, ignore_errors=True)

    def forget(self) -> None:
        """Delete what was kept."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._bytes = 0

    def _chunk(self, index: int) -> Path:
        return self.folder / f"{index:06d}"

    def _made(self) -> None:
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not (self.folder / QUESTION).exists():
                (self.folder / QUESTION).write_text(json.dumps(self.question, indent=1), encoding="utf-8")


def kept_draws(cache: Path, question: Mapping[str, Any], *, resume: bool) -> KeptDraws:
    """The kept samples of a question: those there are, to go on with, or a fresh start.

    Args:
        cache: the folder of all kept draws.
        question: what decides the samples; values that JSON can carry.
        resume: whether to go on with what is there.

    Raises:
        UserError: if there is nothing to go on with, or others could have changed it.
    """
    _clear_old(cache)
    text = json.dumps(question, sort_keys=True)
    found = KeptDraws(cache / hashlib.sha256(text.encode()).hexdigest()[:24], question)
    if not resume:
        found.forget()
    elif found.state() is None:
        raise UserError(f"--resume: {_others(cache, question)}; leave out --resume to begin anew")
    else:
        check_private(found.folder)
    return found


def _others(cache: Path, question: Mapping[str, Any]) -> str:
    """Why there is nothing to go on with: nothing at all was kept, or that of another question."""
    for folder in sorted(cache.glob("*/")):
        try:
            other = json.loads((folder / QUESTION).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        differing = sorted(
            name for name in question if not isinstance(other, dict) or other.get(name) != question[name]
        )
        if len(differing) < len(question):
            return f"expected kept samples of this audit, but those that were kept differ in {', '.join(differing)}"
    return "expected kept samples of this audit, but none were kept (only slow models' samples are)"


def _clear_old(cache: Path) -> None:
    for folder in cache.glob("*/"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > DAYS * 86_400:
                shutil.rmtree(folder, ignore_errors=True)
