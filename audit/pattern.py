"""Patterns: the ways in which a generative model goes wrong, each with the estimate that shows it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """A way of losing diversity or fidelity, registered by the auditor whose estimate shows it.

    Args:
        name: as a reader knows it.
        means: what it is, in words.
        estimate: the auditor's estimate, for the whole and with a p-value, that shows it.
        above: whether the estimate rises with it.
        coarse: a departure from the perfect value, in the estimate's unit, below which a pattern is slight, however
            surely it is there.
        of_copies: whether its test counts copies, so that it holds where records are near-copies of each other.
    """

    name: str
    means: str
    estimate: str
    above: bool
    coarse: float
    of_copies: bool = False

    def __post_init__(self) -> None:
        if self.coarse <= 0:
            raise ValueError(f"{self.name}: expected a coarse departure above 0, got {self.coarse}")
