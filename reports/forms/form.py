"""A form: fields that a law or a habit asks for, each with where its content can come from."""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field

from ..part import Part

FOLDER = Path(__file__).parent

Fact = Literal[
    "name", "digest", "format", "family", "modality", "parameters", "verdict", "policy", "rationale", "data", "groups",
    "date", "recipe", "tool", "unmeasured", "results", "waivers", "impact_ratios", "hardware",
]  # fmt: skip
"""What a record itself can say; `filled` has the words for each."""


class FormField(Part):
    """One field of a form. What is declared and what is measured may stand beside each other."""

    id: str
    title: str
    card: Annotated[tuple[str, ...], Field(description="fields of the card")] = ()
    record: Annotated[tuple[Fact, ...], Field(description="facts of the record")] = ()
    findings: Annotated[tuple[str, ...], Field(description="codes of auditors, or the first characters of codes")] = ()
    people: Annotated[bool, Field(description="left to people to fill in, e.g. a signature")] = False


class FormPart(Part):
    """Fields under one heading."""

    title: str
    fields: tuple[FormField, ...]


class Form(Part):
    """A form, in our words."""

    id: str
    title: str
    framework: Annotated[str | None, Field(description="id of the framework that asks for it")] = None
    note: str
    parts: tuple[FormPart, ...]


@cache
def form(name: str) -> Form:
    """The form of that name; KeyError, with the names that there are, if there is none."""
    path = FOLDER / f"{name}.yaml"
    if not path.is_file():
        raise KeyError(f"no form {name!r}; known: {', '.join(forms())}")
    return Form.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


@cache
def forms() -> tuple[str, ...]:
    """The names of all forms."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))
