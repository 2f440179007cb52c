"""The card: what people declare of a model. Nothing here was measured, and nothing of it is verified."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from .part import Part

DECLARED = "declared, not verified"

Text = Annotated[str, Field(min_length=1, max_length=4000)]
Name = Annotated[str, Field(min_length=1, max_length=300)]


def _several(value: Any) -> Any:
    # Who has one thing to say need not write a list.
    return (value,) if isinstance(value, str) else value


Texts = Annotated[tuple[Text, ...], Field(max_length=100), BeforeValidator(_several)]


class TrainingData(Part):
    """One set of data that the model was made from, as its maker describes it."""

    name: Name
    source: Text | None = None
    licence: Text | None = None
    records: Annotated[int | None, Field(ge=0, description="how many")] = None
    period: Annotated[Text | None, Field(description="when the data are from")] = None
    personal_data: Annotated[Text | None, Field(description="whether it is about people, and on what ground")] = None
    notes: Text | None = None


class ResidualRisk(Part):
    """A risk that is left, and who answers for it until when."""

    risk: Text
    owner: Annotated[Name | None, Field(description="who answers for it")] = None
    review: Annotated[date | None, Field(description="when it is looked at again")] = None
    level: Annotated[Name | None, Field(description="how large it is, in the words of your risk process")] = None
    treatment: Annotated[Text | None, Field(description="what is done about it")] = None
    decision: Literal["accept", "mitigate", "transfer", "avoid"] | None = None


class Change(Part):
    """A change of the model since an earlier version."""

    version: Name
    made: Annotated[date | None, Field(description="when")] = None
    what: Text


class Outside(Part):
    """A framework, or one control of it, that does not apply to this model."""

    framework: Name
    control: Annotated[Name | None, Field(description="null: the whole framework")] = None
    reason: Text


class CardFacts(Part):
    """Declared facts. Every field may be left out; one that is left out is missing, and shown as missing."""

    name: Name | None = None
    version: Name | None = None
    provider: Annotated[Name | None, Field(description="who develops it, or puts it on the market")] = None
    owner: Annotated[Name | None, Field(description="the person who answers for it")] = None
    contact: Name | None = None
    released: date | None = None
    licence: Name | None = None
    licence_link: Text | None = None
    base_models: Texts = ()
    languages: Texts = ()
    intended_use: Texts = ()
    excluded_use: Texts = ()
    users: Annotated[Texts, Field(description="who uses it")] = ()
    affected: Annotated[Texts, Field(description="who is affected by what it makes")] = ()
    distribution: Annotated[Text | None, Field(description="how it reaches its users, in which form")] = None
    instructions: Annotated[Text | None, Field(description="where its instructions for use are")] = None
    hardware: Text | None = None
    software: Text | None = None
    architecture: Text | None = None
    design: Annotated[Text | None, Field(description="its logic, choices and assumptions")] = None
    training_data: Annotated[tuple[TrainingData, ...], Field(max_length=200)] = ()
    training_statement: Annotated[Text | None, Field(description="origin, selection and cleaning of its data")] = None
    training_process: Text | None = None
    training_compute: Annotated[Text | None, Field(description="operations, time, and how they were counted")] = None
    training_energy: Annotated[Text | None, Field(description="energy or emissions, and how they were found")] = None
    oversight: Annotated[Text | None, Field(description="how people watch, override and stop it")] = None
    monitoring: Annotated[Text | None, Field(description="what is watched after release")] = None
    security: Text | None = None
    standards: Texts = ()
    limits: Annotated[Texts, Field(description="what it cannot do")] = ()
    metric_rationale: Annotated[Text | None, Field(description="why these metrics suit this use")] = None
    risk_process: Text | None = None
    changes: Annotated[tuple[Change, ...], Field(max_length=200)] = ()
    residual_risks: Annotated[tuple[ResidualRisk, ...], Field(max_length=200)] = ()
    next_review: date | None = None
    not_applicable: Annotated[tuple[Outside, ...], Field(max_length=500)] = ()

    def given(self) -> tuple[str, ...]:
        """The names of the fields that say anything."""
        return tuple(name for name in type(self).model_fields if getattr(self, name) not in (None, ()))


class CardSource(Part):
    """A file that declared something."""

    name: str
    sha256: str
    kind: Literal["card", "front matter"]
    fields: Annotated[tuple[str, ...], Field(description="what it declared, of what the other source did not")]


class CardPart(Part):
    """The declared facts with where they come from; none of them is verified."""

    status: Literal["declared, not verified"] = "declared, not verified"
    sources: tuple[CardSource, ...]
    facts: CardFacts
    unread: Annotated[str | None, Field(description="why a model folder's front matter could not be read")] = None

    def source(self, name: str) -> str | None:
        """The file that declared a field; None where none did."""
        return next((each.name for each in self.sources if name in each.fields), None)


def card_lines(facts: CardFacts) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each declared field with its values as texts, in the order of the schema."""
    for name in facts.given():
        yield name, field_texts(getattr(facts, name))


def field_texts(value: Any) -> tuple[str, ...]:
    """The values of one field as texts: of parts, what they hold, `name: value` joined by semicolons."""
    values = value if isinstance(value, tuple) else () if value is None else (value,)
    return tuple(_part_text(each) if isinstance(each, Part) else str(each) for each in values)


def _part_text(part: Part) -> str:
    pairs = [(name, getattr(part, name)) for name in type(part).model_fields]
    (_, first), *rest = [(name, value) for name, value in pairs if value is not None]
    return "; ".join([str(first), *(f"{name.replace('_', ' ')}: {value}" for name, value in rest)])
