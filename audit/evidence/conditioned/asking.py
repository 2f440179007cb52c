"""Asking a model for records under a condition, and how long it takes."""

import time
from typing import Any

from ....models.errors import UserError, shortened
from ..bundle import Evidence
from ..plan import Plan


def ask(model: Any, n: int, seed: int, condition: Any) -> Any:
    """What `sample` gives of n records under a condition, as it gives it.

    Raises:
        UserError: if it takes no condition.
        Exception: whatever the model's own code raises.
    """
    import torch

    with torch.no_grad():
        try:
            return model.sample(n, generator=torch.Generator().manual_seed(seed), condition=condition)
        except TypeError as error:
            # Raised by the call itself, in no line of the model's own.
            if error.__traceback__ is not None and error.__traceback__.tb_next is None:
                raise UserError(
                    f"{call_text(n, condition)}: {error}; the model has classes, so its sample must take a condition"
                ) from error
            raise


def call_text(n: int, condition: Any) -> str:
    """The call, as it stands in messages."""
    return f"sample({n}, condition={shortened(repr(condition))})"


def pace(plan: Plan, so_far: Evidence) -> float:
    """Seconds that a record of the model takes; two are drawn where nothing was timed."""
    if plan.draws is not None and plan.draws.pace is not None:
        return plan.draws.pace
    if so_far.generated.seconds:
        return so_far.generated.seconds / len(so_far.generated.samples)
    # All samples were kept from an earlier run, so nothing was timed.
    started = time.perf_counter()
    ask(plan.model, 2, 0, None)
    return (time.perf_counter() - started) / 2
