"""Image models in a Keras file: a decoder or generator alone, or inside a VAE or a GAN that was saved whole."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from torch import Tensor

from ...errors import UserError
from ..latent_images import LatentImages, LatentSampler, Picture, check_images, latent_size, picture, picture_notes
from .archive import WAY_OUT
from .network import (
    KerasNetwork,
    activation,
    describe,
    input_shapes,
    last_operation,
    last_part,
    output_shapes,
    passed,
    without_activation,
)

NAMES = ("decoder", "generator")


class KerasVAE(LatentImages):
    """A decoder with the encoder of its VAE."""

    def __init__(self, decoder: Any, encoder: Any, latent_dim: int, shown: Picture, *, swapped: bool) -> None:
        super().__init__(KerasNetwork(decoder), latent_dim, shown)
        self.encoder = KerasNetwork(encoder)
        self.swapped = swapped

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Images (n, c, h, w) to the mean and log-variance (n, latent_dim) of q(z|x)."""
        out = self.encoder(self.picture.raw(x))
        first, second = out[:2] if isinstance(out, (list, tuple)) else out.chunk(2, dim=-1)
        first, second = first.float().reshape(len(x), -1), second.float().reshape(len(x), -1)
        return (second, first) if self.swapped else (first, second)


class KerasGAN(LatentImages):
    """A generator with its discriminator."""

    def __init__(self, generator: Any, discriminator: Any, latent_dim: int, shown: Picture, *, logits: bool) -> None:
        super().__init__(KerasNetwork(generator), latent_dim, shown)
        self.discriminator = KerasNetwork(discriminator)
        self.logits = logits

    def critic(self, x: Tensor) -> Tensor:
        """Images (n, c, h, w) to logits (n,): higher is more real."""
        scores: Tensor = self.discriminator(self.picture.raw(x)).float().reshape(len(x))
        return scores if self.logits else scores.logit(eps=1e-7)


class ImageModel(NamedTuple):
    """A model, what it is, and what a reviewer must know of it."""

    model: LatentSampler
    family: str
    notes: tuple[str, ...]


def find_images(model: Any, path: Path) -> ImageModel | None:
    """The image model that maps latents to pixels in a Keras model, tried; None if there is none.

    Raises:
        UserError: if there are several, or if what there is does not work.
    """
    parts = list(nested(model))
    if is_decoder(model):
        decoder, others = model, []
    else:
        decoders = [part for part in parts if is_decoder(part)]
        if len(decoders) > 1:
            decoders = [part for part in decoders if any(name in part.name.lower() for name in NAMES)] or decoders
        if not decoders:
            return None
        if len(decoders) > 1:
            named = ", ".join(f"{part.name} {describe(part)}" for part in decoders)
            raise UserError(
                f"{path}: expected one generator, got {len(decoders)} ({named}); save one of them by itself"
            )
        decoder, others = decoders[0], [part for part in parts if part is not decoders[0]]
        _check_whole(model, decoder, path)
    images = _with_others(decoder, others)
    check_images(images.model, path)
    return images


def _check_whole(model: Any, decoder: Any, path: Path) -> None:
    """Refuse a part that makes no images by itself, because the model around it changes what goes in or comes out.

    Raises:
        UserError: naming the part.
    """
    fault = None
    if len(model.inputs) != 1:
        fault = f"the whole takes {len(model.inputs)} inputs"
    elif picture(input_shapes(model)[0], channels_last=True) is None and not _fed_by_input(model, decoder):
        fault = "other layers change the latents before it"
    elif picture(output_shapes(model)[0], channels_last=True) is not None and last_part(model) not in (decoder, None):
        fault = "other layers change the images after it"
    if fault is not None:
        raise UserError(
            f"{path}: the part {decoder.name!r} makes images, but {fault}: {describe(model)}; save a model from "
            f"latents to images by itself, or {WAY_OUT}"
        )


def _fed_by_input(model: Any, decoder: Any) -> bool:
    """Whether latents reach the decoder as they enter the model; unknown where it lies inside another part."""
    if decoder not in model.layers:
        return True
    own = {id(tensor) for tensor in model.inputs}
    tensors = [tensor for node in decoder._inbound_nodes for tensor in node.input_tensors]
    return any(id(passed(tensor)) in own for tensor in tensors)


