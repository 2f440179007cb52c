"""Frameworks and the crosswalk as data: what controls there are, and which evidence bears on which."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, field_validator

from ..part import Part

FOLDER = Path(__file__).parent
CROSSWALK = FOLDER / "crosswalk.yaml"

STALE_DAYS = 180
"""Age in days at which a framework file is no longer taken for what holds: several laws changed within half a year."""

PARTS = ("policy", "coverage", "record")
"""Evidence that every record holds, beside the auditors."""

Topic = Literal[
    "bias", "privacy", "ip", "diversity", "explainability", "provenance", "robustness", "environment", "transparency",
    "data-quality", "misuse", "governance",
]  # fmt: skip


class Control(Part):
    """One control, requirement or action, in our words."""

    id: str
    title: str
    topic: Topic
    certainty: Annotated[
        Literal["read", "unchecked"],
        Field(description="read: its id and meaning were read in a source; unchecked: they were not looked up again"),
    ]
    says: str
    applies_from: Annotated[date | None, Field(description="the first day that the duty holds")] = None
    note: str | None = None


class Framework(Part):
    """A law, standard or guideline as of a day."""

    id: str
    name: str
    version: str
    as_of: date
    citation: str
    status: str
    note: Annotated[str | None, Field(description="whom or what it binds")] = None
    ids: Annotated[str | None, Field(description="which ids are ours rather than the source's")] = None
    outside: Annotated[str | None, Field(description="why no generative model is in its scope")] = None
    controls: tuple[Control, ...]

    @field_validator("controls")
    @classmethod
    def _each_once(cls, value: tuple[Control, ...]) -> tuple[Control, ...]:
        ids = [each.id for each in value]
        twice = sorted({each for each in ids if ids.count(each) > 1})
        if twice:
            raise ValueError(f"expected each control once, got {', '.join(twice)} again")
        return value

    def stale(self, day: date) -> bool:
        """Whether the file is older on that day than it may be."""
        return (day - self.as_of).days > STALE_DAYS


class Target(Part):
    """Controls of one framework that evidence bears on."""

    framework: str
    controls: Annotated[tuple[str, ...], Field(min_length=1)]
    relation: Literal["supports", "partly"]
    reason: str


class Link(Part):
    """Evidence, and what it bears on."""

    evidence: Annotated[tuple[str, ...], Field(min_length=1, description="auditors' codes, or parts of a record")]
    to: tuple[Target, ...]


class _Links(Part):
    links: tuple[Link, ...]


@cache
def frameworks() -> Mapping[str, Framework]:
    """All frameworks by id, in the order of their files' names.

    Raises:
        ValueError: if a file is none, or not named after its id: a defect of the package.
    """
    files = sorted(path for path in FOLDER.glob("*.yaml") if path != CROSSWALK)
    found = {path.stem: Framework.model_validate(_content(path)) for path in files}
    odd = [name for name, each in found.items() if each.id != name]
    if odd:
        raise ValueError(f"expected files named after the id of their framework, got {', '.join(odd)}")
    return found


@cache
def links() -> tuple[Link, ...]:
    """What evidence bears on which controls, as the crosswalk has it."""
    return _Links.model_validate(_content(CROSSWALK)).links


def _content(path: Path) -> Any:
    # The parser in C is ten times as fast, and every report reads all files.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
