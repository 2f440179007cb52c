"""A recurrent language model of texts, over characters or words.

Each token becomes a vector, the LSTM carries a state from token to token, and a softmax gives the next token's
distribution.

Reference: Hochreiter, Schmidhuber 1997, Long short-term memory, doi:10.1162/neco.1997.9.8.1735;
Sundermeyer, Schlüter, Ney 2012, LSTM neural networks for language modeling, doi:10.21437/Interspeech.2012-65.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..checks import check_number, check_whole
from ..data.datasets import Dataset
from .parts.conditions import refuse_condition
from .parts.network import materialise
from .parts.recurrent import Recurrent
from .parts.sequences import LikelihoodTraining, TokenDistribution, maximise_likelihood
from .parts.tokens import MOST_TOKENS, Alphabet, check_alphabet, text_shape


@dataclass(frozen=True, slots=True)
class TextLSTMConfig:
    """The shape of the network, and the texts it can give.

    `alphabet` holds the tokens, each a `unit` ("character" or "word"); a text has 1 to `max_length` of them. Samples
    and `log_prob` are of the distribution at `temperature`; 1 is the distribution that was fitted.
    """

    alphabet: tuple[str, ...]
    unit: str
    max_length: int
    embedding_dim: int = 128
    hidden: int = 128
    layers: int = 1
    temperature: float = 1.0

    def __post_init__(self) -> None:
        check_alphabet(self.unit, self.alphabet)
        check_whole("max_length", self.max_length, 2 * MOST_TOKENS)
        check_whole("embedding_dim", self.embedding_dim, 4096)
        check_whole("hidden", self.hidden, 4096)
        check_whole("layers", self.layers, 16)
        check_number("temperature", self.temperature, 0.01, 100)


@dataclass(frozen=True, slots=True)
class TextLSTMTraining(LikelihoodTraining):
    """How it is fitted, see `sequences.LikelihoodTraining`."""

    steps: int = 3000


class TextLSTM(Recurrent):
    """An LSTM over tokens. Its likelihood is explicit and exact."""

    modality = "text"

    def __init__(self, config: TextLSTMConfig) -> None:
        alphabet = Alphabet(config.unit, config.alphabet)
        distribution = TokenDistribution(len(alphabet), config.max_length, config.temperature)
        super().__init__(distribution, config.embedding_dim, config.hidden, config.layers)
        self.config = config
        self.alphabet = alphabet

    def encode_text(self, text: str) -> list[int]:
        """A text to ids, with the beginning (id 0) before them, as `logits` wants them; a `UserError` if it cannot."""
        return self.alphabet.encode(text)

    def decode_text(self, ids: list[int]) -> str:
        """Ids to the text they stand for, up to the end (id 0 after a token)."""
        return self.alphabet.decode(ids)

    def log_prob(self, samples: list[str]) -> Tensor:
        """Exact log-probability of each text in nats, (n,); −∞ where a symbol is unknown or there are too many."""
        return self.score([self.alphabet.read(text) for text in samples])

    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> list[str]:
        """Draw n texts, token by token."""
        refuse_condition(condition)
        return [self.alphabet.decode(row) for row in self.draw(n, generator=generator)]


def shape(data: Dataset, unit: str | None = None) -> dict[str, Any]:
    """The part of the configuration that the data decide; a unit that was asked for decides with them."""
    return text_shape(data, unit)


def fit(
    model: TextLSTM,
    data: Dataset,
    how: TextLSTMTraining,
    *,
    generator: torch.Generator,
    progress: Callable[[int, int], None],
) -> dict[str, float]:
    """Train on texts; returns the closing loss in nats per text."""
    materialise(model, generator)
    rows = [model.alphabet.encode(text)[1:] for text in data.samples]
    return maximise_likelihood(model, model.logits, rows, how, generator=generator, progress=progress)
