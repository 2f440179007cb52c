"""Draw what follows a prompt, token by token from the model's whole distribution, or as the model's own `sample` does.

Reference: Devroye 1986, Non-uniform random variate generation, doi:10.1007/978-1-4613-8643-8 (chapter III.2).
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ....models.errors import UserError
from ..decoding import parameter, undisturbed
from .scoring import LOGITS, encoded

if TYPE_CHECKING:
    from torch import Tensor

ROWS = 256
LONG = "the prompt leaves the model no room to go on"
Progress = Callable[[float], None]


def by_tokens(
    model: Any, prompts: Sequence[str], *, draws: int, most: int, seed: int, progress: Progress
) -> tuple[list[tuple[str, ...] | None], dict[int, str]]:
    """What follows each prompt, `draws` times, and why there is nothing for some.

    Every continuation has random numbers of its own, so that none depends on what else is drawn with it.

    Args:
        model: has `encode_text`, `logits` and `decode_text`, which ends a text at its end token.
        prompts: to go on from.
        draws: continuations of each.
        most: tokens of each.
        seed: of the random numbers.
        progress: told the share that is done.
    """
    rows, reasons = encoded(model, prompts)
    texts: list[tuple[str, ...] | None] = [None] * len(prompts)
    able = sorted((place for place, row in enumerate(rows) if row), key=lambda place: len(rows[place]))
    size = max(1, ROWS // draws)
    waiting = [able[start : start + size] for start in range(0, len(able), size)]
    done = 0
    with undisturbed(model):
        while waiting:
            batch = waiting.pop()
            numbers = np.stack(
                [np.random.default_rng([seed, place, each]).random(most) for place in batch for each in range(draws)]
            )
            start = [rows[place] for place in batch for _ in range(draws)]
            ids = _continued(model, start, numbers)
            if ids is None and len(rows[batch[0]]) < len(rows[batch[-1]]):
                # The longest of them got as far as the model reads, the others did not: in halves all get there.
                waiting += [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
                continue
            for at, place in enumerate(batch):
                parts = ids[at * draws : (at + 1) * draws] if ids else [[]]
                if any(parts):
                    texts[place] = tuple(_after(model, rows[place], part) for part in parts)
                else:
                    reasons[place] = LONG
            done += len(batch)
            progress(done / len(able))
    return texts, reasons


def _continued(model: Any, start: list[list[int]], numbers: Any) -> list[list[int]] | None:
    """The ids that follow rows, as many as there are numbers for; fewer only of rows that are all equally long.

    Rows that differ in length are filled up on the right, which no earlier place sees. None where the model does not
    read as far as they differ. A model that keeps what it computed for earlier tokens (`advance`) reads each token
    once, others read all anew for each that is drawn: the texts are the same.
    """
    import torch

    lengths = torch.tensor([len(row) for row in start])
    longest, most = int(lengths.max()), numbers.shape[1]
    even = bool((lengths == longest).all())
    room = min(most, _context(model) - longest)
    if room < most and not even:
        return None
    ids = torch.tensor([[*row, *[row[-1]] * (longest + most - len(row))] for row in start])
    write = _written_keeping if callable(getattr(model, "advance", None)) else _written_anew
    with torch.no_grad():
        drawn = write(model, ids, lengths, torch.from_numpy(numbers), room)
    if drawn < room and not even:
        return None
    return [ids[row, length : length + drawn].tolist() for row, length in enumerate(lengths.tolist())]


def _written_anew(model: Any, ids: "Tensor", lengths: "Tensor", numbers: "Tensor", room: int) -> int:
    """Write `room` tokens behind each row of ids; returns how many before the model read no further."""
    import torch

    device, every, longest = parameter(model).device, torch.arange(len(ids)), int(lengths.max())
    for step in range(room):
        places = lengths - 1 + step
        try:
            logits = _last(model, ids[:, : longest + step].to(device), places)
        except UserError:
            return step
        ids[every, places + 1] = _picked(logits, numbers[:, step])
    return room


def _written_keeping(model: Any, ids: "Tensor", lengths: "Tensor", numbers: "Tensor", room: int) -> int:
    """The same, reading no token twice: short rows are written to while long ones are still read."""
    first, longest = int(lengths.min()), int(lengths.max())
    places, size = range(first, longest + room), max(1, LOGITS // (_vocabulary(model) * first))
    parts = [slice(start, start + size) for start in range(0, len(ids), size)]
    reached = min(_kept_part(model, ids[part], lengths[part], numbers[part], places) for part in parts)
    return max(0, reached - (longest - first))


def _kept_part(model: Any, ids: "Tensor", lengths: "Tensor", numbers: "Tensor", places: range) -> int:
    """Write to places of rows of ids; returns to how many before the model read no further."""
    device = parameter(model).device
    cache: list[Any] = []
    for place in places:
        try:
            logits, cache = model.advance(ids[:, place - 1 if cache else 0 : place].to(device), cache)
        except UserError:
            return place - places.start
        steps = place - lengths
        u = numbers.gather(1, steps.clamp(0, numbers.shape[1] - 1)[:, None])[:, 0]
        ids[:, place] = _picked(logits[:, -1].double().cpu(), u).where(steps >= 0, ids[:, place])
    return len(places)


def _picked(logits: "Tensor", u: "Tensor") -> "Tensor":
    """The tokens (b,) at which the cumulated probabilities of logits (b, V) pass numbers (b,) in [0, 1)."""
    import torch

    bounds = logits.softmax(-1).cumsum(-1)
    token = torch.searchsorted(bounds, u[:, None] * bounds[:, -1:], right=True)
    return token[:, 0].clamp(max=bounds.shape[1] - 1)


def _context(model: Any) -> int:
    limit = getattr(model, "context", None)
    return limit if isinstance(limit, int) else 10**9


def _vocabulary(model: Any) -> int:
    return int(getattr(getattr(model, "embedding", None), "num_embeddings", 1))


def _last(model: Any, ids: "Tensor", places: "Tensor") -> "Tensor":
    """The logits at one place of each row, (b, V), computed for as many rows at once as there is room for."""
    import torch

    size = max(1, LOGITS // (_vocabulary(model) * ids.shape[1]))
    parts = []
    for start in range(0, len(ids), size):
        logits = model.logits(ids[start : start + size])
        here = places[start : start + size].to(logits.device)
        parts.append(logits[torch.arange(len(logits), device=logits.device), here].double().cpu())
    return torch.cat(parts)


def _after(model: Any, before: list[int], ids: list[int]) -> str:
    """What ids add to a text; some tokenizers would drop a space where they stand alone."""
    start, whole = model.decode_text(before), model.decode_text([*before, *ids])
    return str(whole[len(start) :] if whole.startswith(start) else model.decode_text(ids))


def by_sample(
    model: Any, prompts: Sequence[str], *, draws: int, seed: int, progress: Progress
) -> list[tuple[str, ...]]:
    """What the model's own `sample` gives for each prompt, `draws` times.

    Args:
        model: whose `sample` takes prompts as its condition.
        prompts: to go on from.
        draws: continuations of each.
        seed: of the random numbers.
        progress: told the share that is done.
    """
    import torch

    size = max(1, int(getattr(model, "chunk", ROWS)) // draws)
    texts: list[tuple[str, ...]] = []
    with torch.no_grad(), undisturbed(model):
        for start in range(0, len(prompts), size):
            part = [prompt for prompt in prompts[start : start + size] for _ in range(draws)]
            state = np.random.SeedSequence([seed, start]).generate_state(1, np.uint64)[0]
            generator = torch.Generator().manual_seed(int(state >> np.uint64(1)))
            drawn = [str(each) for each in model.sample(len(part), generator=generator, condition=part)]
            texts += [tuple(drawn[at : at + draws]) for at in range(0, len(drawn), draws)]
            progress(len(texts) / len(prompts))
    return texts
