"""Error control for several decisions at once."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    """One hypothesis after Holm's procedure: decided or not, at which confidence level, with its adjusted p."""

    decided: bool
    level: float
    adjusted: float


def holm(p_values: Sequence[float], *, alpha: float) -> list[Step]:
    """Holm's step-down procedure, in the order of the input.

    `level` is 1 − α/(m − i) at the step i where the hypothesis was decided; those left open share the level of the step
    that stopped the procedure, so that an interval at `level` always agrees with the decision.

    Reference: Holm (1979), Scandinavian Journal of Statistics 6, 65–70.
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    steps: dict[int, Step] = {}
    stopped_at: float | None = None
    running = 0.0
    for rank, index in enumerate(order):
        remaining = len(order) - rank
        running = max(running, min(1.0, remaining * p_values[index]))
        if stopped_at is None and p_values[index] > alpha / remaining:
            stopped_at = 1 - alpha / remaining
        level = 1 - alpha / remaining if stopped_at is None else stopped_at
        steps[index] = Step(stopped_at is None, level, running)
    return [steps[index] for index in range(len(order))]
