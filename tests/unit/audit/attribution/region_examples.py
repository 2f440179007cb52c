"""Pictures, critics and encoders whose regions of interest are known."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genai_audit.audit.evidence.bundle import DECLARED, Evidence, Generated, Groups, Real
from genai_audit.audit.evidence.plan import Plan

EDGE = 8


class Judge:
    """A model with a critic that is a function of pictures."""

    modality = "image"

    def __init__(self, critic: Callable[[Tensor], Tensor], **state: torch.nn.Module) -> None:
        self.critic = critic
        self.__dict__.update(state)


class Coder:
    """A model with an encoder, and a decoder where one is given."""

    modality = "image"

    def __init__(self, mean: Callable[[Tensor], Tensor], decode: Callable[[Tensor], Tensor] | None = None) -> None:
        self.mean = mean
        if decode is not None:
            self.decode = decode

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean = self.mean(x)
        return mean, torch.full_like(mean, -2.0)


def pictures(n: int, seed: int) -> np.ndarray:
    """Noise around a half, float32 (n, 1, 8, 8)."""
    rng = np.random.default_rng(seed)
    return (0.5 + 0.1 * rng.standard_normal((n, 1, EDGE, EDGE))).astype(np.float32)


def evidence(
    generated: np.ndarray, reference: np.ndarray, *, made: np.ndarray | None = None, real: np.ndarray | None = None
) -> Evidence:
    """Evidence with two groups `a` and `b`, read from the records; by default in turn."""
    made = np.arange(len(generated)) % 2 if made is None else made
    real = np.arange(len(reference)) % 2 if real is None else real
    groups = Groups(("a", "b"), made, np.zeros((2, 2), np.int64), np.bincount(real, minlength=2), DECLARED, {}, real)
    return Evidence(
        "image",
        Generated(generated, 0, "toy"),
        Real(reference, len(reference), "r", "r", ""),
        groups=(groups,),
    )


def plan(model: Any, modality: str = "image") -> Plan:
    return Plan(modality, "toy", model=model, seed=3)


def nothing(share: float) -> None:
    """Progress that nobody watches."""
