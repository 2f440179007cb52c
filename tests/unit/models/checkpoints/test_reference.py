"""The reference models are trained once, kept, and trained anew when the cache is damaged or stale."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from genai_audit.models.checkpoints import reference
from genai_audit.models.checkpoints.cache import cache_folder
from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.checkpoints.reference import reference_checkpoint
from genai_audit.models.errors import UserError
from genai_audit.models.families.training import fitting as training


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Families trained so far; real trainings, but of two steps."""
    done: list[str] = []
    real = training.train

    def short(family: str, data: Any, **settings: Any) -> training.Trained:
        done.append(family)
        return real(family, data, **settings, overrides={"steps": 2})

    monkeypatch.setattr(training, "train", short)
    monkeypatch.setenv("GENAI_AUDIT_CACHE", str(tmp_path / "cache"))
    return done


def test_trained_on_first_use_then_kept(trainings: list[str], tmp_path: Path) -> None:
    first, again = reference_checkpoint("reference:gan"), reference_checkpoint("gan")
    assert first == again
    assert first.parent == tmp_path / "cache"
    assert trainings == ["gan"]
    declared = load_model(first)[1].declared
    assert (declared["data"]["name"], declared["data"]["split"], declared["training"]["seed"]) == ("digits", "train", 0)
    assert reference_checkpoint("vae") != first


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_cache_is_trained_anew(damage: bytes | None, trainings: list[str]) -> None:
    path = reference_checkpoint("gan")
    whole = path.read_bytes()
    path.write_bytes(whole[:-100] if damage is None else damage)
    assert reference_checkpoint("gan").read_bytes() == whole
    assert trainings == ["gan", "gan"]


def test_another_version_does_not_find_the_old_model(trainings: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    before = reference_checkpoint("gan")
    monkeypatch.setattr("genai_audit.models.checkpoints.checkpoint.installed_versions", lambda: {"genai-audit": "99"})
    assert reference_checkpoint("gan") != before
    assert trainings == ["gan", "gan"]


def test_unknown_reference_lists_the_known(trainings: list[str]) -> None:
    with pytest.raises(UserError, match=r"expected a model family among vae, gan, .*, got 'flow'"):
        reference_checkpoint("reference:flow")


def test_an_unusable_cache_says_what_to_set(
    trainings: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GENAI_AUDIT_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(UserError, match=r"cannot be made .*; set GENAI_AUDIT_CACHE"):
        reference_checkpoint("gan")


def test_where_the_cache_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GENAI_AUDIT_CACHE", "/own")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    assert cache_folder() == Path("/own")
    monkeypatch.delenv("GENAI_AUDIT_CACHE")
    assert cache_folder() == Path("/xdg/genai-audit")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert cache_folder() == Path("/home/me/.cache/genai-audit")
    assert reference.PREFIX == "reference:"


def test_a_changed_model_is_never_used(trainings: list[str], caplog: pytest.LogCaptureFixture) -> None:
    path = reference_checkpoint("gan")
    whole = path.read_bytes()
    # Sound in form, with other weights: nothing but its digest tells.
    path.write_bytes(whole[:-4] + bytes(4))
    load_model(path)
    assert reference_checkpoint("gan").read_bytes() == whole
    assert trainings == ["gan", "gan"]
    assert f"{path}: is not as it was written; it was removed, and the model is trained anew" in caplog.text


@pytest.mark.parametrize("mode", [0o777, 0o775, 0o1777])
def test_a_cache_that_others_can_write_is_refused(mode: int, trainings: list[str], tmp_path: Path) -> None:
    reference_checkpoint("gan")
    (tmp_path / "cache").chmod(mode)
    for name in ("gan", "vae"):
        with pytest.raises(UserError, match=f"expected a cache that only you can write, got mode {mode:o}.*chmod -R"):
            reference_checkpoint(name)
    assert trainings == ["gan"]


def test_a_kept_model_that_others_can_write_is_refused(trainings: list[str]) -> None:
    reference_checkpoint("gan").chmod(0o666)
    with pytest.raises(UserError, match="expected a cache that only you can write, got mode 666"):
        reference_checkpoint("gan")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
@pytest.mark.parametrize("given", ["folder", "file"])
def test_a_cache_of_another_user_is_refused(given: str, trainings: list[str]) -> None:
    path = reference_checkpoint("gan")
    os.chown(path if given == "file" else path.parent, 12345, -1)
    with pytest.raises(UserError, match="expected a cache of your own, got one that belongs to user 12345, who could"):
        reference_checkpoint("gan")


def test_only_its_owner_can_write_to_the_cache_whatever_the_umask(trainings: list[str]) -> None:
    before = os.umask(0)
    try:
        path = reference_checkpoint("gan")
    finally:
        os.umask(before)
    assert [each.stat().st_mode & 0o777 for each in (path.parent, path)] == [0o700, 0o644]
    assert reference_checkpoint("gan") == path


def test_an_unwritable_cache_is_noticed_before_the_training(
    trainings: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, content: bytes, mode: int = 0) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    # For root every folder can be written, whatever its mode.
    monkeypatch.setattr("genai_audit.models.checkpoints.whole_file.write_whole", refuse)
    with pytest.raises(UserError, match=r"cannot be written \(Permission denied\); set GENAI_AUDIT_CACHE"):
        reference_checkpoint("gan")
    assert trainings == []
