"""What all parts of a record share: strict fields, one line to print, and no truth value where one would mislead."""

from typing import NoReturn

from pydantic import BaseModel, ConfigDict

LONGEST = 160
"""Characters of a part's line; its fields hold the whole."""


class Part(BaseModel):
    """Plain values that become JSON; an undefined number is None, with the reason in the finding."""

    # NaN and infinity are not JSON.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class OutcomePart(Part):
    """A part that somebody could take for a verdict. It has no truth value, so that `if part:` is never a false pass.

    Each defines `line()`: what it says, in a few words.
    """

    def __bool__(self) -> NoReturn:
        kind = type(self).__name__
        raise TypeError(
            f"{kind} is neither true nor false: compare record.verdict.outcome with Ruling.PASS, or ask "
            "`is None` where it may be missing"
        )

    def line(self) -> str:
        """What the part says, in a few words."""
        raise NotImplementedError

    def __repr__(self) -> str:
        text = " ".join(self.line().split())
        return f"{type(self).__name__}({text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'})"

    def __str__(self) -> str:
        return repr(self)
