"""Does an object keep the contract of a generative model? Each check names what is missing, or the shape it saw."""

from collections.abc import Callable
from typing import Any

from ..base import FillsIn, GenerativeModel
from ..errors import UserError
from ..reading.plain_tensor import oddness
from ..records import MODALITIES
from .contract_records import check_fills_in, check_log_prob, check_records, refuse_unequal

TOLERANCE = 1e-6
"""How far outside [0, 1] a value may lie by rounding."""
REPEAT_TOLERANCE = 1e-3
"""How far two draws from one seed may differ: parallel sums round differently, other noise is larger."""

Run = Callable[[Callable[[], Any], str], Any]
"""Runs a call of the user's code under a description, and turns what it raises into a `UserError`."""


def check_model(model: Any, origin: str, run: Run) -> GenerativeModel | FillsIn:
    """The model itself, after what it offers for samples, latents and likelihoods has been tried on two samples.

    Args:
        model: what the user's function returned.
        origin: named at the start of each message.
        run: see `Run`.

    Raises:
        UserError: if an attribute is missing, or has the wrong type, shape or range.
    """
    kind = type(model).__name__
    if callable(getattr(model, "masked_log_prob", None)) and not hasattr(model, "sample"):
        return check_fills_in(model, origin, run)
    for name, example in (
        ("modality", 'e.g. modality = "image"'),
        ("sample", "sample(n, *, generator, condition=None)"),
    ):
        if not hasattr(model, name):
            raise UserError(f"{origin}: expected the {kind} to have {name}, got none; add {example}")
    if not isinstance(model.modality, str) or model.modality not in MODALITIES:
        raise UserError(f"{origin}: expected modality among {', '.join(MODALITIES)}, got {model.modality!r}")
    if not callable(model.sample):
        raise UserError(f"{origin}: expected sample to be a method, got {type(model.sample).__name__}")
    if model.modality == "image":
        _check_images(model, origin, run)
    else:
        check_records(model, origin, run)
    checked: GenerativeModel = model
    return checked


def _check_images(model: Any, origin: str, run: Run) -> None:
    import torch

    def draw() -> Any:
        return model.sample(2, generator=torch.Generator().manual_seed(0))

    images = run(draw, "sample(2, generator=…)")
    _check_dense(images, "sample(2, …)", origin)
    if images.ndim != 4 or images.shape[0] != 2:
        raise UserError(f"{origin}: expected sample(2, …) of shape (2, c, h, w), got {tuple(images.shape)}; reshape it")
    _check_tensor(images, "sample(2, …)", origin)
    images = images.float()
    _check_range(images, "sample(2, …)", origin)
    again = run(draw, "sample(2, generator=…)")
    _check_dense(again, "sample(2, …)", origin)
    if again.shape != images.shape or not torch.allclose(images, again.float(), atol=REPEAT_TOLERANCE):
        refuse_unequal(origin)
    _check_decode(model, images, origin, run)
    _check_encode(model, images, origin, run)
    if hasattr(model, "critic"):
        logits = run(lambda: model.critic(images), "critic(x)")
        _check_dense(logits, "critic(x)", origin)
        _check_shape(logits, (2,), "critic(x)", origin)
        _check_tensor(logits, "critic(x)", origin)
    check_log_prob(model, images, origin, run)


def _check_decode(model: Any, images: Any, origin: str, run: Run) -> None:
    import torch

    if not hasattr(model, "decode"):
        return
    size = getattr(model, "latent_dim", None)
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise UserError(f"{origin}: expected latent_dim beside decode, a whole number of at least 1, got {size!r}")
    with torch.no_grad():
        decoded = run(lambda: model.decode(torch.zeros(2, size)), f"decode(zeros(2, {size}))")
    _check_dense(decoded, "decode(z)", origin)
    _check_shape(decoded, tuple(images.shape), "decode(z)", origin)
    _check_tensor(decoded, "decode(z)", origin)
    _check_range(decoded, "decode(z)", origin)


def _check_encode(model: Any, images: Any, origin: str, run: Run) -> None:
    if not hasattr(model, "encode"):
        return
    encoded = run(lambda: model.encode(images), "encode(x)")
    if not isinstance(encoded, tuple) or len(encoded) != 2:
        raise UserError(f"{origin}: expected encode(x) to return (mean, log_variance), got {type(encoded).__name__}")
    size = getattr(model, "latent_dim", None)
    for part, name in zip(encoded, ("mean", "log_variance"), strict=True):
        _check_dense(part, f"{name} of encode(x)", origin)
        if part.ndim != 2 or len(part) != 2 or (size is not None and part.shape[1] != size):
            expected = f"(2, {size or 'latent_dim'})"
            raise UserError(f"{origin}: expected {name} of encode(x) of shape {expected}, got {tuple(part.shape)}")
        _check_tensor(part, f"{name} of encode(x)", origin)


def _check_dense(value: Any, what: str, origin: str) -> None:
    """Refuse what is no dense tensor of floats; its numbers are looked at once its shape is known to be right."""
    import torch

    if not isinstance(value, torch.Tensor):
        raise UserError(f"{origin}: expected {what} to be a torch.Tensor, got {type(value).__name__}; convert it")
    odd = None if value.is_complex() else oddness(value)
    if odd is not None:
        raise UserError(f"{origin}: expected {what} to be a dense tensor of floats, got {odd}; convert it")
    if not value.is_floating_point():
        raise UserError(f"{origin}: expected {what} of floats, got {value.dtype}; convert it")


def _check_tensor(value: Any, what: str, origin: str) -> None:
    import torch

    if not value.numel():
        raise UserError(f"{origin}: expected numbers in {what}, got none, of shape {tuple(value.shape)}; correct it")
    if not torch.isfinite(value.float()).all():
        raise UserError(f"{origin}: expected finite values in {what}, got NaN or infinity; check weights and eval()")


def _check_shape(value: Any, shape: tuple[int, ...], what: str, origin: str) -> None:
    if tuple(value.shape) != shape:
        raise UserError(f"{origin}: expected {what} of shape {shape}, got {tuple(value.shape)}; reshape it")


def _check_range(value: Any, what: str, origin: str) -> None:
    low, high = float(value.detach().float().min()), float(value.detach().float().max())
    if low < -TOLERANCE or high > 1 + TOLERANCE:
        raise UserError(
            f"{origin}: expected values in [0, 1] from {what}, got {low:.4g} to {high:.4g}; rescale, e.g. (x + 1) / 2"
        )
