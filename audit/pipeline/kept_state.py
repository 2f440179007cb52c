"""How far kept samples are: what a later run must know to go on with them, and never spend more than the error."""

from itertools import pairwise
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ...models.errors import UserError
from ...reports.drawing import LookPart
from ..evidence.samples.draws import LARGEST
from ..evidence.samples.kept import KeptDraws

ROUNDING = 1e-9
"""By which a sum of parts may be beyond 1."""


class KeptState(BaseModel):
    """How the samples were drawn, and the looks that there were at them."""

    model_config = ConfigDict(frozen=True)

    chunk: Annotated[int, Field(ge=1, le=LARGEST)]
    looks: tuple[LookPart, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        numbers, parts = [0, *(each.n for each in self.looks)], [each.part for each in self.looks]
        if any(n >= later for n, later in pairwise(numbers)) or min(parts, default=0) < 0 or sum(parts) > 1 + ROUNDING:
            raise ValueError("looks out of order, or beyond what there is to spend")
        return self

    def keep(self, kept: KeptDraws) -> None:
        """Note it beside the samples."""
        kept.note(self.model_dump_json(indent=1).encode())


def kept_state(kept: KeptDraws, most: int) -> KeptState:
    """How far samples are that are gone on with.

    Args:
        kept: the samples.
        most: samples that are to be drawn at most.

    Raises:
        UserError: if it cannot be read, or there was a look at more samples.
    """
    try:
        state = KeptState.model_validate_json(kept.state() or b"")
    except ValidationError:
        raise UserError(
            f"--resume: {kept.folder}: expected kept samples of this audit, got damaged ones; leave out --resume to "
            "begin anew"
        ) from None
    if state.looks and state.looks[-1].n > most:
        raise UserError(
            f"--samples: expected at least {state.looks[-1].n:,}, at which the kept samples were looked at, got "
            f"{most:,}; name more, or leave out --resume to begin anew"
        )
    return state
