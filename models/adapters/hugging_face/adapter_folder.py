"""Low-rank adapters that PEFT saved: a small folder that changes a base model, which the user names.

The update of each layer is computed and added to the layer's weights here, so nothing of the adapter runs, and what is
audited is one network as any other.

Reference: Hu et al. 2022, LoRA: low-rank adaptation of large language models, arXiv:2106.09685 (section 4.1);
Kalajdzievski 2023, A rank stabilization scaling factor for fine-tuning with LoRA, arXiv:2312.03732.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import UserError
from ..contained import check_links
from ..opened import Opened, Options
from .folder import read_json, some, weight_files

if TYPE_CHECKING:
    from torch import Tensor, nn

CONFIG = "adapter_config.json"
FACTOR = re.compile(r"(?P<layer>.+)\.lora_(?P<kind>embedding_)?(?P<side>[AB])(\.default)?(\.weight)?")
WRAPPING = re.compile(r"\.(base_layer|modules_to_save(\.default)?)(?=\.)")
MERGE = "merge it into its base (merge_and_unload) and save that"
OTHER = (
    "use_dora",
    "use_bdlora",
    "use_qalora",
    "arrow_config",
    "corda_config",
    "megatron_config",
    "trainable_token_indices",
)
"""Settings of adapters whose update is no product of two factors alone."""


def is_adapter(path: Path) -> bool:
    """Whether a folder holds an adapter of PEFT."""
    return "peft_type" in (read_json(path / CONFIG) or {})


def open_adapter(path: Path, options: Options) -> Opened:
    """The base model with the adapter's updates in its weights.

    Raises:
        UserError: if the base is missing or another one, or the adapter is no plain LoRA.
    """
    from .transformers_folder import open_model

    config = read_json(path / CONFIG) or {}
    base = _base(path, config, options)
    opened = open_model(base, replace(options, base_model=None))
    model: Any = opened.model
    merged = _merge(path, model.network, _read(path), config)
    declared = {
        **opened.declared,
        "base_model": base.resolve().name,
        "adapter": {
            name: config.get(name) for name in ("peft_type", "r", "lora_alpha", "use_rslora", "target_modules")
        },
        "adapter_layers": merged.layers,
    }
    notes = [
        f"A LoRA adapter was added to {merged.layers} layers of the base model {base.resolve().name}; the digest "
        f"covers both folders."
    ]
    if merged.replaced:
        notes.append(f"The adapter also replaces {some(list(merged.replaced))} of the base's tensors.")
    if not merged.changes:
        notes.append("The adapter changes nothing: the product of its factors is 0 everywhere, as before any training.")
    return replace(opened, family=f"{opened.family} with LoRA", declared=declared, notes=(*notes, *opened.notes))


def _base(path: Path, config: Mapping[str, Any], options: Options) -> Path:
    from . import transformers_folder

    named = config.get("base_model_name_or_path")
    if options.base_model is None:
        said = f" ({named})" if isinstance(named, str) and named else ""
        raise UserError(
            f"{path}: expected the base model{said} of this adapter, got none; give its folder with --base-model "
            f"FOLDER, or {MERGE}"
        )
    kind, other = config.get("peft_type"), next((name for name in OTHER if config.get(name)), None)
    if kind != "LORA" or other is not None:
        raise UserError(f"{path}: expected a plain LoRA adapter, got {other or kind}; {MERGE}")
    base = options.base_model
    if base.is_dir():
        check_links(base)
    if not base.is_dir() or is_adapter(base) or not transformers_folder.matches(base):
        got = "another adapter" if base.is_dir() and is_adapter(base) else "something else"
        raise UserError(
            f"{base}: expected the folder of a language model saved by save_pretrained, the base of {path}, got {got}; "
            f"check --base-model"
        )
    return base


def _read(path: Path) -> "dict[str, Tensor]":
    from ..pytorch.loaded_weights import load_weights

    tensors: dict[str, Tensor] = {}
    for file in weight_files(path, "adapter_model", "adapter_model"):
        tensors |= load_weights(file)
    return {name.removeprefix("base_model.model."): each for name, each in tensors.items()}


@dataclass
class _Merged:
    """What an adapter did: layers with an update, tensors that it replaced, and whether anything changed."""

    layers: int = 0
    changes: bool = False
    replaced: tuple[str, ...] = ()


def _merge(path: Path, network: "nn.Module", tensors: "Mapping[str, Tensor]", config: Mapping[str, Any]) -> _Merged:
    """Put every update into the network's weights, or none."""
    import torch

    factors: dict[str, dict[str, Tensor]] = {}
    whole: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        factor = FACTOR.fullmatch(name)
        if factor is None:
            whole[WRAPPING.sub("", name)] = tensor.float()
        else:
            side = f"{factor['kind'] or ''}{factor['side']}"
            factors.setdefault(factor["layer"], {})[side] = tensor.float()
    updated = {f"{layer}.weight": _updated(path, network, layer, two, config) for layer, two in factors.items()}
    places = {**updated, **whole}
    for name, tensor in whole.items():
        place = _tensor(path, network, name)
        if place.shape != tensor.shape:
            raise _misfit(path, name, tuple(tensor.shape), tuple(place.shape))
    changes = bool(whole) or any(not torch.equal(new, network.get_parameter(name)) for name, new in updated.items())
    for name, tensor in places.items():
        layer, _, kind = name.rpartition(".")
        # A new parameter: what shares the old one, as a head does with an embedding, keeps that.
        setattr(network.get_submodule(layer), kind, torch.nn.Parameter(tensor, requires_grad=False))
    if not places:
        raise UserError(f"{path}: expected factors of LoRA in its weights, got none; save the adapter again")
    return _Merged(len(updated), changes, tuple(whole))


