"""Draw token ids one after another from a network of the `transformers` library, by random numbers that are passed in.

All rows of a batch start at position 0, and those with longer prompts are still reading while others already write; so
nothing is padded on the left, and a text does not depend on its neighbours.

Reference: Devroye 1986, Non-uniform random variate generation, doi:10.1007/978-1-4613-8643-8 (chapter III.2).
"""

import inspect
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from ...errors import UserError

MAX_NEW_TOKENS = 64
BATCH_LOGITS = 8_000_000
"""How many logits one step may compute: rows of a batch times the size of the vocabulary."""
BATCH_ROWS = 100


@dataclass(frozen=True, slots=True)
class Special:
    """The tokens that mean something to generation, and how far it goes.

    Args:
        start: what an unprompted text starts from, itself no part of it; empty if the model has no such token.
        ends: tokens that end a text, themselves no part of it.
        banned: tokens that are never drawn.
        vocabulary: V, how many tokens have logits.
        context: most tokens that the network can read, None if it sets no limit.
        max_new_tokens: where a text is cut.
    """

    start: tuple[int, ...]
    ends: tuple[int, ...]
    banned: tuple[int, ...]
    vocabulary: int
    context: int | None
    max_new_tokens: int = MAX_NEW_TOKENS


def draw(
    network: nn.Module,
    contexts: list[list[int]],
    uniforms: Tensor,
    special: Special,
    read: Mapping[str, Any] | None = None,
) -> list[list[int]]:
    """The token ids that continue each of B contexts, up to an end token, the cut or the network's context.

    Args:
        network: gives logits for token ids.
        contexts: what the rows start with, of any lengths from 1 to the network's context.
        uniforms: (B, max_new_tokens) in [0, 1): token t of row i is the one whose interval of cumulated probability
            holds uniforms[i, t].
        special: end tokens, banned tokens, limits.
        read: what a decoder is given of its encoder.
    """
    device, most = device_of(network), special.max_new_tokens
    lengths = torch.tensor([len(context) for context in contexts], device=device)
    limits = lengths.new_full((len(contexts),), most)
    if special.context is not None:
        limits = limits.minimum(special.context - lengths)
    ids = pad_sequence([torch.tensor(context, device=device) for context in contexts], batch_first=True)  # (B, L)
    ids = nn.functional.pad(ids, (0, most))  # (B, L + T)
    uniforms, mask = uniforms.to(device), ban(special, device)
    ends = torch.tensor(special.ends, dtype=torch.int64, device=device)
    done, step = limits <= 0, Steps(network, read)
    at = int(lengths.min())
    while not done.all():
        token = invert(step(ids[:, :at])[:, : special.vocabulary].double() + mask, _at(uniforms, at - lengths))
        writing = at >= lengths
        ids[:, at] = torch.where(writing, token, ids[:, at])
        done |= writing & (torch.isin(token, ends) | (at + 1 >= lengths + limits))
        at += 1
    return [
        _until(ids[row, length : length + limit].tolist(), special.ends)
        for row, (length, limit) in enumerate(zip(lengths.tolist(), limits.tolist(), strict=True))
    ]


class Steps:
    """Logits of the next token, with what the network computed for earlier ones kept where it has such a cache."""

    def __init__(self, network: nn.Module, read: Mapping[str, Any] | None) -> None:
        self.network = network
        self.name = "input_ids" if read is None else "decoder_input_ids"
        # Networks with another kind of memory (RWKV, Mamba) read the text anew for each token: slow but right.
        keeps = bool(accepted(network, past_key_values=None))
        self.read = accepted(network, use_cache=keeps, logits_to_keep=1) | dict(read or {})
        self.cache: Any = None
        self.seen = 0

    def __call__(self, ids: Tensor) -> Tensor:
        """All token ids so far (B, t) to the logits of the next one, (B, V)."""
        fed = ids[:, self.seen :] if self.cache is not None else ids
        kept = {} if self.cache is None else {"past_key_values": self.cache}
        output = self.network(**{self.name: fed}, **kept, **self.read)
        self.cache, self.seen = getattr(output, "past_key_values", None), ids.shape[1]
        logits: Tensor = output.logits[:, -1]
        if not torch.isfinite(logits).all():
            raise UserError("expected finite logits from the model, got NaN or infinity; its weights are damaged")
        return logits


def invert(logits: Tensor, at: Tensor) -> Tensor:
    """The tokens (B,) at which the cumulated probabilities of logits (B, V) pass `at` (B,), each in [0, 1)."""
    total = logits.softmax(-1).cumsum(-1)  # (B, V)
    place = torch.searchsorted(total, at[:, None] * total[:, -1:], right=True).squeeze(-1)
    # By rounding, a uniform next to 1 can fall behind the last token that has any probability.
    return place.minimum((total < total[:, -1:]).sum(-1))


def _at(uniforms: Tensor, steps: Tensor) -> Tensor:
    return uniforms.gather(1, steps.clamp(0, uniforms.shape[1] - 1)[:, None]).squeeze(1)


def _until(ids: list[int], ends: tuple[int, ...]) -> list[int]:
    return ids[: next((place for place, each in enumerate(ids) if each in ends), len(ids))]


def uniform(n: int, steps: int, generator: torch.Generator) -> Tensor:
    """Random numbers (n, steps) in [0, 1), float64, drawn at once: the length of one text moves no other."""
    return torch.rand(n, steps, dtype=torch.float64, generator=generator, device=generator.device).cpu()


def batches(n: int, vocabulary: int) -> list[slice]:
    """The rows 0 to n in parts that memory can hold."""
    size = max(1, min(BATCH_ROWS, BATCH_LOGITS // vocabulary))
    return [slice(first, first + size) for first in range(0, n, size)]


def ban(special: Special, device: torch.device) -> Tensor:
    """What is added to logits: −inf for the banned tokens, else 0; float64 (V,)."""
    added = torch.zeros(special.vocabulary, dtype=torch.float64, device=device)
    added[list(special.banned)] = -math.inf
    return added


def accepted(network: nn.Module, **wanted: Any) -> dict[str, Any]:
    """Those arguments that the network's `forward` names."""
    names = inspect.signature(network.forward).parameters
    return {name: value for name, value in wanted.items() if name in names}


def device_of(network: nn.Module) -> torch.device:
    """Where the network's weights are."""
    return next(network.parameters()).device
