"""Sampling layers of VAEs: a layer of one's own, or a Lambda, that makes latents of their mean and log-variance.

Such a layer is code and never runs. Nothing that an audit asks of the VAE passes through it, neither images from
latents nor the mean and log-variance themselves, so a layer that gives the mean stands in its place. Where
something does pass through it, the file is refused.

Reference: Kingma, Welling 2014, Auto-encoding variational Bayes, arXiv:1312.6114 (section 2.4).
"""

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from ...errors import UserError

PACKAGE, CLASS = "genai_audit", "SamplingStandIn"
NAME = f"{PACKAGE}>{CLASS}"
WORDS = ("sampl", "reparam")
"""Words in the name of a layer, or of its class, that draws latents."""


def stand_in(config: Any) -> None:
    """Put a layer that gives its first input in the place of each sampling layer in a configuration."""
    if isinstance(config, list):
        for each in config:
            stand_in(each)
    elif isinstance(config, dict):
        if _samples(config):
            inner = config["config"]
            config["config"] = {
                "name": inner.get("name") or config.get("name"),
                "was": str(config.get("registered_name") or config["class_name"]),
            }
            config |= {"class_name": CLASS, "module": None, "registered_name": NAME, "build_config": None}
        for each in config.values():
            stand_in(each)


def _samples(config: dict[str, Any]) -> bool:
    """Whether a layer is a sampling layer: code by its class, of two latents of one shape, and named so."""
    kind, inner, nodes = (config.get(key) for key in ("class_name", "config", "inbound_nodes"))
    plain = str(config.get("module")).startswith("keras") and kind != "Lambda"
    if plain or not isinstance(kind, str) or not isinstance(inner, dict) or not isinstance(nodes, list) or not nodes:
        return False
    named = f"{kind} {inner.get('name')} {config.get('name')}".lower()
    shapes = [list(_shapes(node.get("args"))) for node in nodes if isinstance(node, dict)]
    return any(word in named for word in WORDS) and all(len(each) == 2 and each[0] == each[1] for each in shapes)


def _shapes(value: Any) -> Iterator[list[Any]]:
    """The shapes of the tensors in the arguments of a call."""
    if isinstance(value, list):
        for each in value:
            yield from _shapes(each)
    elif isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        yield list((value.get("config") or {}).get("shape") or ())


@cache
def classes() -> dict[str, Any]:
    """The layer that stands in, for Keras to build."""
    import keras

    class SamplingStandIn(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
        def __init__(self, was: str = "", **settings: Any) -> None:
            super().__init__(**settings)
            self.was = was

        def call(self, *inputs: Any) -> Any:
            return inputs[0][0] if isinstance(inputs[0], list | tuple) else inputs[0]

    return {NAME: SamplingStandIn}


def stand_in_notes(generator: Any, model: Any, path: Path) -> tuple[str, ...]:
    """What to note of the layers that were replaced.

    Args:
        generator: what will be asked for images.
        model: the whole that it was found in.
        path: the file, which begins the message.

    Raises:
        UserError: if the generator's own answers pass through one.
    """
    replaced = [layer for layer in model._flatten_layers() if hasattr(layer, "was")]
    held = (getattr(generator, name, None) for name in ("network", "discriminator", "told"))
    used = [part.model for part in held if part is not None and hasattr(part, "model")]
    passing = [layer for part in used for layer in part._flatten_layers() if hasattr(layer, "was")]
    encoder = getattr(getattr(generator, "encoder", None), "model", None)
    if encoder is not None:
        passing += [layer for output in encoder.outputs[:2] for layer in _before(output)]
    if passing or (replaced and not used):
        layer = (passing or replaced)[0]
        raise UserError(
            f"{path}: expected plain Keras layers, but {layer.name!r} needs {layer.was}, which is not part of Keras, "
            f"and images pass through it; save the decoder by itself, or build it in your own code and name that by "
            f"--loader FILE.py:FUNCTION"
        )
    return tuple(
        f"the sampling layer {layer.name!r} ({layer.was}) is code of its own: it never ran, and nothing that was asked "
        f"of the model passes through it"
        for layer in replaced
    )


def _before(tensor: Any) -> Iterator[Any]:
    """The layers that stand in and that a tensor is made with."""
    open_, seen = [tensor], set()
    while open_:
        operation, node, _ = open_.pop()._keras_history
        if (operation, node) in seen:
            continue
        seen.add((operation, node))
        if hasattr(operation, "was"):
            yield operation
        if operation._inbound_nodes:
            open_ += operation._inbound_nodes[node].input_tensors
