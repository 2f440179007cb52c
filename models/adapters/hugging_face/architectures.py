"""Which kinds of language model `transformers` knows, by the names of its classes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from ...errors import UserError
from ..libraries import imported
from .folder import WAY_OUT

Kind = Literal["causal", "answering", "masked"]
"""It goes on from a text; it answers one with another (sequence to sequence); or it fills in masked tokens."""


def architecture(path: Path, config: Mapping[str, Any]) -> tuple[str, Kind]:
    """The name of the class that a folder's config.json asks for, and its kind.

    Raises:
        UserError: if it asks for none, or for one that is no language model.
    """
    auto: Any = imported("transformers.models.auto.modeling_auto")
    # Those of an earlier kind are known as that: BART and XLM are in several lists.
    kinds: dict[Kind, Mapping[str, Any]] = {
        "answering": auto.MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
        "causal": auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        "masked": auto.MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    }
    known = {name: kind for kind in reversed(kinds) for name in kinds[kind].values()}
    named, type_ = config.get("architectures"), config.get("model_type")
    if isinstance(named, list) and named and isinstance(named[0], str):
        name = named[0]
    elif isinstance(type_, str):
        name = next((names[type_] for names in kinds.values() if isinstance(names.get(type_), str)), type_)
    else:
        raise UserError(f"{path}: expected config.json to name architectures or a model_type; save the model again")
    if name not in known:
        raise UserError(
            f"{path}: expected a causal, sequence-to-sequence or masked language model that transformers knows, got "
            f"{name}; save the model with its language-model head, install a newer transformers, or {WAY_OUT}"
        )
    return name, known[name]
