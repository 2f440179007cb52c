"""Class conditions: how a conditional network receives one, and which it is where the caller names none."""

from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Told(Protocol):
    """A model that may know classes: their names, and their shares in training (K,) where there are any."""

    classes: tuple[str, ...]
    class_shares: Tensor


def check_classes(classes: object) -> None:
    """Refuse class names that no model has; none at all means a model that is told nothing.

    Raises:
        ValueError: if they are not 2 to 10,000 different names.
    """
    named = isinstance(classes, tuple) and all(isinstance(name, str) and name for name in classes)
    if not (named and isinstance(classes, tuple)):
        raise ValueError(f"expected classes as a tuple of names, got {str(classes)[:80]}")
    if classes and not 2 <= len(set(classes)) == len(classes) <= 10_000:
        raise ValueError(f"expected classes as 2 to 10000 different names, got {len(classes)}")


def class_shares(labels: NDArray[np.int64], classes: tuple[str, ...]) -> Tensor:
    """The share of each class among the labels (n,), float32 (K,)."""
    counts = np.bincount(labels, minlength=len(classes))
    return torch.from_numpy((counts / counts.sum()).astype(np.float32))


def chosen(condition: Any, classes: tuple[str, ...], n: int) -> Tensor:
    """What a caller asks for, as the class of each of n samples, int64 (n,).

    Args:
        condition: a class name, an index, or a sequence or tensor of n of them.
        classes: the names of the K classes; empty for a model that is told nothing.
        n: how many samples.

    Raises:
        ValueError: if it names no class, or the model has none.
    """
    if not classes:
        raise ValueError(f"expected no condition, since the model knows no classes, got {_short(condition)}")
    several = condition.tolist() if isinstance(condition, Tensor | np.ndarray) else condition
    if not isinstance(several, list | tuple):
        return torch.full((n,), _index(several, classes))
    if len(several) != n:
        raise ValueError(f"expected one condition, or one for each of {n} samples, got {len(several)}")
    return torch.tensor([_index(each, classes) for each in several], dtype=torch.int64)


def drawn(model: Told, condition: Any, n: int, generator: torch.Generator) -> Tensor | None:
    """The classes that are asked for, or n drawn with their shares where `condition` is None; int64 (n,).

    None for a model that is told nothing; it draws nothing from the generator either.

    Raises:
        ValueError: if the condition is none of the model's classes.
    """
    if condition is not None:
        return chosen(condition, model.classes, n)
    if not model.classes:
        return None
    return torch.multinomial(model.class_shares.to(generator.device), n, replacement=True, generator=generator)


def told(model: Told, x: Tensor, condition: Any) -> Tensor:
    """Rows (n, d) or maps (n, d, h, w) with the classes beside them, d + K: 1 for each one's own, 0 for the others.

    They stay as they are where the model knows no classes; where `condition` is None, all are told the most frequent.

    Raises:
        ValueError: if the condition is none of the model's classes.
    """
    if not model.classes and condition is None:
        return x
    n = len(x)
    index = model.class_shares.argmax().expand(n) if condition is None else chosen(condition, model.classes, n)
    places = torch.arange(len(model.classes), device=x.device)
    hot = (index.to(x.device)[:, None] == places).to(x.dtype)  # (n, K)
    return torch.cat([x, hot.reshape(*hot.shape, *(1,) * (x.ndim - 2)).expand(*hot.shape, *x.shape[2:])], dim=1)


def _index(value: object, classes: tuple[str, ...]) -> int:
    if isinstance(value, str) and value in classes:
        return classes.index(value)
    if isinstance(value, int | np.integer) and not isinstance(value, bool) and 0 <= value < len(classes):
        return int(value)
    names = _short(", ".join(classes), plain=True)
    raise ValueError(f"expected a class ({names}) or its index from 0 to {len(classes) - 1}, got {_short(value)}")


def _short(value: object, *, plain: bool = False) -> str:
    text = " ".join((str(value) if plain else repr(value)).split())
    return text if len(text) <= 80 else text[:79] + "…"


def refuse_condition(condition: object) -> None:
    """For models that are told no class.

    Raises:
        ValueError: if there is a condition.
    """
    if condition is not None:
        chosen(condition, (), 0)
