"""The foreign formats: one line each, tried in this order before the formats of the reference models."""

import zipfile
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..adapters.contained import check_links
from ..digests import files_below

if TYPE_CHECKING:
    from ..adapters.opened import Stored


class Format(NamedTuple):
    """A format and the module in `adapters/` that reads it.

    The module has `matches(path: Path) -> bool`, which looks at content without importing anything heavy, and
    `open_model(path: Path, options: Options) -> Opened`; `TAKES`, if it has that, names the options beside `trust` that
    mean something to it. Where files of the format hold tensors that can be read as
    such, without running anything, it also has `stored_tensors(path: Path) -> Iterator[Stored] | None`, None for any
    other file; where such a file may name others, `check_contained(path: Path) -> None` refuses one that names what
    lies elsewhere. `extra` installs what it needs; `what` says what it is.
    """

    name: str
    module: str
    extra: str
    what: str


FORMATS: tuple[Format, ...] = (
    # Before `transformers`, whose configuration it has.
    Format(
        "onnx language model",
        "onnx_graph.language_folder",
        "onnx,transformers",
        "a language model exported to ONNX",
    ),
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
    """The foreign format of what lies at `path`, or None.

    Raises:
        UserError: if it is a folder in which a link leads out of it.
    """
    if path.is_dir():
        check_links(path)
    return next((each for each in FORMATS if adapter(each).matches(path)), None)


def adapter(format_: Format) -> Any:
    """The module that reads a format."""
    return _module(format_.module)


def check_contained(path: Path) -> None:
    """Refuse what leads to other files, by a link or by what its own say, before anything of it is read.

    A single file is checked by the adapter that opens it; this is for files that no adapter opens.

    Raises:
        UserError: naming what leads where.
    """
    if path.is_dir():
        check_links(path)
        files = [file for file in files_below(path) if file.is_file() and not _hidden(file.relative_to(path))]
    else:
        files = [path] if path.is_file() else []
    checks = [module.check_contained for module in map(adapter, FORMATS) if hasattr(module, "check_contained")]
    for file in files:
        for check in checks:
            check(file)


def tensor_readers() -> "Iterator[Callable[[Path], Iterator[Stored] | None]]":
    """Of every format whose files hold tensors, what reads these; that of the reference models first."""
    modules = (_module(name) for name in (*OWN, *(each.module for each in FORMATS)))
    return (module.stored_tensors for module in modules if hasattr(module, "stored_tensors"))


def _hidden(name: Path) -> bool:
    return any(part.startswith(".") for part in name.parts)


def _module(name: str) -> Any:
    return import_module(f"..adapters.{name}", __package__)


def own_format(path: Path) -> str:
    """What a file is by its content, of the formats of the reference models; `unknown` if it is none."""
    with path.open("rb") as file:
        start = file.read(16)
    if start[8:9] == b"{":
        return "safetensors"
    if start[:2] == b"PK":
        return _archive_format(path)
    if start[:1] == b"\x80" and start[1:2] in b"\x02\x03\x04\x05":
        return "torch (old pickle)"
    return "unknown"


def _archive_format(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        # The list of a zip lies at its end, so a truncated torch file looks like this.
        return "torch"
    if any(name.endswith(".npy") for name in names):
        return "numpy archive"
    return "torch" if any(name.rpartition("/")[2] == "data.pkl" for name in names) else "unknown"
