"""Where text leaves the package: one place prints, and every file is UTF-8 whatever the locale says."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from package_layers import ROOT, module_name, package_files

PRINTING = ("reports.terminal.", "audit.adoption.pytest_plugin")
"""The modules that may; the plugin speaks to pytest, by its warnings."""

PRINTERS = {"print", "echo", "secho", "echo_via_pager", "pprint", "print_exc", "print_exception", "print_stack"}
OPENERS = {"open": 1, "fdopen": 1, "read_text": 0, "write_text": 1, "TextIOWrapper": 1, "NamedTemporaryFile": 1}
"""What opens a text, and which argument says how, as the encoding stands there or after it."""
NO_TEXTS = {"os.open", "Image.open", "archive.open", "target.open", "h5py.h5o.open", "_opener(url).open"}
"""Other things of that name."""


def printed(source: str) -> Iterator[int]:
    """Lines that write to the terminal; to flush a stream writes nothing of ours."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in PRINTERS or ast.unparse(node.func) in ("os.write", "warnings.warn"):
                yield node.lineno
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or "", *(each.name for each in node.names)]
            if any(name.split(".")[0] == "rich" for name in names):
                yield node.lineno
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute):
            stream = ast.unparse(node.value)
            if stream in ("sys.stdout", "sys.stderr", "sys.__stdout__", "sys.__stderr__") and node.attr != "flush":
                yield node.lineno


def without_encoding(source: str) -> Iterator[int]:
    """Lines that open a text in whichever encoding the locale has."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in OPENERS or ast.unparse(node.func) in NO_TEXTS:
            continue
        given = [*node.args, *(each.value for each in node.keywords if each.arg == "mode")]
        modes = [each.value for each in given if isinstance(each, ast.Constant) and isinstance(each.value, str)]
        is_binary = any("b" in mode and len(mode) <= 3 for mode in modes)
        if not is_binary and not any(each.arg in ("encoding", None) for each in node.keywords):
            yield node.lineno


def test_only_one_place_prints() -> None:
    places = [(module_name(path), path.read_text(encoding="utf-8")) for path in package_files()]
    found = [f"{module}:{at}" for module, text in places for at in printed(text) if not module.startswith(PRINTING)]
    assert found == []
    assert any(list(printed(text)) for module, text in places if module.startswith(PRINTING))


@pytest.mark.parametrize(
    "line",
    [
        *("print(x)", "click.echo(x)", "echo(x)", "sys.stdout.write(x)", "sys.stderr.writelines(x)", "os.write(1, x)"),
        *("from rich.console import Console", "import rich", "traceback.print_exc()", "warnings.warn(x)"),
        *("sys.stdout.buffer.write(x)", "sys.__stderr__.write(x)"),
    ],
)
def test_other_places_that_print_are_seen(line: str) -> None:
    assert set(printed(f"def f():\n    {line}\n")) == {2}


def test_every_text_is_read_and_written_as_utf_8() -> None:
    found = [
        f"{module_name(path)}:{at}"
        for path in package_files()
        for at in without_encoding(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("open(x)", True),
        ("path.open('w')", True),
        ("path.read_text()", True),
        ("path.write_text(text)", True),
        ("open(x, 'rb')", False),
        ("path.open(mode='rb')", False),
        ("path.write_text(text, encoding='utf-8')", False),
        ("os.open(x, flags)", False),
    ],
)
def test_texts_in_the_encoding_of_the_locale_are_seen(line: str, seen: bool) -> None:
    assert bool(list(without_encoding(line))) is seen


def test_the_package_is_where_it_is_looked_for() -> None:
    assert (Path(ROOT) / "reports" / "terminal" / "say.py").exists()
