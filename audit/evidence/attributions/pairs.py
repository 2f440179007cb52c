"""What attributions are made of: a model, readouts of its outputs, and pairs of draws from its prior."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..decoding import decoder
from .readouts import Measure, Panel

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of draws, as the model computes.

    Args:
        model: offers `decode`; in eval mode.
        panel: readouts of its outputs.
        here: (n, L), draws.
        there: (n, L), what each is compared with.
        rows: outputs computed at a time.
        standard: whether the draws are standard normal.
    """

    model: Any
    panel: Panel
    here: "Tensor"
    there: "Tensor"
    rows: int
    standard: bool = True

    @property
    def decode(self) -> Measure:
        """Latents (m, L) to outputs (m, …)."""
        return decoder(self.model)

    def function(self, points: "Tensor") -> Sequence["Tensor"]:
        """Latents (m, L) to the R readouts (m,) of their outputs."""
        return self.panel.measure(self.decode(points))
