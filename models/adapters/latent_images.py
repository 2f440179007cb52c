"""Images from a foreign network that turns latents into pixels: their layout, their range, and a trial of both."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import UserError
from .contract import TOLERANCE, check_model
from .foreign import LOADER, attempt, attempting

if TYPE_CHECKING:
    import torch
    from torch import Tensor

MOST_CHANNELS = 4
LEAST_SIDE = 4
"""The side of the smallest square image that a vector may be: shorter vectors are more often something else."""
TRIAL = 8
"""How many latents are tried when a file is opened."""
BATCH_TOLERANCE = 1e-4
"""How far an image may differ when it is computed alone: products of other sizes round differently."""


@dataclass(frozen=True, slots=True)
class Picture:
    """How a network's numbers for one image are arranged.

    Args:
        order: `flat` (c·h·w), `hw`, `hwc` or `chw`.
        shape: the image (c, h, w).
        signed: whether the network's pixels lie in [−1, 1] instead of [0, 1].
    """

    order: Literal["flat", "hw", "hwc", "chw"]
    shape: tuple[int, int, int]
    signed: bool = False

    def images(self, raw: "Tensor") -> "Tensor":
        """The network's numbers (n, …) to float32 images (n, c, h, w); what rounding put outside [0, 1] is put back."""
        import torch

        channels, height, width = self.shape
        raw = raw.float()
        if self.order == "hwc":
            raw = raw.reshape(-1, height, width, channels).permute(0, 3, 1, 2)
        images = raw.reshape(-1, channels, height, width)
        if self.signed:
            images = (images + 1) / 2
        inside = images.clamp(0, 1)
        return torch.where((images - inside).abs() <= TOLERANCE, inside, images)

    def raw(self, images: "Tensor") -> "Tensor":
        """The inverse of `images`: what a network reads or writes for images (n, c, h, w)."""
        pixels = images * 2 - 1 if self.signed else images
        match self.order:
            case "flat":
                return pixels.flatten(1)
            case "hw":
                return pixels.squeeze(1)
            case "hwc":
                return pixels.permute(0, 2, 3, 1)
            case _:
                return pixels


def picture(shape: Sequence[int | None], *, channels_last: bool, signed: bool = False) -> Picture | None:
    """The image that numbers of this shape (without the batch) are, or None if they are none.

    A vector is a square grey image; of three sizes, one of 1 to 4 at an end is the channels', the preferred end first.
    """
    if not all(isinstance(size, int) and size > 0 for size in shape):
        return None
    match tuple(size for size in shape if size is not None):
        case (pixels,):
            side = math.isqrt(pixels)
            return Picture("flat", (1, side, side), signed) if side * side == pixels and side >= LEAST_SIDE else None
        case (height, width):
            return Picture("hw", (1, height, width), signed) if min(height, width) > 1 else None
        case (first, middle, last):
            last_fits, first_fits = last <= MOST_CHANNELS, first <= MOST_CHANNELS
            if last_fits and (channels_last or not first_fits):
                return Picture("hwc", (last, first, middle), signed)
            return Picture("chw", (first, middle, last), signed) if first_fits else None
        case _:
            return None


def picture_notes(shown: Picture) -> tuple[str, ...]:
    """What a reviewer must know of how a network's numbers were read as images."""
    _, height, width = shown.shape
    flat = (f"the {height * width} outputs were read as an image of {height} × {width}, row by row",)
    tanh = ("the network ends in tanh; its pixels x were rescaled to (x + 1) / 2",)
    return (flat if shown.order == "flat" else ()) + (tanh if shown.signed else ())


class LatentSampler:
    """An image model that can only be sampled: z ~ N(0, I), then the network's image of it."""

    modality = "image"

    def __init__(self, network: Callable[["Tensor"], "Tensor"], latent_dim: int, shown: Picture) -> None:
        self.network = network
        self.latent_dim = latent_dim
        self.picture = shown

    def images(self, z: "Tensor") -> "Tensor":
        """Latents (n, latent_dim) to images (n, c, h, w) in [0, 1]."""
        return self.picture.images(self.network(z))

    def sample(self, n: int, *, generator: "torch.Generator", condition: Any = None) -> "Tensor":
        """Draw n images (n, c, h, w): z ~ N(0, I), then their images."""
        import torch

        if condition is not None:
            raise ValueError("expected no condition: the model's file has latents as its one input")
        with torch.no_grad():
            z = torch.randn(n, self.latent_dim, generator=generator, device=generator.device)
            return self.images(z.cpu())


class LatentImages(LatentSampler):
    """An image model whose network passes gradients to its latents."""

    def decode(self, z: "Tensor") -> "Tensor":
        """Latents (n, latent_dim) to images (n, c, h, w) in [0, 1], differentiable."""
        return self.images(z)


