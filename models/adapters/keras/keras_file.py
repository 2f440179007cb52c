"""Keras 3 models saved as `.keras`, computed with torch: which kind of generator one is follows from its shapes.

    vector → image                                 a decoder or generator
    vector and class → image                       a generator that is told a class
    a model that holds such a part                 the VAE or GAN around it, with encoder or critic
    tokens → probabilities of the next token       a text or music model, with its symbols in a file beside it
    image → probabilities of ink, in pixel order   an autoregressive model

Anything else is refused, saying what it is.
"""

from pathlib import Path
from typing import Any

from ...errors import UserError
from ..opened import Opened, Options, need
from .archive import WAY_OUT, is_keras, load_keras
from .weights_file import check_contained as check_contained
from .weights_file import stored_tensors as stored_tensors

matches = is_keras


def open_model(path: Path, options: Options) -> Opened:
    """The generative model in a `.keras` file.

    Raises:
        UserError: if Keras is missing, if the file asks for more than plain layers, or if it holds no generator.
    """
    need("keras", extra="keras", path=path)
    model, metadata = load_keras(path)
    from .network import describe
    from .stand_ins import stand_in_notes

    if not getattr(model, "inputs", None) or not getattr(model, "outputs", None):
        raise UserError(
            f"{path}: expected a model with declared inputs, got one that was saved before its shapes were known; "
            f"begin it with keras.Input(shape), or {WAY_OUT}"
        )
    stateful = next(
        (layer.name for layer in model._flatten_layers() if getattr(layer, "stateful", False) is True), None
    )
    if stateful is not None:
        raise UserError(
            f"{path}: expected samples that depend on a seed alone, but {stateful!r} keeps its state between calls; "
            f"save the model with stateful=False, or {WAY_OUT}"
        )
    # Read before anything is taken off the model.
    declared = {**metadata, "name": model.name, "signature": describe(model), "layers": _layers(model)}
    generator, family, notes = _find(model, path)
    notes = (*notes, *stand_in_notes(generator, model, path))
    symbols = getattr(generator, "symbols", None)
    if symbols is not None:
        declared["symbols"] = {"file": symbols.file.name, "sha256": symbols.sha256, "n": len(symbols)}
    half = sorted({layer.compute_dtype for layer in model._flatten_layers()} - {"float32"})
    if half:
        notes = (*notes, f"layers of the model compute in {' and '.join(half)}; its outputs were converted to float32")
    return Opened(generator, family, int(model.count_params()), declared, notes)


def _find(model: Any, path: Path) -> tuple[Any, str, tuple[str, ...]]:
    from .conditional import find_conditional
    from .images import find_images, refusal
    from .pixels import KerasPixels, find_pixels
    from .token_files import find_tokens

    tokens = find_tokens(model, path)
    if tokens is not None:
        return tokens[0], f"keras {tokens[0].modality} model", tokens[1]
    conditional = find_conditional(model, path)
    if conditional is not None:
        return conditional[0], "keras conditional generator", conditional[1]
    images = find_images(model, path)
    if images is not None:
        return images
    pixels = find_pixels(model, path)
    if isinstance(pixels, KerasPixels):
        return pixels, "keras autoregressive image model", ("pixels are drawn as 0 or 1, row by row",)
    raise UserError(f"{path}: {refusal(model)}{f' (tried as a PixelCNN: {pixels})' if pixels else ''}")


def _layers(model: Any) -> list[str]:
    return [f"{layer.name} ({type(layer).__name__})" for layer in model.layers]
