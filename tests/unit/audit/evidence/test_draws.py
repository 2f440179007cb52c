"""Drawing in calls, within a time, and keeping what was drawn."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from genai_audit.audit.evidence.samples.draws import CHUNK, Draws, chunk_of
from genai_audit.audit.evidence.samples.kept import KeptDraws, kept_draws
from genai_audit.models.errors import UserError

RECORDS: dict[str, Any] = {
    "image": lambda n, g: torch.rand(n, 1, 2, 2, generator=g),
    "audio": lambda n, g: torch.rand(n, 5, generator=g),
    "text": lambda n, g: [f"é\u2028 {value}\n" for value in torch.randint(9, (n,), generator=g).tolist()],
    "music": lambda n, g: [[value, -1] for value in torch.randint(99, (n,), generator=g).tolist()],
    "tabular": lambda n, g: pd.DataFrame(
        {
            "x": torch.rand(n, generator=g).double().numpy(),
            "c": pd.Categorical(["a", "b"] * (n // 2) + ["a"] * (n % 2)),
            "m": [None, 1.5] * (n // 2) + [2.0] * (n % 2),
        }
    ),
}


class Toy:
    """A model of one modality that takes its time."""

    def __init__(self, modality: str = "image", each: float = 0.0) -> None:
        self.modality, self.each, self.calls = modality, each, 0

    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Any:
        self.calls += 1
        time.sleep(self.each * n)
        return RECORDS[self.modality](n, generator)


def same(a: Any, b: Any) -> bool:
    if isinstance(a, pd.DataFrame):
        pd.testing.assert_frame_equal(a, b)
        return True
    return bool(np.array_equal(a, b)) if isinstance(a, np.ndarray) else bool(a == b)


@pytest.mark.parametrize("modality", RECORDS)
def test_a_chunk_by_itself_is_that_of_the_whole_draw(modality: str) -> None:
    whole, alone = (Draws(Toy(modality), 3, modality, 5) for _ in range(2))
    whole.draw(20)
    third = alone.alone(2)
    drawn = whole.first(15)
    assert same(third, drawn.iloc[10:].reset_index(drop=True) if modality == "tabular" else drawn[10:])
    # It is no part of the draw that it was asked of.
    assert alone.number == 0


@pytest.mark.parametrize("modality", RECORDS)
def test_what_was_kept_is_what_was_drawn(modality: str, tmp_path: Path) -> None:
    kept = KeptDraws(tmp_path / "draw", {"seed": 3})
    first, again = Toy(modality), Toy(modality)
    drawn = Draws(first, 3, modality, 7, kept)
    drawn.draw(20)
    found = Draws(again, 3, modality, 7, kept)
    found.draw(20)
    assert first.calls == 3
    assert again.calls == 0
    assert same(drawn.first(20), found.first(20))


def test_a_damaged_chunk_is_drawn_again(tmp_path: Path) -> None:
    kept = KeptDraws(tmp_path / "draw", {})
    Draws(Toy(), 3, "image", 7, kept).draw(14)
    (kept.folder / "000001" / "chunk.npz").write_bytes(b"torn")
    again = Toy()
    Draws(again, 3, "image", 7, kept).draw(14)
    assert again.calls == 1


@pytest.mark.parametrize("modality", RECORDS)
def test_a_chunk_that_no_call_would_give_is_drawn_again(modality: str, tmp_path: Path) -> None:
    kept = KeptDraws(tmp_path / "draw", {})
    Draws(Toy(modality), 3, modality, 8, kept).draw(8)
    again = Toy(modality)
    Draws(again, 3, modality, 7, kept).draw(7)
    assert again.calls == 1


def test_what_was_kept_is_fetched_after_the_deadline_too(tmp_path: Path) -> None:
    kept = KeptDraws(tmp_path / "draw", {})
    Draws(Toy(), 3, "image", 7, kept).draw(28)
    again = Toy()
    assert Draws(again, 3, "image", 7, kept).draw(70, deadline=time.monotonic() - 1) == 28
    assert again.calls == 0


def test_what_an_earlier_run_kept_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Draws(Toy(), 3, "image", 7, KeptDraws(tmp_path / "draw", {})).draw(14)
    monkeypatch.setattr("genai_audit.audit.evidence.samples.kept.MOST_BYTES", 1)
    Draws(Toy(), 3, "image", 7, KeptDraws(tmp_path / "draw", {})).draw(28)
    assert sorted(each.name for each in (tmp_path / "draw").iterdir() if each.is_dir()) == ["000000", "000001"]


def test_nothing_is_begun_after_the_deadline_but_the_first() -> None:
    model = Toy()
    draws = Draws(model, 0, "image", 10)
    assert draws.draw(100, deadline=time.monotonic() - 1) == 10
    assert model.calls == 1


def test_a_call_that_would_end_after_the_deadline_is_not_begun() -> None:
    model = Toy(each=0.02)
    draws = Draws(model, 0, "image", 10)
    # A call takes 0.2 s: two fit, and a third one would end too late.
    assert draws.draw(100, deadline=time.monotonic() + 0.5) in (10, 20)
    calls = model.calls
    assert draws.draw(100, deadline=time.monotonic() + 0.05) == calls * 10
    assert model.calls == calls


def test_the_pace_is_that_of_a_sample() -> None:
    draws = Draws(Toy(each=0.002), 0, "image", 10)
    assert draws.pace is None
    draws.draw(20)
    assert 0.002 <= draws.quickest <= (draws.pace or 0) < 0.02


@pytest.mark.parametrize(("each", "chunk"), [(0.0, CHUNK), (0.11, CHUNK), (0.3, 50), (2.0, 5)])
def test_slow_models_are_called_for_less_at_a_time(each: float, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genai_audit.audit.evidence.samples.draws._tried", lambda model, n: (each * n, 4 * 64))
    assert chunk_of(Toy()) == chunk


def test_a_model_that_gains_from_many_at_once_gets_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genai_audit.audit.evidence.samples.draws._tried", lambda model, n: (0.4, 4 * 64))
    assert chunk_of(Toy()) == CHUNK


@pytest.mark.parametrize(("edge", "chunk"), [(128, CHUNK), (256, 50), (512, 5), (4096, 5)])
def test_of_large_pictures_fewer_are_drawn_at_a_time(edge: int, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("genai_audit.audit.evidence.samples.draws._tried", lambda model, n: (0.0, 4 * 3 * edge**2))
    assert chunk_of(Toy()) == chunk


def test_looking_at_the_pace_leaves_global_random_numbers_alone() -> None:
    before = torch.random.get_rng_state()
    chunk_of(Toy())
    assert torch.equal(before, torch.random.get_rng_state())


def test_there_must_be_something_to_resume(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--resume: expected kept samples of this audit, but none were kept"):
        kept_draws(tmp_path, {"seed": 0, "checkpoint": "a"}, resume=True)
    kept_draws(tmp_path, {"seed": 0, "checkpoint": "a"}, resume=False).note(b"{}")
    with pytest.raises(UserError, match="those that were kept differ in checkpoint; leave out --resume"):
        kept_draws(tmp_path, {"seed": 0, "checkpoint": "b"}, resume=True)
    assert kept_draws(tmp_path, {"seed": 0, "checkpoint": "a"}, resume=True).state() == b"{}"


def test_samples_that_others_could_have_changed_are_not_gone_on_with(tmp_path: Path) -> None:
    kept = kept_draws(tmp_path, {"seed": 0}, resume=False)
    kept.note(b"{}")
    kept.folder.chmod(0o777)
    with pytest.raises(UserError, match="expected a cache that only you can write, got mode 777"):
        kept_draws(tmp_path, {"seed": 0}, resume=True)


def test_a_fresh_start_forgets_what_was_kept(tmp_path: Path) -> None:
    kept_draws(tmp_path, {"seed": 0}, resume=False).note(b"{}")
    assert kept_draws(tmp_path, {"seed": 0}, resume=False).state() is None
