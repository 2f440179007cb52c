"""The part of a record that says how many samples were drawn, how often they were looked at, and why it stopped."""

from typing import Annotated, Literal

from pydantic import Field

from ..audit.verdict import Ruling
from .part import OutcomePart, Part

Stopped = Literal["decided", "most", "time", "hopeless"]


class LookPart(OutcomePart):
    """One look at the samples drawn so far."""

    n: Annotated[int, Field(description="samples that there were")]
    part: Annotated[float, Field(description="part of the policy's error, 1 minus its confidence, that it spent")]
    outcome: Annotated[Ruling, Field(description="of the rules that samples decide")]
    undecided: Annotated[tuple[str, ...], Field(description="rules left open")] = ()
    scheduled: Annotated[
        bool, Field(description="whether it came by its number of samples, not because time was up")
    ] = True

    def line(self) -> str:
        """The look in a few words."""
        return f"{self.outcome} at {self.n} samples"


class DrawingPart(Part):
    """How a model's samples were drawn."""

    most: Annotated[int, Field(description="samples that would have been drawn at most")]
    chunk: Annotated[int, Field(description="samples of one call of the model")]
    looks: Annotated[tuple[LookPart, ...], Field(description="the last of which is the verdict's")]
    stopped: Annotated[
        Stopped,
        Field(
            description="decided: every rule was; most: the samples were reached; time: the budget was used up; "
            "hopeless: no open rule was likely to be decided by the most samples"
        ),
    ]


def part_spent(drawing: DrawingPart | None) -> float:
    """The part of the policy's error that the last look at the samples spent; all of it where they were given."""
    return 1.0 if drawing is None else drawing.looks[-1].part
