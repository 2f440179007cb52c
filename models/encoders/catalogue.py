"""Every encoder that can be named, and opening one: built in, pretrained in a package, a folder, a file, or code."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..records import read
from .blocks import BlockEncoder
from .builtin.catalogue import BUILT_IN
from .encoder import Encoder, EncoderError

TRIED = 3
"""Records that an encoder is tried on before anything slow is done."""

OTHERS = "a folder that transformers saved, FILE.onnx or FILE.py:FUNCTION"


@dataclass(frozen=True, slots=True)
class Installed:
    """A pretrained encoder whose weights come in a package; `function` names its maker in `installed`."""

    modality: str
    summary: str
    function: str


INSTALLED: Mapping[str, Installed] = {
    "efficientnet-lite0": Installed("image", "ImageNet features; needs genai-audit[encoders]", "efficientnet_lite0"),
    "wordllama": Installed("text", "English word vectors; needs genai-audit[encoders]", "wordllama"),
}


def listed() -> list[tuple[str, str, str]]:
    """Name, modality and what it is, of every encoder with a name."""
    own = [(each.name, each.modality, each.summary) for each in BUILT_IN.values()]
    return [*own, *((name, each.modality, each.summary) for name, each in INSTALLED.items())]


def open_encoders(
    names: Sequence[Any], *, modality: str, records: Any | None, sample_rate: int | None = None, device: str = "cpu"
) -> tuple[Encoder, ...]:
    """The named encoders, each tried on a few records.

    Args:
        names: as the user gave them; from Python also objects with `encode`, and functions.
        modality: of the audit's records.
        records: of the reference; None without one, when nothing can be tried.
        sample_rate: of audio.
        device: where they compute.

    Raises:
        UserError: naming the first that cannot be used, and why.
    """
    encoders: list[Encoder] = []
    for name in names:
        encoder = _opened(name, modality, device)
        if isinstance(encoder, BlockEncoder) and records is not None and len(records):
            encoder = encoder.tried(read(records, np.arange(min(TRIED, len(records)))), sample_rate)
        if encoder.facts.name in [each.facts.name for each in encoders]:
            raise EncoderError(
                f"--encoder {encoder.facts.name}: expected names that differ, got it twice; leave one out"
            )
        encoders.append(encoder)
    return tuple(encoders)


def _opened(name: Any, modality: str, device: str) -> Encoder:
    if not isinstance(name, str):
        from .user_function import open_object

        return open_object(name, modality)
    if name in BUILT_IN or name in INSTALLED:
        own = BUILT_IN[name].modality if name in BUILT_IN else INSTALLED[name].modality
        if own != modality:
            fitting = [each for each, kind, _ in listed() if kind == modality]
            raise EncoderError(
                f"--encoder {name}: expected an encoder of {modality} records, got one of {own} records; use "
                f"{', '.join(fitting)}, or {OTHERS}"
            )
        return BUILT_IN[name] if name in BUILT_IN else _installed(name, device)
    path, code = Path(name), name.rpartition(":")
    if code[0].endswith(".py"):
        from .user_function import open_function

        return open_function(name, modality)
    if path.suffix.lower() == ".onnx" and path.is_file():
        from .onnx_file import open_onnx

        return open_onnx(path, modality)
    if name and path.is_dir():
        from .hugging_face import matches, open_folder

        if matches(path):
            return open_folder(path, modality, device)
        raise EncoderError(f"--encoder {name}: expected a folder with the config.json of transformers, got one without")
    known = ", ".join(each for each, _, _ in listed())
    raise EncoderError(f"--encoder: expected {known}, {OTHERS}, got {name!r}; nothing of that name is here")


def _installed(name: str, device: str) -> BlockEncoder:
    from . import installed

    make: Callable[[str], BlockEncoder] = getattr(installed, INSTALLED[name].function)
    return make(device)
