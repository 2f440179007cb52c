"""Where the encoder puts real records."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....models.held_pictures import at_once
from ....models.records import read
from ..bundle import Real
from ..decoding import parameter

if TYPE_CHECKING:
    from torch import Tensor

MOST_ENCODED = 2000
AT_ONCE = 512


class Posterior(NamedTuple):
    """Means and log-variances, float32 (r, L) each; (0, L) where nothing could be encoded, with why if that matters."""

    means: NDArray[np.float32]
    log_variances: NDArray[np.float32]
    remarks: tuple[str, ...] = ()


def posterior_at(
    model: Any, reference: Real | None, *, conditions: Sequence[str] | None, size: int, seed: int
) -> Posterior:
    """Encode real records, if the model has an encoder.

    Args:
        model: perhaps offers `encode(x) -> (mean, log-variance)`.
        reference: real images (n, c, h, w).
        conditions: the class of each by name, for an encoder that is told one.
        size: the number of latent dimensions L.
        seed: chooses the records.

    Raises:
        ValueError: if what the encoder gives has the wrong shape or is not finite.
    """
    import torch

    empty = np.empty((0, size), np.float32)
    if not callable(getattr(model, "encode", None)):
        return Posterior(empty, empty)
    if reference is None:
        return Posterior(empty, empty, ("the model has an encoder, but there is no reference data to encode",))
    classes = tuple(getattr(model, "classes", ()) or ())
    if classes and (conditions is None or not set(conditions) <= set(classes)):
        remark = "the encoder is told a class, and the classes of the real records are not known"
        return Posterior(empty, empty, (remark,))
    chosen = np.sort(np.random.default_rng(seed).permutation(len(reference.samples))[:MOST_ENCODED])
    told = [conditions[at] for at in chosen] if classes and conditions is not None else None
    means, log_variances = [], []
    step = min(AT_ONCE, at_once(reference.samples.shape[1:]))
    for start in range(0, len(chosen), step):
        rows = slice(start, start + step)
        given = {} if told is None else {"condition": told[rows]}
        images = torch.from_numpy(read(reference.samples, chosen[rows])).to(parameter(model))
        mean, log_variance = model.encode(images, **given)
        means.append(mean.cpu().float())
        log_variances.append(log_variance.cpu().float())
    return Posterior(
        _checked(torch.cat(means), "means", (len(chosen), size)),
        _checked(torch.cat(log_variances), "log-variances", (len(chosen), size)),
    )


def _checked(values: "Tensor", what: str, shape: tuple[int, int]) -> NDArray[np.float32]:
    if values.shape != shape:
        raise ValueError(f"expected {what} {shape} from encode(x), got {tuple(values.shape)}")
    if not bool(values.isfinite().all()):
        raise ValueError(f"expected finite {what} from encode(x) of real records, got NaN or infinity")
    array: NDArray[np.float32] = values.numpy()
    return array
