"""The foreign formats: one line each, tried in this order before the formats of the reference models."""

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ..adapters.opened import Stored


class Format(NamedTuple):
    """A format and the module in `adapters/` that reads it.

    The module has `matches(path: Path) -> bool`, which looks at content without importing anything heavy, and
    `open_model(path: Path, options: Options) -> Opened`. Where files of the format hold tensors that can be read as
    such, without running anything, it also has `stored_tensors(path: Path) -> Iterator[Stored] | None`, None for any
    other file. `extra` installs what it needs; `what` says what it is.
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


OWN = ("pytorch.safetensors_file", "pytorch.torch_file")
"""The modules in `adapters/` that read the formats of the reference models."""

MODEL_SUFFIXES = (".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".keras", ".onnx", ".pt2")
"""How the names of model files end, those of the reference models among them."""


def matching(path: Path) -> Format | None:
    """The foreign format of what lies at `path`, or None."""
    return next((each for each in FORMATS if adapter(each).matches(path)), None)


def adapter(format_: Format) -> Any:
    """The module that reads a format."""
    return _module(format_.module)


def tensor_readers() -> "Iterator[Callable[[Path], Iterator[Stored] | None]]":
    """Of every format whose files hold tensors, what reads these; that of the reference models first."""
    modules = (_module(name) for name in (*OWN, *(each.module for each in FORMATS)))
    return (module.stored_tensors for module in modules if hasattr(module, "stored_tensors"))


def _module(name: str) -> Any:
    return import_module(f"..adapters.{name}", __package__)
