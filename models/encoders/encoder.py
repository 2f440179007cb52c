"""What turns records into features: the protocol, what is known of an encoder, and the mistakes of one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import UserError

Vectors = NDArray[np.float32]
Progress = Callable[[float], None]


class EncoderError(UserError):
    """An encoder that cannot be used, or that failed at its work; the message is one line and ends an audit."""


@dataclass(frozen=True, slots=True)
class EncoderFacts:
    """What a reader must know of an encoder to read a number that rests on it.

    Args:
        name: what policies and messages call it.
        version: of it, or of the library that computes it.
        digest: SHA-256 of its weights, graph or code; of a built-in one, of its name and version.
        licence: of it, as it says itself.
        cannot_see: which differences between records it does not show, as a clause after "it cannot see"; empty if
            nobody said.
    """

    name: str
    version: str
    digest: str
    licence: str
    cannot_see: str


class Encoded(NamedTuple):
    """Features of several sets of records, (n, d) each, by one map, and the words for what its columns are."""

    vectors: Sequence[Vectors]
    words: str


class Encoder(Protocol):
    """One map from records to vectors, the same for generated and real ones.

    It may learn from the reference, never from generated records: what is estimated from the features must not depend
    on how many were generated.
    """

    @property
    def facts(self) -> EncoderFacts:
        """What is known of it."""
        ...

    @property
    def modality(self) -> str:
        """Of the records that it takes."""
        ...

    def encode(
        self, sets: Sequence[Any], *, reference: int, sample_rate: int | None = None, progress: Progress
    ) -> Encoded:
        """Features of every record.

        Args:
            sets: records in the form of the modality, see `genai_audit.models.records`.
            reference: which of the sets is the reference.
            sample_rate: of audio, in Hz.
            progress: told the share that is done.

        Raises:
            EncoderError: if it fails, or gives anything but a row of finite numbers a record.
        """
        ...
