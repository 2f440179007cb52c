"""Put the maps from latent dimensions to readouts to the test, on some of the draws."""

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..explained.checks import Explained, Question, ablation, checked_map
from ..explained.copies import reinitialised_copy
from ..explained.kind import CheckedMap, Floats
from .pairs import Pairs
from .paths import CELLS, integrate, values_at
from .readouts import Readout

if TYPE_CHECKING:
    from torch import Tensor

CHECKED_DRAWS = 32
"""Pairs of draws of a checked map."""

MOST_CHECKED = 3
"""Readouts whose maps are checked: those that move furthest beyond what is material."""

NUDGE = 0.02
"""How far a draw is moved, relative to itself, to see whether its map stays."""

MEAN_CELLS = 32
"""Cells of a path on average; of a map that then still misses, the check of completeness says so."""

COPIED_CELLS = 4
"""Into which the paths of a copy that knows nothing are cut; its map need not be exact."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What all checked maps have in common, computed for all of them together.

    Args:
        pairs: the draws.
        chosen: which K of their readouts are checked.
        nudged: (n, L), the draws, each moved a little.
        tolerance: (K,), the largest miss of each readout that may be shared out.
        maps: those computed so far, (K, n, L), by what they are.
        readouts: those computed so far, (K,), by draw and the dimensions that were kept.
    """

    pairs: Pairs
    chosen: tuple[int, ...]
    nudged: "Tensor"
    tolerance: "Tensor"
    maps: dict[str, Floats] = field(default_factory=dict)
    readouts: dict[tuple[int, bytes], Floats] = field(default_factory=dict)

    def map(self, at: int, name: str, *, nudged: bool = False) -> Floats:
        """Integrated gradients (n, L) of chosen readout `at`; one name stands for one run of all chosen readouts."""
        if name not in self.maps:
            pairs = replace(self.pairs, here=self.nudged) if nudged else self.pairs
            self.maps[name] = self._map(pairs, self.tolerance, CELLS)
        found: Floats = self.maps[name][at]
        return found

    def copied(self, at: int, seed: int) -> Floats:
        """The same (n, L) of a copy of the model with new random weights, at a few steps."""
        import torch

        name = f"copy {seed}"
        if name not in self.maps:
            unbounded = torch.full_like(self.tolerance, torch.inf)
            copy = replace(self.pairs, model=reinitialised_copy(self.pairs.model, seed))
            self.maps[name] = self._map(copy, unbounded, COPIED_CELLS)
        found: Floats = self.maps[name][at]
        return found

    def masked(self, at: int, draws: NDArray[np.int64], keep: NDArray[np.bool_]) -> Floats:
        """Chosen readout `at` of draws (m,) with the dimensions that are not kept (m, L) as in the other draw: (m,)."""
        import torch

        keys = [(draw, each.tobytes()) for draw, each in zip(draws.tolist(), np.packbits(keep, axis=1), strict=True)]
        new = {key: place for place, key in enumerate(keys) if key not in self.readouts}
        if new:
            first = list(new.values())
            here, there = self.pairs.here, self.pairs.there
            places, kept = (torch.from_numpy(each[first]).to(here.device) for each in (draws, keep))
            points = torch.where(kept, here[places], there[places])
            values = values_at(partial(self._function, self.pairs), points, self.pairs.rows)
            self.readouts.update(zip(new, values.double().cpu().numpy(), strict=True))
        return np.array([self.readouts[key][at] for key in keys])

    def _map(self, pairs: Pairs, tolerance: "Tensor", cells: int) -> Floats:
        found = integrate(
            partial(self._function, pairs),
            pairs.here,
            pairs.there,
            tolerance=tolerance,
            rows=pairs.rows,
            cells=cells,
            mean_cells=MEAN_CELLS,
        )
        return np.asarray(found.attributions.cpu().numpy())

    def _function(self, pairs: Pairs, points: "Tensor") -> list["Tensor"]:
        values = pairs.function(points)
        return [values[place] for place in self.chosen]


def checked_latents(
    pairs: Pairs, *, differences: Floats, tolerance: Floats, shared_out: float, seed: int
) -> tuple[CheckedMap, ...]:
    """The maps of the readouts that move most, of the first draws, with what their checks need.

    Args:
        pairs: all draws.
        differences: (R, n), by how much each readout moves.
        tolerance: (R,), the largest completeness error of each.
        shared_out: the largest miss that may be shared out, as a multiple of it.
        seed: of the nudges and of random orders.
    """
    import torch

    readouts = pairs.panel.readouts
    size, material = np.sqrt((differences**2).mean(axis=1)), np.array([each.material for each in readouts])
    # A readout of which it is not known what is material comes last.
    moved = np.divide(size, material, out=np.zeros_like(size), where=material > 0)
    chosen = sorted(np.argsort(-moved, kind="stable")[:MOST_CHECKED].tolist())
    some = replace(pairs, here=pairs.here[:CHECKED_DRAWS], there=pairs.there[:CHECKED_DRAWS])
    noise = torch.randn(some.here.shape, generator=torch.Generator().manual_seed(seed)).to(some.here)
    nudged = some.here + NUDGE * some.here.norm(dim=1, keepdim=True) * torch.nn.functional.normalize(noise)
    setting = Setting(some, tuple(chosen), nudged, torch.from_numpy(shared_out * tolerance[chosen]))
    return tuple(
        # The same random orders for all: what they leave of a draw is decoded once.
        _checked(setting, readouts[place], at, float(tolerance[place]), np.random.default_rng(seed))
        for at, place in enumerate(chosen)
    )


def _checked(setting: Setting, readout: Readout, at: int, tolerance: float, rng: np.random.Generator) -> CheckedMap:
    masked, values = partial(setting.masked, at), setting.map(at, "first")
    rows, everything = np.arange(len(values)), np.ones(values.shape, dtype=bool)
    errors = np.abs(values.sum(axis=1) - (masked(rows, everything) - masked(rows, ~everything)))
    explained = Explained(
        values=values,
        masked=masked,
        clusters=rows,
        other_values=ablation(masked, *values.shape),
        completeness=(errors, np.full(len(values), tolerance)),
        repeat=partial(setting.map, at, "second"),
        copied=partial(setting.copied, at),
        nearby=partial(setting.map, at, "nearby", nudged=True),
    )
    return checked_map(_question(readout), explained, rng)


def _question(readout: Readout) -> Question:
    return Question(
        question="Which latent dimensions move the output?",
        readout=readout.name,
        contrast="one random draw against another",
        baseline="the other draw’s value of that dimension",
        sampling_unit="pair of draws",
        method="integrated gradients",
        other_method="ablation",
        material=readout.material,
    )
