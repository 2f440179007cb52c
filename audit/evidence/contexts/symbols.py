"""What each token id stands for, as a person reads it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError
from .kind import ContextSet

Ints = NDArray[np.int64]

LONGEST = 40
"""Characters of one token that are kept."""


def symbols_of(model: Any, modality: str, sets: Sequence[ContextSet]) -> tuple[Ints, tuple[str, ...]]:
    """The ids of all tokens in these sets, and the text of each; a pitch as its number, empty for a mark."""
    every = np.unique(np.concatenate([each.ravel() for item in sets for each in (item.tokens, item.targets)]))
    ids = every[every >= 0]
    decode = getattr(model, "decode_text" if modality == "text" else "decode_pitches", None)
    return ids, tuple(symbol(decode, int(each), modality) for each in ids)


def symbol(decode: Any, token: int, modality: str) -> str:
    """The text of one token, a pitch as its number; `#` and its id where the model has no name for it."""
    try:
        decoded = decode([token])
    except (UserError, LookupError, TypeError, ValueError, RuntimeError):  # It has no name: it is shown by its number.
        return f"#{token}"
    text = decoded if modality == "text" else "".join(str(each) for each in decoded)
    return str(text)[:LONGEST]
