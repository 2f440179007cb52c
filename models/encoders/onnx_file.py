"""An ONNX graph that turns pictures into features, run by onnxruntime on the CPU."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..adapters.foreign import attempt
from ..adapters.onnx_file import FLOATS, open_graph, signature
from ..adapters.onnx_graph.limits import run_in_time
from ..digests import fingerprint
from .blocks import BlockEncoder
from .encoder import EncoderError, EncoderFacts
from .pictures import IMAGENET_MEAN, IMAGENET_STD, SIZE, prepared

WRAP = "name code that calls it by --encoder FILE.py:FUNCTION"


def open_onnx(path: Path, modality: str) -> BlockEncoder:
    """The encoder in an ONNX file.

    Raises:
        UserError: if the graph takes anything but pictures, or cannot be run.
    """
    if modality != "image":
        raise EncoderError(
            f"--encoder {path}: expected an encoder of {modality} records, got ONNX, of which only "
            f"encoders of pictures are opened; {WRAP}"
        )
    proto, session, _ = open_graph(path)
    inputs, outputs = session.get_inputs(), session.get_outputs()
    shape: list[Any] = list(inputs[0].shape) if len(inputs) == 1 else []
    if len(shape) != 4 or inputs[0].type not in FLOATS or not (shape[1] == 3 or isinstance(shape[1], str | None)):
        raise EncoderError(
            f"--encoder {path}: expected one input of pictures, float (n, 3, h, w), got {signature(inputs)}; {WRAP}"
        )
    kind = outputs[0].type
    if kind not in FLOATS:
        raise EncoderError(f"--encoder {path}: expected float features as the first output, got {signature(outputs)}")
    height, width = (each if isinstance(each, int) else SIZE for each in shape[2:])
    size = height, width
    batch = shape[0] if isinstance(shape[0], int) else None

    words = f"output of {path.name}, pictures at {size[0]} × {size[1]}, scaled as for ImageNet"
    return BlockEncoder(_facts(path, proto), "image", words, 32, _run(path, session, inputs[0], size, batch))


def _run(
    path: Path, session: Any, takes: Any, size: tuple[int, int], batch: int | None
) -> Callable[[Any, int | None], Any]:
    """What runs the graph on a block of pictures, in batches of the size that it may insist on."""

    def function(images: Any, rate: int | None) -> Any:
        seen = prepared(images, size, IMAGENET_MEAN, IMAGENET_STD).numpy().astype(FLOATS[takes.type])
        step = batch or len(seen)
        parts = [_filled(seen[start : start + step], step) for start in range(0, len(seen), step)]
        with attempt(path, "running the graph", WRAP):
            given = [run_in_time(session, {takes.name: part}, "run", path)[0] for part in parts]
        rows = np.concatenate(given)[: len(seen)]
        # Averages over a picture often keep its two dimensions.
        return rows[:, :, 0, 0] if rows.ndim == 4 and rows.shape[2:] == (1, 1) else rows

    return function


def _facts(path: Path, proto: Any) -> EncoderFacts:
    licences = (each.value[:200] for each in proto.metadata_props if each.key.lower() == "license")
    return EncoderFacts(
        name=path.name,
        version=f"{proto.producer_name} {proto.producer_version}".strip() or "not stated",
        digest=fingerprint(path),
        licence=next(licences, "not stated"),
        cannot_see="what its training did not teach it to tell apart, and details finer than what it looks at",
    )


def _filled(part: Any, size: int) -> Any:
    """A batch of the size that the graph takes; what is filled in is dropped again."""
    return (
        np.concatenate([part, np.zeros((size - len(part), *part.shape[1:]), part.dtype)]) if len(part) < size else part
    )
