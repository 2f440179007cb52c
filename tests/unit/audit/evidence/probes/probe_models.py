"""Small token models whose probabilities can be written down."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from genai_audit.models.errors import UserError

ALPHABET = "\0 .,'-" + "abcdefghijklmnopqrstuvwxyz" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Characters(nn.Module):
    """A first-order chain over characters: the next depends on the last alone; id 0 begins and ends a text."""

    modality = "text"

    def __init__(self, seed: int = 0, *, start: bool = True, longest: int | None = None) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(ALPHABET), 1)
        self.start, self.longest, self.calls = start, longest, 0
        generator = torch.Generator().manual_seed(seed)
        self.table = torch.randn(len(ALPHABET), len(ALPHABET), generator=generator)

    def encode_text(self, text: str) -> list[int]:
        if any(each not in ALPHABET[1:] for each in text):
            raise UserError("expected known characters, got others; leave them out")
        return [*([0] if self.start else []), *(ALPHABET.index(each) for each in text)]

    def decode_text(self, ids: list[int]) -> str:
        kept = ids[1:] if ids[:1] == [0] else ids
        return "".join(ALPHABET[each] for each in (kept[: kept.index(0)] if 0 in kept else kept))

    def logits(self, ids: Tensor) -> Tensor:
        self.calls += 1
        if self.longest is not None and ids.shape[1] > self.longest:
            raise UserError("expected a shorter text; cut it")
        return self.table[ids]

    def nats(self, text: str) -> float:
        """By the chain rule, one character after another."""
        ids, total = self.encode_text(text), 0.0
        for before, after in pairwise(ids):
            total += float(self.table[before].log_softmax(0)[after])
        return total

    def sample(self, n: int, *, generator: Any, condition: Any = None) -> list[str]:
        return ["a"] * n


class Scored:
    """A model that has only a log-probability of whole texts, given by a function."""

    modality = "text"
    log_prob_kind = "exact"

    def __init__(self, nats: Callable[[str], float]) -> None:
        self.nats = nats

    def log_prob(self, samples: Sequence[str]) -> Tensor:
        return torch.tensor([self.nats(each) for each in samples], dtype=torch.float64)

    def sample(self, n: int, *, generator: Any, condition: Any = None) -> list[str]:
        return ["a"] * n
