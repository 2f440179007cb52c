"""The part of a record that says where and how the audit ran."""

from typing import Annotated

from pydantic import Field

from .part import Part


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
    started: str
    timings: dict[str, float]
