"""Sounds of different sample rates are never compared: equal numbers are then different sounds."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from genai_audit.audit.real_data import check_rate
from genai_audit.audit.request import Request
from genai_audit.audit.subject import prepare
from genai_audit.models.data.datasets import load_data
from genai_audit.models.errors import UserError


def sounds(folder: Path, rate: int) -> str:
    folder.mkdir()
    rng = np.random.default_rng(rate)
    for index in range(3):
        wavfile.write(folder / f"{index}.wav", rate, rng.uniform(-1, 1, 64).astype(np.float32))
    return str(folder)


def test_samples_of_another_rate_are_refused(tmp_path: Path) -> None:
    made, real = sounds(tmp_path / "made", 16_000), sounds(tmp_path / "real", 8_000)
    with pytest.raises(UserError, match=r"made has 16000 samples a second, but .*real has 8000; resample one of them"):
        prepare(Request(made, reference=real), lambda step, share: None)


def test_equal_and_unknown_rates_are_none_to_refuse(tmp_path: Path) -> None:
    data = load_data(sounds(tmp_path / "real", 8_000))
    check_rate("model", 8_000, data, None)
    check_rate("model", None, data)


def rows(folder: Path, name: str, n: int) -> str:
    path = folder / f"{name}.csv"
    values = np.random.default_rng(n).integers(0, 100, n)
    path.write_text("age\n" + "".join(f"{each}\n" for each in values), encoding="utf-8")
    return str(path)


def test_a_holdout_that_is_the_reference_is_no_control(tmp_path: Path) -> None:
    made, real = rows(tmp_path, "made", 40), rows(tmp_path, "real", 30)
    (tmp_path / "again.csv").write_bytes(Path(real).read_bytes())
    for holdout in (real, str(tmp_path / "again.csv")):
        with pytest.raises(UserError, match=r"--holdout .*got those of --reference again; name others, or leave"):
            prepare(Request(made, reference=real, holdout=holdout), lambda step, share: None)


def test_a_holdout_of_one_record_is_refused(tmp_path: Path) -> None:
    made, real, one = (rows(tmp_path, str(n), n) for n in (40, 30, 1))
    with pytest.raises(UserError, match=r"--holdout .*got one alone, with which nothing can be compared; give more"):
        prepare(Request(made, reference=real, holdout=one), lambda step, share: None)
