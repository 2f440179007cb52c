"""How large a Keras model may become while it is built: its layers are made from numbers in a configuration.

A layer of a few bytes can ask for any amount of weights, or for outputs of any size, so both are counted as they are
asked for, and before there is memory for them.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...limits import check

SLACK = 2**24
"""Numbers that layers may have beyond those in the file: states of random numbers, tables of positions."""
PARTS = 10
"""Named parts of a layer in a configuration: the layer, its initializers, its types."""


def check_count(config: Any, path: Path) -> None:
    """Refuse a configuration of more layers than any model has.

    Raises:
        UserError: with the limit.
    """
    parts, open_ = 0, [config]
    while open_:
        each = open_.pop()
        if isinstance(each, dict):
            parts += "class_name" in each
            open_ += each.values()
        elif isinstance(each, list):
            open_ += each
    check("layers", -(-parts // PARTS), path)


@contextmanager
def within(stored: int, path: Path) -> Iterator[None]:
    """Let Keras build a model whose weights fit into so many bytes, and whose layers give no endless outputs.

    Args:
        stored: the bytes of the weights in the file.
        path: the file, which begins each message.

    Raises:
        UserError: from inside Keras, as soon as a layer asks for more.
    """
    from keras import layers

    kind: Any = layers.Layer
    add_weight, symbolic_call = kind.add_weight, kind.symbolic_call
    asked, refused = 0, list[UserError]()

    def counted(layer: Any, *args: Any, **options: Any) -> Any:
        nonlocal asked
        shape = options.get("shape", args[0] if args else ()) or ()
        asked += math.prod(shape) if isinstance(shape, tuple | list) else int(shape)
        if asked > stored + SLACK:
            refused.append(_too_many(asked, stored, layer, path))
            raise refused[0]
        return add_weight(layer, *args, **options)

    def measured(layer: Any, *args: Any, **options: Any) -> Any:
        outputs = symbolic_call(layer, *args, **options)
        try:
            check_outputs(outputs if isinstance(outputs, list | tuple) else [outputs], layer, path)
        except UserError as error:
            refused.append(error)
            raise
        return outputs

    kind.add_weight, kind.symbolic_call = counted, measured
    try:
        yield
    except Exception:
        if refused:  # Keras raises it again in words of its own.
            raise refused[0] from None
        raise
    finally:
        kind.add_weight = add_weight
        del kind.symbolic_call  # It is inherited.


def _too_many(asked: int, stored: int, layer: Any, path: Path) -> UserError:
    return UserError(
        f"{path}: expected layers that the {stored:,} bytes of weights in it can fill, but {layer.name!r} and those "
        f"before it ask for {asked:,} numbers; save the model again"
    )


def check_outputs(tensors: Any, layer: Any, path: Path) -> None:
    """Refuse outputs, or inputs, of more numbers a record than any model needs.

    Raises:
        UserError: with the limit, and the layer's name.
    """
    for each in tensors:
        shape = [size or 1 for size in tuple(getattr(each, "shape", ()))[1:]]
        # Attention compares all places with each other.
        numbers = shape[0] ** 2 if shape and "Attention" in type(layer).__name__ else 0
        check("activations", max(numbers, math.prod(shape)), f"{path}: {layer.name!r}")
