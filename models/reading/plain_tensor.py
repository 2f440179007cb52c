"""Numbers that somebody's code gave, as a plain array: what is no dense tensor of real numbers at hand is named."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

REAL = "fiub"
"""Kinds of numpy's types that are numbers."""


def oddness(value: Any) -> str | None:
    """What keeps a tensor from being a dense one of real numbers, in words; None if nothing does."""
    import torch

    if not isinstance(value, torch.Tensor):
        return f"a {type(value).__name__}"
    if value.is_nested:
        return "a nested tensor"
    if value.is_quantized:
        return "a quantised tensor (use .dequantize())"
    if value.layout is not torch.strided:
        return f"a tensor of layout {str(value.layout).removeprefix('torch.')} (use .to_dense())"
    if value.device.type == "meta":
        return "a tensor on the device meta, which has a shape and no numbers"
    return "complex numbers" if value.is_complex() else None


def numbers(value: Any) -> NDArray[np.float32]:
    """The numbers as float32 in main memory; what is masked is NaN.

    Args:
        value: a tensor, or what numpy makes an array of.

    Raises:
        ValueError: if they are no real numbers, with what they are.
    """
    import torch

    if isinstance(value, torch.Tensor):
        odd = oddness(value)
        if odd is not None:
            raise ValueError(odd)
        plain: NDArray[np.float32] = value.detach().cpu().resolve_neg().to(torch.float32).numpy()
        return plain
    if value is None:
        raise ValueError("a NoneType")
    try:
        array = value if isinstance(value, np.ndarray) else np.asarray(value)
        # Somebody's numbers in an array of objects are no less numbers.
        array = array.astype(np.float32) if array.dtype.kind == "O" else array
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise ValueError(f"a {type(value).__name__} that is no array of numbers") from error
    if array.dtype.kind not in REAL:
        raise ValueError(f"an array of {array.dtype}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}")
    with np.errstate(over="ignore"):
        single: NDArray[np.float32] = np.ma.filled(np.ma.asarray(array, dtype=np.float32), np.nan)
    return single
