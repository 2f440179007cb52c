"""`genai-audit canaries`: write random records for a training set, and look later whether a model knows them."""

import csv
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError
from ...evidence.canaries.key import MOST, Key, key_text
from ...evidence.canaries.kind import COINS, WATERMARK
from .records import STEPS, drawn

if TYPE_CHECKING:
    from ....reports.record import Record
    from ...request import Request

KEY = "key.json"
FILES = {
    "text": "canaries.txt",
    "tabular": "canaries.csv",
    "music": "canaries.json",
    "image": "canaries.npz",
    "audio": "canaries",
}

FEWEST = 20
"""Canaries below which no rank says anything at the 5 % level."""

SAMPLES = 2_000
"""Samples that `check` draws where it is not told."""


def make_canaries(
    reference: Any,
    out: Path,
    *,
    number: int = 200,
    guesses: int | None = None,
    repeats: int = 1,
    watermark: bool = False,
    rng: np.random.Generator | None = None,
) -> Key:
    """Draw canaries like the records of `reference`, decide by coins which are in, and write these and the key.

    Args:
        reference: data in a file or folder by name, or a `Dataset`.
        out: a folder that is new or empty; gets the records to be added to the training data, and `key.json`.
        number: of canaries, planted and held out.
        guesses: how many will be guessed; by default half of them. It cannot be changed once a model was seen.
        repeats: how often each planted record is written.
        watermark: plant one record, drawn from all, in the place of a coin for each.
        rng: by default from the system's own randomness, as nobody may be able to repeat the coins.

    Raises:
        UserError: if a number is out of range, the folder is in use, or there are no such records.
    """
    from ....models.data.datasets import load_data

    if not FEWEST <= number <= MOST:
        raise UserError(f"--number: expected {FEWEST} to {MOST:,} canaries, got {number:,}")
    if guesses is not None and (watermark or not 1 <= guesses <= number):
        got = "a watermark, which is not guessed" if watermark else f"{guesses:,}"
        raise UserError(f"--guesses: expected 1 to {number:,}, the number of canaries, got {got}")
    if repeats < 1:
        raise UserError(f"--repeats: expected at least 1, got {repeats}")
    _check_folder(out)
    data = load_data(reference) if isinstance(reference, str) else reference
    if data.modality not in FILES:
        raise UserError(f"--reference: expected {', '.join(FILES)} records, got {data.modality}; no canaries of these")
    rng = np.random.default_rng() if rng is None else rng
    made = drawn(data, number, rng)
    key = Key(
        modality=data.modality,
        records=made.records,
        included=_planted(number, watermark, rng),
        design=WATERMARK if watermark else COINS,
        guesses=0 if watermark else guesses or number // 2,
        repeats=repeats,
        bits=made.bits,
        space=made.space,
        sample_rate=data.sample_rate or 0 if data.modality == "audio" else 0,
    )
    _write(out, key, made.written, rng)
    return key


def _planted(number: int, watermark: bool, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Who is in: each by a coin of its own, or one of all."""
    if watermark:
        return np.asarray(np.arange(number) == rng.integers(number))
    while True:
        coins = rng.random(number) < 0.5
        # All alike has a chance of 2⁻¹⁹ at most, and would leave nothing to compare.
        if coins.any() and not coins.all():
            return coins


def _check_folder(out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"--out {out}: expected a new or an empty folder, got one in use; choose another name")


def _write(out: Path, key: Key, written: Any, rng: np.random.Generator) -> None:
    """The key, which only this user may read, and the planted records in random order."""
    from ....models.records import take

    rows = rng.permutation(np.repeat(np.flatnonzero(key.included), key.repeats))
    try:
        out.mkdir(parents=True, exist_ok=True)
        with open(os.open(out / KEY, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(key_text(key))
        _write_records(out / FILES[key.modality], key, take(written, rows))
    except OSError as error:
        raise UserError(f"--out {out}: cannot be written ({error.strerror}); choose another folder") from error


def _write_records(path: Path, key: Key, records: Any) -> None:
    modality = key.modality
    if modality == "image":
        np.savez_compressed(path, x=records)
    elif modality == "audio":
        _write_sounds(path, records, key.sample_rate)
    elif modality == "tabular":
        records.to_csv(path, index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    else:
        text = "\n".join(records) if modality == "text" else json.dumps(records)
        path.write_text(text + "\n", encoding="utf-8")


def _write_sounds(folder: Path, records: Any, rate: int) -> None:
    """A WAV file a record, of 16 bits."""
    import wave

    folder.mkdir()
    for at, samples in enumerate(records):
        with wave.open(str(folder / f"{at:06d}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(np.round(samples * STEPS).astype("<i2").tobytes())


def check_canaries(request: "Request", out: Path | None, progress: Callable[[str, float], None]) -> "Record":
    """Audit the checkpoint for the canaries of `request` alone, in a process of its own; write the audit to `out`."""
    from ...process.supervisor import supervised
    from ..outputs import check_out, write

    folder = None if out is None else check_out(out)
    made = supervised(request, memory=None, progress=progress)
    return made.record if folder is None else write(folder, made.record, made.evidence)


def lines(record: "Record") -> tuple[list[str], bool]:
    """What was found, a line an estimate, and whether anything was measured."""
    (found,) = [each for each in record.findings if each.code == "GA405"]
    if found.outcome != "measured":
        return [f"{found.outcome.replace('_', ' ')}: {found.reason}"], False
    settings = found.settings
    said = [
        f"{settings['planted']} canaries planted, {settings['held_out']} held out; score: {settings['score']}",
        "about this checkpoint:",
        *(_line(each) for each in found.estimates if each.name not in OF_ALGORITHM),
    ]
    algorithm = [_line(each) for each in found.estimates if each.name in OF_ALGORITHM]
    return said + (["about the algorithm that trained it:", *algorithm] if algorithm else []), True


OF_ALGORITHM = ("guess_accuracy", "epsilon_lower_bound")


def _line(each: Any) -> str:
    p_value = "" if each.p_value is None else f", p = {each.p_value:.2g}"
    ends = "" if each.low == each.high else f" ({each.low:.3g} to {each.high:.3g})"
    return f"  {each.name}: {each.value:.3g}{ends}{p_value}; {each.method}"
