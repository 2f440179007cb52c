"""A recurrent model of melodies: an LSTM over the pitches of a fixed grid.

Each pitch becomes a vector, the LSTM carries a state from step to step, and a softmax gives the next pitch's
distribution.

Reference: Hochreiter, Schmidhuber 1997, Long short-term memory, doi:10.1162/neco.1997.9.8.1735;
Eck, Schmidhuber 2002, Finding temporal structure in music, doi:10.1109/NNSP.2002.1030094.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ..checks import check_number, check_whole
from ..data.datasets import Dataset
from ..errors import UserError
from .parts.conditions import refuse_condition
from .parts.network import materialise
from .parts.recurrent import Recurrent
from .parts.sequences import LikelihoodTraining, TokenDistribution, maximise_likelihood
from .parts.tokens import END, MOST_TOKENS, content, greatest_length

REST = -1


@dataclass(frozen=True, slots=True)
class MusicLSTMConfig:
    """The shape of the network, and the melodies it can give.

    A melody has 1 to `max_length` steps, each a rest or a MIDI pitch from `lowest` to `highest`. Samples and `log_prob`
    are of the distribution at `temperature`; 1 is the distribution that was fitted.
    """

    lowest: int
    highest: int
    max_length: int
    embedding_dim: int = 128
    hidden: int = 128
    layers: int = 1
    temperature: float = 1.0

    def __post_init__(self) -> None:
        for name in ("lowest", "highest"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 127:
                raise ValueError(f"expected {name} as a MIDI pitch from 0 to 127, got {value!r}")
        if self.lowest > self.highest:
            raise ValueError(f"expected lowest below highest, got {self.lowest} and {self.highest}")
        check_whole("max_length", self.max_length, 2 * MOST_TOKENS)
        check_whole("embedding_dim", self.embedding_dim, 4096)
        check_whole("hidden", self.hidden, 4096)
        check_whole("layers", self.layers, 16)
        check_number("temperature", self.temperature, 0.01, 100)


@dataclass(frozen=True, slots=True)
class MusicLSTMTraining(LikelihoodTraining):
    """How it is fitted, see `sequences.LikelihoodTraining`."""

    steps: int = 3500
    learning_rate: float = 4e-3


class MusicLSTM(Recurrent):
    """An LSTM over pitches. Its likelihood is explicit and exact.

    Id 0 begins and ends a melody, id 1 is the rest, id p − lowest + 2 the pitch p.
    """

    modality = "music"

    def __init__(self, config: MusicLSTMConfig) -> None:
        pitches = (REST, *range(config.lowest, config.highest + 1))
        distribution = TokenDistribution(len(pitches) + 1, config.max_length, config.temperature)
        super().__init__(distribution, config.embedding_dim, config.hidden, config.layers)
        self.config = config
        self.pitches = pitches

    def encode_pitches(self, pitches: Sequence[int]) -> list[int]:
        """A melody to ids, with the beginning (id 0) before them, as `logits` wants them.

        Raises:
            UserError: if it has a pitch outside the model's range.
        """
        ids = self._read(pitches)
        if ids is None:
            unknown = next(each for each in pitches if each not in self.pitches)
            raise UserError(
                f"expected pitches from {self.config.lowest} to {self.config.highest} or {REST} for a rest, "
                f"got {unknown}; transpose the melody"
            )
        return [END, *ids]

    def decode_pitches(self, ids: Iterable[int]) -> list[int]:
        """Ids to the melody they stand for, up to the end (id 0 after a pitch)."""
        return [self.pitches[each - 1] for each in content(ids)]

    def log_prob(self, samples: list[list[int]]) -> Tensor:
        """Exact log-probability of each melody in nats, (n,); −∞ for a pitch out of range or too many."""
        return self.score([self._read(pitches) for pitches in samples])

    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> list[list[int]]:
        """Draw n melodies, step by step."""
        refuse_condition(condition)
        return [self.decode_pitches(row) for row in self.draw(n, generator=generator)]

    def _read(self, pitches: Sequence[int]) -> list[int] | None:
        """The ids of a melody, without the ends; None if a pitch is out of range."""
        if not set(pitches) <= set(self.pitches):
            return None
        return [1 if each == REST else int(each) - self.config.lowest + 2 for each in pitches]


def shape(data: Dataset) -> dict[str, Any]:
    """The part of the configuration that the data decide.

    Raises:
        UserError: if a melody is empty or too long, or none has a pitch.
    """
    sounding = {pitch for pitches in data.samples for pitch in pitches if pitch != REST}
    if not sounding:
        raise UserError(f"{data.source}: expected melodies, got rests only; give data with pitches")
    max_length = greatest_length([len(pitches) for pitches in data.samples], data.source)
    return {"lowest": int(min(sounding)), "highest": int(max(sounding)), "max_length": max_length}


def fit(
    model: MusicLSTM,
    data: Dataset,
    how: MusicLSTMTraining,
    *,
    generator: torch.Generator,
    progress: Callable[[int, int], None],
) -> dict[str, float]:
    """Train on melodies; returns the closing loss in nats per melody."""
    materialise(model, generator)
    rows = [model.encode_pitches(pitches)[1:] for pitches in data.samples]
    return maximise_likelihood(model, model.logits, rows, how, generator=generator, progress=progress)
