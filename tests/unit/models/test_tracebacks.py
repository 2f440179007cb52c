"""Tracebacks that may be passed on say which file failed, and nothing of whose disk it lies on."""

import json
from pathlib import Path

import pytest

from genai_audit.audit.pipeline.auditing import guarded
from genai_audit.models.api_key import KEY_VARIABLE
from genai_audit.models.errors import UserError
from genai_audit.models.tracebacks import short_path, traceback_of, without_folders

CODE = """
def sample():
    try:
        open({missing!r})
    except OSError as error:
        raise ValueError("unreadable: {missing} with {key}") from error
"""
KEY = "sk-very-secret-0123"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home folder, with a project in it that is the working folder."""
    (tmp_path / "alice" / "project").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "alice"))
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    monkeypatch.chdir(tmp_path / "alice" / "project")
    return tmp_path / "alice"


def failed(place: Path, missing: str) -> str:
    """The traceback of code at a place, as it stands in a record."""
    text = CODE.format(missing=missing, key=KEY)
    place.write_text(text, encoding="utf-8")
    names: dict[str, object] = {}
    exec(compile(text, str(place), "exec"), names)
    _, crash = guarded(names["sample"])  # type: ignore[arg-type]  # a function of no arguments
    assert crash is not None
    return crash


@pytest.mark.parametrize(
    ("folder", "shown"), [("project", "model.py"), (".", "model.py"), ("project/nets", "nets/model.py")]
)
def test_folders_of_the_user_are_not_told(home: Path, folder: str, shown: str) -> None:
    (home / folder).mkdir(exist_ok=True)
    crash = failed(home / folder / "model.py", str(home / "private" / "data.npy"))
    assert f'File "{shown}", line 4, in sample' in crash
    assert 'File "genai_audit/audit/pipeline/auditing.py", line' in crash
    assert str(home.parent) not in crash
    assert KEY not in crash
    assert "No such file or directory: 'data.npy'" in crash
    assert "ValueError: unreadable: ~/private/data.npy with (key)" in crash


def test_a_library_is_named_by_its_own_folder() -> None:
    with pytest.raises(json.JSONDecodeError) as error:
        json.loads("{")
    text = traceback_of(error.value)
    assert 'File "json/decoder.py", line' in text
    assert 'File "genai_audit/tests/unit/models/test_tracebacks.py", line' in text
    assert short_path(pytest.__file__) == "pytest/__init__.py"
    assert short_path("relative/x.py") == "relative/x.py"
    assert without_folders('File "<string>", line 1: a/b, 1/2 and "x"') == 'File "<string>", line 1: a/b, 1/2 and "x"'


def test_a_folder_whose_name_only_ends_like_a_known_one_is_not_mixed_up(home: Path) -> None:
    assert without_folders(f"at /mnt{home}/x") == f"at /mnt{home}/x"


def test_without_a_home_or_a_working_folder_nothing_fails(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "project").rmdir()
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError("none")))
    assert without_folders("UserError at '/a/b'") == "UserError at 'b'"
    assert "UserError: x" in traceback_of(UserError("x"))
