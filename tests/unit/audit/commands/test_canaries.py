"""`genai-audit canaries`: what is made can be planted, and checking it tells a model that learned it by heart."""

import json
import stat
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner

from genai_audit import UserError, audit_checkpoint
from genai_audit.audit.cli import main
from genai_audit.audit.commands.canaries.making import make_canaries
from genai_audit.audit.evidence.canaries.key import read_key
from genai_audit.audit.evidence.canaries.kind import WATERMARK
from genai_audit.audit.evidence.canaries.nearness import distances
from genai_audit.models.data.datasets import load_data
from genai_audit.models.data.in_memory import data_in_memory

WORDS = [f"word{at}" for at in range(150)]
TEXTS = [" ".join(WORDS[(at * 7 + step) % 150] for step in range(8)) for at in range(300)]


class Counting:
    """A model of texts: its likelihood of a text is that of one of its own, or the same for all that it never saw."""

    modality = "text"
    log_prob_kind = "exact"

    def __init__(self, texts: list[str]) -> None:
        self.counts = Counter(texts)

    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> list[str]:
        rows = torch.randint(len(TEXTS), (n,), generator=generator)
        return [TEXTS[at] for at in rows]

    def log_prob(self, texts: list[str]) -> torch.Tensor:
        noise = [sum(map(ord, text)) % 97 / 97 for text in texts]
        return torch.tensor([5.0 * self.counts[text] - 50 + each for text, each in zip(texts, noise, strict=True)])


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    path = tmp_path / "real.txt"
    path.write_text("\n".join(TEXTS) + "\n", encoding="utf-8")
    return path


def test_planted_texts_are_found_and_those_held_out_are_not(reference: Path, tmp_path: Path) -> None:
    out = tmp_path / "canaries"
    key = make_canaries(str(reference), out, number=100, repeats=2, rng=np.random.default_rng(0))
    planted = (out / "canaries.txt").read_text(encoding="utf-8").splitlines()
    assert Counter(planted) == {text: 2 for text, inside in zip(key.records, key.included, strict=True) if inside}
    assert stat.S_IMODE((out / "key.json").stat().st_mode) == 0o600
    leaky, sound = (
        audit_checkpoint(
            Counting(texts), reference=str(reference), canaries=out / "key.json", only="GA405", samples=20
        ).findings
        for texts in (TEXTS + planted, TEXTS)
    )
    (leak,) = [each for each in leaky if each.code == "GA405"]
    (none,) = [each for each in sound if each.code == "GA405"]
    value = {each.name: each.value for each in leak.estimates}
    assert value["canary_auc"] == 1.0
    assert value["epsilon_lower_bound"] > 2.5
    assert {each.name: each.value for each in none.estimates}["epsilon_lower_bound"] == 0
    assert all(each.p_value > 0.01 for each in none.estimates if each.p_value is not None)


def test_the_commands_end_to_end(reference: Path, tmp_path: Path) -> None:
    out = tmp_path / "canaries"
    made = CliRunner().invoke(main, ["canaries", "make", "--reference", str(reference), "--out", str(out)])
    assert made.exit_code == 0, made.output
    assert "of 200 canaries, 8 words, each one of the 150 of the data" in made.output
    assert len(read_key(out / "key.json").included) == 200
    # Generated samples that hold the planted texts, in the place of a model.
    leaky = tmp_path / "samples.txt"
    leaky.write_text("\n".join(TEXTS) + "\n" + (out / "canaries.txt").read_text(encoding="utf-8"), encoding="utf-8")
    checked = CliRunner().invoke(
        main, ["canaries", "check", str(leaky), "--canaries", str(out / "key.json"), "--reference", str(reference)]
    )
    assert checked.exit_code == 0, checked.output
    assert "about the algorithm that trained it:" in checked.output
    assert "guess_accuracy: 1 (" in checked.output
    again = CliRunner().invoke(main, ["canaries", "make", "--reference", str(reference), "--out", str(out)])
    assert again.exit_code == 2
    assert "expected a new or an empty folder" in again.output


