"""The parts of a record that say which records were looked at: samples, real data, their groups and features."""

from typing import Annotated, Any

from pydantic import Field, field_validator

from .part import Part


class TreePart(Part):
    """A Merkle tree (RFC 6962, SHA-256) over samples, a leaf a chunk of them."""

    chunk: Annotated[int, Field(description="samples of a chunk; the last may have fewer")]
    leaves: Annotated[int, Field(description="number of chunks")]
    root: Annotated[str, Field(description="hash at the root, in hexadecimal")]


class DataPart(Part):
    """One set of records, generated or real."""

    n: Annotated[int, Field(description="records looked at")]
    total: Annotated[int, Field(description="records the source holds; with `unit`, one of each unit that was kept")]
    sha256: str
    source: str
    name: str
    unit: Annotated[str | None, Field(description="what one record of each was taken of; null: of nothing")] = None
    units: Annotated[int | None, Field(description="units that the records belong to, where a unit is named")] = None
    given: Annotated[int | None, Field(description="records the source holds, where a unit is named")] = None
    shared: Annotated[int, Field(description="records left out because the reference has their units, too")] = 0
    training: Annotated[bool, Field(description="taken as what the model was trained on")] = False
    population: Annotated[bool, Field(description="declared to be all there is, rather than a sample of it")] = False
    tree: Annotated[
        TreePart | None, Field(description="over the generated samples; null for real data and in older records")
    ] = None


class GroupsPart(Part):
    """The groups that samples were told apart by."""

    attribute: Annotated[str, Field(description="what tells the groups apart")] = "class"
    names: tuple[str, ...]
    source: Annotated[str, Field(description="how the group of a generated sample was found")]
    accuracy: Annotated[float | None, Field(description="share of held-out reference samples classified rightly")]


class ColumnPart(Part):
    """One column of a table."""

    name: str
    taken_for: Annotated[str, Field(description="as what its cells were read, in all tables alike")]


class EncoderPart(Part):
    """What turned records into features."""

    name: str
    version: str
    sha256: Annotated[str, Field(description="of its weights, graph or code; of a built-in one, of name and version")]
    licence: str
    dimensions: int
    features: Annotated[str, Field(description="what the columns are, in words")]
    cannot_see: Annotated[str, Field(description="which differences between records it does not show")]


class DataParts(Part):
    """All data behind the audit."""

    generated: DataPart
    reference: DataPart | None
    holdout: DataPart | None
    groups: Annotated[tuple[GroupsPart, ...], Field(description="one entry an attribute, the main one first")] = ()
    encoders: Annotated[
        tuple[EncoderPart, ...], Field(description="what made features, the main one first; empty in old records")
    ] = ()
    columns: Annotated[tuple[ColumnPart, ...], Field(description="of tables, what each column was taken for")] = ()

    @field_validator("groups", mode="before")
    @classmethod
    def _of_one_attribute(cls, value: Any) -> Any:
        # The first records knew one attribute at most and had it, or null, in place of the list.
        return () if value is None else (value,) if isinstance(value, dict) else value
