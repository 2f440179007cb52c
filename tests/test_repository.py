"""What must not be in the repository: where it was written, where packages were fetched, silenced checks."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("audit", "models", "reports", "templates", "tests", "benchmarks", "docs", ".ci", ".github")

# Written in parts, so that this file does not find itself.
REGISTRIES = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "npm" + "js.com", "ana" + "conda.org"]
REGISTRIES += ["download." + "pytorch.org", "crates" + ".io"]
FOLDERS_OF_A_MACHINE = ("wo" + "rk", "ro" + "ot", "ho" + r"me/(?!me/|user/)\w+", "tm" + r"p/\w*venv", "Us" + r"ers/\w+")
MACHINE = re.compile(rf"(?<![\w.<-])/(?:{'|'.join(FOLDERS_OF_A_MACHINE)})/")
SILENCED = re.compile(
    r"#\s*(?:no" + r"qa|type:\s*ig" + r"nore)(?P<code>(?::\s*|\[)[\w, -]+\]?)?(?P<reason>\s+#\s*\S.*)?\s*$"
)


def files() -> list[Path]:
    """Tracked files and new ones that are not ignored; without git, everything in the known folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=False
    )
    if listed.returncode == 0 and (ROOT / ".git").exists():
        found = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")] + list(ROOT.iterdir())
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


def lines() -> list[tuple[str, str]]:
    found = []
    for path in files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        name = path.relative_to(ROOT).as_posix()
        found += [(f"{name}:{number}", line) for number, line in enumerate(text.splitlines(), 1)]
    return found


def test_there_is_something_to_look_at() -> None:
    names = {place.split(":")[0] for place, _ in lines()}
    assert {"README.md", "Makefile", "audit/cli.py", ".ci/run", "tests/test_repository.py"} <= names


def test_no_registry_is_named() -> None:
    # Where packages come from is the business of each machine's own configuration.
    assert [place for place, line in lines() if any(host in line for host in REGISTRIES)] == []


def test_no_path_of_a_machine_is_named() -> None:
    assert [(place, line) for place, line in lines() if MACHINE.search(line)] == []


def test_no_check_is_silenced_without_a_reason() -> None:
    for place, line in lines():
        found = SILENCED.search(line) if place.split(":")[0].endswith(".py") else None
        if found:
            assert found["code"], f"{place}: name the check that is silenced: {line.strip()}"
            assert found["reason"], f"{place}: say why the check is silenced: {line.strip()}"


@pytest.mark.parametrize(
    ("line", "code", "reason"),
    [
        ("x = 1  # no" + "qa", False, False),
        ("x = 1  # no" + "qa: E501", True, False),
        ("x = 1  # no" + "qa: E501  # a table", True, True),
        ("x = 1  # type: ig" + "nore[misc]", True, False),
        ("x = 1  # type: ig" + "nore[misc, arg-type]  # on purpose", True, True),
    ],
)
def test_silenced_checks_are_told_apart(line: str, code: bool, reason: bool) -> None:
    found = SILENCED.search(line)
    assert found is not None
    assert (found["code"] is not None, found["reason"] is not None) == (code, reason)


@pytest.mark.parametrize("line", ["cd /wo" + "rk/main", '"/tm' + 'p/venv/bin/python"', "/ro" + "ot/.cache/x"])
def test_a_path_of_a_machine_is_seen(line: str) -> None:
    assert MACHINE.search(line)


@pytest.mark.parametrize("line", ["models/network/x", "https://example.org/wo" + "rk/", "./wo" + "rk/"])
def test_other_paths_are_not(line: str) -> None:
    assert not MACHINE.search(line)


def test_scripts_can_be_run() -> None:
    scripts = [path for path in (ROOT / ".ci").iterdir() if path.is_file()]
    assert scripts
    for path in scripts:
        assert path.stat().st_mode & 0o111, path
        assert path.read_text(encoding="utf-8").startswith("#!/usr/bin/env bash\n"), path
