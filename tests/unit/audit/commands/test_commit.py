"""The commit of a checkpoint's repository is read from plain files, wherever git keeps it, and from nothing else."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from genai_audit.audit.commands.commit import commit_of

COMMIT, OTHER = "0123456789abcdef" * 2 + "01234567", "f" * 40


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A repository's folder with a branch, and a checkpoint two folders below it."""
    folder = tmp_path / "project" / ".git"
    (folder / "refs" / "heads").mkdir(parents=True)
    (folder / "HEAD").write_text("ref: refs/heads/main\n")
    (folder / "refs" / "heads" / "main").write_text(f"{COMMIT}\n")
    (tmp_path / "project" / "runs" / "one").mkdir(parents=True)
    return folder


def checkpoint(kept: Path) -> Path:
    return kept.parent / "runs" / "one" / "model.safetensors"


def test_a_branch(kept: Path) -> None:
    assert commit_of(checkpoint(kept)) == COMMIT
    assert commit_of(kept.parent) == COMMIT


def test_no_branch(kept: Path) -> None:
    (kept / "HEAD").write_text(f"{OTHER}\n")
    assert commit_of(checkpoint(kept)) == OTHER


def test_a_packed_branch(kept: Path) -> None:
    (kept / "refs" / "heads" / "main").unlink()
    (kept / "packed-refs").write_text(
        f"# pack-refs with: peeled\n{OTHER} refs/heads/mainly\n{COMMIT} refs/heads/main\n"
    )
    assert commit_of(checkpoint(kept)) == COMMIT


def test_what_git_itself_says(tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    model = tmp_path / "model.bin"
    model.touch()
    environ = {**os.environ, "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}

    def git(*words: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        done = subprocess.run(["git", *who, *words], cwd=tmp_path, env=environ, check=True, capture_output=True)
        return done.stdout.decode().strip()

    git("init", "--quiet")
    git("add", "model.bin")
    git("commit", "--quiet", "-m", "one")
    assert commit_of(model) == git("rev-parse", "HEAD")
    git("pack-refs", "--all")
    assert commit_of(model) == git("rev-parse", "HEAD")
    git("checkout", "--quiet", "-b", "some/branch-2.0")
    assert commit_of(model) == git("rev-parse", "HEAD")


@pytest.mark.parametrize(
    "head",
    [
        "ref: ../../outside\n",
        "ref: refs/../../../outside\n",
        "ref: /etc/hostname\n",
        "ref: refs/heads/.invalid\n",
        "ref: HEAD\n",
        "ref: refs/heads/none\n",
        "ref: refs/heads/loop\n",
        "not a commit\n",
        f"{COMMIT} and more\n",
        "",
        "ref: refs/heads/" + "x" * 2000,
        "ref: refs/heads/link\n",
        "ref: refs/linked/main\n",
        "ref: refs/heads/pipe\n",
        "ref: refs/heads\n",
    ],
)
def test_nothing_outside_is_followed(kept: Path, head: str) -> None:
    (kept.parents[1] / "outside").write_text(f"{OTHER}\n")
    (kept / "refs" / "heads" / "loop").write_text("ref: refs/heads/loop\n")
    (kept / "refs" / "heads" / "link").symlink_to(kept.parents[1] / "outside")
    (kept / "refs" / "linked").symlink_to(kept / "refs" / "heads")
    os.mkfifo(kept / "refs" / "heads" / "pipe")
    (kept / "HEAD").write_text(head)
    assert commit_of(checkpoint(kept)) is None


@pytest.mark.parametrize("what", ["file", "link", "bare", "none", "pipe"])
def test_only_a_folder_of_that_name_counts(kept: Path, what: str) -> None:
    moved = kept.parents[1] / "moved"
    kept.rename(moved)
    match what:
        case "file":
            kept.write_text(f"gitdir: {moved}\n")
        case "link":
            kept.symlink_to(moved)
        case "bare":
            moved.rename(kept.parent / "runs" / "refs")
        case "pipe":
            os.mkfifo(kept)
    assert commit_of(checkpoint(kept)) is None


def test_a_huge_file_of_packed_references_is_not_read(kept: Path) -> None:
    (kept / "refs" / "heads" / "main").unlink()
    with (kept / "packed-refs").open("wb") as file:
        file.truncate(2**40)
    assert commit_of(checkpoint(kept)) is None
