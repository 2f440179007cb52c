"""Chunks of samples drawn again: what the worker does, and what it leaves for the process that compares."""

import json
from pathlib import Path
from typing import Any

from ..request import Request
from .answer import STEPS, Answer, Chunks

DRAWN = "drawn"
"""The folder of the chunks."""


def draws_of(folder: Path, request: Request, chunks: Chunks) -> Answer:
    """Draw the chunks and leave them in the folder, each in the form that samples have as evidence."""
    from ...models.adapters.user_code import blaming
    from ...models.threads import one_thread
    from ..evidence.bundle import Generated
    from ..evidence.samples.draws import Draws
    from ..evidence.storage import save_item
    from ..statistics.where import kernels_on
    from ..subject import opened_model

    target = folder / DRAWN
    target.mkdir()
    with (folder / STEPS).open("a", encoding="utf-8", buffering=1) as steps:

        def progress(step: str, share: float) -> None:
            steps.write(json.dumps([step, share]) + "\n")

        # As an audit draws: the number of threads can decide the last bits of a sum.
        with blaming(request.loader, request.checkpoint), kernels_on(request.device), one_thread():
            model, _ = opened_model(request, progress)
            draws = Draws(model, chunks.seed, chunks.modality, chunks.size)
            for done, place in enumerate(chunks.places):
                progress("samples", done / len(chunks.places))
                save_item(target, _name(place), Generated(draws.alone(place), chunks.seed, "drawn again"))
    return Answer("draws")


def read_draws(chunks: Chunks, folder: Path, answer: Answer) -> dict[int, Any]:
    """The samples of each chunk, by its place.

    Raises:
        ValueError, OSError, KeyError, TypeError: if they are not what a worker leaves.
    """
    from ...models.records import Attribute
    from ..evidence.bundle import Generated
    from ..evidence.storage import load_item

    if answer.kind != "draws":
        raise ValueError(f"expected chunks of samples, got the answer {answer.kind!r}")
    types = {each.__name__: each for each in (Generated, Attribute)}
    return {place: load_item(folder / DRAWN, _name(place), types).samples for place in chunks.places}


def _name(place: int) -> str:
    return f"chunk{place}"
