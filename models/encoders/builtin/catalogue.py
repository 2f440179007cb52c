"""The encoders that need nothing but the records: one a modality, which an audit uses where none is named."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...records import blocks
from ..encoder import Encoded, EncoderFacts, Progress, Vectors

Encode = Callable[[Sequence[Any], int, int | None], Encoded]


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """An encoder of this package.

    Args:
        name: what users call it.
        modality: of the records that it takes.
        cannot_see: as in its facts.
        function: features of sets of records, given which is the reference and the sample rate.
        summary: what it is, in a list.
        version: of the map; one that changes gets another.
    """

    name: str
    modality: str
    cannot_see: str
    function: Encode
    summary: str = "built in"
    version: str = "1"

    @property
    def facts(self) -> EncoderFacts:
        """What is known of it."""
        digest = hashlib.sha256(f"genai-audit {self.name} {self.version}".encode()).hexdigest()
        return EncoderFacts(self.name, self.version, digest, "Apache-2.0", self.cannot_see)

    def encode(
        self, sets: Sequence[Any], *, reference: int, sample_rate: int | None = None, progress: Progress
    ) -> Encoded:
        """Features of every record; see `Encoder`."""
        encoded = self.function(sets, reference, sample_rate)
        progress(1.0)
        return encoded


def _single(vectors: Any) -> Vectors:
    return np.asarray(vectors, dtype=np.float32)


def _pixels(sets: Sequence[Any], reference: int, rate: int | None) -> Encoded:
    from . import pixels

    vectors = [np.concatenate([pixels.pixel_vectors(block) for block in blocks(each)]) for each in sets]
    return Encoded(vectors, pixels.pixel_words(sets[0].shape[1:]))


def _ngrams(sets: Sequence[Any], reference: int, rate: int | None) -> Encoded:
    from .hashed import EXTRACTOR, text_features

    return Encoded([_single(text_features(each)) for each in sets], EXTRACTOR)


def _intervals(sets: Sequence[Any], reference: int, rate: int | None) -> Encoded:
    from .hashed import MUSIC_EXTRACTOR, music_features

    return Encoded([_single(music_features(each)) for each in sets], MUSIC_EXTRACTOR)


def _spectra(sets: Sequence[Any], reference: int, rate: int | None) -> Encoded:
    from .spectra import EXTRACTOR, audio_features

    return Encoded([_single(audio_features(each)) for each in sets], EXTRACTOR)


def _ranks(sets: Sequence[Any], reference: int, rate: int | None) -> Encoded:
    from .table_ranks import table_features, table_words

    vectors = [_single(each) for each in table_features(sets, reference=reference)]
    return Encoded(vectors, table_words(sets[reference]))


BUILT_IN: Mapping[str, BuiltIn] = {
    each.name: each
    for each in (
        BuiltIn(
            "pixels",
            "image",
            "what a picture shows: two pictures of one thing, shifted, turned or lit otherwise, are far apart, and "
            "what is finer than the averaged squares is lost",
            _pixels,
            "built in; pictures of more than 1,024 numbers averaged in squares",
        ),
        BuiltIn(
            "hashed-ngrams",
            "text",
            "meaning: two texts of the same sense in other words are far apart, and the order of words beyond pairs is "
            "lost",
            _ngrams,
        ),
        BuiltIn(
            "hashed-intervals",
            "music",
            "rhythm, form, and whatever lies more than three intervals apart",
            _intervals,
        ),
        BuiltIn(
            "spectra",
            "audio",
            "words, melody and whatever is finer than an eighth of a sound or a thirty-second of the band",
            _spectra,
        ),
        BuiltIn(
            "table-ranks",
            "tabular",
            "what a number or a category means: all columns count alike, and how far an extreme number lies from the "
            "others is lost; nor columns that name records, such as customer numbers",
            _ranks,
            version="2",
        ),
    )
}
"""By name."""

DEFAULTS: Mapping[str, BuiltIn] = {each.modality: each for each in BUILT_IN.values()}
"""By modality: what an audit uses where no encoder is named."""
