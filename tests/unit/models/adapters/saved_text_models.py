"""Tiny language models with random weights and a tokenizer of characters, saved by the real library."""

from pathlib import Path
from typing import Any

import torch

LETTERS = "abcdefgh ."
WORDS = {"<pad>": 0, "<s>": 1, "</s>": 2, "<unk>": 3, **{letter: i + 4 for i, letter in enumerate(LETTERS)}}
SIZE = len(WORDS)


def characters(folder: Path, words: dict[str, int] = WORDS, **special: Any) -> None:
    """Save a tokenizer whose tokens are single characters."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    names = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>", **special}
    kept = {name: token for name, token in names.items() if token is not None}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **kept).save_pretrained(str(folder))


def save(model: Any, folder: Path, **how: Any) -> Path:
    """Save a model whose weights are large enough for its texts to differ from noise."""
    from genai_audit.models.adapters.hugging_face.folder import quiet

    with quiet("transformers"):
        model.save_pretrained(str(folder), **how)
        characters(folder)
    return folder


def gpt2(**config: Any) -> Any:
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.manual_seed(0)
    sizes = {"vocab_size": SIZE, "n_layer": 2, "n_head": 2, "n_embd": 16, "n_positions": 80, "initializer_range": 0.3}
    return GPT2LMHeadModel(GPT2Config(**{**sizes, "bos_token_id": 1, "eos_token_id": 2, **config}))


def bart(folder: Path) -> Any:
    from transformers import BartConfig, BartForConditionalGeneration

    torch.manual_seed(0)
    model = BartForConditionalGeneration(
        BartConfig(
            vocab_size=SIZE, d_model=16, encoder_layers=2, decoder_layers=2, encoder_attention_heads=2,
            decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32, max_position_embeddings=80, init_std=0.4,
            bos_token_id=1, eos_token_id=2, pad_token_id=0, decoder_start_token_id=2, forced_bos_token_id=None,
            forced_eos_token_id=None,
        )
    )  # fmt: skip
    save(model, folder)
    return model.eval()


def t5(folder: Path) -> Any:
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(0)
    model = T5ForConditionalGeneration(
        T5Config(
            vocab_size=SIZE, d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2, initializer_factor=3.0,
            decoder_start_token_id=0, pad_token_id=0, eos_token_id=2,
        )
    )  # fmt: skip
    save(model, folder)
    return model.eval()


def draw(model: Any, n: int = 6, seed: int = 0, condition: Any = None) -> list[str]:
    return model.sample(n, generator=torch.Generator().manual_seed(seed), condition=condition)
