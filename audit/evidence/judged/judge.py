"""What a judge of groups is to the collectors: the groups it knows, and what it says of pictures."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Errors(Protocol):
    """How often a judge takes members of each group for each, and what that was counted on."""

    @property
    def confusion(self) -> NDArray[np.int64]:
        """Of its K groups, (K, K), true by told."""
        ...

    @property
    def counted_on(self) -> str:
        """The labelled records, in words."""
        ...


class Judge(Protocol):
    """Says of each record which group it belongs to."""

    @property
    def knows_reference(self) -> bool:
        """Whether it may have learned from the reference, so that its errors must be counted on other records."""
        ...

    @property
    def errors(self) -> Mapping[str, Errors]:
        """As counted on labelled records of the user's, by attribute; empty without such."""
        ...

    @property
    def words(self) -> str:
        """What it is, for a reader."""
        ...

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the groups that it tells apart, by attribute."""
        ...

    def told(
        self, sets: Sequence[Any], *, reference: int, progress: Callable[[float], None]
    ) -> Mapping[str, Sequence[tuple[NDArray[np.int64], NDArray[np.float32]]]]:
        """The group of every record, −1 for none, and how probable it was, by attribute, for each set.

        Args:
            sets: records in the form of the modality, see `genai_audit.models.records`.
            reference: which of the sets is the reference.
            progress: told the share that is done.
        """
        ...
