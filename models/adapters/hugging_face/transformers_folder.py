"""Language models that Hugging Face `transformers` saved: a folder of config.json, weights and a tokenizer.

Nothing of the folder runs and nothing is fetched: only architectures that are part of the library are built, weights
come from safetensors or, as tensors only, from pickles.
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...errors import UserError
from ..contained import contained
from ..foreign import attempt
from ..opened import Opened, Options, need, refuse_unused
from .adapter_folder import is_adapter, open_adapter
from .architectures import architecture
from .folder import (
    UNWRAPPED,
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
from .sizes import check_settings, check_tokenizer, within
from .token_ids import ids_of

TAKES = ("prompts", "base_model", "tokens")
TOKENS = "Texts are token ids with blanks between them, as the model has no tokenizer."
NO_TEXTS = (
    "The model fills in masked tokens: it has no probability of whole texts, so none were drawn, and sentences were "
    "scored by tokens given all others."
)
TOKENIZER_FILES = (
    "tokenizer.json", "tokenizer.model", "tokenizer.model.v3", "spiece.model", "sentencepiece.bpe.model", "source.spm",
    "vocab.json", "vocab.txt", "vocab.model", "tekken.json", "tiktoken.model", "vocab-src.json",
)  # fmt: skip
TOKENIZER_SETTINGS = ("tokenizer_config.json", "special_tokens_map.json", "config.json", "generation_config.json")
NO_FILES = ("name_or_path", "_name_or_path", "model_type", "chat_template", "content")
"""Settings that are never the name of a file to read."""
FILE_WORDS = ("file", "path", "vocab", "merges")
LONGEST_PATH = 4096
SETTINGS = ("temperature", "top_k", "top_p", "min_p", "typical_p", "repetition_penalty", "num_beams")


def matches(path: Path) -> bool:
    """Whether a folder's config.json names a model of `transformers`, or it holds a PEFT adapter to one."""
    if not path.is_dir():
        return False
    config = read_json(path / "config.json") or {}
    named = isinstance(config.get("model_type"), str) or isinstance(config.get("architectures"), list)
    return named or "peft_type" in (read_json(path / "adapter_config.json") or {})


def open_model(path: Path, options: Options) -> Opened:
    """The language model of a folder, causal, sequence-to-sequence or masked, in float32.

    Raises:
        UserError: if it is no language model, needs code, or weights, tokenizer or prompts are missing.
    """
    need("transformers", extra="transformers", path=path)
    if is_adapter(path):
        return open_adapter(path, options)
    refuse_unused(options, set(TAKES) - {"base_model"}, path, "a whole model")
    refuse_additions(path)
    config = read_json(path / "config.json") or {}
    with quiet("transformers") as library:
        name, what = architecture(path, config)
        causal = what == "causal"
        if what == "masked":
            refuse_unused(options, (), path, f"{name}, which fills in masked tokens of the sentences of --probes")
        files = weight_files(path, "model", "pytorch_model")
        check_named_files(path, config, files)
        check_tokenizer_files(path, tokens=options.tokens)
        if what == "answering" and not options.prompts:
            raise UserError(
                f"{path}: expected prompts, since {name} answers one text with another, got none; give texts to answer"
            )
        network, notes = _network(path, library, name, files)
        tokenizer = ids_of(network) if options.tokens else open_tokenizer(path, library)
        if what == "masked":
            return _masked(path, config, network, tokenizer, files, notes)
        from ..token_models.text_generation import CausalText, SequenceToSequenceText
        from .special_tokens import special_tokens

        special, more = special_tokens(path, network, tokenizer, causal=causal, prompted=bool(options.prompts))
        kind = CausalText if causal else SequenceToSequenceText
        model = kind(network, tokenizer, special, options.prompts)
        model.eval()
        if isinstance(model, CausalText):
            check_causal(path, model)
    declared, halved = _stored(name, config, files)
    notes += [*halved, *([TOKENS] if options.tokens else []), *more, *unused_settings(network, special)]
    declared |= said_of(special, options)
    return Opened(model, f"transformers {name}", parameters(model), declared, tuple(notes))


def _stored(name: str, config: Mapping[str, Any], files: list[Path]) -> tuple[dict[str, Any], list[str]]:
    """What a record says of the weights as they were stored, and what to note of it."""
    types = stored_types(files) or {str(config.get("dtype") or config.get("torch_dtype") or "unknown")}
    declared = {
        "architecture": name,
        "weights": files[0].suffix[1:],
        "stored_as": sorted(types),
        **{key: config.get(key) for key in ("model_type", "transformers_version")},
    }
    return declared, half_note(types)


def _masked(
    path: Path, config: Mapping[str, Any], network: Any, tokenizer: Any, files: list[Path], notes: list[str]
) -> Opened:
    from ..token_models.masked_text import MaskedText
    from .special_tokens import vocabulary_of

    if tokenizer.mask_token_id is None:
        raise UserError(f"{path}: expected a tokenizer with a mask token, got none; save this model's own beside it")
    vocabulary, more = vocabulary_of(path, network, tokenizer)
    model = MaskedText(network, tokenizer, vocabulary)
    model.eval()
    name = type(network).__name__
    declared, halved = _stored(name, config, files)
    declared |= {"vocabulary": vocabulary, "context": model.context}
    notes = [*notes, *more, *halved, NO_TEXTS]
    return Opened(model, f"transformers {name}", parameters(model), declared, tuple(notes))


