"""Integrated gradients of several readouts along the same straight paths, from one pass through the model for all.

A path is cut into cells. The gradient is taken in the middle of each, and the change of a readout over a cell is known
exactly from its ends. So the error of every cell is known, and for a readout that errs the cells that err most are cut
in three, of which the middle one keeps its gradient. What is left of the error, if it is small, is shared out among the
latent dimensions in proportion to what each contributes there: the least change, relative to its size, after which all
adds up.

Reference: Sundararajan, Taly, Yan 2017, arXiv:1703.01365; Deville, Särndal 1992, doi:10.1080/01621459.1992.10475217
(estimates that are changed least so that they reproduce a known total).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor

Function = Callable[["Tensor"], Sequence["Tensor"]]
"""Points (m, L) to the values (m,) of each of R readouts, each depending on its own row alone."""

CELLS = 12
"""Into which every path is cut at first, at least."""

MOST_CELLS = 1024
"""Into which one path may be cut."""

FINEST = 3**-7
"""Part of a path below which a cell is not cut: at a step its gradient says nothing, however fine it is."""

ROUNDS = 32
"""In which cells are cut."""

MEAN_CELLS = 48
"""Cells a path and readout on average, after which none is cut again: a decoder that is nearly a step function would
cost minutes and still miss. A convolutional decoder of 64 × 64 pixels with kinks needs 17, a smooth one none
beyond the first."""

TELLING = 0.5
"""Of the cells of a path that misses, those are cut whose error is at least this part of the largest."""

HELD = 2**26
"""Gradients held at once, which bounds the memory: paths are taken in groups."""


class Integrals(NamedTuple):
    """Integrated gradients of R readouts on n paths.

    Args:
        attributions: float64 (R, n, L).
        missed: float64 (R, n), by how much the quadrature missed the readout's difference.
        errors: float64 (R, n), by how much the attributions still miss it.
        steps: int64 (R, n), gradients taken on each path.
    """

    attributions: "Tensor"
    missed: "Tensor"
    errors: "Tensor"
    steps: "Tensor"


@dataclass(slots=True)
class _Cells:
    """The cells (c,) into which some paths are cut, for each readout its own.

    Args:
        owner: int64 (c,), path × R + readout.
        start, end: (c,), on the path from 0 to 1.
        at_start, at_end: (c,), values of the readout there.
        parts: (c, L), what each latent dimension contributes by the gradient in the middle.
    """

    owner: "Tensor"
    start: "Tensor"
    end: "Tensor"
    at_start: "Tensor"
    at_end: "Tensor"
    parts: "Tensor"

    @property
    def errors(self) -> "Tensor":
        """By how much the parts of each cell miss the change over it, (c,)."""
        return self.parts.sum(dim=1) - (self.at_end - self.at_start)


class _Paths(NamedTuple):
    """What is integrated: R functions along n paths, `rows` points at a time."""

    function: Function
    latents: "Tensor"
    baselines: "Tensor"
    tolerance: "Tensor"
    rows: int

    def points(self, path: "Tensor", at: "Tensor") -> "Tensor":
        """The points (m, L) on paths (m,) at these places from 0 to 1, (m,)."""
        return self.baselines[path] + at[:, None] * self.steps[path]

    @property
    def steps(self) -> "Tensor":
        """From the start of each path to its end, (n, L)."""
        return self.latents - self.baselines


def integrate(
    function: Function,
    latents: "Tensor",
    baselines: "Tensor",
    *,
    tolerance: "Tensor",
    rows: int = 512,
    cells: int = CELLS,
    mean_cells: int = MEAN_CELLS,
    progress: Callable[[float], None] = lambda share: None,
) -> Integrals:
    """Integrated gradients along straight paths, refined until every readout of a path adds up to its tolerance.

    Args:
        function: the readouts of points.
        latents: (n, L), the ends of the paths.
        baselines: (n, L), their starts.
        tolerance: (R,), the largest miss of each readout that is shared out; a larger one is left as it is.
        rows: how many points are evaluated at once; bounds the memory.
        cells: into which every path is cut at first.
        mean_cells: cells a path and readout on average, after which none is cut again.
        progress: told the share that is done.
    """
    import torch

    n, size = latents.shape
    group = max(8, HELD // (len(tolerance) * size * mean_cells))
    found = []
    for start in range(0, n, group):
        some = slice(start, start + group)
        paths = _Paths(function, latents[some], baselines[some], tolerance.to(latents), rows)
        found.append(_added_up(paths, _refined(paths, _first_cells(paths, cells), mean_cells)))
        progress(min(1.0, (start + group) / n))
    return Integrals(*(torch.cat(each, dim=1) for each in zip(*found, strict=True)))


def values_at(function: Function, points: "Tensor", rows: int) -> "Tensor":
    """The readouts at points (m, L), without gradients: (m, R)."""
    import torch

    with torch.no_grad():
        return torch.cat([torch.stack(tuple(function(part)), dim=1) for part in torch.split(points, rows)])


def gradients_at(function: Function, points: "Tensor", rows: int) -> "Tensor":
    """The gradient of every readout at points (m, L), from one forward pass: (m, R, L)."""
    import torch

    parts = []
    for part in torch.split(points, rows):
        at = part.detach().clone().requires_grad_()
        # Rows do not depend on each other, so the gradient of the sum holds the gradient of each. Stacked, every
        # readout's backward pass would walk through all of them.
        values = [each.sum() for each in function(at)]
        each_gradient = [
            torch.autograd.grad(value, at, retain_graph=index < len(values) - 1)[0]
            if value.requires_grad
            else torch.zeros_like(at)
            for index, value in enumerate(values)
        ]
        parts.append(torch.stack(each_gradient, dim=1))
    return torch.cat(parts)


def _first_cells(paths: _Paths, count: int) -> _Cells:
    """Equal cells, the same for all readouts."""
    import torch

    n, size = paths.latents.shape
    readouts = len(paths.tolerance)
    cuts = torch.linspace(0, 1, count + 1, dtype=paths.latents.dtype, device=paths.latents.device)
    path = torch.arange(n, device=cuts.device)
    ends = paths.points(path.repeat_interleave(count + 1), cuts.repeat(n))
    values = values_at(paths.function, ends, paths.rows).reshape(n, count + 1, readouts)
    path, start, end = path.repeat_interleave(count), cuts[:-1].repeat(n), cuts[1:].repeat(n)
    gradients = gradients_at(paths.function, paths.points(path, (start + end) / 2), paths.rows)
    parts = gradients * (paths.steps[path] / count)[:, None]
    owner = path[:, None] * readouts + torch.arange(readouts, device=cuts.device)
    return _Cells(
        owner.flatten(),
        start.repeat_interleave(readouts),
        end.repeat_interleave(readouts),
        values[:, :-1].flatten(),
        values[:, 1:].flatten(),
        parts.reshape(-1, size),
    )


def _refined(paths: _Paths, cells: _Cells, mean_cells: int) -> _Cells:
    """Cells cut until every readout of every path is within its tolerance, or time is up."""
    many = mean_cells * len(paths.latents) * len(paths.tolerance)
    for _ in range(ROUNDS):
        wide = _telling(paths, cells)
        if len(cells.owner) > many or not bool(wide.any()):
            break
        cells = _cut(paths, cells, wide)
    return cells


def _telling(paths: _Paths, cells: _Cells) -> "Tensor":
    """The cells to be cut, bool (c,): of each readout of a path that misses, those that err most."""
    import torch

    errors, owner = cells.errors, cells.owner
    nothing = errors.new_zeros(len(paths.latents) * len(paths.tolerance))
    # The root of the squares too, since errors may cancel by luck, in the sum but not in its parts.
    missed = torch.maximum(
        nothing.index_add(0, owner, errors).abs(), nothing.index_add(0, owner, errors.square()).sqrt()
    )
    few = owner.bincount(minlength=len(missed)) < MOST_CELLS
    failing = (missed > paths.tolerance.repeat(len(paths.latents))) & few
    sizes = torch.where(cells.end - cells.start > FINEST, errors.abs(), 0.0)
    largest = torch.zeros_like(missed).scatter_reduce(0, owner, sizes, reduce="amax")
    return failing[owner] & (sizes > 0) & (sizes >= TELLING * largest[owner])


def _cut(paths: _Paths, cells: _Cells, wide: "Tensor") -> _Cells:
    """Cells with the wide ones cut in three."""
    import torch

    owner, start, end = cells.owner[wide], cells.start[wide], cells.end[wide]
    readouts = len(paths.tolerance)
    path, readout = (owner // readouts).repeat(2), (owner % readouts).repeat(2)
    third = (end - start) / 3
    first, second = start + third, end - third
    ends = paths.points(path, torch.cat([first, second]))
    values = values_at(paths.function, ends, paths.rows)[torch.arange(len(ends), device=ends.device), readout]
    at_first, at_second = values.chunk(2)
    middles = paths.points(path, torch.cat([(start + first) / 2, (second + end) / 2]))
    outer = _own_gradients(paths, middles, readout) * paths.steps[path] * third.repeat(2)[:, None]
    return _Cells(
        torch.cat([cells.owner[~wide], owner.repeat(3)]),
        torch.cat([cells.start[~wide], start, second, first]),
        torch.cat([cells.end[~wide], first, end, second]),
        torch.cat([cells.at_start[~wide], cells.at_start[wide], at_second, at_first]),
        torch.cat([cells.at_end[~wide], at_first, cells.at_end[wide], at_second]),
        # The middle third has the same middle.
        torch.cat([cells.parts[~wide], outer, cells.parts[wide] / 3]),
    )


def _own_gradients(paths: _Paths, points: "Tensor", readout: "Tensor") -> "Tensor":
    """The gradient (m, L) at each point (m, L) of its own readout (m,)."""
    import torch

    gradients = torch.empty_like(points)
    for index in range(len(paths.tolerance)):
        own = readout == index
        if bool(own.any()):
            gradients[own] = gradients_at(partial(_one, paths.function, index), points[own], paths.rows)[:, 0]
    return gradients


def _one(function: Function, index: int, points: "Tensor") -> list["Tensor"]:
    return [function(points)[index]]


def _added_up(paths: _Paths, cells: _Cells) -> tuple["Tensor", "Tensor", "Tensor", "Tensor"]:
    """The fields of `Integrals`, in double precision."""
    import torch

    readouts, owner = len(paths.tolerance), cells.owner
    parts, changes = cells.parts.double(), (cells.at_end - cells.at_start).double()
    errors = parts.sum(dim=1) - changes

    def added(each: "Tensor") -> "Tensor":
        total = each.new_zeros(len(paths.latents) * readouts, *each.shape[1:]).index_add(0, owner, each)
        return total.reshape(-1, readouts, *each.shape[1:]).transpose(0, 1)

    missed = added(errors).abs()
    small = (missed <= paths.tolerance[:, None]).T.flatten()[owner]
    weights = parts.abs()
    total = weights.sum(dim=1)
    # Where no dimension contributes there is nothing to share the error out by, and it stays.
    relative = torch.where(small & (total > 0), errors / total.clamp(min=torch.finfo(total.dtype).tiny), 0.0)
    attributions = added(parts - relative[:, None] * weights)
    left = (attributions.sum(dim=2) - added(changes)).abs()
    return attributions, missed, left, added(torch.ones_like(owner))
