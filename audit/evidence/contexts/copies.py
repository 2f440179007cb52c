"""Maps of copies of the model that know nothing: what places get attention whatever was learned."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..decoding import undisturbed
from ..explained.copies import reinitialised_copy
from .maps import Layout, map_of
from .next_token import NextToken

Floats = NDArray[np.float64]


@dataclass
class Copies:
    """Maps of copies with new random weights, each computed once.

    Args:
        ask: the model's readout.
        layout: the contexts.
    """

    ask: NextToken
    layout: Layout
    made: dict[int, Floats] = field(default_factory=dict)

    def map(self, seed: int) -> Floats:
        """The maps of one copy, (B, m, P)."""
        if seed not in self.made:
            copied: Any = reinitialised_copy(self.ask.model, seed)
            with undisturbed(copied):
                ask = NextToken(copied, self.ask.vocabulary)
                self.made[seed] = map_of(ask, self.layout, self.layout.full(ask), lambda count: None)[0]
        return self.made[seed]

    def all(self) -> Floats:
        """The maps of all copies that were made, (B, C, m, P)."""
        empty = np.zeros((len(self.layout.fills), 0, *self.layout.ids.shape))
        return np.stack(list(self.made.values()), axis=1) if self.made else empty
