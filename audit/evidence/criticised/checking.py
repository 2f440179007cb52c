"""What the checks of the critic's map need: the map of copies that know nothing, and of records changed a little."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError
from ....models.records import is_array, read
from ..explained.checks import Explained, Question, checked_map
from ..explained.copies import copyable, reinitialised_copy
from ..explained.kind import CheckedMap
from ..regions.masking import Floats, occlusion
from ..regions.records import Cut, spaced
from .kind import Scrutinised
from .scores import scores

CHECKED = 24
"""Generated records whose maps are checked."""

MATERIAL = 0.1
"""The smallest material effect on a score, in standard deviations of real records' scores."""

SHIFT = 0.01
"""Standard deviation of the noise that changes a record a little, in a range of values of 1."""


def checked(
    model: Any, how: Cut, records: Any, made: Scrutinised, real: Scrutinised, rng: np.random.Generator
) -> tuple[CheckedMap, ...]:
    """The map of some generated records, with what its checks need.

    Args:
        model: with a critic.
        how: records are cut.
        records: the generated records of `made`.
        made: generated records before the critic.
        real: reference records before it.
        rng: draws orders and noise.
    """
    # Those that were attributed, so that a second method's map is at hand.
    places = spaced(len(made.attributed), CHECKED) if len(made.attributed) else np.arange(0)
    chosen = made.attributed[places] if len(places) else spaced(len(made.rows), CHECKED)
    some = read(records, chosen)
    noise = SHIFT * rng.standard_normal(some.shape) if is_array(some) else None

    def mapped(of: Any, these: Any) -> Floats:
        return occlusion(how.masked(partial(scores, of), these), len(these), how.regions)

    explained = Explained(
        values=made.effects[chosen],
        masked=how.masked(partial(scores, model), some),
        clusters=np.arange(len(chosen), dtype=np.int64),
        other_values=made.attributions[places] if len(places) else None,
        repeat=lambda: mapped(model, some),
        copied=partial(_of_copy, model, made.effects[chosen], lambda of: mapped(of, some)) if copyable(model) else None,
        nearby=None if noise is None else lambda: mapped(model, _moved(some, noise)),
    )
    asked = Question(
        question="Which region makes the critic call a generated record generated?",
        readout="the critic's score",
        contrast="the record with one region replaced",
        baseline=how.words,
        sampling_unit="record",
        method="occlusion of regions",
        other_method="integrated gradients, summed over regions" if len(places) else "none",
        material=MATERIAL * float(real.scores.std(ddof=1)),
    )
    return (checked_map(asked, explained, rng),)


def _of_copy(model: Any, like: Floats, mapped: Callable[[Any], Floats], seed: int) -> Floats:
    """The map of a copy; the same everywhere where its scores are no numbers."""
    try:
        return mapped(reinitialised_copy(model, seed))
    except UserError:
        return np.zeros_like(like)


def _moved(records: NDArray[Any], noise: NDArray[Any]) -> NDArray[np.float32]:
    return np.asarray(records + noise, dtype=np.float32)
