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
        outcomes: columns or attributes that say what happens to a person.
        labels: a CSV file of groups that people saw in some of the generated samples.
        group_classifier: `FILE.py:FUNCTION` that tells the groups of records apart.
        classifier_validation: labelled real records that it never saw: what to read, or the data themselves.
        probes: files of sentences or prompts that a language model is probed with; none named: our own set.
        population: the reference is all there is, rather than a sample of it.
        not_training: the reference is not what the model was trained on.
        unit: column or attribute of the data that says which records belong together.
        loader: `FILE.py:FUNCTION` that builds the model.
        policy: a YAML file; None is the shipped one.
        samples: None is the model's own suggestion, else `collection.DEFAULT_SAMPLES`.
        seed: of every random number.
        device: where the model computes.
        only: codes of the auditors to run; none named: all.
        trust: open formats that can run code of their own.
        prompts: a text file, a prompt a line.
        steps: of a diffusion model, an image; None: what is usual for its kind.
        base_model: the model that an adapter changes; for any other checkpoint, one to compare scores with.
        tokens: texts are token ids, as the model has no tokenizer.
        safety_checker: whether a pipeline's own checker blackens pictures.
        types: a YAML file of what the columns of tables are.
        encoders: names, folders and files of what turns records into features, the main one first, or objects in
            memory; none: what is built in.
        group_clip: the folder of a CLIP-like model that tells groups of pictures by descriptions in words.
        group_prompts: a YAML file of these: attributes, their groups, and prompts for each group.
        budget: seconds for drawing a model's samples and looking at them; None: `pipeline.limits.BUDGET`.
        resume: go on with samples that an earlier run of the same audit kept.
        looks: judge while drawing, and stop where all is decided; None: where the model is slow.
        canaries: the key file of records that were planted in the training data.
        card: a YAML file of what people declare of the model.
        lock: what `policy lock` wrote before the audit.
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
    not_training: bool = False
    types: Path | None = None
    encoders: "tuple[str | Any, ...]" = ()
    group_clip: Path | None = None
    group_prompts: Path | None = None
    budget: float | None = None
    resume: bool = False
    looks: bool | None = None
    steps: int | None = None
    base_model: Path | None = None
    tokens: bool = False
    safety_checker: bool = True
    outcomes: tuple[str, ...] = ()
    labels: Path | None = None
    group_classifier: "str | Any | None" = None
    classifier_validation: "str | Dataset | None" = None
    probes: tuple[Path, ...] = ()
    canaries: Path | None = None
    card: Path | None = None
    lock: Path | None = None

    @property
    def runs_code(self) -> bool:
        """Whether code that the user named runs: a loader's, an encoder's, a group classifier's, or a file's own."""
        named = any(not isinstance(each, str) or ".py:" in each for each in self.encoders)
        return self.loader is not None or self.group_classifier is not None or self.trust or named

    @property
    def named_encoders(self) -> tuple[str, ...]:
        """The encoders as the user named them, for the record."""
        from ..reports.environment import IN_MEMORY

        return tuple(
            each if isinstance(each, str) else f"{getattr(each, '__name__', type(each).__name__)}{IN_MEMORY}"
            for each in self.encoders
        )

    @property
    def name(self) -> str:
        """What messages call the checkpoint: as it was named, or the class of what was given."""
        return self.checkpoint if isinstance(self.checkpoint, str) else type(self.checkpoint).__name__
