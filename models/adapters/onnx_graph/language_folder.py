"""Language models exported to ONNX as `optimum` lays them out: graph, config.json and tokenizer in one folder.

The graph is data for a fixed set of operators, as in `onnx_file`; it is drawn from token by token as the folder of the
model itself would be, with what it computed for earlier tokens where it takes that.
"""

from pathlib import Path
from typing import Any

from ...errors import UserError
from ..foreign import attempt
from ..hugging_face.folder import quiet, read_json
from ..hugging_face.special_tokens import special_tokens
from ..hugging_face.token_ids import ids_of
from ..hugging_face.transformers_folder import (
    TOKENS,
    check_causal,
    check_named_files,
    check_tokenizer_files,
    open_tokenizer,
    refuse_additions,
    said_of,
    unused_settings,
)
from ..onnx_file import NO_GRADIENTS, open_graph, parameters_in
from ..opened import Opened, Options, need

TAKES = ("prompts", "tokens")
GRAPHS = ("model.onnx", "decoder_model_merged.onnx", "decoder_model.onnx")
"""The graphs of a causal language model, the one that says most first."""
ENCODER = "encoder_model.onnx"
WEIGHTS = ("model.safetensors", "pytorch_model.bin", "model.safetensors.index.json", "pytorch_model.bin.index.json")


def matches(path: Path) -> bool:
    """Whether a folder holds config.json of a language model, graphs, and no weights that could be opened instead."""
    if not path.is_dir() or any((path / name).exists() for name in WEIGHTS):
        return False
    return "model_type" in (read_json(path / "config.json") or {}) and bool(_graphs(path))


def open_model(path: Path, options: Options) -> Opened:
    """The language model of a folder.

    Raises:
        UserError: if it is no causal language model, or graph, tokenizer or library is missing.
    """
    need("transformers", extra="onnx,transformers", path=path)
    graph = _graph(path)
    refuse_additions(path)
    config = read_json(path / "config.json") or {}
    check_named_files(path, config, [graph])
    check_tokenizer_files(path, tokens=options.tokens)
    proto, session, beside = open_graph(graph)
    with quiet("transformers") as library:
        with attempt(path, "reading config.json", "export the model again"):
            settings = library.AutoConfig.from_pretrained(str(path), local_files_only=True, trust_remote_code=False)
            generation = _generation(path, library, settings)
        from .language_network import OnnxLanguage, OnnxLanguageWithMemory

        names = [each.name for each in session.get_inputs()]
        kind = OnnxLanguageWithMemory if any(name.startswith("past_key_values.") for name in names) else OnnxLanguage
        network = kind(session, graph, settings, generation)
        tokenizer = ids_of(network) if options.tokens else open_tokenizer(path, library)
        special, notes = special_tokens(path, network, tokenizer, causal=True, prompted=bool(options.prompts))
        from .language_text import OnnxText

        model: Any = OnnxText(network, tokenizer, special, options.prompts).eval()
        with attempt(graph, "the graph, tried on three tokens,", "export it again"):
            check_causal(path, model)
    network.limit = "run"
    declared = {
        "model_type": config.get("model_type"),
        "graph": graph.relative_to(path).as_posix(),
        "with_past": kind is OnnxLanguageWithMemory,
        "producer": f"{proto.producer_name} {proto.producer_version}".strip(),
        "external_data": beside,
        **said_of(special, options),
    }
    said = (
        f"{NO_GRADIENTS[0].upper()}{NO_GRADIENTS[1:]}.",
        *notes,
        *([TOKENS] if options.tokens else []),
        *unused_settings(network, special),
    )
    return Opened(model, f"onnx {config.get('model_type')}", parameters_in(proto.graph), declared, said)


def _graphs(path: Path) -> list[Path]:
    return sorted(file for folder in (path, path / "onnx") for file in folder.glob("*.onnx"))


def _graph(path: Path) -> Path:
    """The graph to open: one of the known names, or the only one there."""
    graphs = _graphs(path)
    names = [each.name for each in graphs]
    if ENCODER in names:
        raise UserError(
            f"{path}: expected one graph from tokens to the next token, got an encoder and a decoder; audit the folder "
            f"that they were exported from"
        )
    known = next((graphs[names.index(name)] for name in GRAPHS if name in names), None)
    if known is None and len(graphs) > 1:
        raise UserError(f"{path}: expected {' or '.join(GRAPHS)}, got {', '.join(names[:5])}; leave one of them there")
    return known or graphs[0]


def _generation(path: Path, library: Any, settings: Any) -> Any:
    if (path / "generation_config.json").is_file():
        return library.GenerationConfig.from_pretrained(str(path), local_files_only=True)
    return library.GenerationConfig.from_model_config(settings)
