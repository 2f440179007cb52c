"""How likely a model of tokens is to continue the beginning of a record exactly as the record does."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError
from ..contexts.choosing import encoder_of
from ..decoding import parameter, undisturbed
from ..unavailable import Unavailable, Unmeasured
from .kind import Extraction

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MOST, FEWEST = 1_000, 100
"""Records of each set at most, and whatever they take."""

PATIENCE = 4.0
"""Seconds of the processor that asking may take; a quick model is asked about all, whatever the clock says."""

LONGEST = 100
"""Tokens of a record that are looked at: the first half is given, the second half asked for."""

SHORTEST = 8
"""Tokens of a record, below which half of it is no passage."""

ROWS, LOGITS = 128, 8_000_000
"""Records of a batch, and logits computed for it, at most."""


def extraction(
    model: Any, modality: str, training: Sequence[Any], null: Sequence[Any], rng: np.random.Generator
) -> Extraction:
    """Nats of the second half of some training records and of the null's, each given its first half.

    Raises:
        Unavailable: if the model is none of tokens.
        Unmeasured: if it has no tokens for the records, or refuses them.
    """
    encode = encoder_of(model, modality)
    sides = [_cut(encode, records, rng, model) for records in (training, null)]
    if not sides[0][0]:
        raise Unmeasured(f"no training record has {SHORTEST} tokens or more that the model knows")
    try:
        with undisturbed(model):
            most = _affordable(model, sides[0][0], sides[1][0])
            kept = [(ids[:most], rows[:most]) for ids, rows in sides]
            nats = [_asked(model, ids) for ids, _ in kept]
    except UserError as error:
        raise Unmeasured(f"the model refused a record: {error}") from error
    lengths = [np.array([len(each) - _given(each) for each in ids], dtype=np.int64) for ids, _ in kept]
    unit = "token" if modality == "text" else "note"
    return Extraction(unit, nats[0], nats[1], kept[0][1], lengths[0], lengths[1])


def _cut(
    encode: Callable[[Any], Sequence[int]], records: Sequence[Any], rng: np.random.Generator, model: Any
) -> tuple[list[Ints], Ints]:
    """The first tokens of records at random, and which records these are."""
    longest = min(LONGEST, getattr(model, "context", None) or LONGEST)
    found: list[Ints] = []
    rows: list[int] = []
    for row in rng.permutation(len(records))[: 2 * MOST].tolist():
        try:
            ids = np.array([int(each) for each in encode(records[row])], dtype=np.int64)
        except UserError:
            continue
        if len(ids) >= SHORTEST and len(found) < MOST:
            found.append(ids[:longest])
            rows.append(row)
    return found, np.array(rows, dtype=np.int64)


def _given(ids: Ints) -> int:
    """How many of its tokens a model is given."""
    return (len(ids) + 1) // 2


def _affordable(model: Any, *sets: Sequence[Ints]) -> int:
    """How many records of each set there is time for."""
    some = [*sets[0][:8], *sets[1][:8]]
    _asked(model, some)  # The first call may load or compile something.
    started = time.process_time()
    _asked(model, some)
    pace = (time.process_time() - started) / len(some)
    return MOST if pace * 2 * MOST <= PATIENCE else max(FEWEST, int(PATIENCE / pace / 2))


def _asked(model: Any, records: Sequence[Ints]) -> Floats:
    """Nats of the second half of each record."""
    import torch

    nats = np.zeros(len(records))
    order = sorted(range(len(records)), key=lambda at: len(records[at]))
    device, size, start = parameter(model).device, 8, 0
    with torch.no_grad():
        while start < len(order):
            part = order[start : start + size]
            start += len(part)
            longest = len(records[part[-1]])
            # Filled up on the right with a token of their own, which no earlier place sees.
            filled = [np.pad(records[at], (0, longest - len(records[at])), mode="edge") for at in part]
            ids = torch.from_numpy(np.stack(filled)).to(device)
            logits = model.logits(ids[:, :-1].clone())
            if logits.ndim != 3 or logits.shape[:2] != ids[:, :-1].shape or int(ids.max()) >= logits.shape[-1]:
                wanted = f"({len(ids)}, {longest - 1}, V) for more than {int(ids.max())} tokens V"
                raise UserError(f"logits(ids): expected {wanted}, got {tuple(logits.shape)}; correct it")
            taken = logits.gather(2, ids[:, 1:, None].to(logits.device)).squeeze(2).double()
            each = (taken - logits.double().logsumexp(-1)).cpu().numpy()
            for row, at in enumerate(part):
                nats[at] = each[row, _given(records[at]) - 1 : len(records[at]) - 1].sum()
            size = max(1, min(ROWS, LOGITS // (longest * logits.shape[-1])))
    if np.isnan(nats).any() or np.isposinf(nats).any():
        raise UserError("logits(ids): expected numbers or −inf, got NaN or infinity; correct the model")
    return nats


def asked_or_why(
    model: Any, modality: str, training: Any, null: Any, rng: np.random.Generator
) -> tuple[Extraction | None, str]:
    """The extraction, or why there is none."""
    try:
        return extraction(model, modality, training, null, rng), ""
    except (Unavailable, Unmeasured) as why:
        return None, str(why)
