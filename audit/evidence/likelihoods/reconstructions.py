"""Collect reconstructions: how far records are from what the model decodes of what it encoded."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.errors import UserError
from ....models.records import is_array
from ..bundle import Evidence
from ..decoding import parameter, undisturbed
from ..plan import Plan
from ..unavailable import Unavailable, Unmeasured
from .chosen import UNITS, ask_about
from .kind import Reconstructions

NEEDS = ("groups",)


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Reconstructions:
    """Mean squared errors of some records of each set.

    Raises:
        Unavailable: if the model does not encode and decode, or there is nothing to compare.
        Unmeasured: if encoding needs to be told what each record is.
        UserError: if what it decodes has another shape than what it encoded, or is not finite.
    """
    model = plan.model
    if model is None or not all(callable(getattr(model, name, None)) for name in ("encode", "decode")):
        raise Unavailable("the model does not encode records and decode them again")
    if so_far.reference is None or not so_far.groups or not is_array(so_far.generated.samples):
        raise Unavailable("reconstructions are compared between groups of images or sounds, of which there are none")
    if tuple(getattr(model, "classes", ()) or ()):
        raise Unmeasured("the encoder is told a class, and those of generated records are not known for certain")

    def ask(records: Any) -> NDArray[np.float64]:
        return errors_of(model, records)

    with undisturbed(model):
        generated, reference, holdout = ask_about(plan, so_far, "reconstructions", ask)
    return Reconstructions(UNITS[plan.modality], generated, reference, holdout)


def errors_of(model: Any, records: Any) -> NDArray[np.float64]:
    """Mean squared error of each record, (n,).

    Raises:
        UserError: if what the model decodes has another shape than what it encoded, or is not finite.
    """
    import torch

    x = torch.from_numpy(np.ascontiguousarray(records)).to(parameter(model))
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        again = model.decode(model.encode(x.clone())[0])
    if tuple(again.shape) != tuple(x.shape) or not bool(torch.isfinite(again).all()):
        got = "values that are not finite" if again.shape == x.shape else f"shape {tuple(again.shape)}"
        raise UserError(
            f"decode(encode(x)): expected finite records of shape {tuple(x.shape)}, got {got}; correct encode or decode"
        )
    errors: NDArray[np.float64] = (again - x).double().square().flatten(1).mean(1).cpu().numpy()
    return errors
