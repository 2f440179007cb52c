"""Where the encoder puts real records."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

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
    images = torch.from_numpy(reference.samples[chosen]).to(parameter(model))
    told = [conditions[at] for at in chosen] if classes and conditions is not None else None
    means, log_variances = [], []
    for start in range(0, len(images), AT_ONCE):
        rows = slice(start, start + AT_ONCE)
        given = {} if told is None else {"condition": told[rows]}
        mean, log_variance = model.encode(images[rows].clone(), **given)
        means.append(mean.cpu().float())
        log_variances.append(log_variance.cpu().float())
    return Posterior(
        _checked(torch.cat(means), "means", (len(images), size)),
        _checked(torch.cat(log_variances), "log-variances", (len(images), size)),
    )


def _checked(values: "Tensor", what: str, shape: tuple[int, int]) -> NDArray[np.float32]:
    if values.shape != shape:
        raise ValueError(f"expected {what} {shape} from encode(x), got {tuple(values.shape)}")
    if not bool(values.isfinite().all()):
        raise ValueError(f"expected finite {what} from encode(x) of real records, got NaN or infinity")
    array: NDArray[np.float32] = values.numpy()
    return array
