"""Every subset of the slots of some prompts at a baseline: the texts that this takes, each scored once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..probes.kinds import Contrast
from ..probes.scoring import UNKNOWN, Scores, counted, score
from .prompt_sets import PromptSet

Floats = NDArray[np.float64]

Key = tuple[str, tuple[int, ...]]
"""A subject, and the places of the other slots' fillers."""

BASELINES = (0, 1)
"""The subjects' mean and the next row's fillers; the neutral subject and the fillers of the row after that."""


@dataclass(frozen=True, slots=True)
class Design:
    """Which prompts of a set are looked at.

    Args:
        prompts: the set.
        rows: how many of its rows, from the first.
        baselines: which of `BASELINES`.
    """

    prompts: PromptSet
    rows: int
    baselines: tuple[int, ...] = BASELINES

    @property
    def masks(self) -> int:
        """Subsets of the slots but the subject."""
        return int(2 ** (len(self.prompts.slots) - 1))

    @property
    def subjects(self) -> tuple[str, ...]:
        """All subjects, the neutral one last."""
        prompts = self.prompts
        everyone = [each for side in prompts.sides.values() for each in side]
        return tuple(dict.fromkeys([*everyone, *([prompts.neutral] if prompts.neutral else [])]))

    def fillers(self, at: int, baseline: int, kept: int) -> tuple[int, ...]:
        """The fillers of a row, those that are not kept from another row; bit j of `kept` is of slot j + 1."""
        other = self.prompts.row((at + 1 + baseline) % self.prompts.rows)
        pairs = enumerate(zip(self.prompts.row(at), other, strict=True))
        return tuple(own if kept >> place & 1 else theirs for place, (own, theirs) in pairs)

    def places(self) -> Iterator[tuple[int, int, int]]:
        """Every baseline (as its place among those looked at), subset and row."""
        return product(range(len(self.baselines)), range(self.masks), range(self.rows))


@dataclass(frozen=True, slots=True)
class Said:
    """What a model makes of the texts of a design.

    Args:
        nats: log-probability of each variant and key; NaN where one could not be scored.
        by: how it was scored.
        reason: why most of those that could not be scored were not.
    """

    nats: Mapping[tuple[str, Key], float]
    by: str
    reason: str

    def contrast(self, contrast: Contrast, key: Key) -> float:
        """The weighted sum of the variants' nats."""
        return sum(weight * self.nats[variant, key] for variant, weight in contrast.weights.items() if weight)


def ask(model: Any, design: Design, progress: Callable[[float], None], *, control: bool = False) -> Said:
    """Score the texts of a design.

    Args:
        model: of texts.
        design: which prompts.
        progress: told the share that is done.
        control: whether to read off the control of the set as well, rather than the contrast alone.
    """
    prompts = design.prompts
    chosen = prompts.control if control and prompts.control else prompts.contrast
    variants = [name for name, weight in chosen.weights.items() if weight]
    fillers = dict.fromkeys(design.fillers(at, design.baselines[b], kept) for b, kept, at in design.places())
    keys = [(subject, each) for each in fillers for subject in design.subjects]
    asked = [(variant, key) for variant in variants for key in keys]
    texts = [prompts.text(variant, *key) for variant, key in asked]
    places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
    scores = score(model, list(places), progress)
    nats = np.where(scores.scored, scores.nats, np.nan)
    if (scores.first >= 0).any():
        # Where the first token is given and not scored, only texts that begin alike can be compared.
        for key in keys:
            at = [places[prompts.text(variant, *key)] for variant in variants]
            if len(set(scores.first[at].tolist())) > 1:
                nats[at] = np.nan
    found = {each: float(nats[places[text]]) for each, text in zip(asked, texts, strict=True)}
    return Said(found, scores.by, _reason(scores))


def _reason(scores: Scores) -> str:
    return next(iter(counted(scores.reasons.values())), UNKNOWN)


def known(design: Design, said: Said) -> set[str]:
    """The subjects of which at least one prompt could be scored as it stands."""
    prompts, own = design.prompts, design.masks - 1
    return {
        each
        for each in design.subjects
        if any(
            np.isfinite(said.contrast(prompts.contrast, (each, design.fillers(at, design.baselines[0], own))))
            for at in range(design.rows)
        )
    }


def readouts(design: Design, contrast: Contrast, said: Said, everyone: Sequence[str], neutral: str) -> Floats:
    """The contrast, (b, 2^k, rows, subjects), the subject's own bit the first."""
    values = np.empty((len(design.baselines), 2 * design.masks, design.rows, len(everyone)))
    for place, kept, at in design.places():
        fillers = design.fillers(at, design.baselines[place], kept)
        own = np.array([said.contrast(contrast, (each, fillers)) for each in everyone])
        # The subjects' mean costs no text more; a neutral subject is the second opinion.
        second = design.baselines[place] and neutral
        values[place, 2 * kept, at] = said.contrast(contrast, (neutral, fillers)) if second else own.mean()
        values[place, 2 * kept + 1, at] = own
    return values
