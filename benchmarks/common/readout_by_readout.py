"""What attributions are compared with: captum's integrated gradients of one readout at a time.

Each path starts with 8 steps at the Gauss–Legendre nodes; the parts of a path that miss their difference are halved
until the attributions of the path add up to it. So GA201 was computed before readouts were taken together.
"""

from collections.abc import Callable

import torch
from captum.attr import IntegratedGradients
from torch import Tensor

Measure = Callable[[Tensor], Tensor]

STEPS, MOST_PARTS, HALVINGS, MEAN_STEPS = 8, 128, 12, 256


def integrate_one(
    function: Measure, latents: Tensor, baselines: Tensor, *, tolerance: float, rows: int = 512
) -> tuple[Tensor, Tensor]:
    """Attributions (n, L) of a scalar function and their completeness errors (n,)."""
    n = len(latents)
    owner = torch.arange(n)
    start, end = torch.zeros_like(latents[:, 0]), torch.ones_like(latents[:, 0])
    at_start, at_end = _values(function, baselines, rows), _values(function, latents, rows)
    differences = at_end - at_start
    parts = _between(function, baselines, latents, rows)
    spent = STEPS * n
    for _ in range(HALVINGS):
        errors = parts.sum(dim=1) - (at_end - at_start)
        missed = torch.zeros_like(differences).index_add(0, owner, errors).abs()
        count = owner.bincount(minlength=n)
        wide = (missed[owner] > tolerance) & (errors.abs() > tolerance / count[owner]) & (count[owner] < MOST_PARTS)
        spent += 2 * STEPS * int(wide.sum())
        if not bool(wide.any()) or spent > MEAN_STEPS * n:
            break
        places = (start[wide], (start + end)[wide] / 2, end[wide])
        ends = [baselines[owner[wide]] + at[:, None] * (latents - baselines)[owner[wide]] for at in places]
        at_middle = _values(function, ends[1], rows)
        fresh = _between(function, torch.cat(ends[:2]), torch.cat(ends[1:]), rows)
        owner, parts = torch.cat([owner[~wide], owner[wide].repeat(2)]), torch.cat([parts[~wide], fresh])
        start, end = _halved(start, end, places[1], wide)
        at_start, at_end = _halved(at_start, at_end, at_middle, wide)
    attributions = torch.zeros_like(latents).index_add(0, owner, parts)
    return attributions, (attributions.sum(dim=1) - differences).abs()


def _halved(start: Tensor, end: Tensor, middle: Tensor, wide: Tensor) -> tuple[Tensor, Tensor]:
    return torch.cat([start[~wide], start[wide], middle]), torch.cat([end[~wide], middle, end[wide]])


def _between(function: Measure, starts: Tensor, ends: Tensor, rows: int) -> Tensor:
    explain = IntegratedGradients(lambda points: function(points).sum()[None])
    parts = [
        explain.attribute(end, baselines=start, n_steps=STEPS, internal_batch_size=rows).detach()
        for start, end in zip(torch.split(starts, rows), torch.split(ends, rows), strict=True)
    ]
    return torch.cat(parts).to(starts.dtype)


def _values(function: Measure, points: Tensor, rows: int) -> Tensor:
    with torch.no_grad():
        return torch.cat([function(part) for part in torch.split(points, rows)])
