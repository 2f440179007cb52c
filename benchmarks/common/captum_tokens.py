"""What captum's wrapper of language models asks of a model and its tokenizer, for any model with `logits`.

Found by taking parts away until it broke: a module whose forward takes `input_ids` and ignores `attention_mask` and
`use_cache`, an answer with `.logits`, and a tokenizer that can be called.
"""

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from captum.attr import FeatureAblation, LLMAttribution, TextTokenInput
from torch import nn


class Wrapped(nn.Module):
    """A model with `logits` as a network of the transformers library is called."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model
        self.device = torch.device("cpu")

    def forward(self, input_ids: torch.Tensor, **ignored: Any) -> SimpleNamespace:
        """Ids (B, T) to an object with logits (B, T, V)."""
        return SimpleNamespace(logits=self.model.logits(input_ids))


class Numbers:
    """A tokenizer of texts that are ids, divided by blanks."""

    def encode(self, text: str, add_special_tokens: bool = False, return_tensors: str | None = None) -> Any:
        """A text to ids."""
        ids = [int(each) for each in text.split()]
        return ids if return_tensors is None else torch.tensor([ids])

    def decode(self, ids: Any, **ignored: Any) -> str:
        """Ids to a text."""
        return " ".join(str(int(each)) for each in ids)

    def convert_ids_to_tokens(self, ids: Any) -> Any:
        """Ids to their texts."""
        return [str(int(each)) for each in ids] if hasattr(ids, "__len__") else str(int(ids))

    def convert_tokens_to_ids(self, tokens: Any) -> Any:
        """Texts to their ids."""
        return int(tokens) if isinstance(tokens, str) else [int(each) for each in tokens]

    def __call__(self, text: str, **ignored: Any) -> dict[str, Any]:
        """A text to ids and where each stands in it."""
        spans, at = [], 0
        for part in text.split():
            start = text.index(part, at)
            spans.append((start, at := start + len(part)))
        return {"input_ids": self.encode(text), "offset_mapping": spans}


def captum_ablation(model: Any, ids: np.ndarray, target: int, baseline: int) -> np.ndarray:
    """What captum says that each token of a context (T,) adds to the log-probability of the target, (T,)."""
    tokenizer = Numbers()
    explain = LLMAttribution(FeatureAblation(Wrapped(model)), tokenizer)
    given = TextTokenInput(tokenizer.decode(ids), tokenizer, baselines=baseline)
    found = explain.attribute(given, target=torch.tensor([target]), use_cached_outputs=False)
    return found.seq_attr.double().numpy()
