"""A decoder-only transformer over the characters or words of texts.

Each token becomes a vector, a learned vector of its place is added, and blocks of causal self-attention and of a
perceptron refine it, each behind a layer norm and around a residual path; a softmax gives the next token's
distribution.

Reference: Vaswani et al. 2017, Attention is all you need, arXiv:1706.03762 (section 3.2, attention);
Radford et al. 2018, Improving language understanding by generative pre-training (section 3.1, the decoder alone),
https://cdn.openai.com/research-covers/language-unsupervised/language_understanding_paper.pdf;
Xiong et al. 2020, On layer normalization in the transformer architecture, arXiv:2002.04745 (norm before each part);
Press, Wolf 2017, Using the output embedding to improve language models, arXiv:1608.05859 (the tied head).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import gelu, linear, scaled_dot_product_attention

from ..checks import check_number, check_whole
from ..data.datasets import Dataset
from ..errors import UserError
from .parts.conditions import refuse_condition
from .parts.network import materialise
from .parts.sequences import Drop, LikelihoodTraining, TokenDistribution, keep, maximise_likelihood
from .parts.tokens import MOST_TOKENS, Alphabet, check_alphabet, text_shape

Cache = list[tuple[Tensor, Tensor]]
"""Keys and values (B, heads, T, width / heads) of the tokens so far, of each block."""


@dataclass(frozen=True, slots=True)
class GPTConfig:
    """The shape of the network, and the texts it can give.

    `alphabet` holds the tokens, each a `unit` ("character" or "word"); a text has 1 to `max_length` of them. With
    `tied`, the head is the embedding itself. Samples and `log_prob` are of the distribution at `temperature`; 1 is the
    distribution that was fitted.
    """

    alphabet: tuple[str, ...]
    unit: str
    max_length: int
    width: int = 128
    heads: int = 4
    layers: int = 2
    tied: bool = False
    temperature: float = 1.0

    def __post_init__(self) -> None:
        check_alphabet(self.unit, self.alphabet)
        check_whole("max_length", self.max_length, 2 * MOST_TOKENS)
        check_whole("width", self.width, 4096)
        check_whole("heads", self.heads, 64)
        check_whole("layers", self.layers, 48)
        if self.width % self.heads:
            raise ValueError(f"expected width to be a multiple of heads, got {self.width} and {self.heads}")
        if not isinstance(self.tied, bool):
            raise ValueError(f"expected tied as true or false, got {self.tied!r}")
        check_number("temperature", self.temperature, 0.01, 100)


@dataclass(frozen=True, slots=True)
class GPTTraining(LikelihoodTraining):
    """How it is fitted, see `sequences.LikelihoodTraining`."""

    steps: int = 1800
    average_over: int = 300
    warm_up: int = 100
    dropout: float = 0.1


class Block(nn.Module):
    """Causal self-attention, then a perceptron."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.attention_norm = nn.LayerNorm(width)
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.attended = nn.Linear(width, width)
        self.perceptron_norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, 4 * width)
        self.narrow = nn.Linear(4 * width, width)

    def forward(
        self, x: Tensor, past: tuple[Tensor, Tensor] | None, drop: Drop, *, last: bool = False
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Tokens (B, T, C) after those of the past to tokens, or to the last (B, 1, C), and keys and values of all."""
        q, k, v = self.queries_keys_values(self.attention_norm(x)).chunk(3, dim=-1)
        q, k, v = (each.unflatten(-1, (self.heads, -1)).transpose(1, 2) for each in (q, k, v))  # (B, heads, T, C/heads)
        if past is not None:
            k, v = torch.cat([past[0], k], dim=2), torch.cat([past[1], v], dim=2)
        if last:
            x, q = x[:, -1:], q[:, :, -1:]
        seen = scaled_dot_product_attention(q, k, v, **sight(q, k))
        x = x + drop(self.attended(seen.transpose(1, 2).flatten(2)))
        x = x + drop(self.narrow(gelu(self.widen(self.perceptron_norm(x)))))
        return x, (k, v)


def sight(q: Tensor, k: Tensor) -> dict[str, Any]:
    """What queries (…, T, c) may see of keys (…, S, c), of which theirs are the last: all up to their own."""
    new, all_of_them = q.shape[-2], k.shape[-2]
    if new in (1, all_of_them):
        return {"is_causal": new > 1}
    seen = torch.ones(new, all_of_them, dtype=torch.bool, device=q.device)
    return {"attn_mask": seen.tril(all_of_them - new)}


class GPT(nn.Module):
    """A transformer over tokens. Its likelihood is explicit and exact."""

    modality = "text"
    log_prob_kind = "exact"

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.config = config
        self.alphabet = Alphabet(config.unit, config.alphabet)
        self.distribution = TokenDistribution(len(self.alphabet), config.max_length, config.temperature)
        self.embedding = nn.Embedding(len(self.alphabet), config.width)
        self.places = nn.Embedding(config.max_length + 1, config.width)
        self.blocks = nn.ModuleList(Block(config.width, config.heads) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.head = None if config.tied else nn.Linear(config.width, len(self.alphabet), bias=False)

    def encode_text(self, text: str) -> list[int]:
        """A text to ids, with the beginning (id 0) before them, as `logits` wants them; a `UserError` if it cannot."""
        return self.alphabet.encode(text)

    def decode_text(self, ids: list[int]) -> str:
        """Ids to the text they stand for, up to the end (id 0 after a token)."""
        return self.alphabet.decode(ids)

    def logits(self, ids: Tensor, drop: Drop = keep) -> Tensor:
        """Ids (B, T), the beginning first, to the logits of the token after each, (B, T, V).

        Raises:
            UserError: if T is above `max_length` + 1.
        """
        return self.advance(ids, [], drop)[0]

    def advance(self, ids: Tensor, cache: Cache, drop: Drop = keep) -> tuple[Tensor, Cache]:
        """The logits of the tokens after new ids (B, T), (B, T, V), and the cache with them."""
        return self._read(ids, cache, drop)

    def read_on(self, ids: Tensor, cache: Cache) -> Tensor:
        """R continuations (B, R, T) of each of the cache's B beginnings to the logits after their ends, (B, R, V)."""
        b, r = ids.shape[:2]
        wide: Cache = [(k.repeat_interleave(r, dim=0), v.repeat_interleave(r, dim=0)) for k, v in cache]
        return self._read(ids.flatten(0, 1), wide, keep, last=True)[0].reshape(b, r, -1)

    def _read(self, ids: Tensor, cache: Cache, drop: Drop, *, last: bool = False) -> tuple[Tensor, Cache]:
        start = cache[0][0].shape[2] if cache else 0
        if start + ids.shape[1] > self.config.max_length + 1:
            raise UserError(
                f"expected at most {self.config.max_length} tokens after the beginning, "
                f"got {start + ids.shape[1] - 1}; give a shorter text"
            )
        x = drop(self.embedding(ids) + self.places.weight[start : start + ids.shape[1]])  # (B, T, C)
        kept: Cache = []
        for number, block in enumerate(self.blocks, start=1):
            # Nothing but the last token leaves the last block where nothing else is asked for.
            only = last and number == len(self.blocks)
            x, keys_values = block(x, cache[number - 1] if cache else None, drop, last=only)
            kept.append(keys_values)
        weight = self.embedding.weight if self.head is None else self.head.weight
        return linear(self.norm(x), weight), kept

    def log_prob(self, samples: list[str]) -> Tensor:
        """Exact log-probability of each text in nats, (n,); −∞ where a symbol is unknown or there are too many."""
        rows = [self.alphabet.read(text) for text in samples]
        return self.distribution.score(self.logits, rows, self.embedding.weight.device)

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> list[str]:
        """Draw n texts, token by token; keys and values of earlier tokens are kept, not computed again."""
        refuse_condition(condition)
        cache: Cache = []

        def step(ids: Tensor) -> Tensor:  # (n,) to (n, V)
            nonlocal cache
            logits, cache = self.advance(ids[:, None], cache)
            return logits[:, 0]

        rows = self.distribution.sample(step, n, self.embedding.weight.device, generator=generator)
        return [self.alphabet.decode(row) for row in rows]


def shape(data: Dataset, unit: str | None = None) -> dict[str, Any]:
    """The part of the configuration that the data decide; a unit that was asked for decides with them."""
    return text_shape(data, unit)


def fit(
    model: GPT, data: Dataset, how: GPTTraining, *, generator: torch.Generator, progress: Callable[[int, int], None]
) -> dict[str, float]:
    """Train on texts; returns the closing loss in nats per text."""
    materialise(model, generator)
    rows = [model.alphabet.encode(text)[1:] for text in data.samples]
    return maximise_likelihood(model, model.logits, rows, how, generator=generator, progress=progress)