def _updated(
    path: Path, network: "nn.Module", layer: str, two: "Mapping[str, Tensor]", config: Mapping[str, Any]
) -> "Tensor":
    """A layer's weights W + s · B A, where s is alpha / r."""
    weights = _tensor(path, network, f"{layer}.weight")
    first, second = (two.get("A"), two.get("B")) if "A" in two else (two.get("embedding_A"), two.get("embedding_B"))
    if first is None or second is None or first.shape[0] != second.shape[1]:
        raise UserError(f"{path}: expected two factors of {layer} that fit each other, got others; save it again")
    scale = _alpha(path, layer, config) / (math.sqrt(first.shape[0]) if config.get("use_rslora") else first.shape[0])
    if first.ndim > 2:
        # A convolution: the second factor's kernel is 1 × 1.
        update = (second.flatten(1) @ first.flatten(1)).reshape(len(second), *first.shape[1:])
    else:
        update = second @ first  # (out, in)
    kind = type(network.get_submodule(layer)).__name__
    # These keep their weights the other way round.
    if "embedding_A" in two or kind == "Conv1D":
        update = update.T
    if update.shape != weights.shape:
        raise _misfit(path, layer, tuple(update.shape), tuple(weights.shape))
    result: Tensor = weights.detach() + scale * update
    return result


def _alpha(path: Path, layer: str, config: Mapping[str, Any]) -> float:
    """The numerator of the scale, which may differ between layers."""
    patterns = config.get("alpha_pattern")
    named = patterns.items() if isinstance(patterns, Mapping) else ()
    own = next((value for key, value in named if layer == key or layer.endswith(f".{key}")), config.get("lora_alpha"))
    if not isinstance(own, int | float) or isinstance(own, bool):
        raise UserError(f"{path}: expected lora_alpha in {CONFIG} as a number, got {own!r}; save the adapter again")
    return float(own)


def _tensor(path: Path, network: "nn.Module", name: str) -> "Tensor":
    try:
        return network.get_parameter(name)
    except AttributeError:
        raise UserError(
            f"{path}: expected a base model with {name}, which this adapter changes, got one without; give the model "
            f"that it was trained on with --base-model FOLDER"
        ) from None


def _misfit(path: Path, name: str, ours: tuple[int, ...], theirs: tuple[int, ...]) -> UserError:
    return UserError(
        f"{path}: expected a base model whose {name} has the shape {ours}, as this adapter changes it, got {theirs}; "
        f"give the model that it was trained on with --base-model FOLDER"
    )
