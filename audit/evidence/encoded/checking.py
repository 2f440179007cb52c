"""What the checks of the encoder's map need: the map of copies that know nothing, and of records changed a little."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ....models.errors import UserError
from ....models.records import is_array, read
from ..explained.checks import Explained, Question, checked_map
from ..explained.copies import copyable, reinitialised_copy
from ..explained.kind import CheckedMap
from ..regions.gradients import Integrated
from ..regions.masking import Floats, summed
from ..regions.records import spaced

if TYPE_CHECKING:
    from .collect import Explanation

CHECKED = 24
"""Records whose maps are checked."""

MATERIAL = 0.1
"""The smallest material change of the readout, as a share of its typical size."""

SHIFT = 0.01
"""Standard deviation of the noise that changes a record a little, in a range of values of 1."""


def checked(
    some: "Explanation", attributed: Integrated | None, effects: Floats, rng: np.random.Generator
) -> tuple[CheckedMap, ...]:
    """The map of some records, with what its checks need; `effects` (k, R) are those of occlusion."""
    places = spaced(len(some.rows), CHECKED)
    few = replace(some, records=read(some.records, places), rows=some.rows[places], means=some.means[places])
    regions = some.how.regions

    def mapped(of: "Explanation", moved: Floats | None = None) -> Floats:
        if attributed is None:
            return (of if moved is None else replace(of, records=moved)).occluded()
        return summed(of.attributed(moved).attributions, regions)

    def copied(seed: int) -> Floats:
        encoder = replace(few.encoder, model=reinitialised_copy(few.encoder.model, seed))
        try:
            return mapped(replace(few, encoder=encoder, means=encoder.means(few.records, few.rows)))
        except UserError:
            # Numbers that are not finite: such a copy's map is the same everywhere.
            return np.zeros((len(places), len(regions.names)))

    occluded = effects[places]
    noise = SHIFT * rng.standard_normal(few.records.shape) if is_array(few.records) else None
    values = occluded if attributed is None else summed(attributed.attributions[places], regions)
    explained = Explained(
        values=values,
        masked=some.how.masked(few.readout, few.records),
        clusters=np.arange(len(places), dtype=np.int64),
        other_values=None if attributed is None else occluded,
        completeness=None if attributed is None else (attributed.errors[places], attributed.tolerance[places]),
        copied=copied if copyable(few.encoder.model) else None,
        nearby=None if noise is None else lambda: mapped(few, np.asarray(few.records + noise, dtype=np.float32)),
    )
    return (checked_map(_question(some, gradients=attributed is not None), explained, rng),)


def _question(some: "Explanation", *, gradients: bool) -> Question:
    return Question(
        question="Which region sets the code of a real record?",
        readout="the code's product with the record's own",
        contrast="the record and the baseline",
        baseline=some.how.words,
        sampling_unit="record",
        method="integrated gradients, summed over regions" if gradients else "occlusion of regions",
        other_method="occlusion of regions" if gradients else "none",
        material=MATERIAL * float(np.square(some.means).sum(axis=1).mean()),
    )
