"""A distribution of small images known exactly, and generators that follow it or depart from it in one way.

A `--loader` file as a user writes it: `load(path)` reads the departure from JSON, so all of the command line runs.
Six patterns, each moved along six directions of its own; a generator departs by its weights, its spread or its memory.
"""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

CLASSES, EDGE, DIRECTIONS = 6, 6, 6
PATTERNS = torch.rand(CLASSES, EDGE * EDGE, generator=torch.Generator().manual_seed(11)) * 0.5 + 0.25
MOVES = torch.linalg.qr(torch.randn(CLASSES, EDGE * EDGE, DIRECTIONS, generator=torch.Generator().manual_seed(12)))[0]
SOUND_WEIGHTS = (0.25, 0.15, 0.15, 0.15, 0.15, 0.15)
REAL_RECORDS = 900


def draw(n: int, weights: tuple[float, ...], spread: float, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """n images (n, 1, 6, 6) and their patterns (n,)."""
    labels = torch.multinomial(torch.tensor(weights), n, replacement=True, generator=generator)
    z = torch.randn(n, DIRECTIONS, 1, generator=generator)
    flat = PATTERNS[labels] + 0.1 * spread * (MOVES[labels] @ z).squeeze(-1)
    return flat.clamp(0, 1).reshape(n, 1, EDGE, EDGE), labels


class Toy:
    """Draws from the distribution, or from a departure of it."""

    modality = "image"

    def __init__(
        self, weights: tuple[float, ...] = SOUND_WEIGHTS, spread: float = 1.0, memory: Tensor | None = None
    ) -> None:
        self.weights, self.spread, self.memory = weights, spread, memory

    def sample(self, n: int, *, generator: torch.Generator, condition: None = None) -> Tensor:
        """n images, from memory if there is one."""
        if self.memory is not None:
            return self.memory[torch.randint(len(self.memory), (n,), generator=generator)]
        return draw(n, self.weights, self.spread, generator)[0]


def real(seed: int, n: int = REAL_RECORDS) -> tuple[np.ndarray, np.ndarray]:
    """Real data of the distribution: images and labels."""
    images, labels = draw(n, SOUND_WEIGHTS, 1.0, torch.Generator().manual_seed(1_000_000 + seed))
    return images.numpy(), labels.numpy()


def load(path: str) -> Toy:
    """Build the generator that the JSON file describes."""
    wanted = json.loads(Path(path).read_text(encoding="utf-8"))
    weights = np.array(SOUND_WEIGHTS)
    weights[wanted.get("drop", [])] = 0
    for pattern, factor in wanted.get("thin", []):
        weights[pattern] *= factor
    memory = None
    if "memorise" in wanted:
        memory = torch.from_numpy(real(wanted["seed"])[0][: wanted["memorise"]])
    return Toy(tuple(float(each) for each in weights / weights.sum()), wanted.get("spread", 1.0), memory)
