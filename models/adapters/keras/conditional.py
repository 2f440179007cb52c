"""Generators in a Keras file that are told a class: latents and a class in, an image out."""

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ...errors import UserError
from ...families.parts.conditions import chosen
from ..latent_images import LatentSampler, Picture, check_images, latent_size, picture, picture_notes
from .archive import on_cpu
from .network import activation, describe, input_shapes, last_operation, output_shapes, passed

CLASS_WORDS = ("class", "label", "cond", "digit", "target")
"""Words in the names of inputs that take a class."""
LATENT_WORDS = ("latent", "noise", "random", "seed")
"""Words in the names of inputs that take latents."""


class KerasTold(nn.Module):
    """A Keras model of latents and a class, in inference."""

    def __init__(self, model: Any, place: int, classes: int, *, one_hot: bool) -> None:
        super().__init__()
        # Keras tells torch of its weights when it is first asked for them.
        list(model.named_parameters())
        self.model, self.place, self.classes, self.one_hot = model, place, classes, one_hot
        self.shapes: list[Any] = input_shapes(model)
        self.dtype = model.inputs[place].dtype
        self.eval()

    def forward(self, z: Tensor, labels: Tensor) -> Any:
        """Latents (n, L) and classes (n,) to the model's output."""
        if self.one_hot:
            told = nn.functional.one_hot(labels, self.classes).float()
        else:
            told = labels.long() if "int" in self.dtype else labels.float()
        given = [z, z]
        given[self.place] = told
        parts = [each.reshape(len(z), *map(int, shape)) for each, shape in zip(given, self.shapes, strict=True)]
        with on_cpu():
            return self.model(parts, training=False)


class KerasConditional(LatentSampler):
    """An image model that is told a class; `classes` are their indices."""

    def __init__(self, network: KerasTold, latent_dim: int, shown: Picture) -> None:
        super().__init__(lambda z: z, latent_dim, shown)
        self.told = network
        self.classes = tuple(str(each) for each in range(network.classes))

    def images(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Latents (n, latent_dim) and classes (n,), by default in turn, to images (n, c, h, w) in [0, 1]."""
        if labels is None:
            labels = torch.arange(len(z)) % len(self.classes)
        return self.picture.images(self.told(z, labels))

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Tensor:
        """Draw n images; `condition` is a class or n of them, by name or index, by default each drawn at random."""
        z = torch.randn(n, self.latent_dim, generator=generator, device=generator.device)
        if condition is None:
            labels = torch.randint(len(self.classes), (n,), generator=generator, device=generator.device)
        else:
            labels = chosen(condition, self.classes, n)
        return self.images(z.cpu(), labels.cpu())


def find_conditional(model: Any, path: Path) -> tuple[KerasConditional, tuple[str, ...]] | None:
    """The generator that is told a class, which a Keras model is, tried; and what to note of it. None if it is none.

    Raises:
        UserError: if nothing tells which input is the class, or if it fails when it is tried.
    """
    if len(model.inputs) != 2 or len(model.outputs) != 1:
        return None
    sizes = [latent_size(shape) for shape in input_shapes(model)]
    signed = activation(last_operation(model)) == "tanh"
    shown = picture(output_shapes(model)[0], channels_last=True, signed=signed)
    if None in sizes or shown is None:
        return None
    place, classes, one_hot = _class_input(model, sizes, path)
    latent = sizes[1 - place]
    assert latent is not None
    if math.prod(shown.shape) <= latent:
        return None
    found = KerasConditional(KerasTold(model, place, classes, one_hot=one_hot), latent, shown)
    check_images(found, path)
    name = model.inputs[place].name
    form = "one place a class" if one_hot else "the class's index"
    note = f"the input {name!r} was read as one of {classes} classes ({form}), drawn with equal shares"
    return found, (*picture_notes(shown), note)


def _class_input(model: Any, sizes: list[Any], path: Path) -> tuple[int, int, bool]:
    """Which input takes the class, how many classes there are, and whether it wants one place for each."""
    embedded = [_embedded(model, each) for each in model.inputs]
    if sum(each is not None for each in embedded) == 1:
        place = next(index for index, each in enumerate(embedded) if each is not None)
        rows = embedded[place]
        if sizes[place] == 1 and rows is not None:
            return place, rows, False
    words = [each.name.lower() for each in model.inputs]
    told = [any(word in name for word in CLASS_WORDS) or name == "y" for name in words]
    free = [any(word in name for word in LATENT_WORDS) or name == "z" for name in words]
    for place in (0, 1):
        if (told[place] or free[1 - place]) and not (told[1 - place] or free[place]) and sizes[place] > 1:
            return place, sizes[place], True
    raise UserError(
        f"{path}: expected latents and a class, but nothing tells which of the inputs {words[0]!r} and {words[1]!r} is "
        f"which: {describe(model)}; name them latent and label (keras.Input(…, name=…)) and save it again"
    )


def _embedded(model: Any, given: Any) -> int | None:
    """The rows of the table of embeddings that an input is looked up in; None if it is in none."""
    own = given._keras_history[0]
    for layer in model.layers:
        if type(layer).__name__ != "Embedding":
            continue
        tensors = [tensor for node in layer._inbound_nodes for tensor in node.input_tensors]
        if any(passed(tensor)._keras_history[0] is own for tensor in tensors):
            return int(layer.input_dim)
    return None
