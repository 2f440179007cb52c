"""Models that fill in masked tokens, on top of a network and a tokenizer of the `transformers` library.

Such a model has the distribution of each token given all others, and none of whole texts: it scores, and draws nothing.

Reference: Devlin et al. 2019, BERT, arXiv:1810.04805; Salazar et al. 2020, Masked language model scoring,
arXiv:1910.14659.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn

from ...errors import UserError
from .token_drawing import device_of

PROBE = "a"
"""A text of which is seen what the tokenizer puts around every text."""


class MaskedText(nn.Module):
    """A masked language model.

    Args:
        network: gives logits (B, T, V) of every place of token ids (B, T).
        tokenizer: has `mask_token_id`.
        vocabulary: V, how many tokens have logits.
    """

    modality = "text"

    def __init__(self, network: nn.Module, tokenizer: Any, vocabulary: int) -> None:
        super().__init__()
        self.network = network
        self.tokenizer = tokenizer
        self.vocabulary = vocabulary
        self.mask = int(tokenizer.mask_token_id)
        plain, full = (self._encode(PROBE, special=special) for special in (False, True))
        at = next((k for k in range(len(full) - len(plain) + 1) if full[k : k + len(plain)] == plain), 0)
        self.before, self.after = full[:at], full[at + len(plain) :]

    @property
    def context(self) -> int | None:
        """The most ids of a text that the network reads; None if it sets no limit."""
        limit = getattr(cast("Any", self.network).config, "max_position_embeddings", None)
        if not isinstance(limit, int) or limit <= 0:
            return None
        # RoBERTa and its like count places from the one after that of the padding.
        tables = [part for name, part in self.network.named_modules() if name.endswith("position_embeddings")]
        paddings = [each.padding_idx for each in tables if isinstance(each, nn.Embedding)]
        skipped = next((each + 1 for each in paddings if each is not None), 0)
        return limit - len(self.before) - len(self.after) - skipped

    def encode_text(self, text: str) -> list[int]:
        """A text to ids, without the special tokens around it.

        Raises:
            UserError: if the tokenizer has no token for a part of it.
        """
        ids = self._encode(text, special=False)
        if any(each == self.tokenizer.unk_token_id or not 0 <= each < self.vocabulary for each in ids):
            raise UserError(f"expected a text of tokens that the model knows, got {text[:40]!r}; leave others out")
        return ids

    @torch.no_grad()
    def masked_log_prob(self, ids: Tensor, places: Tensor) -> Tensor:
        """Log-probabilities (B,) in nats of the tokens at `places` (B,) of ids (B, T), each masked there alone."""
        device = device_of(self.network)
        rows, at = torch.arange(len(ids), device=device), places.to(device) + len(self.before)
        around = [torch.tensor(each, dtype=torch.int64, device=device) for each in (self.before, self.after)]
        first, last = (each.expand(len(ids), -1) for each in around)
        full = torch.cat([first, ids.to(device), last], dim=1)
        wanted = full[rows, at]
        full[rows, at] = self.mask
        logits = self._logits(full, at)[:, : self.vocabulary].double()
        if not torch.isfinite(logits).all():
            raise UserError("expected finite logits from the model, got NaN or infinity; its weights are damaged")
        return logits.log_softmax(-1)[rows, wanted].cpu()

    def _logits(self, ids: Tensor, at: Tensor) -> Tensor:
        """The logits at one place of each row, (B, V): most networks compute them of no other."""
        rows = torch.arange(len(ids), device=ids.device)

        def only(head: nn.Module, given: tuple[Any, ...]) -> tuple[Any, ...]:
            fits = bool(given) and given[0].ndim == 3 and given[0].shape[:2] == ids.shape
            return (given[0][rows, at][:, None], *given[1:]) if fits else given

        head = cast("Any", self.network).get_output_embeddings()
        hook = None if head is None else head.register_forward_pre_hook(only)
        try:
            logits: Tensor = self.network(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        finally:
            if hook is not None:
                hook.remove()
        return logits[:, 0] if logits.shape[1] == 1 else logits[rows, at]

    def _encode(self, text: str, *, special: bool) -> list[int]:
        return [int(each) for each in self.tokenizer(text, add_special_tokens=special, verbose=False)["input_ids"]]
