"""Collect generated samples: the one draw that every auditor shares."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bundle import Generated

CHUNK = 500
"""Samples a call. Fixed, because a matrix product's last bits depend on its size: sample i is the same in any run."""


def collect_generated(
    model: Any, *, n: int, seed: int, source: str, progress: Callable[[float], None] = lambda share: None
) -> Generated:
    """Draw n samples; sample i depends on `seed` and i alone, so a longer draw extends a shorter one.

    Args:
        model: has `sample(n, *, generator)` giving images (n, c, h, w).
        n: how many.
        seed: of the whole draw; each chunk gets a generator of its own from it.
        source: where the samples come from, for the record.
        progress: told the share that is done.

    Raises:
        ValueError: if the model gives anything but finite images of one shape.
    """
    import torch

    started = time.perf_counter()
    seeds = np.random.SeedSequence(seed).generate_state(-(-n // CHUNK), np.uint64)
    parts: list[NDArray[np.float32]] = []
    for index, chunk_seed in enumerate(seeds):
        generator = torch.Generator().manual_seed(int(chunk_seed) >> 1)
        with torch.no_grad():
            parts.append(_checked(model.sample(CHUNK, generator=generator), parts[0].shape[1:] if parts else None))
        progress((index + 1) / len(seeds))
    return Generated(np.concatenate(parts)[:n], seed, source, time.perf_counter() - started)


def _checked(images: Any, shape: tuple[int, ...] | None) -> NDArray[np.float32]:
    array: NDArray[np.float32] = images.detach().cpu().float().numpy()
    if array.ndim != 4 or len(array) != CHUNK or (shape is not None and array.shape[1:] != shape):
        wanted = f"({CHUNK}, {', '.join(map(str, shape)) if shape else 'c, h, w'})"
        raise ValueError(f"expected sample({CHUNK}) to give images {wanted}, got an array of shape {array.shape}")
    bad = int((~np.isfinite(array)).any(axis=(1, 2, 3)).sum())
    if bad:
        raise ValueError(
            f"expected finite samples, got {bad} of {CHUNK} with NaN or infinite values; check the weights"
        )
    return array
