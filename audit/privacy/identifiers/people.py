"""How many generated records repeat a person's name, behind what a finder takes for names."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...finding import LEVELS, Better, Estimate, Perfect
from ...statistics.intervals import DETECTION, nested
from ...statistics.shares.confusion import corrected_shares, error_rates, youden
from ...statistics.shares.corrected import share_distributions, share_limits
from .counts import Counted
from .estimates import by_chance

CHECKS = ("sensitivity", "specificity")
"""What was counted of the finder on records that people read, each as how many it told rightly, and of how many."""


def checked(checks: Mapping[str, Sequence[int]]) -> NDArray[np.int64]:
    """The finder's confusion (2, 2): row = whether a person is named, column = whether it says so, yes first.

    Raises:
        ValueError: unless both counts are there, and the finder is better than chance.
    """
    if set(checks) != set(CHECKS) or any(len(each) != 2 or not 0 <= each[0] <= each[1] for each in checks.values()):
        raise ValueError(
            "expected name_checks as {sensitivity: [found, of], specificity: [passed over, of]}, got "
            + str(dict(checks))
        )
    (found, named), (passed, others) = (tuple(int(count) for count in checks[each]) for each in CHECKS)
    if not named or not others:
        raise ValueError("expected name_checks of at least one record that names a person and one that names none")
    confusion = np.array([[found, named - found], [others - passed, passed]], dtype=np.int64)
    if youden(confusion)[0] <= 0:
        raise ValueError("expected name_checks of a finder better than chance (sensitivity + specificity > 1)")
    return confusion


def people_named(names: Counted, drawn: int, confusion: NDArray[np.int64]) -> Estimate:
    """The share of generated records that repeat a person's name of the training data, corrected for the finder.

    Args:
        names: what the finder counted.
        drawn: generated records.
        confusion: see `checked`.
    """
    counts = np.array([names.reproduced, drawn - names.reproduced], dtype=np.int64)
    rates = error_rates(confusion)
    limits = share_limits(counts=counts, confusion=confusion, levels=np.array(LEVELS))
    value = float(corrected_shares(counts=counts, rates=rates)[0])
    error = float(share_distributions(counts=counts, confusion=confusion).errors[0])
    found = Estimate(
        name="people_named",
        value=value,
        curve=nested(low=np.minimum(limits.low[:, 0], value), high=np.maximum(limits.high[:, 0], value)),
        n=drawn,
        method="Rogan–Gladen; both samples' errors, as saddlepoint limits",
        unit="share",
        better=Better.LOWER,
        minimum_detectable=DETECTION * error if error > 0 else 1 - 0.2 ** (1 / drawn),
    )
    if names.excess is None:
        return found
    chance = by_chance(names.excess)
    low, middle, high = (
        float(np.clip((each - rates[1, 0]) / (rates[0, 0] - rates[1, 0]), 0, 1))
        for each in (chance.low, chance.value, chance.high)
    )
    return replace(found, perfect=Perfect(middle, low, high))
