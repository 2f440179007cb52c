"""The key file of canaries: which records were drawn, which of them coins planted, and how many guesses are made."""

import base64
import hashlib
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError
from .kind import COINS, WATERMARK

FORMAT = "genai-audit canaries 1"

MOST = 100_000
"""Canaries of a file at most."""

_STEPS = 32_768
# Of a wave's amplitude from 0 to 1, as a WAV file of 16 bits holds it.

FIELDS: Mapping[str, type | tuple[type, ...]] = {
    "format": str,
    "modality": str,
    "design": str,
    "guesses": int,
    "repeats": int,
    "bits": (int, float),
    "space": str,
    "columns": list,
    "shape": list,
    "canaries": list,
}


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """What is known of some canaries; who trains the model must not have it.

    Args:
        modality: of the records.
        records: m records in the form of their modality.
        included: bool (m,), which were written for the training data.
        design: `COINS` or `WATERMARK`.
        guesses: fixed now, before any model is seen.
        repeats: how often each included record is written.
        bits: log₂ of how many records there could have been.
        space: what they were drawn from, in words.
        sha256: of the file; empty before there is one.
        source: the file's path.
        sample_rate: of sounds, in Hz; 0 for others.
    """

    modality: str
    records: Any
    included: NDArray[np.bool_]
    design: str
    guesses: int
    repeats: int
    bits: float
    space: str
    sha256: str = ""
    source: str = ""
    sample_rate: int = 0


def key_text(key: Key) -> str:
    """The content of a key file."""
    records = _plain(key.modality, key.records)
    shaped = key.modality in ("image", "audio")
    content = {
        "format": FORMAT,
        "modality": key.modality,
        "design": key.design,
        "guesses": key.guesses,
        "repeats": key.repeats,
        "bits": key.bits,
        "space": key.space,
        "columns": [[str(name), str(key.records[name].dtype)] for name in key.records.columns]
        if key.modality == "tabular"
        else [],
        "shape": list(key.records.shape[1:]) if shaped else [],
        "sample_rate": key.sample_rate,
        "canaries": [
            {"included": bool(inside), "record": each} for inside, each in zip(key.included, records, strict=True)
        ],
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def read_key(path: Path) -> Key:
    """Read what `key_text` wrote.

    Raises:
        UserError: if the file is no key, or does not say of each canary whether it is in.
    """
    try:
        content = path.read_bytes()
        found = json.loads(content.decode("utf-8"))
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise _wrong(path, "another kind of file") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise _wrong(path, "another kind of file")
    for name, kind in FIELDS.items():
        if not isinstance(found.get(name), kind) or isinstance(found.get(name), bool):
            raise _wrong(path, f"no {name} of the right type")
    entries = found["canaries"]
    if not 2 <= len(entries) <= MOST or not all(
        isinstance(each, dict) and isinstance(each.get("included"), bool) and "record" in each for each in entries
    ):
        raise _wrong(path, "canaries that do not say whether they are included")
    included = np.array([each["included"] for each in entries], dtype=np.bool_)
    _check_design(path, found, included)
    try:
        records = _records(found, [each["record"] for each in entries])
    except (ValueError, TypeError, LookupError, OverflowError, zlib.error) as error:
        raise _wrong(path, f"records that are no {found['modality']} records") from error
    return Key(
        modality=found["modality"],
        records=records,
        included=included,
        design=found["design"],
        guesses=found["guesses"],
        repeats=found["repeats"],
        bits=float(found["bits"]),
        space=found["space"][:300],
        sha256=hashlib.sha256(content).hexdigest(),
        source=str(path),
        sample_rate=found.get("sample_rate", 0),
    )


def _check_design(path: Path, found: Mapping[str, Any], included: NDArray[np.bool_]) -> None:
    design, guesses = found["design"], found["guesses"]
    if design not in (COINS, WATERMARK):
        raise _wrong(path, f"design {design[:40]!r}")
    if not (1 <= guesses <= len(included) if design == COINS else guesses == 0):
        raise _wrong(path, f"{guesses} guesses for {len(included)} canaries")
    if included.all() or not included.any() or (design == WATERMARK and included.sum() != 1):
        raise _wrong(path, f"{int(included.sum())} of {len(included)} canaries included")
    rate = found.get("sample_rate", 0)  # Keys of older versions have none, and no sounds.
    if type(rate) is not int or (rate < 1 and found["modality"] == "audio"):
        raise _wrong(path, "no sample_rate in Hz")
    if found["repeats"] < 1 or not math.isfinite(found["bits"]):
        raise _wrong(path, "repeats or bits that are out of range")


def _wrong(path: Path, got: str) -> UserError:
    return UserError(f"--canaries {path}: expected a key file of `genai-audit canaries make`, got {got}; give its key")


def _plain(modality: str, records: Any) -> Sequence[Any]:
    if modality == "tabular":
        cells = records.astype(object).where(records.notna(), None)
        return [[_cell(each) for each in row] for row in cells.itertuples(index=False, name=None)]
    if modality == "image":
        levels = np.round(records * 255).astype(np.uint8)
        return [base64.b64encode(zlib.compress(each.tobytes(), 1)).decode("ascii") for each in levels]
    if modality == "audio":
        steps = np.round(records * _STEPS).astype("<i2")
        return [base64.b64encode(zlib.compress(each.tobytes(), 1)).decode("ascii") for each in steps]
    plain: Sequence[Any] = records
    return plain


def _cell(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _records(found: Mapping[str, Any], given: list[Any]) -> Any:
    modality = found["modality"]
    if modality == "text":
        if all(isinstance(each, str) for each in given):
            return given
    elif modality == "music":
        if all(isinstance(each, list) and all(type(one) is int and -1 <= one <= 127 for one in each) for each in given):
            return given
    elif modality == "tabular":
        import pandas as pd

        columns = {name: pd.Series([row[at] for row in given]) for at, (name, _) in enumerate(found["columns"])}
        return pd.DataFrame({name: columns[name].astype(dtype) for name, dtype in found["columns"]})
    elif modality in ("image", "audio"):
        form, largest = (np.dtype(np.uint8), 255) if modality == "image" else (np.dtype("<i2"), _STEPS)
        shape = tuple(found["shape"])
        size = math.prod(shape) * form.itemsize
        packed = [zlib.decompressobj().decompress(base64.b64decode(each), size + 1) for each in given]
        records = np.stack([np.frombuffer(each, dtype=form).reshape(shape) for each in packed])
        return records.astype(np.float32) / np.float32(largest)
    raise ValueError(modality)
