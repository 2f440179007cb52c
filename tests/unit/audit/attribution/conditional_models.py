"""Small models with a condition that is connected, cut off, or connected in part, with and without common noise."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.plan import Plan

NAMES = ("a", "b", "c", "d")
SIDE = 4


class Classes(nn.Module):
    """Pictures of a pattern of their class and noise.

    Args:
        moved: the classes that have a pattern of their own; others have that of no class.
        strength: of the patterns.
        wasteful: draws a number more for each class before it and its noise after, so that none is common.
        seeded: whether noise comes from the generator that is given.
    """

    modality = "image"
    classes: tuple[str, ...] = NAMES

    def __init__(
        self, *, moved: Sequence[int] = (0, 1, 2, 3), strength: float = 0.2, wasteful: bool = False, seeded: bool = True
    ) -> None:
        super().__init__()
        fixed = torch.randn(len(NAMES), SIDE * SIDE, generator=torch.Generator().manual_seed(3))
        kept = torch.zeros(len(NAMES), 1)
        kept[list(moved)] = 1
        self.patterns = nn.Parameter(strength * fixed * kept)
        self.norm = nn.BatchNorm1d(SIDE * SIDE)
        self.wasteful, self.seeded = wasteful, seeded

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Tensor:
        """N pictures, of class `a` where none is named."""
        at = 0 if condition is None else self.classes.index(condition)
        if self.wasteful:
            torch.rand(at, generator=generator)
            generator = torch.Generator().manual_seed(int(torch.randint(2**62, (), generator=generator)))
        z = torch.randn(n, SIDE * SIDE, generator=generator if self.seeded else None)
        x = self.norm(0.5 + 0.1 * z) if self.training else 0.5 + 0.1 * z
        return (x + self.patterns[at]).clamp(0, 1).reshape(n, 1, SIDE, SIDE)


class Steps(Classes):
    """A denoiser of `sampling_steps` steps, of which those in `listening` alone add the pattern of the class told."""

    sampling_steps = 16

    def __init__(self, listening: Sequence[int], **how: Any) -> None:
        super().__init__(**how)
        self.listening = set(listening)

    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Tensor:
        """As in windows, told the same in all."""
        return self.sample_in_windows(n, generator=generator, conditions=[condition or self.classes[0]])

    @torch.no_grad()
    def sample_in_windows(self, n: int, *, generator: torch.Generator, conditions: Sequence[Any]) -> Tensor:
        """The denoising, each step told the condition of its window."""
        x = 0.5 + 0.1 * torch.randn(n, SIDE * SIDE, generator=generator)
        for step in range(self.sampling_steps):
            told = conditions[step * len(conditions) // self.sampling_steps]
            if step in self.listening:
                x = x + self.patterns[self.classes.index(told)] / len(self.listening)
            x = x + 0.001 * torch.randn(n, SIDE * SIDE, generator=generator)
        return x.clamp(0, 1).reshape(n, 1, SIDE, SIDE)


class Rows:
    """A table of which one column that can be asked for moves the rows, and another does nothing at all."""

    modality = "tabular"
    conditions: Mapping[str, Sequence[Any]] = {"kind": ("x", "y"), "shade": ("dark", "light")}

    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> pd.DataFrame:
        """Rows of which the size and the kind follow the kind that was asked for."""
        u = torch.rand(4, n, generator=generator, dtype=torch.float64).numpy()
        kind = np.where(u[0] < 0.5, "x", "y")
        if condition and "kind" in condition:
            kind[:] = condition["kind"]
        return pd.DataFrame(
            {
                "kind": kind,
                "size": u[1] + (kind == "y"),
                "shade": np.where(u[2] < 0.5, "dark", "light"),
                "weight": u[3],
            }
        )


def plan_of(model: Any, seed: int = 0) -> Plan:
    """A plan with nothing but the model."""
    return Plan(model.modality, "toy", model=model, n=400, seed=seed)


def evidence_of(model: Any) -> Evidence:
    """Evidence of an audit that has drawn samples, and knows no groups."""
    samples = copy.deepcopy(model).sample(400, generator=torch.Generator().manual_seed(9))
    records = samples.numpy().astype(np.float32) if isinstance(samples, Tensor) else samples
    return Evidence(modality=model.modality, generated=Generated(records, seed=0, source="toy", seconds=0.04))
