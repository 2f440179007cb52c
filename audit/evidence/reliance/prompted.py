"""The prompts of a set with every subset of their slots kept, as evidence."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..probes.scoring import score
from ..unavailable import Unmeasured
from .exchanged import BASELINES, Design, Said, ask, known, readouts
from .kind import PromptReliance
from .prompt_sets import PromptSet

Floats = NDArray[np.float64]

FEWEST = 4
"""Rows that must be left of those that a set has, if it has so many."""


def knows(model: Any, prompts: PromptSet) -> bool:
    """Whether the model can score any prompt of the first rows as they stand."""
    variant = next(iter(prompts.contrast.weights))
    subjects = Design(prompts, 1).subjects
    texts = [prompts.text(variant, each, prompts.row(at)) for each in subjects for at in range(2)]
    return bool(score(model, texts, lambda share: None).scored.any())


def prompted(model: Any, prompts: PromptSet, progress: Callable[[float], None]) -> tuple[PromptReliance, PromptSet]:
    """The contrast and the control of every prompt with every subset of its slots kept, and what the model knows.

    Returns:
        the evidence, and the set without the subjects that the model has no words for.

    Raises:
        Unmeasured: if too few rows could be scored, or one side is left without a subject.
    """
    design = Design(prompts, prompts.rows)
    said = ask(model, design, progress)
    subjects = known(design, said)
    sides = {name: [each for each in side if each in subjects] for name, side in prompts.sides.items()}
    if not all(sides.values()):
        raise Unmeasured(f"{prompts.name}: no {prompts.subject} of one side could be scored: {said.reason}")
    neutral = prompts.neutral if prompts.neutral in subjects else ""
    everyone = [each for side in sides.values() for each in side]
    values = readouts(design, prompts.contrast, said, everyone, neutral)
    rows = np.flatnonzero(np.isfinite(values).all(axis=(0, 1, 3)))
    if len(rows) < max(2, min(FEWEST, prompts.rows)):
        count = f"only {len(rows)} of {prompts.rows} rows of prompts"
        raise Unmeasured(f"{prompts.name}: {count} could be scored: {said.reason}; give at least two")
    kept = replace(prompts, sides={name: tuple(each) for name, each in sides.items()}, neutral=neutral)
    control = _control(model, kept)
    if control is not None and not np.isfinite(control[:, :, rows]).all():
        control = None
    return _evidence(kept, rows, values, control, said), kept


def _control(model: Any, prompts: PromptSet) -> Floats | None:
    """The control of every subset by the first baseline, (1, 2^k, rows, subjects); None where the set has none."""
    if prompts.control is None:
        return None
    design = Design(replace(prompts, neutral=""), prompts.rows, BASELINES[:1])
    said = ask(model, design, lambda share: None, control=True)
    return readouts(design, prompts.control, said, [each for side in prompts.sides.values() for each in side], "")


def _evidence(
    prompts: PromptSet, rows: NDArray[np.int64], values: Floats, control: Floats | None, said: Said
) -> PromptReliance:
    everyone = [each for side in prompts.sides.values() for each in side]
    side = np.repeat([0, 1], [len(each) for each in prompts.sides.values()])
    first, (one, other) = next(iter(prompts.contrast.weights)), tuple(prompts.sides)
    asked = [(row, subject) for row in rows.tolist() for subject in everyone]
    left_out = prompts.rows - len(rows)
    return PromptReliance(
        name=prompts.name,
        source=prompts.source,
        sha256=prompts.sha256,
        contrast=prompts.contrast.name,
        control=prompts.control.name if prompts.control and control is not None else "",
        sides=(one, other),
        slots=prompts.slots,
        baselines=_baselines(prompts),
        unit="wording" if len(prompts.templates) > 1 else "row of fillers",
        side=np.tile(side, len(rows)).astype(np.int64),
        cluster=np.repeat(rows, len(everyone)).astype(np.int64),
        fillers=tuple((subject, *_shown(prompts, row)) for row, subject in asked),
        prompts=tuple(prompts.text(first, subject, prompts.row(row)) for row, subject in asked),
        values=_flat(values, rows),
        swapped=_swapped(values[0, -1][rows], side, len(prompts.slots)),
        control_values=np.zeros((0, 0, 0)) if control is None else _flat(control, rows),
        scored_by=said.by,
        left_out={said.reason: left_out} if left_out else {},
    )


def _flat(values: Floats, rows: NDArray[np.int64]) -> Floats:
    """(b, 2^k, rows, subjects) to (b, 2^k, n)."""
    return np.ascontiguousarray(values[:, :, rows].reshape(*values.shape[:2], -1))


def _swapped(whole: Floats, side: NDArray[np.int64], slots: int) -> Floats:
    """The contrast, (k, n), with a slot's filler from prompts of the other side in the same row.

    Rows have both sides' subjects, so that of all slots only these differ: what else they are filled with is the same.
    """
    swapped = np.repeat(whole.reshape(1, -1), slots, axis=0)
    others = [whole[:, side != each].mean(axis=1, keepdims=True) for each in (0, 1)]
    swapped[0] = np.where(side == 0, *others).ravel()
    return swapped


def _shown(prompts: PromptSet, row: int) -> tuple[str, ...]:
    """The fillers of a row but the subject."""
    lists = zip(prompts.lists.values(), prompts.row(row), strict=False)
    wording = (prompts.templates[row],) if len(prompts.templates) > 1 else ()
    return (*(each[place] for each, place in lists), *wording)


def _baselines(prompts: PromptSet) -> tuple[str, str]:
    unit = "wording" if len(prompts.templates) > 1 else "row"
    other = f"“{prompts.neutral}”" if prompts.neutral else "the mean over all subjects"
    return (
        f"the mean over all subjects, and the other slots’ fillers of the next {unit}",
        f"{other}, and the other slots’ fillers of the {unit} after the next",
    )