def said_of(special: Any, options: Options) -> dict[str, Any]:
    """What a record says of how texts are drawn."""
    return {
        "vocabulary": special.vocabulary,
        "context": special.context,
        "max_new_tokens": special.max_new_tokens,
        "prompts": len(options.prompts),
        "tokens": options.tokens,
    }


def refuse_additions(path: Path) -> None:
    """Refuse a folder that asks for code, a base model or quantised arithmetic.

    Raises:
        UserError: with the file that asks for it.
    """
    if (path / "adapter_config.json").is_file():
        raise UserError(
            f"{path}: expected a whole model, got a PEFT adapter (adapter_config.json); merge it into its base "
            f"(merge_and_unload) and save that"
        )
    for name in ("config.json", "tokenizer_config.json"):
        settings = read_json(path / name) or {}
        check_settings(settings, path / name)
        if settings.get("auto_map") is not None:
            raise UserError(
                f"{path}: {name} asks for code of its own (auto_map), which is never run; {WAY_OUT}, or remove "
                f"auto_map if the architecture is part of transformers"
            )
        if settings.get("quantization_config") is not None:
            raise UserError(
                f"{path}: expected plain weights, got quantised ones; save a dequantised copy, or {WAY_OUT}"
            )


def check_named_files(path: Path, config: Mapping[str, Any], files: list[Path]) -> None:
    """Refuse settings that make the library read other files than those that are digested and checked.

    Paths of the machine on which a folder was saved stand in many of them; only those that are files here would be
    read.
    """
    known = {files[0].name, *(f"{stem}.index.json" for stem in ("model.safetensors", "pytorch_model.bin"))}
    weights = config.get("transformers_weights")
    if weights is not None and weights not in (known if len(files) > 1 else {files[0].name}):
        raise UserError(
            f"{path}: config.json names other weights, transformers_weights {weights!r}, than the {files[0].name} "
            f"beside it; remove that line, or the weights that are not meant"
        )
    for name in TOKENIZER_SETTINGS:
        for key, value in _texts(read_json(path / name) or {}):
            # A token can have the name of some file here.
            named = key not in NO_FILES and (os.sep in value or any(word in key for word in FILE_WORDS))
            if not named or len(value) > LONGEST_PATH or not os.path.isfile(value):
                continue
            if contained(Path(value), path) is None:
                raise UserError(
                    f"{path}: {name} names the file {value!r} ({key}), which lies outside the folder and was not read; "
                    f"remove that line, or copy the file into the folder and name it there"
                )


def _texts(content: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Every text in settings, with the name that it stands under."""
    if isinstance(content, str):
        yield key, content
    elif isinstance(content, Mapping):
        for name, each in content.items():
            yield from _texts(each, str(name))
    elif isinstance(content, list):
        for each in content:
            yield from _texts(each, key)


def check_tokenizer_files(path: Path, *, tokens: bool) -> None:
    """Refuse a folder without a tokenizer, or one with a tokenizer where texts are to be token ids.

    Raises:
        UserError: with the way out.
    """
    found = next((name for name in TOKENIZER_FILES if (path / name).is_file()), None)
    if tokens and found is not None:
        raise UserError(f"{path}: expected --tokens where there is no tokenizer, got {found} beside it; leave it out")
    if not tokens and found is None:
        raise UserError(
            f"{path}: expected a tokenizer beside the model (tokenizer.json and tokenizer_config.json, or vocab.json "
            f"and merges.txt, or tokenizer.model), got {listed(path)}; save it there by tokenizer.save_pretrained, or "
            f"audit the model on token ids by --tokens"
        )


def _network(path: Path, library: Any, name: str, files: list[Path]) -> tuple[Any, list[str]]:
    """The network with exactly the stored weights, and what to note of them."""
    import torch

    kind, safe = getattr(library, name), files[0].suffix == ".safetensors"
    with building(path, f"{name} with transformers", files), within(files, path):
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
        notes.append(UNWRAPPED)
    return network, notes


def open_tokenizer(path: Path, library: Any) -> Any:
    """The tokenizer of a folder.

    Raises:
        UserError: if its rules make endless texts, or it cannot be opened.
    """
    check_tokenizer(path)
    # A tokenizer can lack a file, a library (sentencepiece) or its class.
    with attempt(path, "opening the tokenizer", "save it again"):
        return library.AutoTokenizer.from_pretrained(str(path), local_files_only=True, trust_remote_code=False)


def check_causal(path: Path, model: Any) -> None:
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


def unused_settings(network: Any, special: Any) -> list[str]:
    """What the folder asks of generation that an audit does not follow."""
    asked = network.generation_config.to_diff_dict() if network.generation_config is not None else {}
    kept = [f"{name} {asked[name]}" for name in SETTINGS if asked.get(name) is not None]
    notes = [f"Texts are cut after {special.max_new_tokens} tokens."]
    if kept:
        notes.append(
            f"Texts are drawn at temperature 1 from all tokens, not by the folder's settings ({', '.join(kept)})."
        )
    return notes
