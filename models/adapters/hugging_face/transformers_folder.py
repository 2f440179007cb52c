"""Language models that Hugging Face `transformers` saved: a folder of config.json, weights and a tokenizer.

Nothing of the folder runs and nothing is fetched: only architectures that are part of the library are built, weights
come from safetensors or, as tensors only, from pickles.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import UserError
from ..foreign import attempt
from ..opened import Opened, Options, need
from .folder import (
    WAY_OUT,
    building,
    half_note,
    listed,
    loading_notes,
    parameters,
    quiet,
    read_json,
    some,
    stored_types,
    unwrapped,
    weight_files,
)

TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer.model", "tokenizer.model.v3", "spiece.model", "sentencepiece.bpe.model", "source.spm",
    "vocab.json", "vocab.txt", "vocab.model", "tekken.json", "tiktoken.model", "vocab-src.json",
)  # fmt: skip
SETTINGS = ("temperature", "top_k", "top_p", "min_p", "typical_p", "repetition_penalty", "num_beams")


def matches(path: Path) -> bool:
    """Whether a folder's config.json names a model of `transformers`, or it holds a PEFT adapter to one."""
    if not path.is_dir():
        return False
    config = read_json(path / "config.json") or {}
    named = isinstance(config.get("model_type"), str) or isinstance(config.get("architectures"), list)
    return named or "peft_type" in (read_json(path / "adapter_config.json") or {})


def open_model(path: Path, options: Options) -> Opened:
    """The language model of a folder, causal or sequence-to-sequence, in float32.

    Raises:
        UserError: if it is no language model, needs code, or weights, tokenizer or prompts are missing.
    """
    _refuse_additions(path)
    need("transformers", extra="transformers", path=path)
    config = read_json(path / "config.json") or {}
    with quiet("transformers") as library:
        name, causal = _architecture(path, config)
        files = weight_files(path, "model", "pytorch_model")
        _check_tokenizer_files(path)
        if not causal and not options.prompts:
            raise UserError(
                f"{path}: expected prompts, since {name} answers one text with another, got none; give texts to answer"
            )
        network, notes = _network(path, library, name, files)
        tokenizer = _tokenizer(path, library)
        from ..token_models.text_generation import CausalText, SequenceToSequenceText
        from .special_tokens import special_tokens

        special, more = special_tokens(path, network, tokenizer, causal=causal, prompted=bool(options.prompts))
        kind = CausalText if causal else SequenceToSequenceText
        model = kind(network, tokenizer, special, options.prompts)
        model.eval()
        if isinstance(model, CausalText):
            _check_causal(path, model)
    types = stored_types(files) or {str(config.get("dtype") or config.get("torch_dtype") or "unknown")}
    notes += half_note(types)
    declared = {
        "architecture": name,
        "model_type": config.get("model_type"),
        "transformers_version": config.get("transformers_version"),
        "weights": files[0].suffix[1:],
        "stored_as": sorted(types),
        "vocabulary": special.vocabulary,
        "context": special.context,
        "max_new_tokens": special.max_new_tokens,
        "prompts": len(options.prompts),
    }
    return Opened(
        model, f"transformers {name}", parameters(model), declared, (*notes, *more, *_settings(network, special))
    )


def _refuse_additions(path: Path) -> None:
    if (path / "adapter_config.json").is_file():
        raise UserError(
            f"{path}: expected a whole model, got a PEFT adapter (adapter_config.json); merge it into its base "
            f"(merge_and_unload) and save that"
        )
    for name in ("config.json", "tokenizer_config.json"):
        settings = read_json(path / name) or {}
        if settings.get("auto_map") is not None:
            raise UserError(
                f"{path}: {name} asks for code of its own (auto_map), which is never run; {WAY_OUT}, or remove "
                f"auto_map if the architecture is part of transformers"
            )
        if settings.get("quantization_config") is not None:
            raise UserError(
                f"{path}: expected plain weights, got quantised ones; save a dequantised copy, or {WAY_OUT}"
            )


