"""What can be varied of a model's condition, and how many outputs of each value can be afforded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ....models.errors import UserError, shortened
from ..conditioned.kind import CLASS, COLUMN, PROMPT
from ..conditioned.requests import classes_of
from ..unavailable import Unavailable, Unmeasured

MOST_VALUES, MOST_SLOTS = 16, 8
"""Values of a condition, and conditions, that are asked for; of more, evenly spread ones."""

MOST, SEEDS, FEWEST = 800, 100, 16
"""Outputs of all values, and of each, at most; and of each, at least."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One condition that can be varied by itself.

    Args:
        name: of it.
        how: see `Conditioning`.
        values: in words.
        conditions: what `sample` is told for each, before it is told for how many records.
        available: how many there were before some were chosen.
    """

    name: str
    how: str
    values: tuple[str, ...]
    conditions: tuple[Any, ...]
    available: int

    def told(self, value: int, n: int) -> Any:
        """The condition for n records of a value: prompts stand once for each."""
        return [self.conditions[value]] * n if self.how == PROMPT else self.conditions[value]

    def fewer(self, number: int) -> "Slot":
        """The slot with that many values at most, evenly spread."""
        if len(self.values) <= number:
            return self
        kept = np.linspace(0, len(self.values) - 1, number).round().astype(int)
        values, conditions = ([part[at] for at in kept] for part in (self.values, self.conditions))
        return replace(self, values=tuple(values), conditions=tuple(conditions))


def slots_of(model: Any) -> tuple[Slot, ...]:
    """What the model can be asked for, each with two values at least.

    Raises:
        Unavailable: if there is nothing to vary.
        UserError: if its classes or conditions are not what they should be.
    """
    if model is None:
        raise Unavailable("there are samples only, and no model that could be asked for anything else")
    prompts = tuple(dict.fromkeys(getattr(model, "prompts_in_turn", ())))
    classes, columns = classes_of(model), _columns(model)
    if prompts:
        found = [Slot("prompt", PROMPT, tuple(map(str, prompts)), prompts, len(prompts))]
    elif classes:
        found = [Slot("class", CLASS, tuple(map(str, classes)), classes, len(classes))]
    else:
        found = [
            Slot(str(name), COLUMN, tuple(map(str, values)), tuple({name: each} for each in values), len(values))
            for name, values in columns.items()
        ]
    found = [each for each in found if len(each.values) > 1]
    if not found:
        raise Unavailable("the model takes no condition of which two values could be compared: no classes, no prompts")
    return tuple(found)


def _columns(model: Any) -> Mapping[Any, Sequence[Any]]:
    columns = getattr(model, "conditions", None)
    if columns is None:
        return {}
    listed = isinstance(columns, Mapping) and all(
        isinstance(each, Sequence) and not isinstance(each, str) for each in columns.values()
    )
    if not listed:
        raise UserError(
            f"conditions of the model: expected a mapping from columns to lists of values, got "
            f"{shortened(repr(columns))}; give e.g. {{'sex': ('female', 'male')}}"
        )
    return columns  # type: ignore[no-any-return]  # a mapping of sequences, as was just looked at


def affordable(slots: Sequence[Slot], *, outputs: int) -> tuple[tuple[Slot, ...], int]:
    """The slots with as many values as can be asked for, and how many seeds each value gets.

    Args:
        slots: what could be varied.
        outputs: that can be drawn in all.

    Raises:
        Unmeasured: if not even two values of one slot can.
    """
    chosen = list(slots[:MOST_SLOTS])
    most = min(outputs, MOST * min(2, len(chosen)))
    if most < 2 * FEWEST:
        raise Unmeasured(
            f"comparing two values of {chosen[0].name} takes {2 * FEWEST} outputs, but only {most} can be drawn in a "
            "twentieth of the time for the samples; draw more (--samples, --budget)"
        )
    while 2 * FEWEST * len(chosen) > most:
        chosen.pop()
    # First every slot the same room, then as many seeds as fit.
    room = min(MOST_VALUES if len(chosen) == 1 else MOST_VALUES // 2, most // (FEWEST * len(chosen)))
    chosen = [each.fewer(max(2, room)) for each in chosen]
    return tuple(chosen), min(SEEDS, most // sum(len(each.values) for each in chosen))
