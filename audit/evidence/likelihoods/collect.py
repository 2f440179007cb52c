"""Collect likelihoods: how likely single records are to the model, of those it made and of real ones."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError, one_line
from ..bundle import Evidence
from ..decoding import parameter, undisturbed
from ..plan import Plan
from ..unavailable import Unavailable
from .chosen import UNITS, ask_about
from .kind import Likelihoods

NEEDS = ("groups",)


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Likelihoods:
    """Log-likelihoods of some records of each set.

    Raises:
        Unavailable: if the model gives none, there is nothing to compare with, or no groups to compare.
        UserError: if what `log_prob` gives is not a number for each record.
    """
    model = plan.model
    if model is None or not callable(getattr(model, "log_prob", None)):
        raise Unavailable("the model gives no likelihood of a record (log_prob)")
    kind = getattr(model, "log_prob_kind", None)
    if kind not in ("exact", "lower_bound"):
        raise Unavailable(f"the model does not say whether its log_prob is exact or a lower bound, but {kind!r}")
    if so_far.reference is None or not so_far.groups:
        # So far nothing compares likelihoods but by group, and they can take as long as drawing.
        raise Unavailable("likelihoods are compared between groups, of which there are none")

    def ask(records: Any) -> NDArray[np.float64]:
        return nats_of(model, records)

    with undisturbed(model):
        generated, reference, holdout = ask_about(plan, so_far, "likelihoods", ask)
    return Likelihoods(kind, UNITS[plan.modality], generated, reference, holdout)


def nats_of(model: Any, records: Any) -> NDArray[np.float64]:
    """Nats of each record, (n,).

    Raises:
        UserError: if there is not one number for each, or one is NaN or +inf.
    """
    import torch

    if isinstance(records, np.ndarray):
        weight = parameter(model)
        records = torch.from_numpy(np.ascontiguousarray(records)).to(weight.device, weight.dtype)
    n = len(records)
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        # Whatever a bound draws, it draws alike for every set: common random numbers.
        torch.manual_seed(0)
        given = model.log_prob(records)
    try:
        nats = np.asarray(torch.as_tensor(given).detach().cpu(), dtype=np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise UserError(f"log_prob: expected {n} numbers for {n} records, got {one_line(error)}; correct it") from error
    if nats.shape != (n,) or np.isnan(nats).any() or np.isposinf(nats).any():
        got = f"shape {nats.shape}" if nats.shape != (n,) else "NaN or infinity"
        raise UserError(f"log_prob: expected a tensor ({n},) of nats, finite or −inf, got {got}; correct it")
    return nats
