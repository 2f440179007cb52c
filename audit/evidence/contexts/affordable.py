"""How many contexts, and of which length, a model can be asked about in seconds: by its size alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

PRODUCTS = 8e10
"""Products of a weight and a number that asking about all contexts may take: one or two seconds of a processor."""

CHECKED_PRODUCTS = 4e11
"""The same of the copies and checks; a model that would need more is not checked."""

MOST, ENOUGH, FEWEST = 96, 48, 16
"""Pairs of contexts at most; below the second number contexts are made shorter instead; and at least."""

LENGTHS = (128, 64, 32, 16)

CHECKED, COPIES = 32, 8
"""Contexts of the checks, and copies with new random weights."""

PASSES = 2_300
"""Of each checked context: readouts of the checks, and of the gradients, whose way back counts twice."""


@dataclass(frozen=True, slots=True)
class Size:
    """How much is asked.

    Args:
        pairs: of contexts at most.
        longest: tokens of a context at most.
        checked: contexts of the gradients, of the copies and of the checks.
        copies: with new random weights; 0 where they would take too long.
        cut: why it is less than for a small model; empty where it is not.
    """

    pairs: int
    longest: int
    checked: int
    copies: int
    cut: str


def affordable(networks: Sequence["torch.nn.Module"], lengths: Sequence[int], replacements: int) -> Size:
    """What a model of these networks can be asked about records of these lengths.

    Equal models and records give equal sizes, whatever the machine does besides.

    Args:
        networks: that hold the weights.
        lengths: tokens of the records.
        replacements: of each token, all baselines together.
    """
    weights = max(1, sum(each.numel() for network in networks for each in network.parameters()))
    typical = float(np.median(lengths)) if len(lengths) else 1.0
    pairs, longest = FEWEST, LENGTHS[-1]
    for longest in LENGTHS:
        length = 0.75 * min(typical, longest)
        each = 2 * replacements * length * (length + 1) * weights
        pairs = int(np.clip(PRODUCTS / each, FEWEST, MOST))
        if pairs >= ENOUGH:
            break
    length = 0.75 * min(typical, longest)
    checks = CHECKED * length * (PASSES + COPIES * replacements * (length + 1)) * weights
    fits = checks <= CHECKED_PRODUCTS
    shortened = pairs < MOST or longest < LENGTHS[0] < typical or not fits
    cut = ""
    if shortened:
        cut = f"a model of {weights:,} weights is asked about {pairs} pairs of contexts of at most {longest} tokens"
        cut += "" if fits else ", without copies and checks of its map"
    return Size(pairs, longest, CHECKED if fits else FEWEST, COPIES if fits else 0, cut)
