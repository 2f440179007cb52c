"""A folder that `transformers` saved as an encoder: vision models, sentence encoders and BERT's kin, wav2vec's kin.

Nothing of the folder runs and nothing is fetched: only architectures that are part of the library are built, weights
come from safetensors or, as tensors only, from pickles.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ..adapters.contained import check_links
from ..adapters.hugging_face.folder import building, quiet, read_json, some, weight_files
from ..adapters.hugging_face.sizes import within
from ..adapters.hugging_face.transformers_folder import check_named_files, open_tokenizer, refuse_additions
from ..adapters.opened import need
from ..digests import fingerprint
from .blocks import BlockEncoder
from .encoder import EncoderError, EncoderFacts

INPUTS = {"image": "pixel_values", "text": "input_ids", "audio": "input_values"}
"""What a network is given, by modality."""

CANNOT_SEE = {
    "image": "what its training did not teach it to tell apart, and details finer than the size at which it looks",
    "text": "what its training did not teach it to tell apart, and what stands beyond the tokens that it reads",
    "audio": "what its training did not teach it to tell apart, and the order of things, as it averages over time",
}


def matches(path: Path) -> bool:
    """Whether a folder's config.json names a model of `transformers`."""
    config = read_json(path / "config.json") or {}
    return isinstance(config.get("model_type"), str) or isinstance(config.get("architectures"), list)


def open_folder(path: Path, modality: str, device: str) -> BlockEncoder:
    """The encoder in a folder, in float32.

    Raises:
        UserError: if it needs code, lacks weights or a tokenizer, or is a model of another modality.
    """
    with _opened(path, modality, device, "--encoder") as (library, network):
        return _encoder(path, library, network, modality, device)


class Dual(NamedTuple):
    """A model that encodes pictures and texts into one space, as CLIP does, and how sharply it tells cosines apart."""

    pictures: BlockEncoder
    texts: BlockEncoder
    sharpness: float


def open_dual(path: Path, device: str, *, option: str) -> Dual:
    """The model of pictures and texts in a folder, in float32, which the user named by `option`.

    Raises:
        UserError: if it is no such model, needs code, or lacks weights or a tokenizer.
    """
    if not matches(path):
        raise EncoderError(
            f"{option} {path}: expected a folder with a CLIP-like model of transformers (config.json, weights, "
            "tokenizer), got none; name the folder that save_pretrained wrote"
        )
    with _opened(path, "image", device, option) as (library, network):
        scale = getattr(network, "logit_scale", None)
        if not _is_dual(network) or scale is None:
            raise EncoderError(
                f"{option} {path}: expected a model of pictures and texts, as CLIP, got {type(network).__name__}, "
                "which knows no texts; name another folder"
            )
        pictures, texts = (_encoder(path, library, network, modality, device, option) for modality in ("image", "text"))
        return Dual(pictures, texts, float(scale.detach().exp()))


@contextmanager
def _opened(path: Path, modality: str, device: str, option: str) -> Iterator[tuple[Any, Any]]:
    """The library and the network."""
    check_links(path)
    refuse_additions(path)
    need("transformers", extra="transformers", path=path)
    config = read_json(path / "config.json") or {}
    if modality not in INPUTS:
        raise EncoderError(f"{option} {path}: expected an encoder of {modality} records, got a transformers folder")
    with quiet("transformers") as library:
        files = weight_files(path, "model", "pytorch_model")
        check_named_files(path, config, files)
        yield library, _network(path, library, files, modality, option).to(device)


def _encoder(
    path: Path, library: Any, network: Any, modality: str, device: str, option: str = "--encoder"
) -> BlockEncoder:
    function, words = _function(path, library, network, modality, device, whole=option != "--encoder")
    facts = EncoderFacts(
        name=path.resolve().name,
        version=f"{type(network).__name__}, transformers {library.__version__}",
        digest=fingerprint(path),
        licence=_licence(path),
        cannot_see=CANNOT_SEE[modality],
    )
    return BlockEncoder(facts, modality, words, 32, function, option)


def _network(path: Path, library: Any, files: list[Path], modality: str, option: str) -> Any:
    """The network with exactly the stored weights; only a pooler, which is not used, may lack some."""
    import torch

    with building(path, "the encoder with transformers", files), within(files, path):
        network, report = library.AutoModel.from_pretrained(
            str(path),
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=files[0].suffix == ".safetensors",
            weights_only=True,
            dtype=torch.float32,
            output_loading_info=True,
        )
    missing = [name for name in report["missing_keys"] if not name.startswith("pooler.")]
    if missing or report["mismatched_keys"]:
        lacking = some(missing or report["mismatched_keys"])
        raise EncoderError(
            f"{option} {path}: expected all weights of {type(network).__name__}, but the folder lacks {lacking}; save "
            "the whole model again"
        )
    takes = "both" if _is_dual(network) else getattr(network, "main_input_name", "")
    wanted = INPUTS[modality]
    waves = modality != "audio" or hasattr(network.config, "conv_stride")
    dual = takes == "both" and modality in ("image", "text")
    if not dual and (takes != wanted or not waves or getattr(network.config, "is_encoder_decoder", False)):
        taken = "pictures and texts" if takes == "both" else takes
        kinds = {"image": "a vision model", "text": "a text encoder", "audio": "a model of raw sound"}
        raise EncoderError(
            f"{option} {path}: expected {kinds[modality]}, since the audit is of {modality} records, got "
            f"{type(network).__name__}, which takes {taken}; name another folder"
        )
    return network.eval()


def _is_dual(network: Any) -> bool:
    """Whether it encodes pictures and texts into one space, as CLIP does."""
    return hasattr(network, "get_image_features") and hasattr(network, "get_text_features")


def _function(path: Path, library: Any, network: Any, modality: str, device: str, *, whole: bool) -> tuple[Any, str]:
    match modality:
        case "image":
            from .hugging_face_images import image_function

            return image_function(path, network, device, dual=_is_dual(network))
        case "text":
            from .hugging_face_texts import text_function

            return text_function(network, open_tokenizer(path, library), device, dual=_is_dual(network), whole=whole)
        case _:
            from .hugging_face_audio import audio_function

            return audio_function(path, network, device)


def _licence(path: Path) -> str:
    """What the folder's README says in its head."""
    file = path / "README.md"
    try:
        head = file.read_bytes()[:20_000].decode("utf-8", "replace") if file.is_file() else ""
    except OSError:
        head = ""
    found = re.match(r"---\n(?:.*\n)*?license:[ \t]*([\w.+-]{1,60})[ \t]*\n", head)
    return found[1] if found else "not stated"
