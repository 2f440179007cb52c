"""One token at a time through a chain of Keras layers, so that a sample of T tokens costs T steps and not T²."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .archive import on_cpu

Walk = Callable[[Tensor], Tensor]
"""The last ids (n,) to the logits of the next, (n, V); it keeps what it has seen between calls."""

RECURRENT = frozenset(("LSTM", "GRU", "SimpleRNN"))
POINTWISE = frozenset(("Dropout", "Dense", "Activation", "Softmax"))


def cell_walk(model: Any, to_logits: Callable[[Tensor], Tensor], *, one_hot: bool) -> Callable[[], Walk] | None:
    """What begins a walk through a model whose layers form one chain of known kinds; None for other models."""
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
