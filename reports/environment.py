"""The part of a record that says where and how the audit ran."""

from typing import Annotated

from pydantic import Field

from .part import Part

IN_MEMORY = " (in memory)"
"""How the name of an encoder ends that was an object of a Python program."""


class Environment(Part):
    """Where and how the audit ran."""

    versions: dict[str, str]
    platform: str
    git: Annotated[
        str | None,
        Field(
            description="commit of the repository that holds the checkpoint, read from its files; git was not run, so "
            "changes that were not committed are not known"
        ),
    ]
    device: str
    dtype: str
    seed: int
    samples: int
    argv: tuple[str, ...]
    loader: Annotated[str | None, Field(description="user code that ran to load the model; None means that none did")]
    encoders: Annotated[
        tuple[str, ...], Field(description="as the user named them; none: what is built in, and in older records")
    ] = ()
    started: str
    timings: dict[str, float]
    processor: Annotated[
        str, Field(description="which instructions the numbers were made with; empty in older records")
    ] = ""

    @property
    def encoder_code(self) -> tuple[str, ...]:
        """The encoders that are the user's own code."""
        return tuple(each for each in self.encoders if ".py:" in each or each.endswith(IN_MEMORY))
