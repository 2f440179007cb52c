"""The reference models are trained once, kept, and trained anew when the cache is damaged or stale."""

from pathlib import Path
from typing import Any

import pytest

from genai_audit.models.checkpoints import reference
from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.checkpoints.reference import cache_folder, reference_checkpoint
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
