"""Ask the encoder for codes, and try first whether it gives any that can be explained."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError
from ....models.records import read
from ..regions.masking import at_once
from ..regions.records import as_input
from ..unavailable import Unmeasured

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REPEATED = 1e-3
"""How far two codes of one record may differ, as a share of the longer one."""


class Codes(NamedTuple):
    """Means and log-variances, (n, L) each, as the model computes them."""

    means: "Tensor"
    log_variances: "Tensor"


@dataclass(frozen=True, slots=True)
class Encoder:
    """The model's `encode`, and `decode` where it gives back what it encodes.

    Args:
        model: offers `encode(x) -> (mean, log_variance)`.
        conditions: the class of every record that it may be asked about, for a model that is told one.
    """

    model: Any
    conditions: Sequence[str] | None = None

    def codes(self, x: Any, rows: Ints) -> Codes:
        """Codes of records as the model takes them, each told its own class where there is one.

        Raises:
            UserError: if `encode` does not give two tensors (n, L) of finite numbers.
        """
        import torch

        given = self.model.encode(x, **self._told(rows))
        good = isinstance(given, tuple) and len(given) == 2 and all(isinstance(each, torch.Tensor) for each in given)
        if not good or any(each.ndim != 2 or len(each) != len(rows) for each in given):
            got = [tuple(each.shape) for each in given] if good else type(given).__name__
            raise UserError(
                f"encode(x): expected a mean and a log-variance ({len(rows)}, L) each for {len(rows)} records, "
                f"got {got}; correct it"
            )
        if not all(bool(each.isfinite().all()) for each in given):
            raise UserError("encode(x): expected finite numbers of real records, got NaN or infinity; correct it")
        return Codes(*given)

    def means(self, records: Any, rows: Ints) -> Floats:
        """Mean codes of records at rest, (n, L), without gradients."""
        import torch

        with torch.no_grad():
            found: Floats = self.codes(as_input(self.model, records), rows).means.double().cpu().numpy()
        return found

    def given_back(self, records: NDArray[Any], rows: Ints, means: NDArray[np.float32]) -> Floats:
        """Squared errors of what is decoded from the mean codes, of the records' shape.

        Raises:
            UserError: if what is decoded has another shape or is not finite.
        """
        import torch

        x = as_input(self.model, records)
        with torch.no_grad():
            again = self.model.decode(as_input(self.model, means), **self._told(rows))
        if tuple(again.shape) != tuple(x.shape) or not bool(again.isfinite().all()):
            got = "values that are not finite" if again.shape == x.shape else f"shape {tuple(again.shape)}"
            raise UserError(
                f"decode(encode(x)): expected finite records of shape {tuple(x.shape)}, got {got}; correct it"
            )
        errors: Floats = (again - x).double().square().cpu().numpy()
        return errors

    def _told(self, rows: Ints) -> dict[str, Any]:
        return {} if self.conditions is None else {"condition": [self.conditions[row] for row in rows]}


def probe(encoder: Encoder, some: Any, rows: Ints) -> None:
    """Try the encoder on some records.

    Raises:
        Unmeasured: if it gives other codes for the same record, a second time or by itself.
    """
    first, again = encoder.means(some, rows), encoder.means(some, rows)
    alone = np.concatenate([encoder.means(read(some, np.array([at])), rows[at : at + 1]) for at in range(len(rows))])
    near = REPEATED * np.maximum(1.0, np.abs(first).max())
    if (np.abs(first - again) > near).any():
        raise Unmeasured("encode(x) gives different codes for the same record: effects need a deterministic encoder")
    if (np.abs(first - alone) > near).any():
        raise Unmeasured("encode(x) depends on the other records of the batch: effects need each record alone")


def in_parts(size: int, n: int) -> list[Ints]:
    """The rows 0 … n − 1 in the parts that go through a network in one pass, of records of `size` values."""
    step = at_once(size)
    return [np.arange(start, min(start + step, n), dtype=np.int64) for start in range(0, n, step)]
