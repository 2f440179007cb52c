"""Limits hold, users can move them, and the guide lists them as they are."""

from pathlib import Path

import pytest

from genai_audit.models.errors import UserError
from genai_audit.models.limits import LIMITS, VARIABLE, bytes_words, check, check_unpacked, most, on_disk, unpacked

GUIDE = Path(__file__).parents[3] / "docs" / "guide" / "security.md"


def test_the_guide_lists_every_limit() -> None:
    rows = [line for line in GUIDE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    listed = [row for row in rows if row.split("`")[1] in LIMITS]
    assert listed == [f"| `{name}` | {each.most:,} | {each.what} |" for name, each in LIMITS.items()]


def test_a_limit_says_itself_what_was_found_and_the_way_out() -> None:
    check("columns", LIMITS["columns"].most, "x.csv")
    says = r"x.csv: expected at most 4,096 columns in a table, got 5,000; if that is meant, allow more by .*columns=N$"
    with pytest.raises(UserError, match=says):
        check("columns", 5000, "x.csv")


def test_large_files_may_take_as_much_as_they_are() -> None:
    check_unpacked(10**10, 10**9, "x", "tensors")
    check_unpacked(2**30, 1, "x", "tensors")
    assert unpacked(10**9) == 10**11
    with pytest.raises(UserError, match=r"x: expected tensors of at most 1 GiB in a file of 1 KiB, got 4 GiB; .*=4G$"):
        check_unpacked(2**32, 1024, "x", "tensors")


def test_a_user_can_allow_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "unpacked=1.5g, columns=20000,")
    assert (most("unpacked"), most("columns"), most("files")) == (3 * 2**29, 20_000, LIMITS["files"].most)
    check("columns", 5000, "x.csv")


@pytest.mark.parametrize("said", ["columns", "columns=", "columns=-1", "rows=3", "unpacked=1X", "=3"])
def test_what_is_no_limit_is_refused(monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    monkeypatch.setenv(VARIABLE, said)
    with pytest.raises(UserError, match=f"{VARIABLE}: expected a list such as unpacked=16G,columns=20000 of unpacked,"):
        most("columns")


def test_holes_are_no_content(tmp_path: Path) -> None:
    (tmp_path / "full").write_bytes(b"x" * 100)
    with (tmp_path / "holes").open("wb") as file:
        file.write(b"x")
        file.truncate(2**40)
    assert on_disk(tmp_path / "full") == 100
    assert on_disk(tmp_path / "holes") < 2**20


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 bytes"), (999, "999 bytes"), (1024, "1 KiB"), (1020 * 1024, "0.996 MiB"), (3 * 2**29, "1.5 GiB")],
)
def test_sizes_in_words(size: int, words: str) -> None:
    assert bytes_words(size) == words
