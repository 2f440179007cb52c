"""What lies at a path is looked at before it is opened: a pipe keeps its reader waiting, and a device never ends."""

import os
import stat
from pathlib import Path

from ..errors import UserError

ODD = ((stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"), (stat.S_ISCHR, "a device"), (stat.S_ISBLK, "a device"))
LONGEST_SHOWN = 200
"""Characters of a path that a message shows: names can be longer than any file system takes."""

EXISTS = "check the path"


def check_file(path: Path, what: str, way: str = EXISTS) -> int:
    """Refuse anything but a regular file, or a link to one.

    Args:
        path: what the user named.
        what: is expected there, for the message.
        way: what to do where no file is there.

    Returns:
        the bytes of the file.

    Raises:
        UserError: if something else lies there, or nothing.
    """
    status = _status(path, what, way)
    if stat.S_ISDIR(status.st_mode):
        raise UserError(f"{shown_path(path)}: expected {what}, got a folder; name a file")
    return status.st_size


def check_file_or_folder(path: Path, what: str, way: str = EXISTS) -> None:
    """Refuse anything but a regular file, a folder, or a link to one of them.

    Args:
        path: what the user named.
        what: is expected there, for the message.
        way: what to do where nothing is there.

    Raises:
        UserError: if something else lies there, or nothing.
    """
    _status(path, what, way)


def shown_path(path: object) -> str:
    """A path for a message, not too long."""
    text = str(path)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}… ({len(text):,} characters)"


def _status(path: Path, what: str, way: str) -> os.stat_result:
    try:
        status = os.stat(path)
    except FileNotFoundError as error:
        raise UserError(f"{shown_path(path)}: expected {what}, but nothing is there; {way}") from error
    except (OSError, ValueError) as error:
        # A name may hold NUL, or characters that the file system's encoding has not.
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{shown_path(path)}: expected {what}, but it cannot be read ({reason}); {way}") from error
    odd = next((words for is_odd, words in ODD if is_odd(status.st_mode)), None)
    if odd is not None:
        raise UserError(f"{shown_path(path)}: expected {what}, got {odd}; save it in a file and name that")
    return status
