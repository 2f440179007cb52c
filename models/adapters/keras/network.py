"""A Keras model as a torch network: called for inference on the CPU, and asked how its graph ends."""

from typing import Any

from torch import Tensor, nn

from .archive import on_cpu

PASSING = frozenset(("Reshape", "Flatten", "Dropout", "Permute", "Cropping2D", "UpSampling2D", "Identity"))
"""Layers that move values about without changing them."""

Shape = tuple[int | None, ...]


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
