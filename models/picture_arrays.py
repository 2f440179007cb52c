"""Pictures from an array of any usual form: channels first, in [0, 1], checked a few at a time where they are large.

Levels of 8 bits stay levels where pictures are held in a file; see `held_pictures`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import UserError
from .held_pictures import FLOATS, LEVELS, PictureFile, as_floats, at_once, is_large
from .reading.npz_member import Member
from .records import Attribute, Records

Pictures = NDArray[Any] | Member
"""In memory, or still in their file."""

CHANNELS = (1, 2, 3, 4)
ROUNDING = 1e-6
"""How far outside [0, 1] a value may lie by rounding."""


def from_arrays(x: Pictures, y: NDArray[Any] | None, where: object, *, generated: bool = False) -> Records:
    """Images, and their labels where there are any.

    Args:
        x: the images, (n, h, w), (n, h, w, c) or (n, c, h, w), uint8, bool or float in [0, 1].
        y: a label each, or None.
        where: named at the start of each message.
        generated: keep values that no image can have.

    Raises:
        UserError: if an array is not that.
    """
    samples = _gathered(x, where, generated=generated)
    if y is None:
        return Records("image", samples)
    labels, classes = _labels(y, len(samples), where)
    return Records("image", samples, {"class": Attribute(classes, labels)})


def _gathered(x: Pictures, where: object, *, generated: bool) -> Any:
    """The pictures as float32 (n, c, h, w), or held in a file where they would take much memory."""
    shape, turned = _channels_first(x.shape, where)
    if x.dtype not in (np.uint8, np.bool_) and not np.issubdtype(x.dtype, np.floating):
        raise UserError(f"{where}: expected x as uint8 or float in [0, 1], got {x.dtype}; convert it")
    stored = LEVELS if x.dtype.itemsize == 1 else FLOATS
    held = PictureFile(shape[1:], stored) if is_large(shape[0], shape[1:]) else None
    seen, whole = _Seen(), None
    for block in _blocks(x, at_once(shape[1:]) if held else len(x)):
        whole = _stored(turned(block))
        seen.look(whole)
        if held:
            held.add(whole)
    assert whole is not None
    if x.dtype == np.uint8 and seen.high == 1:
        raise UserError(
            f"{where}: expected x as uint8 from 0 to 255, got only 0 and 1, which is black; save it as bool or float"
        )
    if not generated and stored == FLOATS:
        seen.check(shape[0], where)
    return held.part(0, len(x)) if held else as_floats(whole)


def _blocks(x: Pictures, size: int) -> Iterator[NDArray[Any]]:
    if isinstance(x, Member):
        yield from x.blocks(size)
    else:
        yield from (x[start : start + size] for start in range(0, len(x), size))


def _channels_first(
    shape: tuple[int, ...], where: object
) -> tuple[tuple[int, ...], Callable[[NDArray[Any]], NDArray[Any]]]:
    """The shape (n, c, h, w) of an array of images, and what turns any number of them to it."""
    if len(shape) not in (3, 4):
        raise UserError(
            f"{where}: expected x as (n, h, w), (n, h, w, c) or (n, c, h, w), got {len(shape)} dimensions {shape}"
        )
    if len(shape) == 3:
        shape, axes = (shape[0], 1, *shape[1:]), None
    elif (first := shape[1] in CHANNELS) == (last := shape[3] in CHANNELS):
        fault = "both could be" if first and last else "neither is"
        raise UserError(
            f"{where}: expected 1 to 4 channels second or last in x {shape}, but {fault}; use (n, h, w) or PNG"
        )
    elif last:
        shape, axes = (shape[0], shape[3], *shape[1:3]), (0, 3, 1, 2)
    else:
        axes = (0, 1, 2, 3)
    if 0 in shape:
        raise UserError(f"{where}: expected at least one image, got x of shape {shape}")
    return shape, lambda x: x[:, None] if axes is None else x.transpose(axes)


def _stored(x: NDArray[Any]) -> NDArray[Any]:
    """Pictures as they are held: levels of 0 to 255, or float32."""
    if x.dtype == np.uint8:
        return x
    if x.dtype == np.bool_:
        levels: NDArray[np.uint8] = np.multiply(x, 255, dtype=np.uint8)
        return levels
    with np.errstate(over="ignore"):  # What float32 cannot hold is infinite, and treated so.
        samples = np.ascontiguousarray(x, dtype=np.float32)
    # Rounding, as of (tanh + 1) / 2, is put back; the bounds let NaN through.
    low_by_rounding, high_by_rounding = (
        (samples >= -ROUNDING) & (samples < 0),
        (samples > 1) & (samples <= 1 + ROUNDING),
    )
    put_back: NDArray[Any] = np.where(
        low_by_rounding, np.float32(0), np.where(high_by_rounding, np.float32(1), samples)
    )
    return put_back


@dataclass
class _Seen:
    """What the values of pictures are: the least and the largest, and in how many pictures some are not finite."""

    low: float = np.inf
    high: float = -np.inf
    broken: int = 0

    def look(self, x: NDArray[Any]) -> None:
        self.low, self.high = min(self.low, float(x.min())), max(self.high, float(x.max()))
        if x.dtype == FLOATS:
            self.broken += int((~np.isfinite(x)).any(axis=(1, 2, 3)).sum())

    def check(self, n: int, where: object) -> None:
        if self.broken:
            raise UserError(
                f"{where}: expected finite values, got NaN or infinity in {self.broken} of {n} images; remove them"
            )
        if self.low < 0 or self.high > 1:
            raise UserError(
                f"{where}: expected floats in [0, 1], got values from {self.low:.8g} to {self.high:.8g}; rescale x or "
                "use uint8"
            )


def _labels(y: NDArray[Any], n: int, where: object) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    if y.shape != (n,):
        raise UserError(f"{where}: expected one label an image, y of shape ({n},), got {y.shape}; align x and y")
    if not (np.issubdtype(y.dtype, np.integer) or y.dtype.kind in "USb"):
        raise UserError(f"{where}: expected labels y as integers or strings, got {y.dtype}; convert them")
    try:
        names, labels = np.unique(y.astype(str) if y.dtype.kind == "S" else y, return_inverse=True)
    except UnicodeDecodeError as error:
        raise UserError(f"{where}: expected labels y as ASCII bytes or as strings, got others; convert them") from error
    return labels.astype(np.int64), tuple(str(name) for name in names)
