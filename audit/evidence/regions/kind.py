"""Regions of a record: what is left out at once, so that an effect can be named and drawn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

REGION, SPAN, COLUMN = "region", "span", "column"


@dataclass(frozen=True, slots=True)
class Regions:
    """How a record is cut into R regions.

    Args:
        what: `region` of a picture, `span` of a sound, `column` of a table.
        names: of the R regions.
        place: int64, the region of every position: (h, w) of a picture, in all its channels; (t,) of a sound; (C,) of
            a table.
        border: bool (R,), whether a region lies at the edge, where a record begins, ends, or is padded.
    """

    what: str
    names: tuple[str, ...]
    place: NDArray[np.int64]
    border: NDArray[np.bool_]

    @property
    def area(self) -> NDArray[np.float64]:
        """The share of all positions that lies in each region, (R,)."""
        counted: NDArray[np.float64] = np.bincount(self.place.reshape(-1), minlength=len(self.names)) / self.place.size
        return counted

    def painted(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        """One number a region, (k, R), as pictures (k, 1, h, w); none where records are no pictures."""
        if self.place.ndim != 2:
            return np.empty((0, 1, 0, 0), dtype=np.float32)
        return np.asarray(values[:, self.place][:, None], dtype=np.float32)

    def spanned(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The same numbers as they are, (k, R), where regions are spans of sounds; none of others."""
        return values if self.what == SPAN else np.empty((0, len(self.names)))
