"""Tracebacks that may be passed on: they say which line failed, and not where on somebody's disk its file lies."""

import re
import sysconfig
import traceback
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from .api_key import without_secrets

PACKAGE = Path(__file__).resolve().parents[1]
HOME = "~/"

_QUOTED = re.compile(r"""(?<=['"])/[^'"\n]*/[^'"\n]+(?=['"])""")
"""An absolute path as `OSError` and others quote it."""


def traceback_of(error: BaseException) -> str:
    """The traceback of an exception, without folders that say nothing to anybody else, and without the API key."""
    return without_folders("".join(traceback.format_exception(error)))


def without_folders(text: str) -> str:
    """A traceback or a message with short paths.

    Our own files begin with `genai_audit/`, those of libraries with the library's name, those in the working folder
    with what is below it; of any other, and of a path that a message quotes, the name alone is left.
    """
    text = _QUOTED.sub(lambda found: short_path(found.group()), text)
    for folder, shown in _known():
        text = re.sub(rf"(?<![\w.~-]){re.escape(folder)}", shown, text)
    return without_secrets(text)


def short_path(file: str) -> str:
    """As little of a path as tells which file it is."""
    if not Path(file).is_absolute():
        return file
    for folder, shown in _known():
        if file.startswith(folder) and shown != HOME:
            return shown + file.removeprefix(folder)
    return Path(file).name


def _known() -> Iterator[tuple[str, str]]:
    """Folders that are told apart, with a slash at their end, and what stands for them; the inner ones first."""
    yield from _installed()
    here = _working_folder()
    if here is not None and here != Path(here.anchor):
        yield f"{here}/", ""
    home = _home()
    if home is not None:
        yield f"{home}/", HOME


@cache
def _installed() -> tuple[tuple[str, str], ...]:
    libraries = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    standard = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    ours = {f"{path}/": "genai_audit/" for path in (PACKAGE, Path(__file__).absolute().parents[1])}
    found = {f"{path}/": "" for path in (*libraries, *standard) if path}
    # A virtual environment may lie in the package's own folder while it is developed.
    return tuple(sorted({**ours, **found}.items(), key=lambda each: -len(each[0])))


def _working_folder() -> Path | None:
    try:
        return Path.cwd()
    except OSError:  # It was removed.
        return None


def _home() -> Path | None:
    try:
        home = Path.home()
    except (RuntimeError, KeyError):  # A user of a container may have none.
        return None
    return home if home != Path(home.anchor) else None
