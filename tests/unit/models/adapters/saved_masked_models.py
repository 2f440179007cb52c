"""Tiny masked language models with random weights and a tokenizer of words, saved by the real library."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from genai_audit.models.adapters.hugging_face.folder import quiet

MARKS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}


def words_tokenizer(folder: Path, words: Sequence[str], **special: Any) -> None:
    """Save a tokenizer whose tokens are words, with [CLS] before a text and [SEP] after it."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    known = {word: at for at, word in enumerate((*MARKS, *words))}
    tokenizer = Tokenizer(models.WordLevel(known, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "unk", "cls", "sep", "mask")} | special
    kept = {name: token for name, token in names.items() if token is not None}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **kept).save_pretrained(str(folder))


def masked_network(kind: str, vocabulary: int, seed: int = 0, **config: Any) -> Any:
    """A BertForMaskedLM or the like, in evaluation mode."""
    import transformers

    torch.manual_seed(seed)
    sizes: dict[str, Any] = dict(SIZES)
    if kind == "DistilBert":
        sizes = {"dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 32}
    elif kind == "Electra":
        sizes["embedding_size"] = 16
    elif kind == "Albert":
        sizes["embedding_size"] = 8
    elif kind == "MobileBert":
        sizes |= {"embedding_size": 8, "intra_bottleneck_size": 8, "true_hidden_size": 8}
    asked = {"vocab_size": vocabulary, "initializer_range": 0.5, "max_position_embeddings": 24, "pad_token_id": 0}
    made = getattr(transformers, f"{kind}Config")(**{**asked, **sizes, **config})
    return getattr(transformers, f"{kind}ForMaskedLM")(made).eval()


def save_masked(network: Any, folder: Path, words: Sequence[str], **special: Any) -> Path:
    """The folder, with network and tokenizer."""
    with quiet("transformers"):
        network.save_pretrained(str(folder))
        words_tokenizer(folder, words, **special)
    return folder
