"""Which Keras models are token models, with which symbols, and whether they predict from earlier tokens alone."""

from pathlib import Path
from typing import Any

import torch
from torch import nn

from ...errors import UserError
from ..contract import check_model
from ..foreign import attempt, attempting
from ..token_models.symbols import read_symbols
from .archive import WAY_OUT
from .network import RECURRENT, KerasNetwork, cell_walk, describe, input_shapes, output_shapes
from .tokens import KerasTokens, ScoredTokens, with_codec

TOLERANCE = 1e-4


def find_tokens(model: Any, path: Path) -> tuple[KerasTokens, tuple[str, ...]] | None:
    """The token model in a Keras model and what a reviewer must know of it; None if it is none.

    Raises:
        UserError: if the list of its symbols is missing or wrong, or if it looks ahead.
    """
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        return None
    taken, given = input_shapes(model)[0], output_shapes(model)[0]
    layer = _embedding_layer(model)
    recurrent = any(type(each).__name__ in RECURRENT for each in model.layers)
    one_hot = layer is None and recurrent and len(taken) == 2 and taken[1] is not None and given[-1] == taken[1]
    if not (one_hot or (layer is not None and len(taken) == 1)):
        return None
    size = given[-1] if len(given) in (1, 2) else None
    if size is None or size < 2 or (len(given) == 2 and given[0] != taken[0]):
        raise UserError(
            f"{path}: expected a model of tokens that gives the next one's probabilities, (V) after the last or (T, V) "
            f"after each, got {describe(model)}; {WAY_OUT}"
        )
    if layer is not None and layer.input_dim < size:
        raise UserError(
            f"{path}: expected an Embedding of at least the {size} symbols that come out, got "
            f"{layer.input_dim}; {WAY_OUT}"
        )
    symbols = read_symbols(path, size)
    embedding = _identity(size) if layer is None else _in_place(layer)
    delimited = symbols.start is not None or symbols.end is not None
    kind = with_codec(ScoredTokens if delimited else KerasTokens, symbols.modality)
    tokens = kind(KerasNetwork(model), embedding, symbols, one_hot=one_hot)
    with attempt(path, "the network, tried on a few tokens,", WAY_OUT), torch.no_grad():
        _try(tokens, path)
    check_model(tokens, str(path), attempting(path, WAY_OUT))
    return tokens, _notes(tokens)


def _embedding_layer(model: Any) -> Any:
    """The layer that turns the model's input into vectors, if there is one."""
    for layer in model.layers:
        if type(layer).__name__ == "Embedding":
            source = layer._inbound_nodes[0].input_tensors[0]._keras_history.operation
            if type(source).__name__ == "InputLayer":
                return layer
    return None


def _in_place(layer: Any) -> nn.Embedding:
    """A torch embedding of the same weights that does the layer's work, so that attributions can read it there."""
    table = nn.Embedding(layer.input_dim, layer.output_dim, device="meta")
    table.weight = layer.embeddings.value
    dtype = getattr(torch, layer.compute_dtype)
    layer.call = lambda inputs: table(inputs.long()).to(dtype)
    return table


def _identity(size: int) -> nn.Embedding:
    """One-hot vectors as an embedding."""
    table = nn.Embedding(size, size, device="meta")
    table.weight = nn.Parameter(torch.eye(size), requires_grad=False)
    return table


def _try(model: KerasTokens, path: Path) -> None:
    size, length = len(model.symbols), min(model.window or 12, 12)
    generator = torch.Generator().manual_seed(0)
    # Symbols that records have: padding may be masked, so that it changes nothing.
    able = torch.tensor([each for each in range(size) if each not in model.symbols.never])
    drawn = torch.randint(len(able), (2, length), generator=generator)
    ids = able[drawn]
    logits = model.logits(ids)
    if logits.shape != (2, length, size) or not torch.isfinite(logits).all():
        raise UserError(f"{path}: expected finite logits (2, {length}, {size}) for 2 × {length} tokens, got "
                        f"{tuple(logits.shape)} with NaN or infinity; check the weights")  # fmt: skip
    for place in range(1, length):
        other = ids.clone()
        other[:, place:] = able[(drawn[:, place:] + 1) % len(able)]
        if not torch.allclose(model.logits(other)[:, :place], logits[:, :place], atol=TOLERANCE):
            raise UserError(
                f"{path}: expected predictions from earlier tokens alone, but those before token {place} change with "
                f"it: a layer looks ahead (Bidirectional, or attention without a causal mask); train one that does not"
            )
    walk = cell_walk(model.network.model, model.to_logits, one_hot=model.one_hot)
    masked = getattr(_embedding_layer(model.network.model), "mask_zero", False) and model.symbols.pad != 0
    if walk is None or masked or (model.window is not None and not model.per_step):
        return
    step = walk()
    stepped = torch.stack([step(ids[:, place]) for place in range(length)], dim=1)
    model.walk = walk if torch.allclose(stepped, logits, atol=TOLERANCE) else None


def _notes(model: KerasTokens) -> tuple[str, ...]:
    symbols = model.symbols
    notes = [f"the {len(symbols)} outputs were read as the symbols of {symbols.file.name}"]
    if symbols.start is None and symbols.end is not None:
        notes.append("there is no start symbol: records begin after the end symbol, as in one long stream")
    if model.first is None:
        notes.append("there is no start or end symbol: the first symbol is drawn evenly, and no log_prob is offered")
    if symbols.end is None:
        notes.append(f"there is no end symbol: every record has {model.length} symbols")
    else:
        notes.append(f"records are cut after {model.length} symbols")
    if model.window is not None and not model.per_step and symbols.pad is None:
        shown = symbols.values[model.filler]
        filled = f"the symbol {shown!r}" if shown is not None else "the start or end symbol"
        notes.append(
            f"contexts shorter than the window of {model.window} are filled with {filled}, for want of a <pad>"
        )
    return tuple(notes)
