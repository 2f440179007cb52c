"""Text encoders of `transformers`: sentence encoders and BERT's kin, averaged over a text's tokens.

Reference: Reimers and Gurevych 2019, Sentence-BERT, arXiv:1908.10084 (mean pooling).
"""

from collections.abc import Sequence
from typing import Any

from ..errors import shortened
from .encoder import EncoderError

MOST_TOKENS = 512


def text_function(network: Any, tokenizer: Any, device: str, *, dual: bool, whole: bool = False) -> tuple[Any, str]:
    """What turns texts into features, and the words for them; with `whole`, texts that are too long are refused.

    Raises:
        EncoderError: if the tokenizer cannot make texts equally long.
    """
    import torch

    if tokenizer.pad_token is None:
        if tokenizer.eos_token is None:
            raise EncoderError("expected a tokenizer with a token for padding, got none; save it with one")
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "right"
    longest = _longest(network.config, tokenizer)
    # SigLIP was trained on texts that padding made equally long, and saw the padding.
    padding = "max_length" if str(network.config.model_type).startswith("siglip") else True

    def function(texts: Any, rate: int | None) -> Any:
        plain = [each.encode("utf-8", "replace").decode() for each in texts]
        # A text without a token would have nothing to average.
        plain = [each if each.strip() else tokenizer.pad_token for each in plain]
        if whole:
            _refuse_longer(plain, tokenizer, longest)
        tokens = tokenizer(plain, padding=padding, truncation=True, max_length=longest, return_tensors="pt")
        ids, mask = tokens["input_ids"].to(device), tokens["attention_mask"].to(device)
        with torch.inference_mode():
            if dual:
                masked = {"attention_mask": mask} if padding is True else {}
                given = network.get_text_features(input_ids=ids, **masked)
                return getattr(given, "pooler_output", given)
            last = network(input_ids=ids, attention_mask=mask).last_hidden_state
            weights = mask.unsqueeze(-1).to(last.dtype)
            return (last * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)

    how = "joint space" if dual else "average over tokens"
    return function, f"{type(network).__name__}, {how}, the first {longest} tokens of a text"


def _refuse_longer(texts: Sequence[str], tokenizer: Any, longest: int) -> None:
    for text in texts:
        length = len(tokenizer(text)["input_ids"])
        if length > longest:
            raise EncoderError(
                f"expected texts of at most {longest} tokens, which is what it reads, got {length} in "
                f"{shortened(repr(text))}; shorten it"
            )


def _longest(config: Any, tokenizer: Any) -> int:
    """Tokens that the network can read."""
    inner = getattr(config, "text_config", config)
    positions = getattr(inner, "max_position_embeddings", None)
    # RoBERTa's kin number positions from beyond the padding token.
    if getattr(inner, "model_type", "") in ("roberta", "xlm-roberta", "camembert", "mpnet", "data2vec-text"):
        positions = positions and positions - (inner.pad_token_id or 0) - 1
    given = [
        each for each in (positions, tokenizer.model_max_length, MOST_TOKENS) if isinstance(each, int) and each > 0
    ]
    return min(given)
