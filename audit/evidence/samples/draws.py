"""Drawing a model's samples as far as they are needed: chunk by chunk, timed, and kept where that is asked for."""

import math
import operator
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ....models.errors import shortened
from ....models.held_pictures import FLOAT
from ..bundle import Generated
from .conditions import asked_for, attributes_of
from .generated import FORMS
from .kept import KeptDraws
from .parts import Parts

CHUNK = 500
"""Samples a call. Fixed, because a matrix product's last bits depend on its size: sample i is the same in any run."""

SMALLER = (50, 5)
"""Samples a call of models that would take longer than `LONG` for more."""

LONG = 60.0
"""Seconds that one call may take: between calls, time can be up and what was drawn is kept."""

MOST_AT_ONCE = 2**27
"""Bytes of the pictures of one call, beside which the model needs room of its own; of large ones fewer are drawn."""

LARGEST = 1_000_000
"""Samples a call, at most."""

QUICK = 0.2
"""Seconds for two samples below which nothing more has to be known of a model's pace."""


def chunk_of(model: Any) -> int:
    """How many samples one call is to give: what the model says, else 500, or fewer of a slow model or large pictures.

    Two samples are drawn to see how slow it is, and thrown away, with a generator of their own.

    Raises:
        Exception: whatever the model's own code raises.
    """
    own = getattr(model, "chunk", None)
    if own is not None:
        return _whole(own)
    seconds, size = _tried(model, 2)
    fitting = [chunk for chunk in (CHUNK, *SMALLER) if chunk * size <= MOST_AT_ONCE] or [SMALLER[-1]]
    if seconds <= QUICK:
        return fitting[0]
    # The first call may have loaded or compiled something.
    each = _tried(model, 2)[0] / 2
    if each * CHUNK > LONG and each * SMALLER[0] <= LONG and fitting[0] >= SMALLER[0]:
        # Many at once can be much quicker than two.
        each = _tried(model, 20)[0] / 20
    return next((chunk for chunk in fitting if each * chunk <= LONG), SMALLER[-1])


def _whole(chunk: Any) -> int:
    try:
        number = operator.index(chunk)
    except TypeError:
        number = 0
    if not 1 <= number <= LARGEST:
        said = f"expected a whole number from 1 to {LARGEST:,}, got {shortened(repr(chunk))}"
        raise ValueError(f"chunk of the model: {said}; correct it")
    return number


def _tried(model: Any, n: int) -> tuple[float, int]:
    """Seconds that n samples take, and the bytes of one where they are pictures; 0 where they are not."""
    import torch

    started = time.perf_counter()
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        drawn = model.sample(n, generator=torch.Generator().manual_seed(0))
    seconds, shape = time.perf_counter() - started, getattr(drawn, "shape", None)
    pictures = isinstance(shape, tuple) and len(shape) == 4
    return seconds, FLOAT * math.prod(shape[1:]) if pictures and shape is not None else 0


