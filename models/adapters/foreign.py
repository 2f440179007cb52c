"""What all foreign formats share: their library's exceptions become one line, and archives are looked into."""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import UserError, one_line
from ..limits import check, check_unpacked, on_disk

LOADER = "name code that reads it by --loader FILE.py:FUNCTION"


@contextmanager
def attempt(path: Path, what: str, remedy: str) -> Iterator[None]:
    """Run a library's code on a file.

    Raises:
        UserError: if it raises anything; one line with what was tried, the reason, and the remedy.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # On damaged files each library raises what it happens to stumble over.
        raise UserError(f"{path}: {what} failed with {type(error).__name__}: {one_line(error)}; {remedy}") from error


def attempting(path: Path, remedy: str) -> Callable[[Callable[[], Any], str], Any]:
    """What runs the calls of `contract.check_model` on a model that came from a file, each as an `attempt`."""

    def run(call: Callable[[], Any], what: str) -> Any:
        with attempt(path, what, remedy):
            return call()

    return run


def members(path: Path) -> tuple[str, ...]:
    """The names in a zip archive; none where there is no file, or it is no archive that can be read.

    Raises:
        UserError: if there are more than any model has.
    """
    names = tuple(each.filename for each in _entries(path))
    check("members", len(names), path)
    return names


def check_archive(path: Path, what: str) -> None:
    """Refuse an archive that unpacks to much more than it is, before anything of it is unpacked.

    Entries that share their bytes count each, and so do sizes that are only claimed: readers make room for them.

    Args:
        path: a zip archive, or anything else, which is let through.
        what: what it holds, for the message.

    Raises:
        UserError: with both sizes, and how to allow more.
    """
    entries = _entries(path)
    if entries:
        check("members", len(entries), path)
        check_unpacked(sum(each.file_size for each in entries), on_disk(path), path, what)


def _entries(path: Path) -> list[zipfile.ZipInfo]:
    if not path.is_file() or not zipfile.is_zipfile(path):
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError):
        # The list can be damaged although the mark at the end is whole; a name in it may be no text.
        return []
