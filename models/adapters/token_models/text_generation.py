"""Text models on top of a network and a tokenizer of the `transformers` library.

Each token is drawn from the whole distribution at temperature 1: an audit is about the distribution that was learned,
not about settings that hide its tail.

Reference: Radford et al. 2019, Language models are unsupervised multitask learners (prompts as conditions);
Sutskever, Vinyals, Le 2014, Sequence to sequence learning with neural networks, arXiv:1409.3215.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from ...errors import UserError
from .token_drawing import BATCH_LOGITS, BATCH_ROWS, Special, accepted, ban, batches, device_of, draw, uniform


class CausalText(nn.Module):
    """A causal language model: texts are drawn from the start token, or as continuations of prompts.

    With prompts, each text continues one of them, picked at random, and holds the continuation only.
    """

    modality = "text"
    chunk = BATCH_ROWS

    def __init__(self, network: nn.Module, tokenizer: Any, special: Special, prompts: Sequence[str] = ()) -> None:
        super().__init__()
        self.network = network
        self.tokenizer = tokenizer
        self.special = special
        self.prompts = tuple(prompts)
        if special.start and special.ends and not self.prompts:
            # Set only where p(text) is defined: capabilities are found by attribute.
            self.log_prob_kind = "lower_bound"
            self.log_prob = self._log_prob

    @property
    def embedding(self) -> nn.Embedding:
        """The table of the input tokens' vectors, (V, width)."""
        find = cast("Callable[[], nn.Embedding]", self.network.get_input_embeddings)
        return find()

    @property
    def context(self) -> int | None:
        """The most ids that `logits` takes; None if the network sets no limit."""
        return self.special.context

    def encode_text(self, text: str) -> list[int]:
        """A text to ids as `logits` wants them: after the start token, or with prompts as the tokenizer marks these."""
        if self.prompts or not self.special.start:
            return self._read(text)
        return [*self.special.start, *_encode(self.tokenizer, text, special=False)]

    def _read(self, text: str) -> list[int]:
        """A prompt to the ids that the network reads, without an end token; "" is the start token."""
        plain = _encode(self.tokenizer, text, special=False)
        full = _encode(self.tokenizer, text, special=True)
        # Some tokenizers close every text with an end token, which a continuation must not see.
        before = next((k for k in range(len(full) - len(plain) + 1) if full[k : k + len(plain)] == plain), 0)
        return [*full[:before], *plain] or list(self.special.start)

    def decode_text(self, ids: list[int]) -> str:
        """Token ids to a text, without special tokens."""
        return _decode(self.tokenizer, ids)

    def logits(self, ids: Tensor) -> Tensor:
        """Token ids (B, T) to the logits of the token after each, (B, T, V); differentiable."""
        output = self.network(input_ids=ids.to(device_of(self.network)), **accepted(self.network, use_cache=False))
        logits: Tensor = output.logits[..., : self.special.vocabulary]
        return logits

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> list[str]:
        """Draw n texts; `condition` is a prompt or n of them.

        Raises:
            UserError: if there is nothing to start from, or a prompt fills the context.
        """
        chosen = choose_prompts(n, self.prompts, generator, condition)
        contexts = [list(self.special.start) if text is None else self._read(text) for text in chosen]
        for context, text in zip(contexts, chosen, strict=True):
            if not context:
                raise UserError(
                    "expected a prompt, since this model has no start token, got none; give --prompts FILE.txt"
                )
            _check_prompt(context, text, self.special)
        uniforms = uniform(n, self.special.max_new_tokens, generator)
        texts: list[str] = []
        for rows in batches(n, self.special.vocabulary):
            drawn = draw(self.network, contexts[rows], uniforms[rows], self.special)
            pairs = zip(contexts[rows], drawn, strict=True)
            texts += [_continuation(self.tokenizer, context, ids) for context, ids in pairs]
        return texts

    @torch.no_grad()
    def _log_prob(self, samples: Sequence[str]) -> Tensor:
        """The log-probability of the tokens that the tokenizer makes of each text, in nats, float64 (n,).

        The end token counts, unless the text has as many tokens as `sample` gives at most, and was cut. Other tokens
        may spell or end the same text and would add to its probability, so this is a lower bound. A text that the
        tokenizer does not give back unchanged, or that does not fit into the context, has −inf.
        """
        rows = [self._scored(text) for text in samples]
        log_probs = torch.full((len(rows),), -math.inf, dtype=torch.float64)
        mask = ban(self.special, device_of(self.network))
        for batch in self._score_batches(rows):
            # Rows are filled up on the right, which no earlier position sees.
            ids = pad_sequence([torch.tensor(rows[i]) for i in batch], batch_first=True)  # (B, T)
            steps = (self.logits(ids[:, :-1]).double() + mask).log_softmax(-1).cpu()  # (B, T − 1, V)
            each = steps.gather(-1, ids[:, 1:, None]).squeeze(-1)  # (B, T − 1)
            inside = torch.arange(each.shape[1]) < torch.tensor([[len(rows[i]) - 1] for i in batch])
            log_probs[batch] = torch.where(inside, each, 0.0).sum(-1)
        return log_probs

    def _score_batches(self, rows: list[list[int]]) -> Iterator[list[int]]:
        """The places of the rows that can be scored, those of similar length together, as many as memory can hold."""
        waiting = sorted((place for place, row in enumerate(rows) if row), key=lambda place: -len(rows[place]))
        while waiting:
            size = max(1, min(BATCH_ROWS, BATCH_LOGITS // (self.special.vocabulary * len(rows[waiting[0]]))))
            yield waiting[:size]
            waiting = waiting[size:]

    def _scored(self, text: str) -> list[int]:
        """The start token, the text's ids and the end token; empty where the model cannot give the text."""
        ids = _encode(self.tokenizer, text, special=False)
        special = self.special
        unknown = any(not 0 <= each < special.vocabulary or each in special.ends for each in ids)
        if unknown or _decode(self.tokenizer, ids) != text:
            return []
        room = special.max_new_tokens if special.context is None else special.context - len(special.start)
        cut = len(ids) == min(room, special.max_new_tokens)
        row = [*special.start, *ids, *(() if cut else special.ends[:1])]
        return row if special.context is None or len(row) - 1 <= special.context else []


class SequenceToSequenceText(nn.Module):
    """A model that answers a text with a text, e.g. translates it; it needs prompts and gives the answers only."""

    modality = "text"
    chunk = BATCH_ROWS

    def __init__(self, network: nn.Module, tokenizer: Any, special: Special, prompts: Sequence[str]) -> None:
        super().__init__()
        self.network = network
        self.tokenizer = tokenizer
        self.special = special
        self.prompts = tuple(prompts)

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> list[str]:
        """Draw n answers to prompts picked at random; `condition` is a prompt or n of them."""
        chosen = choose_prompts(n, self.prompts, generator, condition)
        sources = [_encode(self.tokenizer, text or "", special=True) for text in chosen]
        for source, text in zip(sources, chosen, strict=True):
            if not source:
                raise UserError(f"expected prompts that have tokens, got {text!r}; give other prompts")
            _check_prompt(source, text, self.special)
        uniforms = uniform(n, self.special.max_new_tokens, generator)
        texts: list[str] = []
        for rows in batches(n, self.special.vocabulary):
            read = self._read(sources[rows])
            contexts = [list(self.special.start)] * len(sources[rows])
            answers = draw(self.network, contexts, uniforms[rows], self.special, read)
            texts += [_decode(self.tokenizer, ids) for ids in answers]
        return texts

    def _read(self, sources: list[list[int]]) -> dict[str, Any]:
        """The encoder's output for each source, filled up on the right, with the mask that hides the filling."""
        device = device_of(self.network)
        parts = [torch.tensor(source) for source in sources]
        ids = pad_sequence(parts, batch_first=True).to(device)  # (B, S)
        mask = pad_sequence([torch.ones_like(part) for part in parts], batch_first=True).to(device)
        find = cast("Callable[[], nn.Module]", self.network.get_encoder)
        return {"encoder_outputs": find()(input_ids=ids, attention_mask=mask), "attention_mask": mask}


def choose_prompts(n: int, prompts: Sequence[str], generator: torch.Generator, condition: Any) -> list[str | None]:
    """The prompt of each of n texts: what `condition` asks for, else one of `prompts` at random, else None.

    Args:
        n: the number of texts.
        prompts: those to draw from with equal probability; none if empty.
        generator: the source of randomness.
        condition: a prompt for every text, n prompts, or None.

    Raises:
        ValueError: if `condition` is neither a prompt nor n of them.
    """
    if isinstance(condition, str):
        return [condition] * n
    if condition is not None:
        several = list(condition) if isinstance(condition, Sequence) else [condition]
        if len(several) != n or not all(isinstance(each, str) for each in several):
            raise ValueError(f"expected one prompt, or one for each of {n} texts, got {len(several)} conditions")
        return several
    if not prompts:
        return [None] * n
    picked = torch.randint(len(prompts), (n,), generator=generator, device=generator.device)
    return [prompts[index] for index in picked.tolist()]


def _encode(tokenizer: Any, text: str, *, special: bool) -> list[int]:
    return [int(each) for each in tokenizer(text, add_special_tokens=special, verbose=False)["input_ids"]]


def _decode(tokenizer: Any, ids: list[int]) -> str:
    return str(tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))


def _continuation(tokenizer: Any, context: list[int], ids: list[int]) -> str:
    """What the new tokens add to the text: alone, some tokenizers would drop a space that they start with."""
    before, whole = _decode(tokenizer, context), _decode(tokenizer, [*context, *ids])
    return whole[len(before) :] if whole.startswith(before) else _decode(tokenizer, ids)


def _check_prompt(ids: list[int], text: str | None, special: Special) -> None:
    shown = repr((text or "")[:40])
    if special.context is not None and len(ids) >= special.context:
        raise UserError(
            f"expected prompts of fewer than {special.context} tokens, the model's context, got one of {len(ids)} "
            f"({shown}…); shorten it"
        )
    if min(ids) < 0:
        raise UserError(f"expected prompts of token ids from 0 to {special.vocabulary - 1}, got {shown}; correct them")
    if max(ids) >= special.vocabulary:
        raise UserError(
            f"expected prompts of tokens below {special.vocabulary}, the model's vocabulary, got {max(ids)} in "
            f"{shown}; leave special tokens out"
        )
