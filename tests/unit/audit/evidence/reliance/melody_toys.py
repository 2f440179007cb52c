"""Pieces of two groups in which declared steps tell the group, and a model whose next note hangs on one step."""

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from genai_audit.models.data.datasets import Dataset
from genai_audit.models.errors import UserError
from genai_audit.models.records import Attribute, digest

LOWEST, HIGHEST = 60, 63
"""60 is of the first group, 61 of the second, the others of both alike; id 0 begins a piece, id 1 is the rest."""


def pieces(seed: int, n: int = 120, *, alike: bool = False, steps: int = 8) -> Dataset:
    """n pieces a group: two neutral notes, then the group's own, then four of it to one of the other group's."""
    rng = np.random.default_rng(seed)
    made: list[list[int]] = []
    for side in (0, 1):
        for _ in range(n):
            own, other = (60, 61) if not side or alike else (61, 60)
            after = [own] * 4 + [other] if not alike else [60, 60, 61, 61, 62]
            opening = [*(int(each) for each in rng.integers(62, 64, 2)), 62 if alike else own]
            made.append([*opening, *(int(each) for each in rng.permutation(after))][:steps])
    values = np.repeat([0, 1], n).astype(np.int64)
    return dataset(made, Attribute(("one", "<b>two</b>"), values))


def dataset(made: list[list[int]], attribute: Attribute | None) -> Dataset:
    attributes = {} if attribute is None else {"school": attribute}
    return Dataset("toy", "music", made, "toy", digest(made, attributes), attributes)


class OneStep:
    """P(60) to P(61) is `odds` where step `carrier` is 60, the inverse where it is 61, even otherwise.

    Half of the chance is of 62 and 63 in equal parts. Noise on the log-odds differs from prompt to prompt and never
    between runs.
    """

    modality = "music"

    def __init__(self, carrier: int, odds: float, *, noise: float = 0.0) -> None:
        self.carrier, self.log_odds, self.noise = carrier, float(np.log(odds)), noise

    def encode_pitches(self, pitches: Sequence[int]) -> list[int]:
        if not all(LOWEST <= each <= HIGHEST or each == -1 for each in pitches):
            raise UserError("expected pitches from 60 to 63 or a rest")
        return [0, *(1 if each == -1 else each - LOWEST + 2 for each in pitches)]

    def decode_pitches(self, ids: Iterable[int]) -> list[int]:
        return [-1 if each == 1 else each + LOWEST - 2 for each in ids if each]

    def sample(self, n: int, *, generator: torch.Generator, condition: object = None) -> list[list[int]]:
        return [[60]] * n

    def logits(self, ids: Tensor) -> Tensor:
        said = torch.full((*ids.shape, 6), -torch.inf, dtype=torch.float64)
        at = ids[:, min(1 + self.carrier, ids.shape[1] - 1)]
        primes = torch.tensor([2, 3, 5, 7, 11, 13, 17, 19, 23, 29])[: ids.shape[1]]
        # Far along a sine, neighbours are as unlike as random numbers.
        stir = self.noise * 2**0.5 * torch.sin(1e3 * (ids * primes.sqrt()).sum(dim=1).double() + 1e6 * self.noise)
        odds = self.log_odds * ((at == 2).double() - (at == 3).double()) + stir
        said[:, :, 4:] = np.log(0.25)
        said[:, -1, 2] = np.log(0.5) + torch.nn.functional.logsigmoid(odds)
        said[:, -1, 3] = np.log(0.5) + torch.nn.functional.logsigmoid(-odds)
        return said
