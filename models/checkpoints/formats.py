"""The foreign formats: one line each, tried in this order before the formats of the reference models."""

from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple


class Format(NamedTuple):
    """A format and the module in `adapters/` that reads it.

    The module has `matches(path: Path) -> bool`, which looks at content without importing anything heavy, and
    `open_model(path: Path, options: Options) -> Opened`. `extra` installs what it needs; `what` says what it is.
    """

    name: str
    module: str
    extra: str
    what: str


FORMATS: tuple[Format, ...] = (
    Format(
        "transformers folder",
        "hugging_face.transformers_folder",
        "transformers",
        "a language model saved by save_pretrained",
    ),
    Format(
        "diffusers folder",
        "hugging_face.diffusers_folder",
        "diffusers",
        "a diffusion pipeline saved by save_pretrained",
    ),
    Format("keras", "keras.keras_file", "keras", "a Keras 3 model saved as .keras"),
    Format("onnx", "onnx_file", "onnx", "an ONNX graph"),
    Format("torchscript", "pytorch.torchscript_file", "", "a TorchScript archive, which needs --trust"),
    Format("torch.export", "pytorch.exported_file", "", "a program saved by torch.export, which needs --trust"),
)


MODEL_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".keras", ".onnx", ".pt2")
"""How the names of model files end, those of the reference models among them."""


def matching(path: Path) -> Format | None:
    """The foreign format of what lies at `path`, or None."""
    return next((each for each in FORMATS if adapter(each).matches(path)), None)


def adapter(format_: Format) -> Any:
    """The module that reads a format."""
    return import_module(f"..adapters.{format_.module}", __package__)
