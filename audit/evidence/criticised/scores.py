"""Ask the critic for scores, and try first whether it gives any that can be explained."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError
from ....models.records import read
from ..regions.records import as_input
from ..unavailable import Unmeasured

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REPEATED = 1e-4
"""How far two scores of one record may differ, as a share of the larger of 1 and its size."""


def scores(model: Any, records: Any, rows: Ints | None = None) -> Floats:
    """The critic's score of each record, (n,).

    Raises:
        UserError: if there is not one finite number for each.
    """
    import torch

    with torch.no_grad():
        given = model.critic(as_input(model, records))
    n = len(records)
    if not isinstance(given, torch.Tensor) or tuple(given.shape) != (n,):
        got = f"shape {tuple(given.shape)}" if isinstance(given, torch.Tensor) else type(given).__name__
        raise UserError(f"critic(x): expected a tensor ({n},) for {n} records, got {got}; give one number a record")
    found: Floats = given.detach().double().cpu().numpy()
    if not np.isfinite(found).all():
        raise UserError(
            f"critic(x): expected finite numbers, got {int((~np.isfinite(found)).sum())} of {n} that are not"
        )
    return found


def probe(model: Any, some: Any) -> None:
    """Try the critic on some records.

    Raises:
        Unmeasured: if it gives other scores for the same record, a second time or by itself.
    """
    first, again = scores(model, some), scores(model, some)
    alone = np.concatenate([scores(model, read(some, np.array([at]))) for at in range(len(some))])
    near = REPEATED * np.maximum(1.0, np.abs(first))
    if (np.abs(first - again) > near).any():
        raise Unmeasured("critic(x) gives different scores for the same record: effects need a deterministic critic")
    if (np.abs(first - alone) > near).any():
        raise Unmeasured("critic(x) scores a record by the others of its batch: effects need each record alone")