@dataclass
class Draws:
    """One draw of a model's samples; sample i depends on `seed` and i alone, so a longer draw extends a shorter one.

    Values are taken as the model gives them, whatever they are: whether they can be right is for an auditor to say.

    Args:
        model: has `sample(n, *, generator)` giving records of the modality.
        seed: of the whole draw; each chunk gets a generator of its own from it.
        modality: what the records must be.
        chunk: samples a call.
        kept: where chunks are kept and found again; None: nowhere.
    """

    model: Any
    seed: int
    modality: str
    chunk: int = CHUNK
    kept: KeptDraws | None = None
    _parts: Parts = field(default_factory=Parts)
    _paces: list[float] = field(default_factory=list)

    @property
    def number(self) -> int:
        """How many samples there are by now."""
        return len(self._parts) * self.chunk

    @property
    def seconds(self) -> float:
        """That the model's calls took, without those of an earlier run."""
        return sum(self._paces)

    @property
    def pace(self) -> float | None:
        """Seconds a sample takes, the median over the calls; None before the first, or where all were kept."""
        return float(np.median(self._paces)) / self.chunk if self._paces else None

    @property
    def _call(self) -> float:
        """Seconds that a call takes, the median; 0 where that is not known."""
        return (self.pace or 0.0) * self.chunk

    @property
    def quickest(self) -> float:
        """Seconds a sample took in the quickest call; 0 where none was made."""
        return min(self._paces, default=0.0) / self.chunk

    def draw(
        self, n: int, *, deadline: float = math.inf, progress: Callable[[float], None] = lambda share: None
    ) -> int:
        """Draw until there are n samples, or until time is up; at least one chunk. Returns how many of the n there are.

        Args:
            n: how many.
            deadline: on the clock of `time.monotonic`; the model is not called again where a call is not likely to end
                before. What was kept is still fetched.
            progress: told the share that is done.

        Raises:
            ValueError: if the model gives anything but that many records of one form.
        """
        wanted = -(-n // self.chunk)
        while (index := len(self._parts)) < wanted:
            records = self._found(index)
            if records is None and self._parts and time.monotonic() + self._call >= deadline:
                break
            self._parts.add(self._asked(index) if records is None else records)
            progress(len(self._parts) / wanted)
        return min(n, self.number)

    def keep(self, kept: KeptDraws) -> None:
        """Keep what was drawn, and what will be."""
        self.kept = kept
        for index in range(len(self._parts)):
            kept.save(index, self._parts[index])

    def first(self, n: int) -> Any:
        """The first n samples, which must have been drawn."""
        return self._parts.first(n)

    def alone(self, index: int) -> Any:
        """The chunk with that index, drawn without those before it; it is no part of this draw.

        Raises:
            ValueError: if the model gives anything but that many records of one form.
        """
        return self._formed(self._called(index))

    def _asked(self, index: int) -> Any:
        started = time.perf_counter()
        records = self._formed(self._called(index))
        self._paces.append(time.perf_counter() - started)
        if self.kept is not None:
            self.kept.save(index, records)
        return records

    def _called(self, index: int) -> Any:
        """What the model gives for a chunk, which depends on the seed and the chunk's index alone."""
        import torch

        seed = int(np.random.SeedSequence(self.seed).generate_state(index + 1, np.uint64)[index])
        told = asked_for(self.model, index * self.chunk, self.chunk)
        with torch.no_grad():
            return self.model.sample(self.chunk, generator=torch.Generator().manual_seed(seed >> 1), **told)

    def _found(self, index: int) -> Any | None:
        """A chunk that was kept; None if there is none, or it is not what a call gives."""
        found = None if self.kept is None else self.kept.load(index)
        try:
            return None if found is None else self._formed(found)
        except ValueError:
            return None

    def _formed(self, records: Any) -> Any:
        return FORMS[self.modality](records, self.chunk, self._parts.form)


def collect_generated(
    model: Any,
    *,
    n: int,
    seed: int,
    source: str,
    modality: str = "image",
    progress: Callable[[float], None] = lambda share: None,
) -> Generated:
    """The first n samples of a model, in calls of the size that it asks for.

    Args:
        model: has `sample(n, *, generator)` giving records of the modality, and `chunk` where it cannot afford
            `CHUNK` records a call.
        n: how many.
        seed: of the whole draw.
        source: where the samples come from, for the record.
        modality: what the records must be.
        progress: told the share that is done.

    Raises:
        ValueError: if the model gives anything but that many records of one form.
    """
    draws = Draws(model, seed, modality, _whole(getattr(model, "chunk", CHUNK)))
    draws.draw(n, progress=progress)
    return drawn(draws, n, source)


def drawn(draws: Draws, n: int, source: str) -> Generated:
    """The first n samples of a draw as evidence."""
    samples, rate = draws.first(n), getattr(draws.model, "sample_rate", None)
    return Generated(samples, draws.seed, source, draws.seconds, rate, attributes=attributes_of(draws.model, n))
