"""What a user asked for: the options of one audit, before anything was opened."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..models.data.datasets import Dataset


@dataclass(frozen=True, slots=True)
class Request:
    """The fields are the options of `genai-audit run`; Python callers may give objects where those name files.

    Args:
        checkpoint: a file, a folder, an address, `reference:NAME`, samples in memory, or a model in memory: any object
            of the loader contract (see docs/guide/your-model.md).
        reference: what to read, or the data themselves.
        holdout: as `reference`.
        groups: attributes or columns of the reference; none named: those that the data declare.
        population: the reference is all there is, rather than a sample of it.
        unit: column or attribute of the data that says which records belong together.
        loader: `FILE.py:FUNCTION` that builds the model.
        policy: a YAML file; None is the shipped one.
        samples: None is the model's own suggestion, else `run.DEFAULT_SAMPLES`.
        seed: of every random number.
        device: where the model computes.
        only: codes of the auditors to run; none named: all.
        trust: open formats that can run code of their own.
        prompts: a text file, a prompt a line.
        types: a YAML file of what the columns of tables are.
        argv: the command line, for the record; empty from Python.
    """

    checkpoint: "str | Dataset | Any"
    reference: "str | Dataset | None" = None
    holdout: "str | Dataset | None" = None
    groups: tuple[str, ...] = ()
    loader: str | None = None
    policy: Path | None = None
    samples: int | None = None
    seed: int = 0
    device: str = "cpu"
    only: tuple[str, ...] = ()
    trust: bool = False
    prompts: Path | None = None
    argv: tuple[str, ...] = ()
    unit: str | None = None
    population: bool = False
    types: Path | None = None

    @property
    def name(self) -> str:
        """What messages call the checkpoint: as it was named, or the class of what was given."""
        return self.checkpoint if isinstance(self.checkpoint, str) else type(self.checkpoint).__name__
