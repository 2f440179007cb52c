"""A Keras model as a torch network: called for inference, whole or token by token, and asked how its graph ends."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from .archive import on_cpu

PASSING = frozenset(("Reshape", "Flatten", "Dropout", "Permute", "Cropping2D", "UpSampling2D", "Identity"))
"""Layers that move values about without changing them."""

Shape = tuple[int | None, ...]

Walk = Callable[[Tensor], Tensor]
"""The last ids (n,) to the logits of the next, (n, V); it keeps what it has seen between calls."""

RECURRENT = frozenset(("LSTM", "GRU", "SimpleRNN"))
POINTWISE = frozenset(("Dropout", "Dense", "Activation", "Softmax"))


class KerasNetwork(nn.Module):
    """A Keras model (or a part of one) in inference, with one input."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        # Keras tells torch of its weights when it is first asked for them.
        list(model.named_parameters())
        self.model = model
        self.input_shape = input_shapes(model)[0]
        self.eval()

    def forward(self, x: Tensor) -> Any:
        """Inputs (n, …), reshaped to what the model declares, to its output, or the list of them."""
        if all(self.input_shape):
            x = x.reshape(len(x), *(size for size in self.input_shape if size))
        with on_cpu():
            return self.model(x, training=False)


def input_shapes(model: Any) -> list[Shape]:
    """The shapes of a model's inputs, without the batch; None is a size left open."""
    return [tuple(each.shape[1:]) for each in model.inputs]


def output_shapes(model: Any) -> list[Shape]:
    """The shapes of a model's outputs, without the batch."""
    return [tuple(each.shape[1:]) for each in model.outputs]


def describe(model: Any) -> str:
    """What goes in and comes out, e.g. `(28, 28, 1) → (10)`."""
    sides = (input_shapes(model), output_shapes(model))
    return " → ".join(
        " and ".join(f"({', '.join(str(size or '?') for size in shape)})" for shape in side) for side in sides
    )


def last_operation(model: Any) -> Any:
    """The layer or array function that decides the values of a model's first output."""
    tensor = model.outputs[0]
    while True:
        operation, node, _ = tensor._keras_history
        if hasattr(operation, "outputs") and hasattr(operation, "layers"):
            tensor = operation.outputs[0]
        elif type(operation).__name__ in PASSING:
            tensor = operation._inbound_nodes[node].input_tensors[0]
        else:
            return operation


def passed(tensor: Any) -> Any:
    """The tensor from which layers that only move values about have made this one."""
    while True:
        operation, node, _ = tensor._keras_history
        if type(operation).__name__ not in PASSING:
            return tensor
        tensor = operation._inbound_nodes[node].input_tensors[0]


def last_part(model: Any) -> Any:
    """The model that is a layer and gives a model's first output as it is; the layer, if that is no model."""
    return passed(model.outputs[0])._keras_history[0]


def activation(operation: Any) -> str:
    """The name of the function that the operation ends in, e.g. `sigmoid`; the operation's own name if it has none."""
    function = getattr(operation, "activation", None)
    return str(getattr(function, "__name__", type(operation).__name__)).lower()


def without_activation(model: Any, name: str) -> bool:
    """Make a model end in logits, where its last layer has the activation of that name as its own; whether it did."""
    import keras

    operation = last_operation(model)
    if activation(operation) != name or not hasattr(operation, "activation"):
        return False
    operation.activation = keras.activations.linear
    return True


def cell_walk(model: Any, to_logits: Callable[[Tensor], Tensor], *, one_hot: bool) -> Callable[[], Walk] | None:
    """What begins a walk through a model whose layers form one chain of known kinds; None for other models.

    A sample of T tokens then costs T steps and not T².
    """
    layers = _chain(model)
    if layers is None or (not one_hot and [type(each).__name__ for each in layers[:1]] != ["Embedding"]):
        return None
    rest = layers if one_hot else layers[1:]
    if not all(type(each).__name__ in RECURRENT | POINTWISE for each in rest):
        return None
    if any(getattr(each, "go_backwards", False) or getattr(each, "stateful", False) for each in rest):
        return None

    def begin() -> Walk:
        states: dict[int, Any] = {}

        def step(ids: Tensor) -> Tensor:
            with on_cpu():
                if one_hot:
                    x: Any = torch.nn.functional.one_hot(ids, model.inputs[0].shape[-1]).float()
                else:
                    # Called from outside it would attach its mask.
                    x = layers[0].call(ids)
                for place, layer in enumerate(rest):
                    if type(layer).__name__ in RECURRENT:
                        before = states.get(place) or layer.get_initial_state(batch_size=len(ids))
                        x, states[place] = layer.cell(x, before, training=False)
                    else:
                        x = layer(x, training=False) if type(layer).__name__ == "Dropout" else layer(x)
            return to_logits(x)

        return step

    return begin


def _chain(model: Any) -> list[Any] | None:
    """The layers from a model's input to its output, where each reads the one before it and nothing else."""
    layers: list[Any] = []
    layer, node, _ = model.outputs[0]._keras_history
    while type(layer).__name__ != "InputLayer":
        # Masks, the only truth values here, say where padding is; there is none where tokens come one at a time.
        sources = [tensor for tensor in layer._inbound_nodes[node].input_tensors if tensor.dtype != "bool"]
        if len(sources) != 1:
            return None
        layers.append(layer)
        layer, node, _ = sources[0]._keras_history
    return layers[::-1]