def _architecture(path: Path, config: Mapping[str, Any]) -> tuple[str, bool]:
    """The class's name, and whether it is causal (else sequence-to-sequence)."""
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
    )

    kinds: tuple[Mapping[str, Any], Mapping[str, Any]] = (
        MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
        MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES,
    )
    # Sequence-to-sequence first: BART and its like are in both lists, by different classes.
    known = {name: causal for causal, kind in ((True, kinds[0]), (False, kinds[1])) for name in kind.values()}
    named, type_ = config.get("architectures"), config.get("model_type")
    if isinstance(named, list) and named and isinstance(named[0], str):
        name = named[0]
    elif isinstance(type_, str):
        name = next((kind[type_] for kind in reversed(kinds) if isinstance(kind.get(type_), str)), type_)
    else:
        raise UserError(f"{path}: expected config.json to name architectures or a model_type; save the model again")
    if name not in known:
        raise UserError(
            f"{path}: expected a causal or sequence-to-sequence language model that transformers knows, got {name}; "
            f"save the model with its language-model head, install a newer transformers, or {WAY_OUT}"
        )
    return name, known[name]


def _check_tokenizer_files(path: Path) -> None:
    if not any((path / name).is_file() for name in TOKENIZER_FILES):
        raise UserError(
            f"{path}: expected a tokenizer beside the model (tokenizer.json and tokenizer_config.json, or vocab.json "
            f"and merges.txt, or tokenizer.model), got {listed(path)}; save it there by tokenizer.save_pretrained"
        )


def _network(path: Path, library: Any, name: str, files: list[Path]) -> tuple[Any, list[str]]:
    """The network with exactly the stored weights, and what to note of them."""
    import torch

    kind, safe = getattr(library, name), files[0].suffix == ".safetensors"
    with building(path, f"{name} with transformers", files):
        renamed = unwrapped(files)
        where: dict[str, Any] = {"pretrained_model_name_or_path": str(path)}
        if renamed is not None:
            config = library.AutoConfig.from_pretrained(str(path), local_files_only=True, trust_remote_code=False)
            where = {"pretrained_model_name_or_path": None, "config": config, "state_dict": renamed}
        network, report = kind.from_pretrained(
            **where, local_files_only=True, trust_remote_code=False, use_safetensors=safe, weights_only=True,
            dtype=torch.float32, output_loading_info=True,
        )  # fmt: skip
    for problem, words in (("missing_keys", "lacks weights"), ("mismatched_keys", "has weights of another shape")):
        if report[problem]:
            raise UserError(
                f"{path}: the folder {words} that {name} needs: {some(report[problem])}; it was saved from another "
                f"architecture or in part; save the whole model again"
            )
    notes = loading_notes(name, report, files)
    if renamed is not None:
        notes.append("Weights were stored under the name of a wrapper (module, _orig_mod) or one level down.")
    return network, notes


def _tokenizer(path: Path, library: Any) -> Any:
    # A tokenizer can lack a file, a library (sentencepiece) or its class.
    with attempt(path, "opening the tokenizer", "save it again"):
        return library.AutoTokenizer.from_pretrained(str(path), local_files_only=True, trust_remote_code=False)


def _check_causal(path: Path, model: Any) -> None:
    """Refuse a network whose logits depend on later tokens: nothing can be drawn from it one after another."""
    import torch

    allowed = [each for each in range(model.special.vocabulary) if each not in model.special.banned][:3]
    first, last = allowed[0], allowed[-1]
    ids = torch.tensor([[first, last, first], [first, last, last]])
    with torch.no_grad():
        logits = model.logits(ids)[:, :2]
    if not torch.isfinite(logits).all():
        raise UserError(f"{path}: expected finite logits, got NaN or infinity; the weights are damaged")
    if not torch.allclose(logits[0], logits[1], rtol=1e-3, atol=1e-3):
        raise UserError(
            f"{path}: expected a causal language model, but its logits depend on later tokens; name a causal one"
        )


def _settings(network: Any, special: Any) -> list[str]:
    """What the folder asks of generation that an audit does not follow."""
    asked = network.generation_config.to_diff_dict() if network.generation_config is not None else {}
    kept = [f"{name} {asked[name]}" for name in SETTINGS if asked.get(name) is not None]
    notes = [f"Texts are cut after {special.max_new_tokens} tokens."]
    if kept:
        notes.append(
            f"Texts are drawn at temperature 1 from all tokens, not by the folder's settings ({', '.join(kept)})."
        )
    return notes
