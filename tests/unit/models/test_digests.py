"""What files and folders are known by: our own digest, and that of OpenSSF model signing."""

import hashlib
from pathlib import Path

import pytest

from genai_audit.models.digests import fingerprint, identities

FILES = {
    "a/b/c.bin": "one\n",
    "a.x/d": "two\n",
    "z": "three\n",
    "A": "four\n",
    "a-b": "five\n",
    ".gitignore": "no\n",
    ".git/HEAD": "no\n",
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model in a folder whose names sort otherwise as text than part by part."""
    for name, text in FILES.items():
        path = tmp_path / "m" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "m"


def test_a_folder_has_the_digest_that_model_signing_gives_it(model: Path) -> None:
    # Computed by model-signing 1.1.1: hashing.Config().set_ignored_paths(paths=[], ignore_git_paths=True).hash(folder),
    # and SHA-256 over the digests of its resource descriptors, as its statement's subject has it.
    assert identities(model)[1] == "5f0e46d35075fcb4d602ee77483f1c1c9d44ce02e982e24ccb08c575d3c15eac"


def test_a_file_has_the_digest_that_model_signing_gives_it(model: Path) -> None:
    ours, signing = identities(model / "z")
    assert signing == "ccaa9ae8c8c98167a477e9cb2048261345125dd23c7c7090745da2a7dd4d785c"
    assert ours == hashlib.sha256(b"three\n").hexdigest()
    assert signing == hashlib.sha256(bytes.fromhex(ours)).hexdigest()


def test_both_digests_see_contents_and_ours_sees_names(model: Path) -> None:
    before = identities(model)
    assert before[0] == fingerprint(model)
    (model / "z").rename(model / "zz")
    renamed = identities(model)
    assert renamed[0] != before[0]
    # As the tool has it: names count only by the order that they give.
    assert renamed[1] == before[1]
    (model / "zz").write_text("other\n", encoding="utf-8")
    assert identities(model)[1] != before[1]


def test_what_belongs_to_git_counts_for_us_alone(model: Path) -> None:
    before = identities(model)
    (model / ".git" / "HEAD").write_text("other\n", encoding="utf-8")
    after = identities(model)
    assert after[0] != before[0]
    assert after[1] == before[1]
