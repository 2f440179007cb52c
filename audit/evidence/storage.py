"""Evidence on disk: plain values as JSON, arrays as npz without pickle, texts, tables and melodies as JSON lines.

Every file is self-describing, readable without this package, and has the same bytes for the same evidence.
"""

import json
import re
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...models.held_pictures import HeldPictures
from ...models.reading.picture_archive import LEVELS_OF_255, add_to_archive, in_archive
from ...models.records import is_array

NARROWED = "@float64"
"""Marks a float64 array stored as float32 because every value survives that: half the size, the same bits back."""

ARRAY, TYPE, LINES = "$array", "$type", "$lines"
"""Keys of JSON objects that stand for an array in the npz, a dataclass, and records in a file of JSON lines.

A name of somebody else's that begins with the same sign has it doubled.
"""
MARK = "$"

HALF = re.compile("[\ud800-\udfff]")
"""Halves of surrogate pairs, which a text of a model may hold and no encoding has."""

RENAMED = {"Groups": {"judge": "classifier"}}
"""Fields that evidence of older versions knows by another name, by dataclass."""


def save_item(folder: Path, kind: str, item: Any) -> None:
    """Write one kind of evidence: a dataclass, or a tuple of them."""
    arrays: dict[str, Any] = {}
    values = _plain(item, "", arrays, folder / f"{kind}.samples.jsonl")
    _write_arrays(folder / f"{kind}.npz", arrays)
    (folder / f"{kind}.json").write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def load_item(folder: Path, kind: str, types: Mapping[str, type]) -> Any:
    """Read what `save_item` wrote; `types` are the dataclasses that may occur, by name."""
    values = json.loads((folder / f"{kind}.json").read_text(encoding="utf-8"))
    arrays: dict[str, Any] = {}
    # Of a damaged archive numpy would leave the file open.
    with (folder / f"{kind}.npz").open("rb") as file, np.load(file, allow_pickle=False) as archive:
        for stored in archive.files:
            held = in_archive(archive.zip, folder / f"{kind}.npz", stored)
            narrowed = stored.endswith(NARROWED)
            array: Any = archive[stored] if held is None else held
            name = stored.removesuffix(NARROWED if narrowed else LEVELS_OF_255)
            arrays[name] = array.astype(np.float64) if narrowed else array
    return _lively(values, arrays, types, folder)


def remove_item(folder: Path, kind: str) -> None:
    """Delete what an earlier run left of this kind."""
    for ending in ("npz", "json", "samples.jsonl"):
        (folder / f"{kind}.{ending}").unlink(missing_ok=True)


def _plain(value: Any, path: str, arrays: dict[str, Any], lines: Path) -> Any:
    if is_array(value):
        name = _free(path, arrays)
        arrays[name] = value
        return {ARRAY: name}
    if is_dataclass(value):
        inner = {
            each.name: _plain(getattr(value, each.name), f"{path}.{each.name}".strip("."), arrays, lines)
            for each in fields(value)
            if each.name != "samples" or is_array(getattr(value, "samples", None))
        }
        if "samples" not in inner and hasattr(value, "samples"):
            inner["samples"] = {LINES: lines.name, "dtypes": _write_lines(lines, getattr(value, "samples", None))}
        return {TYPE: type(value).__name__, **inner}
    if isinstance(value, Mapping):
        return {
            MARK + key if key.startswith(MARK) else key: _plain(each, f"{path}.{key}", arrays, lines)
            for key, each in value.items()
        }
    if isinstance(value, tuple | list):
        return [_plain(each, f"{path}.{index}", arrays, lines) for index, each in enumerate(value)]
    return value


def _lively(value: Any, arrays: Mapping[str, Any], types: Mapping[str, type], folder: Path) -> Any:
    if isinstance(value, list):
        return tuple(_lively(each, arrays, types, folder) for each in value)
    if not isinstance(value, dict):
        return value
    if ARRAY in value:
        return arrays[value[ARRAY]]
    if LINES in value:
        return _read_lines(folder / Path(value[LINES]).name, value["dtypes"])
    inner = {key.removeprefix(MARK): _lively(each, arrays, types, folder) for key, each in value.items() if key != TYPE}
    if TYPE not in value:
        return inner
    names = RENAMED.get(value[TYPE], {})
    return types[value[TYPE]](**{names.get(key, key): each for key, each in inner.items()})


def _free(path: str, arrays: Mapping[str, Any]) -> str:
    """A name for an array that no other has and that does not end as a narrowed one's."""
    while path in arrays or path.endswith(NARROWED):
        path += "_"
    return path


def _write_lines(path: Path, samples: Any) -> Any:
    """Records a line; returns the dtypes of a table's columns, or None."""
    if isinstance(samples, list):
        _write(path, ({"text" if isinstance(each, str) else "pitches": each} for each in samples))
        return None
    columns = [samples[name].astype(object).where(samples[name].notna(), None).tolist() for name in samples.columns]
    names = [str(name) for name in samples.columns]
    _write(path, (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)))
    return [[name, *_dtype(samples.dtypes.iloc[index])] for index, name in enumerate(names)]


def _write(path: Path, lines: Iterable[Any]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(_line(line) + "\n" for line in lines)


def _line(value: Any) -> str:
    """A record as JSON; one whose text is no Unicode is escaped, so that the file is and the text comes back."""
    text = json.dumps(value, ensure_ascii=False, default=_simple)
    return json.dumps(value, default=_simple) if HALF.search(text) else text


def _simple(value: Any) -> Any:
    """A number of numpy's as Python's; a date or the like as text, which its column's dtype reads again."""
    return value.item() if isinstance(value, np.generic) else str(value)


def _dtype(dtype: Any) -> list[Any]:
    categories = getattr(dtype, "categories", None)
    return [str(dtype)] if categories is None else ["category", categories.tolist()]


def _read_lines(path: Path, dtypes: Any) -> Any:
    with path.open(encoding="utf-8", errors="surrogatepass", newline="\n") as file:
        rows = [json.loads(line) for line in file]
    if dtypes is None:
        return [row["text"] if "text" in row else row["pitches"] for row in rows]
    import pandas as pd

    columns = {}
    for name, dtype, *categories in dtypes:
        kind = pd.CategoricalDtype(categories[0]) if categories else dtype
        columns[name] = pd.Series([row[name] for row in rows], dtype=object).astype(kind)
    return pd.DataFrame(columns)


def _write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write an .npz that numpy reads, at the fastest compression and with the same bytes for the same arrays."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            if isinstance(array, HeldPictures):
                add_to_archive(archive, name, array)
                continue
            with np.errstate(over="ignore"):  # what is too large for float32 is kept as it is
                narrow = array.astype(np.float32) if array.dtype == np.float64 else array
            if array.dtype == np.float64 and array.size and np.array_equal(narrow, array):
                name, array = name + NARROWED, narrow
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asarray(array, order="C"), allow_pickle=False)