@pytest.mark.parametrize("modality", ["tabular", "music", "image", "audio"])
def test_what_is_written_is_read_again(modality: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "id": rng.permutation(200),
            "mail": [f"p{at}@x.org" for at in range(200)],
            "age": rng.integers(18, 90, 200),
            "rate": rng.normal(size=200).round(3),
            "town": rng.choice(["Ulm", "Bonn"], 200),
        }
    )
    records: dict[str, Any] = {
        "tabular": table,
        "music": [rng.integers(60, 72, 24).tolist() for _ in range(40)],
        "image": rng.random((40, 1, 8, 8), dtype=np.float32),
        "audio": rng.normal(0, 0.2, (40, 4000)).astype(np.float32),
    }
    data = data_in_memory(records[modality], "reference", sample_rate=8000 if modality == "audio" else None)
    key = make_canaries(data, tmp_path / "c", number=40, rng=rng)
    (file,) = [each for each in (tmp_path / "c").iterdir() if each.name != "key.json"]
    again = load_data(str(file), types=data.types or None)
    assert again.modality == modality
    assert len(again) == int(key.included.sum())
    if modality == "audio":
        read_again = read_key(tmp_path / "c" / "key.json")
        assert (again.sample_rate, read_again.sample_rate) == (8000, 8000)
        # Sounds and key hold the same values, to the last bit, and sounds are as loud as the data.
        planted = {each.tobytes() for each in read_again.records[read_again.included]}
        assert {each.astype(np.float32).tobytes() for each in np.asarray(again.samples)} == planted
        assert np.sqrt(np.square(read_again.records).mean()) == pytest.approx(0.2, rel=0.05)
    if modality == "tabular":
        assert again.samples["age"].between(18, 89).all()
        assert set(again.samples["town"]) <= {"Ulm", "Bonn"}
        # Nobody's own address.
        assert not set(again.samples["mail"].astype(str)) & set(table["mail"])
    assert len(read_key(tmp_path / "c" / "key.json").included) == 40


def test_coins_are_fair_and_a_watermark_is_one(tmp_path: Path, reference: Path) -> None:
    rng = np.random.default_rng(3)
    key = make_canaries(str(reference), tmp_path / "a", number=400, guesses=40, rng=rng)
    # Four standard deviations of 400 coins.
    assert abs(int(key.included.sum()) - 200) < 40
    assert key.guesses == 40
    mark = make_canaries(str(reference), tmp_path / "b", number=50, watermark=True, repeats=3, rng=rng)
    assert (mark.design, int(mark.included.sum()), mark.guesses) == (WATERMARK, 1, 0)
    assert len(set((tmp_path / "b" / "canaries.txt").read_text(encoding="utf-8").splitlines())) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"number": 5}, "--number: expected 20 to 100,000 canaries, got 5"),
        ({"guesses": 300}, "--guesses: expected 1 to 200"),
        ({"watermark": True, "guesses": 3}, "got a watermark, which is not guessed"),
        ({"repeats": 0}, "--repeats: expected at least 1, got 0"),
    ],
)
def test_numbers_out_of_range_are_refused(
    arguments: dict[str, Any], said: str, reference: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=said):
        make_canaries(str(reference), tmp_path / "c", **arguments)


def test_data_without_room_and_keys_of_other_records_are_refused(reference: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="expected data that leave room for 200 random records that nobody could guess"):
        make_canaries(data_in_memory(["ab", "ba"] * 20, "reference"), tmp_path / "c")
    music = data_in_memory([list(range(60, 84))] * 4, "reference")
    make_canaries(music, tmp_path / "m", rng=np.random.default_rng(0))
    with pytest.raises(UserError, match="expected the key of text records, got one of music records"):
        audit_checkpoint(Counting(TEXTS), canaries=tmp_path / "m" / "key.json", only="GA405", samples=5)
    table = data_in_memory(
        pd.DataFrame(
            {"a": np.arange(50) % 7, "b": np.linspace(0, 1, 50), "c": np.arange(50) % 9, "d": np.linspace(0, 9, 50)}
        ),
        "reference",
    )
    make_canaries(table, tmp_path / "t", rng=np.random.default_rng(0), number=20)
    samples = pd.DataFrame({"a": [1, 2], "x": [0.1, 0.2]})
    with pytest.raises(UserError, match="only one of the two has b, c, d, x"):
        audit_checkpoint(samples, reference=samples, canaries=tmp_path / "t" / "key.json", only="GA405")
    pictures = data_in_memory(np.random.default_rng(0).random((30, 1, 8, 8), dtype=np.float32), "reference")
    make_canaries(pictures, tmp_path / "p", number=20)
    others = np.zeros((30, 1, 6, 6), np.float32)
    with pytest.raises(UserError, match=r"expected pictures of 1 × 6 × 6, as .* has, got 1 × 8 × 8"):
        audit_checkpoint(others, reference=others, canaries=tmp_path / "p" / "key.json", only="GA405")
    path = tmp_path / "key.json"
    path.write_text(json.dumps({}), encoding="utf-8")
    with pytest.raises(UserError, match="expected a key file"):
        audit_checkpoint(Counting(TEXTS), canaries=path, only="GA405", samples=5)


def test_planted_sounds_that_come_out_are_found(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.2, (60, 4000)).astype(np.float32)
    key = make_canaries(data_in_memory(noise, "r", sample_rate=8000), tmp_path / "c", number=40, rng=rng)
    hushed = key.records + rng.normal(0, 0.02, key.records.shape).astype(np.float32)
    known, unknown = (
        distances("audio", key.records, made, (8000, 8000))
        for made in (np.concatenate([noise, hushed[key.included]]), noise)
    )
    # All planted sounds are nearer than all others where the model gives them back, hissing; else it is a coin.
    assert known[key.included].max() < known[~key.included].min()
    area = (unknown[key.included][:, None] < unknown[~key.included][None]).mean()
    assert 0.25 < area < 0.75
