"""Put the map from slots to the contrast to the test, on the first prompts of a set."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...statistics.attribution.shapley import shapley
from ..decoding import networks
from ..explained.checks import Explained, Question, ablation, checked_map
from ..explained.copies import reinitialised_copy
from ..explained.kind import CheckedMap, Floats
from ..plan import stream
from .exchanged import Design, ask, readouts
from .kind import PromptReliance
from .prompt_sets import PromptSet

ROWS, EACH = 8, 1
"""Rows, and subjects of each side, whose prompts are looked at: 16 records."""

PIECES = 16
"""Pairs of pieces that are looked at, at most: 32 records."""

MOST_WEIGHTS = 20_000_000
"""Parameters of a model beyond which it is not copied with random weights, for time and memory."""

SECOND = 1
"""The baseline with a neutral subject, which needs fewer texts than a mean over all."""

MATERIAL = 0.22
"""Nats of a single prompt from which there is something to explain: odds of 4 to 5."""


@dataclass(frozen=True, slots=True)
class _Few:
    """The prompts that are looked at, and what a model says of all subsets of their slots.

    Args:
        design: of these prompts.
        everyone: their subjects.
    """

    design: Design
    everyone: tuple[str, ...]

    def values(self, model: Any) -> Floats:
        """The contrast of every subset, (2^k, n)."""
        said = ask(model, self.design, lambda share: None)
        found = readouts(self.design, self.design.prompts.contrast, said, self.everyone, self.design.prompts.neutral)
        return found.reshape(found.shape[1], -1)


def checked_prompts(model: Any, prompts: PromptSet, seed: int) -> CheckedMap | None:
    """The map of a few prompts with what its checks need; None where a prompt could not be scored.

    Args:
        model: of texts.
        prompts: the set, with subjects that the model knows.
        seed: of random orders.
    """
    few = replace(prompts, sides={name: each[:EACH] for name, each in prompts.sides.items()})
    everyone = tuple(each for side in few.sides.values() for each in side)
    asked = _Few(Design(few, min(ROWS, few.rows), (SECOND,)), everyone)
    clusters = np.repeat(np.arange(asked.design.rows), len(everyone))
    rng = stream(seed, f"checks of {prompts.name}")
    return checked_subsets(_question(few), asked.values, model, clusters, rng)


def checked_subsets(
    question: Question,
    ask: Callable[[Any], Floats],
    model: Any,
    clusters: NDArray[np.int64],
    rng: np.random.Generator,
) -> CheckedMap | None:
    """A map of exact Shapley values with what its checks need; None where a subset of slots has no value.

    Args:
        question: that the map answers.
        ask: what a model says of all subsets of the slots, (2^k, n).
        model: that is asked, and whose copies with random weights are.
        clusters: (n,), the sampling unit of each prompt.
        rng: draws random orders.
    """
    table = ask(model)
    if not np.isfinite(table).all():
        return None
    bits = 1 << np.arange(len(table).bit_length() - 1)

    def masked(at: NDArray[np.int64], keep: NDArray[np.bool_]) -> Floats:
        found: Floats = table[keep @ bits, at]
        return found

    def mapped(values: Floats) -> Floats:
        return np.ascontiguousarray(shapley(values).T)

    values = mapped(table)
    explained = Explained(
        values=values,
        masked=masked,
        clusters=clusters,
        other_values=ablation(masked, *values.shape),
        completeness=(np.abs(values.sum(axis=1) - table[-1] + table[0]), np.full(len(values), 1e-6)),
        repeat=lambda: mapped(ask(model)),
        copied=(lambda seed: mapped(ask(reinitialised_copy(model, seed)))) if _small(model) else None,
    )
    return checked_map(question, explained, rng)


def checked_melodies(
    asked: PromptReliance, subsets: Callable[[Any], Floats], model: Any, seed: int
) -> CheckedMap | None:
    """The same of the first melodies of an attribute; see `checked_subsets`.

    Args:
        asked: what all of them say.
        subsets: what a model says of all subsets of the slots of the first pairs by the first baseline.
        model: of melodies.
        seed: of random orders.
    """
    question = Question(
        question="Which steps of a melody make the model go on as one group of pieces does?",
        readout=f"{asked.contrast}, {asked.name}",
        contrast=asked.contrast,
        baseline=asked.baselines[0],
        sampling_unit=asked.unit,
        method="exact Shapley values",
        other_method="ablation",
        material=MATERIAL,
    )
    clusters = np.repeat(np.arange(min(PIECES, len(asked.side) // 2)), 2)
    return checked_subsets(question, subsets, model, clusters, stream(seed, f"checks of {asked.name}"))


def _small(model: Any) -> bool:
    """Whether the model has weights, and few enough to copy it."""
    sizes = [each.numel() for network in networks(model) for each in network.parameters()]
    return 0 < sum(sizes) <= MOST_WEIGHTS


def _question(prompts: PromptSet) -> Question:
    unit = "wording" if len(prompts.templates) > 1 else "row of fillers"
    return Question(
        question="Which slot of a prompt makes the model prefer one word?",
        readout=f"{prompts.contrast.name}, {prompts.name}",
        contrast=prompts.contrast.name,
        baseline=f"“{prompts.neutral}”, and other slots of another {unit}" if prompts.neutral else f"another {unit}",
        sampling_unit=unit,
        method="exact Shapley values",
        other_method="ablation",
        material=MATERIAL,
    )
