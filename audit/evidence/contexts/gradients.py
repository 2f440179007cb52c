"""The second family of methods: integrated gradients at the embedding, with as many steps as completeness asks for."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import one_line
from ..unavailable import Unmeasured
from .maps import Layout
from .next_token import LOGITS, NextToken, unwrapped

if TYPE_CHECKING:
    from torch import Tensor

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

FIRST_STEPS, MOST_STEPS = 32, 256

ROWS = 1_024
"""Points of paths in one pass, at most; a way back through a recurrent network costs nearly the same for many."""

RELATIVE, ABSOLUTE = 0.01, 1e-3
"""Accepted completeness error: a share of the difference, or so many nats where that is more."""


def gradients_of(ask: NextToken, layout: Layout, fill: Ints) -> tuple[Floats, NDArray[np.bool_], Ints]:
    """Integrated gradients of the readout from replaced to true tokens, averaged over the replacements.

    Args:
        ask: the readout; its model has `embedding`.
        layout: n contexts.
        fill: (K, n, P), the tokens at the start of the paths.

    Returns:
        the map (n, P), whether each adds up to the difference it divides (n,), and the steps that each took (n,).

    Raises:
        Unmeasured: if the model has no embedding, does not use it, or passes no gradient to it.

    Reference: Sundararajan, Taly, Yan 2017, arXiv:1703.01365.
    """
    import torch

    if not isinstance(getattr(ask.model, "embedding", None), torch.nn.Module):
        raise Unmeasured("the model offers no embedding, so that no second method could check the map")
    n, width = layout.ids.shape
    values, sums, steps = np.zeros((len(fill), n, width)), np.zeros((len(fill), n)), np.zeros(n, dtype=np.int64)
    differences = np.zeros((len(fill), n))
    with unwrapped(ask.model) as bare:
        plain = NextToken(bare, ask.vocabulary)
        for length, rows in layout.groups():
            ids, targets = layout.ids[rows, -length:], layout.targets[rows]
            for at, instead in enumerate(fill[:, rows, -length:]):
                differences[at, rows] = plain.nats(ids, targets) - plain.nats(instead, targets)
                found, taken = _refined(plain, ids, instead, targets, differences[at, rows])
                values[at, rows, -length:], sums[at, rows] = found, found.sum(axis=1)
                steps[rows] = np.maximum(steps[rows], taken)
    complete = np.all(np.abs(sums - differences) <= _tolerance(differences), axis=0)

    return values.mean(axis=0), np.asarray(complete, dtype=bool), steps


def _tolerance(differences: Floats) -> Floats:
    tolerance: Floats = np.maximum(RELATIVE * np.abs(differences), ABSOLUTE)
    return tolerance


def _refined(
    ask: NextToken, ids: Ints, instead: Ints, targets: Ints, differences: Floats
) -> tuple[Floats, NDArray[np.int64]]:
    """Maps (m, T) of contexts of one length, the steps of each doubled until it is complete, and these steps."""
    tolerance = _tolerance(differences)
    values, taken = np.zeros(ids.shape), np.zeros(len(ids), dtype=np.int64)
    left, steps = np.arange(len(ids)), FIRST_STEPS
    while len(left) and steps <= MOST_STEPS:
        values[left], taken[left] = _integrated(ask, ids[left], instead[left], targets[left], steps), steps
        left = left[np.abs(values[left].sum(axis=1) - differences[left]) > tolerance[left]]
        steps *= 2
    return values, taken


def _integrated(ask: NextToken, ids: Ints, instead: Ints, targets: Ints, steps: int) -> Floats:
    """Integrated gradients of contexts (m, T), summed over the width of the embedding."""
    import torch
    from captum.attr import LayerIntegratedGradients

    here, there, after = (torch.from_numpy(each.copy()).to(ask.device) for each in (ids, instead, targets))
    explain = LayerIntegratedGradients(_summed(ask), ask.model.embedding)
    rows = max(steps, min(ROWS, LOGITS // (ask.vocabulary * ids.shape[1])))
    parts = []
    # No backward pass of a recurrent layer in eval mode exists in cuDNN; the plain one is asked for instead.
    with torch.inference_mode(False), torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        for start in range(0, len(ids), max(1, rows // steps)):
            part = slice(start, start + max(1, rows // steps))
            try:
                each = explain.attribute(
                    here[part].clone(),
                    baselines=there[part].clone(),
                    additional_forward_args=(after[part].clone(),),
                    n_steps=steps,
                )
            except (RuntimeError, AssertionError, ValueError, IndexError) as error:
                raise Unmeasured(
                    "the model passes no gradient to its embedding, so that no second method could check the map: "
                    f"{one_line(error)[:200]}"
                ) from error
            parts.append(each.detach().float().sum(dim=-1).double().cpu().numpy())
    return np.concatenate(parts)


def _summed(ask: NextToken) -> Any:
    def readout(ids: "Tensor", targets: "Tensor") -> "Tensor":
        # Rows do not depend on each other, so the gradient of the sum holds the gradient of each.
        return ask.of(ids, targets).sum()[None]

    return readout