def in_batches(run: Callable[["Tensor"], "Tensor"], z: "Tensor", size: int | None, least: int = 1) -> "Tensor":
    """Run a network in batches of the size that it takes, filled up with rows of zeros whose outputs are dropped.

    Args:
        run: the network: (b, …) to (b, …).
        z: the input, (n, …).
        size: the only batch size that the network takes; None if it takes any from `least`.
        least: the smallest batch size that it takes.
    """
    import torch

    def padded(part: "Tensor") -> "Tensor":
        missing = (size or least) - len(part)
        return (
            run(torch.cat([part, part.new_zeros(missing, *part.shape[1:])]))[: len(part)] if missing > 0 else run(part)
        )

    return torch.cat([padded(part) for part in torch.split(z, size)]) if size else padded(z)


def shown_by(raw: Any, latent_dim: int, path: Path, *, signed: bool) -> Picture:
    """How the images are arranged that a network gave for `TRIAL` latents.

    Args:
        raw: what the network gave.
        latent_dim: the number of latent dimensions.
        path: the checkpoint, which begins each message.
        signed: whether pixels lie in [−1, 1] rather than in [0, 1].

    Raises:
        UserError: if what it gave is no images, or holds no more numbers than the latents.
    """
    import torch

    if not isinstance(raw, torch.Tensor):
        raise UserError(f"{path}: expected one tensor of images from latents, got {type(raw).__name__}; {LOADER}")
    arrangement = (
        picture(raw.shape[1:], channels_last=False, signed=signed) if raw.ndim > 1 and len(raw) == TRIAL else None
    )
    if arrangement is None or math.prod(arrangement.shape) <= latent_dim:
        raise UserError(
            f"{path}: expected images (n, c, h, w), (n, h, w, c) or (n, h·w) from latents (n, {latent_dim}), got "
            f"{tuple(raw.shape)} from n = {TRIAL}: a discriminator, encoder or autoencoder is no generator; save the "
            f"generator or decoder, or {LOADER}"
        )
    return arrangement


def trial_latents(latent_dim: int) -> "Tensor":
    """Latents (TRIAL, latent_dim), always the same."""
    import torch

    return torch.randn(TRIAL, latent_dim, generator=torch.Generator().manual_seed(0))


def latent_size(shape: Sequence[object]) -> int | None:
    """The length of a vector of this shape (without the batch), whose other sizes may be 1; None if it is no vector."""
    sizes = [size for size in shape if isinstance(size, int)]
    return math.prod(sizes) if sizes and len(sizes) == len(shape) and max(sizes) == math.prod(sizes) else None


def check_images(model: LatentSampler, path: Path, *, step: float = 0.0) -> None:
    """Try a model on a few latents.

    Args:
        model: the model.
        path: the checkpoint, which begins each message.
        step: between two values that a pixel can have, where they are few: rounding may fall to either side.

    Raises:
        UserError: if it fails, gives other shapes than it says, is random inside, mixes the images of a batch, or
            leaves [0, 1].
    """
    import torch

    z = trial_latents(model.latent_dim)
    with torch.no_grad(), attempt(path, f"the network, tried on {TRIAL} latents of {model.latent_dim},", LOADER):
        images, again, alone = model.images(z), model.images(z), model.images(z[:1])
    if images.shape != (TRIAL, *model.picture.shape):
        raise UserError(
            f"{path}: expected {TRIAL} images of {model.picture.shape} from {TRIAL} latents, got "
            f"{tuple(images.shape)}; {LOADER}"
        )
    _check_values(images, path)
    if not torch.allclose(images, again, atol=TOLERANCE):
        raise UserError(
            f"{path}: expected equal images from equal latents, got different ones: the network draws random numbers "
            f"inside (noise, or dropout of its training mode), so no seed repeats a sample; save it for inference"
        )
    if not torch.allclose(images[:1], alone, atol=BATCH_TOLERANCE + step):
        raise UserError(
            f"{path}: expected each image to depend on its own latent, but it changes with the others of its batch: "
            f"batch normalisation in training mode does that; save the model in evaluation mode"
        )
    check_model(model, str(path), attempting(path, LOADER))


def _check_values(images: "Tensor", path: Path) -> None:
    import torch

    if not torch.isfinite(images).all():
        raise UserError(f"{path}: expected finite pixels, got NaN or infinity on {TRIAL} latents; check the weights")
    low, high = float(images.min()), float(images.max())
    if low < -TOLERANCE or high > 1 + TOLERANCE:
        raise UserError(
            f"{path}: expected pixels in [0, 1], got {low:.4g} to {high:.4g}; end the network with a sigmoid or tanh, "
            f"or {LOADER} and rescales"
        )
