"""At which steps from noise to record a model listens: told another value in one window of steps alone."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError
from ..conditioned.asking import ask
from ..plan import stream
from ..unavailable import Unmeasured
from .kind import Floats
from .slots import Slot

WINDOWS = 8
"""Windows of steps at most."""

PAIRS, EACH, FEWEST = 4, 16, 4
"""Pairs of values that are exchanged, and seeds of each pair at most and at least."""

SAME = 1e-3
"""How far two draws of one seed may differ, feature by feature: parallel sums round differently."""


def windows_of(model: Any, outputs: int) -> tuple[str, ...]:
    """The names of the windows of steps.

    Args:
        model: as it was given.
        outputs: that can be afforded.

    Raises:
        Unmeasured: if the model does not offer to be told something else in some steps, or is too slow.
        UserError: if it says no usable number of steps.
    """
    if not callable(getattr(model, "sample_in_windows", None)):
        raise Unmeasured(
            "the model offers no sample_in_windows(n, generator=…, conditions=…), by which it could be told another "
            "value in some of its steps"
        )
    steps = getattr(model, "sampling_steps", None)
    if not isinstance(steps, int) or isinstance(steps, bool) or steps < 1:
        raise UserError(
            f"sampling_steps of the model: expected a whole number of at least 1, got {steps!r}; it says how "
            "many steps sample_in_windows takes"
        )
    number = min(WINDOWS, steps, outputs // (2 * FEWEST) - 2)
    if number < 2:
        raise Unmeasured(
            "the model takes one step" if steps < 2 else "too few outputs can be drawn in time to tell steps apart"
        )
    # Step s is told the condition of window s * W // S, so window w starts at the first s of which that is w.
    ends = [-(-steps * each // number) for each in range(number + 1)]
    return tuple(
        f"step {first + 1} of {steps}" if last == first + 1 else f"steps {first + 1} to {last} of {steps}"
        for first, last in pairwise(ends)
    )


def step_energies(
    model: Any,
    slot: Slot,
    windows: tuple[str, ...],
    seed: int,
    outputs: int,
    vectors: Callable[[Sequence[Any]], Floats],
) -> NDArray[np.float64]:
    """Squared changes (m, W) of the features of m seeds, by the window in which another value was told.

    Args:
        model: with `sample_in_windows`.
        slot: the condition.
        windows: their names.
        seed: of the audit.
        outputs: that can be afforded.
        vectors: the features of all records of some calls.

    Raises:
        Unmeasured: if the model does not give with one value in all windows what `sample` gives.
    """
    number, k = len(windows), len(slot.values)
    # Each pair is drawn with every window, twice without, and once by `sample`.
    pairs = [(at % k, (at + 1) % k) for at in range(max(1, min(PAIRS, k, outputs // ((number + 2) * FEWEST))))]
    n = int(np.clip(outputs // ((number + 2) * len(pairs)), FEWEST, EACH))
    seeds = stream(seed, f"conditioning steps {slot.name}").integers(2**63, size=len(pairs)).tolist()
    energies = []
    for (first, other), own in zip(pairs, seeds, strict=True):
        plain, swapped = slot.told(first, n), slot.told(other, n)
        told = [[plain] * number]
        told += [[swapped if at == window else plain for at in range(number)] for window in range(number)]
        drawn = [ask(model, n, own, plain), *(_in_windows(model, n, own, each) for each in told)]
        rows = np.asarray(vectors(drawn), dtype=np.float64).reshape(len(drawn), n, -1)
        if np.abs(rows[0] - rows[1]).max() > SAME:
            raise Unmeasured(
                "sample_in_windows with one value in all windows gives other records than sample with that value and "
                "the same generator, so what it shows is not how the model samples"
            )
        energies.append(np.square(rows[2:] - rows[1]).sum(axis=2).T)  # (n, W)
    return np.concatenate(energies)


def _in_windows(model: Any, n: int, seed: int, conditions: list[Any]) -> Any:
    import torch

    with torch.no_grad():
        return model.sample_in_windows(n, generator=torch.Generator().manual_seed(seed), conditions=conditions)
