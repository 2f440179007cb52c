"""Collect generated samples: the one draw that every auditor shares."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ....models.records import take
from ..bundle import Generated

CHUNK = 500
"""Samples a call. Fixed, because a matrix product's last bits depend on its size: sample i is the same in any run."""


def collect_generated(
    model: Any,
    *,
    n: int,
    seed: int,
    source: str,
    modality: str = "image",
    progress: Callable[[float], None] = lambda share: None,
) -> Generated:
    """Draw n samples; sample i depends on `seed` and i alone, so a longer draw extends a shorter one.

    Values are taken as the model gives them, whatever they are: whether they can be right is for an auditor to say.

    Args:
        model: has `sample(n, *, generator)` giving records of the modality. A model that cannot afford more than a few
            records a call, e.g. one behind a network, has `chunk`.
        n: how many.
        seed: of the whole draw; each chunk gets a generator of its own from it.
        source: where the samples come from, for the record.
        modality: what the records must be.
        progress: told the share that is done.

    Raises:
        ValueError: if the model gives anything but that many records of one form.
    """
    import torch

    started = time.perf_counter()
    chunk = int(getattr(model, "chunk", CHUNK))
    seeds = np.random.SeedSequence(seed).generate_state(-(-n // chunk), np.uint64)
    form = FORMS[modality]
    parts: list[Any] = []
    for index, chunk_seed in enumerate(seeds):
        generator = torch.Generator().manual_seed(int(chunk_seed) >> 1)
        with torch.no_grad():
            drawn = model.sample(chunk, generator=generator)
        parts.append(form(drawn, chunk, parts[0] if parts else None))
        progress((index + 1) / len(seeds))
    samples = take(_joined(parts), np.arange(n))
    return Generated(samples, seed, source, time.perf_counter() - started, getattr(model, "sample_rate", None))


def _joined(parts: list[Any]) -> Any:
    if isinstance(parts[0], np.ndarray):
        return np.concatenate(parts)
    if isinstance(parts[0], list):
        return [each for part in parts for each in part]
    import pandas as pd

    return pd.concat(parts, ignore_index=True)


def _images(drawn: Any, n: int, first: Any) -> Any:
    return _array(drawn, n, None if first is None else first.shape[1:], "images", 4, "c, h, w")


def _waves(drawn: Any, n: int, first: Any) -> Any:
    return _array(drawn, n, None if first is None else first.shape[1:], "waves", 2, "t")


def _array(drawn: Any, n: int, shape: tuple[int, ...] | None, what: str, dimensions: int, names: str) -> Any:
    import torch

    array = drawn.detach().cpu().float().numpy() if isinstance(drawn, torch.Tensor) else np.asarray(drawn, np.float32)
    if array.ndim != dimensions or len(array) != n or (shape is not None and array.shape[1:] != shape):
        wanted = f"({n}, {', '.join(map(str, shape)) if shape else names})"
        raise ValueError(f"expected sample({n}) to give {what} {wanted}, got an array of shape {array.shape}")
    return array


def _texts(drawn: Any, n: int, first: Any) -> Any:
    texts = list(drawn)
    strange = next((each for each in texts if not isinstance(each, str)), None)
    if len(texts) != n or strange is not None:
        got = f"{len(texts)} records" if strange is None else f"a {type(strange).__name__} among them"
        raise ValueError(f"expected sample({n}) to give {n} texts, got {got}")
    return texts


def _melodies(drawn: Any, n: int, first: Any) -> Any:
    pieces = [[int(pitch) for pitch in piece] for piece in drawn]
    if len(pieces) != n:
        raise ValueError(f"expected sample({n}) to give {n} lists of pitches, got {len(pieces)}")
    return pieces


def _rows(drawn: Any, n: int, first: Any) -> Any:
    columns = getattr(drawn, "columns", None)
    if columns is None or len(drawn) != n or (first is not None and list(columns) != list(first.columns)):
        got = type(drawn).__name__ if columns is None else f"{len(drawn)} rows of {', '.join(map(str, columns))}"
        raise ValueError(f"expected sample({n}) to give a DataFrame of {n} rows, the same columns each time, got {got}")
    return drawn


FORMS: dict[str, Callable[[Any, int, Any], Any]] = {
    "image": _images,
    "audio": _waves,
    "text": _texts,
    "music": _melodies,
    "tabular": _rows,
}
