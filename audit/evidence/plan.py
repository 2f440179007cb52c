"""What to collect evidence from: the model or its samples, the data beside it, and how much to draw."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...models.checkpoints.weight_facts import WeightFacts
from ...models.encoders.encoder import Encoder
from .canaries.key import Key
from .hand_labels.reading import LabelFile
from .judged.judge import Judge
from .samples.draws import Draws
from .samples.real import Data

Progress = Callable[[str, float], None]
"""Told what is being done and the share of it that is done."""


@dataclass(frozen=True, slots=True)
class Digest:
    """What a checkpoint is known by: its SHA-256 when it was `opened`, and as it lies there `now`.

    `opened` is None where code that the user named has run since, which may have left files of its own beside it.
    """

    opened: str | None
    now: Callable[[], str]


@dataclass(frozen=True, slots=True)
class Base:
    """Another model that scores are compared with, and what it is called."""

    model: Any
    name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to collect, and from what.

    Args:
        modality: of the records.
        source: where the generated samples come from, for the record.
        model: None where only samples are at hand, in `samples`.
        draws: samples of the model that were drawn already, at least `n`; None: they are drawn when they are collected.
        samples: generated records, where no model is at hand.
        reference: real data to compare with.
        holdout: real data that the model did not learn from.
        n: how many samples to draw.
        seed: of all random streams, see `stream`.
        population: whether the reference is all there is, rather than a sample of it.
        not_training: whether the reference is not what the model was trained on.
        unit: what one record of each was taken of; as a column it describes no record.
        inspect: says what is known of the checkpoint's weights.
        fingerprint: says what is known of its files.
        conform: reads the columns of a drawn table as those of the reference were read.
        encoders: what turns records into features, the main one first; none: what is built in.
        outcomes: columns or attributes that say what happens to a person.
        labels: groups that people saw in some of the generated samples.
        judge: what tells the groups of records, where the user named something.
        probes: files of sentences or prompts that a language model is probed with; none: our own set.
        base: another model, which scores of membership are compared with; None: there is none.
        canaries: records that were planted in the training data, and those that were held out.
        before: what collectors noted before the model was first used, by kind.
    """

    modality: str
    source: str
    model: Any = None
    draws: Draws | None = None
    samples: Data | None = None
    reference: Data | None = None
    holdout: Data | None = None
    n: int = 20_000
    seed: int = 0
    population: bool = False
    not_training: bool = False
    unit: str | None = None
    inspect: Callable[[], WeightFacts] | None = None
    fingerprint: Digest | None = None
    conform: Callable[[Any], Any] = lambda records: records
    encoders: tuple[Encoder, ...] = ()
    outcomes: tuple[str, ...] = ()
    labels: LabelFile | None = None
    judge: Judge | None = None
    probes: tuple[Path, ...] = ()
    base: Base | None = None
    canaries: Key | None = None
    before: Mapping[str, Any] = field(default_factory=dict)

    @property
    def generates(self) -> bool:
        """Whether there are generated records: given ones, or those of a model that can be drawn from."""
        return self.samples is not None or callable(getattr(self.model, "sample", None))


def stream(seed: int, name: str) -> np.random.Generator:
    """A random stream of its own for each use, so that adding one use never shifts another."""
    return np.random.default_rng(np.random.SeedSequence([seed, zlib.crc32(name.encode())]))