def nested(model: Any) -> Iterator[Any]:
    """The models that are layers of a model, of their layers too."""
    for layer in model.layers:
        if hasattr(layer, "layers") and getattr(layer, "inputs", None):
            yield layer
            yield from nested(layer)


def is_decoder(model: Any) -> bool:
    """Whether a model maps one vector to something larger that can be an image."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        return False
    size, shown = latent_size(input_shapes(model)[0]), picture(output_shapes(model)[0], channels_last=True)
    return size is not None and shown is not None and shown.shape[0] * shown.shape[1] * shown.shape[2] > size


def _with_others(decoder: Any, others: list[Any]) -> ImageModel:
    signed = activation(last_operation(decoder)) == "tanh"
    shape = output_shapes(decoder)[0]
    size = latent_size(input_shapes(decoder)[0])
    shown = picture(shape, channels_last=True, signed=signed)
    assert size is not None  # is_decoder said so
    assert shown is not None
    notes = picture_notes(shown)
    readers = [part for part in others if len(part.inputs) == 1 and input_shapes(part)[0] == shape]
    for part in readers:
        sizes = [latent_size(each) for each in output_shapes(part)]
        if sizes[:2] == [size, size] or sizes == [2 * size]:
            return _vae(decoder, part, size, shown, notes)
    for part in readers:
        sizes = [latent_size(each) for each in output_shapes(part)]
        if sizes == [1]:
            logits = activation(last_operation(part)) != "sigmoid" or without_activation(part, "sigmoid")
            note = f"critic scores are the logits of {part.name!r}, taken as higher for more real images"
            return ImageModel(KerasGAN(decoder, part, size, shown, logits=logits), "keras GAN", (*notes, note))
        if sizes == [size]:
            note = (
                f"the encoder {part.name!r} gives one point an image and no variance: it is not used, and nothing in "
                f"the file says that latents are standard normal, as they are sampled here"
            )
            notes = (*notes, note)
    return ImageModel(LatentImages(KerasNetwork(decoder), size, shown), "keras generator", notes)


def _vae(decoder: Any, encoder: Any, size: int, shown: Picture, notes: tuple[str, ...]) -> ImageModel:
    swapped = False
    if len(encoder.outputs) > 1:
        names = [output._keras_history.operation.name.lower() for output in encoder.outputs[:2]]
        swapped = "var" in names[0] and "var" not in names[1]
        first, second = reversed(names) if swapped else names
        notes = (*notes, f"the outputs {first!r} and {second!r} of the encoder were read as mean and log-variance")
    else:
        notes = (*notes, f"the {2 * size} outputs of the encoder were read as mean, then log-variance")
    return ImageModel(KerasVAE(decoder, encoder, size, shown, swapped=swapped), "keras VAE", notes)


def refusal(model: Any) -> str:
    """Why a Keras model that takes images is no generator, and what to do."""
    what = describe(model)
    shapes, inputs = output_shapes(model), input_shapes(model)
    if len(inputs) != 1:
        return (
            f"expected a model of one input, latents or tokens, got {len(inputs)}: {what}; a condition such as a class "
            f"needs {WAY_OUT}"
        )
    takes_images = picture(inputs[0], channels_last=True) is not None
    sizes = [latent_size(shape) for shape in shapes]
    if takes_images and sizes == [1]:
        return f"a discriminator, not a generator: {what}; save the generator, or both as one model"
    if shapes == inputs:
        return (
            f"a model from images to images, {what}, such as an autoencoder, without a part that makes images from "
            f"latents alone; save the decoder by itself, or make it a model of its own inside (keras.Model(…, "
            f'name="decoder")), or {WAY_OUT}'
        )
    if takes_images and all(sizes):
        return (
            f"an encoder or a classifier, not a generator: {what}; save the decoder or generator, or both as one model"
        )
    return (
        f"expected latents → image, tokens → next token, or a model that holds such a part, got {what}; save the "
        f"generator by itself, or {WAY_OUT}"
    )
