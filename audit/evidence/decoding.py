"""Read a model's decode safely: what it must offer, and proof that reading left no trace."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .attributions.readouts import Measure
from .unavailable import Unavailable, Unmeasured

if TYPE_CHECKING:
    import torch
    from torch import Tensor


OUTPUTS = {
    "image": (4, "images ({n}, c, h, w)"),
    "audio": (2, "sounds ({n}, t)"),
    "tabular": (2, "expected rows ({n}, d), one number for each of decoded_columns,"),
}
"""By modality of the model: how many axes the output of decode has, and what it is."""


def decoder(model: Any) -> Measure:
    """The model's decode as a function whose gradient to every input is defined and which leaves its input alone."""

    def decode(points: "Tensor") -> "Tensor":
        # A copy, because a model may work in place; and a path of zero slope from every input to every output, because
        # a readout that does not depend on the latents has the gradient 0, not none.
        outputs: Tensor = model.decode(points.clone())
        return outputs + (0.0 * points.sum(dim=1)).view(-1, *(1 for _ in outputs.shape[1:]))

    return decode


def latent_size(model: Any) -> int:
    """The number of latent dimensions.

    Raises:
        Unavailable: if the model has no latent space.
        Unmeasured: if it does not say its size.
    """
    if not callable(getattr(model, "decode", None)):
        raise Unavailable("the model offers no decode(z): nothing to attribute to")
    size = getattr(model, "latent_dim", None)
    if not isinstance(size, int) or size < 1:
        raise Unmeasured(f"the model offers decode(z) but its latent_dim is {size!r}: give the number of latents")
    return size


def centre_output(model: Any, latents: "Tensor", modality: str = "image") -> "Tensor":
    """The decoded mean latent (1, …), once decode has shown on some latents (n, L) that it can be explained.

    Raises:
        Unmeasured: if decode is random, mixes the latents of a batch, or passes no gradient.
        ValueError: if the output has the wrong shape.
    """
    import torch

    some = latents[:4].clone().requires_grad_()
    images = decoded(model, some, modality)
    with torch.no_grad():
        again = model.decode(some.detach().clone())
        alone = torch.cat([model.decode(each[None].clone()) for each in some.detach()])
    if not torch.allclose(images, again, atol=1e-4):
        raise Unmeasured("decode(z) gives different outputs for the same z: attributions need a deterministic decoder")
    if not torch.allclose(images, alone, atol=1e-4):
        raise Unmeasured("decode(z) depends on the other latents of the batch: attributions need each output alone")
    moves = not torch.allclose(images[:1], images, atol=1e-6)
    slope = torch.autograd.grad(images.sum(), some, allow_unused=True)[0] if images.requires_grad else None
    if moves and slope is None:
        raise Unmeasured("decode(z) passes no gradient to z: remove no_grad or detach from it")
    with torch.no_grad():
        centre: Tensor = model.decode(torch.zeros_like(latents[:1]))
    return centre


def decoded(model: Any, some: "Tensor", modality: str = "image") -> "Tensor":
    """The outputs (n, …) of some latents (n, L), which are left alone; images unless the modality is another.

    Raises:
        ValueError: if the output has another shape.
    """
    import torch

    images = model.decode(some.clone())
    axes, words = OUTPUTS[modality]
    if not isinstance(images, torch.Tensor) or images.ndim != axes or len(images) != len(some):
        got = tuple(images.shape) if isinstance(images, torch.Tensor) else type(images).__name__
        said = words.format(n=len(some))
        raise ValueError(f"expected decode(z) to give {said} for {len(some)} latents, got {got}")
    return images


def prior_draws(model: Any, n: int, size: int, generator: "torch.Generator") -> "Tensor":
    """Latents (n, L) from the model's prior: by its `draw_latents` if it has one, else standard normal.

    Raises:
        ValueError: if what it draws has the wrong shape or is not finite.
    """
    import torch

    if standard_prior(model):
        return torch.randn(n, size, generator=generator)
    with torch.no_grad():
        drawn = model.draw_latents(n, generator=generator)
    if not isinstance(drawn, torch.Tensor) or drawn.shape != (n, size) or not bool(drawn.isfinite().all()):
        got = tuple(drawn.shape) if isinstance(drawn, torch.Tensor) else type(drawn).__name__
        raise ValueError(f"expected draw_latents({n}) to give finite latents ({n}, {size}), got {got}")
    return drawn.cpu().float()


def standard_prior(model: Any) -> bool:
    """Whether the model's prior is standard normal, for all it says."""
    return not callable(getattr(model, "draw_latents", None))


def slopes(decode: Measure, points: "Tensor", directions: "Tensor") -> "Tensor":
    """The derivative of decode along one direction a point, by central differences: (n, …), as outputs are.

    They work with every decoder, while forward-mode differentiation lacks some operations and warns in some releases
    of torch.
    """
    import torch

    # The cube root of the machine precision balances truncation and rounding: about 5 digits in single precision.
    step = torch.finfo(points.dtype).eps ** (1 / 3)
    gradient: Tensor = (decode(points + step * directions) - decode(points - step * directions)) / (2 * step)
    return gradient


def networks(model: Any) -> list["torch.nn.Module"]:
    """The torch modules that hold the model's state, also where the model is a plain object around them."""
    import torch

    if isinstance(model, torch.nn.Module):
        return [model]
    return [each for each in getattr(model, "__dict__", {}).values() if isinstance(each, torch.nn.Module)]


def parameter(model: Any) -> "Tensor":
    """A tensor with the device and precision in which the model computes."""
    import torch

    parameters = (each for network in networks(model) for each in network.parameters() if each.is_floating_point())
    return next(parameters, torch.zeros(()))


@contextmanager
def undisturbed(model: Any, call: str = "decode(z)") -> Iterator[None]:
    """Eval mode inside, the former mode after; the state must be the same.

    Raises:
        RuntimeError: if a parameter or buffer changed.
    """
    held = networks(model)
    modes = [(module, module.training) for network in held for module in network.modules()]
    before = state_digest(held)
    try:
        for network in held:
            network.eval()
        yield
    finally:
        for module, training in modes:
            module.training = training
    if state_digest(held) != before:
        raise RuntimeError(f"expected {call} to leave the model as it was, but a parameter or buffer changed")


def state_digest(networks: Sequence["torch.nn.Module"]) -> str:
    """SHA-256 of all parameters and buffers; empty if there are no networks."""
    import torch

    if not networks:
        return ""

    digest = hashlib.sha256()
    for network in networks:
        for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
            digest.update(name.encode())
            digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
