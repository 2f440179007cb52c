"""Integrated gradients from a baseline record, with as many steps as it takes to be complete."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .masking import at_once

if TYPE_CHECKING:
    from torch import Tensor

STEPS = (32, 64, 128, 256)
"""Integration steps, doubled for the records that still miss their difference."""

RELATIVE_TOLERANCE = 0.01
"""The largest completeness error accepted, as a share of the difference or of the spread of the readout."""

Function = Callable[["Tensor", "Tensor"], "Tensor"]
"""Records (m, …) and what belongs to the row of each (m, k), to the readout (m,): differentiable."""


class Integrated(NamedTuple):
    """Attributions of n records, of their own shape; completeness errors, tolerances, and steps, (n,) each."""

    attributions: NDArray[np.float64]
    changes: NDArray[np.float64]
    errors: NDArray[np.float64]
    tolerance: NDArray[np.float64]
    steps: NDArray[np.int64]

    @property
    def complete(self) -> bool:
        """Whether every record's attributions are finite and add up; written so that no number fails."""
        return bool((self.errors <= self.tolerance).all() and np.isfinite(self.attributions).all())


class NoGradient(Exception):
    """The readout passes no gradient to the record."""


def integrated(
    function: Function, records: "Tensor", baseline: "Tensor", rows: "Tensor", *, steps: tuple[int, ...] = STEPS
) -> Integrated:
    """Attribute function(record) − function(baseline) to the values of the records.

    Args:
        function: see `Function`; each value depends on its own record alone.
        records: (n, …).
        baseline: (1, …).
        rows: (n, k), what belongs to each record.
        steps: numbers of steps to try, ascending.

    Raises:
        NoGradient: if the function does not depend on the record in a differentiable way.

    Reference: Sundararajan, Taly and Yan 2017, arXiv:1703.01365.
    """
    import torch

    n, flat = len(records), records[0].numel()
    with torch.no_grad():
        ends = _values(function, records, rows), _values(function, baseline.expand_as(records), rows)
        changes = ends[0] - ends[1]
    spread = float(torch.cat(ends).std())
    tolerance = RELATIVE_TOLERANCE * changes.abs().clamp(min=spread)
    found, errors = torch.zeros_like(records, dtype=torch.float64), torch.full_like(changes, np.inf)
    spent = torch.zeros(n, dtype=torch.int64)
    for count in steps:
        open_rows = (~(errors <= tolerance)).nonzero().flatten()
        for some in torch.split(open_rows, max(1, at_once(flat) // count)):
            parts = _gradients(function, records[some], baseline, rows[some], count)
            found[some], spent[some] = parts, count
            errors[some] = (parts.flatten(1).sum(1) - changes[some]).abs()
    return Integrated(*(each.cpu().numpy() for each in (found, changes, errors, tolerance, spent)))


def _gradients(function: Function, records: "Tensor", baseline: "Tensor", rows: "Tensor", steps: int) -> "Tensor":
    import torch
    from captum.attr import IntegratedGradients

    def total(points: "Tensor", more: "Tensor") -> "Tensor":
        # A copy, because a model may work in place. Rows do not depend on each other, so the gradient of the sum
        # holds the gradient of each.
        values = function(points.clone(), more)
        if not values.requires_grad:
            raise NoGradient
        return values.sum()[None]

    try:
        # The networks of cuDNN for sequences pass no gradient in eval mode.
        with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            attributed = IntegratedGradients(total).attribute(
                records, baselines=baseline, additional_forward_args=(rows,), n_steps=steps
            )
    except RuntimeError as error:
        # What torch says of a path that is cut, at whatever place.
        if "does not require grad" in str(error) or "not have been used in the graph" in str(error):
            raise NoGradient from error
        raise
    found: Tensor = attributed.detach().double()
    return found


def _values(function: Function, records: "Tensor", rows: "Tensor") -> "Tensor":
    import torch

    step = at_once(records[0].numel())
    pairs = zip(torch.split(records, step), torch.split(rows, step), strict=True)
    return torch.cat([function(part.clone(), more).double() for part, more in pairs])
