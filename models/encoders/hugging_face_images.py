"""Vision models of `transformers`: DINOv2, CLIP, ViT, ConvNeXt and the like."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..adapters.hugging_face.folder import read_json
from .pictures import IMAGENET_MEAN, IMAGENET_STD, SIZE, prepared

Function = Any


def image_function(path: Path, network: Any, device: str, *, dual: bool) -> tuple[Function, str]:
    """What turns pictures into features, and the words for them."""
    import torch

    processor = read_json(path / "preprocessor_config.json") or {}
    size = _size(network.config, processor)
    mean, std = (_three(processor, name, other) for name, other in NORMAL)
    marked = any(name.rsplit(".", 1)[-1] in ("cls_token", "class_embedding") for name, _ in network.named_parameters())

    def function(images: Any, rate: int | None) -> Any:
        with torch.inference_mode():
            pictures = prepared(images, size, mean, std, device=device)
            if dual:
                given = network.get_image_features(pixel_values=pictures)
                return getattr(given, "pooler_output", given)
            return _pooled(network(pixel_values=pictures), marked=marked)

    how = "joint space" if dual else "class token" if marked else "average over the picture"
    guessed = "" if processor else ", scaled as for ImageNet because no preprocessor_config.json says otherwise"
    return function, f"{type(network).__name__}, {how}, pictures at {size[0]} × {size[1]}{guessed}"


NORMAL = (("image_mean", IMAGENET_MEAN), ("image_std", IMAGENET_STD))


def _pooled(given: Any, *, marked: bool) -> Any:
    """One vector a picture: the class token, which the final norm has passed, or an average over the picture."""
    last = given.last_hidden_state
    if last.ndim == 3:
        return last[:, 0] if marked else last.mean(dim=1)
    pooled = getattr(given, "pooler_output", None)
    return last.mean(dim=(2, 3)) if pooled is None else pooled.flatten(1)


def _size(config: Any, processor: Mapping[str, Any]) -> tuple[int, int]:
    """The size that the network was made for."""
    inner = getattr(config, "vision_config", config)
    for given in (processor.get("crop_size"), processor.get("size"), getattr(inner, "image_size", None)):
        edges = given if isinstance(given, Mapping) else {"height": given, "width": given}
        edge = edges.get("shortest_edge")
        found = (edges.get("height", edge), edges.get("width", edge))
        if all(isinstance(each, int) and not isinstance(each, bool) and 8 <= each <= 2048 for each in found):
            return found  # type: ignore[return-value]  # two whole numbers, as the line above makes sure
    return SIZE, SIZE


def _three(processor: Mapping[str, Any], name: str, otherwise: tuple[float, ...]) -> tuple[float, ...]:
    given = processor.get(name)
    numbers = isinstance(given, list) and len(given) == 3 and all(isinstance(each, int | float) for each in given)
    if not numbers or not isinstance(given, list) or (name == "image_std" and min(given) <= 0):
        return otherwise
    return tuple(float(each) for each in given)
