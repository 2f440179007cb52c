"""A file is written whole, under a name that nobody can guess, with the modes of any new file."""

import os
from pathlib import Path

import pytest

from genai_audit.models.checkpoints.whole_file import try_writing, write_whole


@pytest.mark.parametrize(("umask", "mode"), [(0o077, 0o600), (0o022, 0o644), (0o002, 0o664)])
def test_modes_are_those_that_the_user_asks_for(umask: int, mode: int, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        write_whole(tmp_path / "file", b"content")
    finally:
        os.umask(before)
    assert (tmp_path / "file").stat().st_mode & 0o777 == mode


def test_a_link_is_replaced_and_nothing_is_written_through_it(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"of somebody")
    (tmp_path / "file").symlink_to("other")
    write_whole(tmp_path / "file", b"content")
    assert (tmp_path / "other").read_bytes() == b"of somebody"
    assert not (tmp_path / "file").is_symlink()


def test_names_beside_are_new_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names: list[str] = []
    replace = Path.replace

    def noted(self: Path, target: Path) -> Path:
        names.append(self.name)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", noted)
    for _ in range(2):
        write_whole(tmp_path / "file", b"content")
    assert len(set(names)) == 2
    assert all(str(os.getpid()) != name.split(".")[-2] for name in names)


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "taken", b"content")
    try_writing(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]
    with pytest.raises(FileNotFoundError):
        try_writing(tmp_path / "none")
