"""A `.keras` file as data: what its configuration asks for is checked before Keras builds it.

Keras looks classes and functions up by the names in the configuration, so the names decide which code runs. Only the
plain layers, initializers and array functions of Keras itself may be named here; layers that run given code or read
other files may not. How the model was compiled (optimizer, losses) is left out, because an audit needs none of it.

Reference: https://keras.io/api/models/model_saving_apis/model_saving_and_loading (the `.keras` format).
"""

import json
import os
import shutil
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ...errors import UserError
from ...limits import check
from ..foreign import attempt, check_archive, members
from ..libraries import imported
from .hdf5 import opened_hdf5
from .sizes import check_count, check_outputs, within
from .stand_ins import NAME, classes, stand_in

CONFIG, WEIGHTS, METADATA = "config.json", "model.weights.h5", "metadata.json"

WAY_OUT = "build it in your own code and name that by --loader FILE.py:FUNCTION"

MODULES = frozenset(
    f"keras{rest}"
    for rest in (
        "",
        ".layers",
        ".models",
        ".initializers",
        ".regularizers",
        ".constraints",
        ".activations",
        ".dtype_policies",
        ".random",
        ".src.models.functional",
        ".src.models.sequential",
        ".src.engine.functional",
        ".src.engine.sequential",
        ".src.ops.numpy",
        ".src.ops.nn",
        ".src.ops.math",
    )
)
VALUES = frozenset(("__keras_tensor__", "__slice__", "__ellipsis__", "__tensor__", "__numpy__", "__bytes__"))
"""Names that stand for plain values in a configuration, not for classes."""
REFUSED = {
    "Lambda": "which holds code",
    "TorchModuleWrapper": "which holds a pickled module",
    "TFSMLayer": "which runs another file",
    "JaxLayer": "which holds code",
    "FlaxLayer": "which holds code",
    "StringLookup": "which may read other files",
    "IntegerLookup": "which may read other files",
    "TextVectorization": "which may read other files",
}


def is_keras(path: Path) -> bool:
    """Whether a file is a zip with the members of a `.keras` file."""
    return {CONFIG, WEIGHTS} <= set(members(path))


def load_keras(path: Path) -> tuple[Any, dict[str, Any]]:
    """The model of a `.keras` file, and what its metadata say.

    Raises:
        UserError: if it names anything but plain parts of Keras, or is damaged.
    """
    check_archive(path, "weights")
    with zipfile.ZipFile(path) as archive:
        config, metadata = _json(archive, CONFIG, path), _json(archive, METADATA, path)
        with attempt(path, f"reading {CONFIG}", "copy or save the file again"):
            check_count(config, path)
            stand_in(config)
            check_config(config, path)
        keras = import_keras(path)
        stored = archive.getinfo(WEIGHTS).file_size
        with tempfile.TemporaryDirectory() as folder:
            # Keras reads a copy of what was checked, under the suffix it wants, without assets.
            copy = Path(folder) / "model.keras"
            with attempt(path, "reading the archive", "copy or save the file again"):
                _copy(archive, config, metadata, copy, path)
            with (
                attempt(path, f"loading it with Keras {keras.__version__}", WAY_OUT),
                within(stored, path),
                on_cpu(),
                _unwarned(),
            ):
                model = keras.models.load_model(copy, custom_objects=classes(), compile=False, safe_mode=True)
    check_outputs(getattr(model, "inputs", None) or (), model, path)
    return model, {key: value for key, value in metadata.items() if key in ("keras_version", "date_saved")}


def import_keras(path: Path) -> Any:
    """Keras, computing with torch.

    Raises:
        UserError: if something in this process imported it with another backend before.
    """
    if "keras" not in sys.modules:
        # Keras reads its backend once, at its first import.
        before = os.environ.get("KERAS_BACKEND")
        os.environ["KERAS_BACKEND"] = "torch"
        try:
            imported("keras")
        finally:
            if before is None:
                del os.environ["KERAS_BACKEND"]
            else:
                os.environ["KERAS_BACKEND"] = before
    keras = sys.modules["keras"]
    backend = keras.config.backend()
    if backend != "torch":
        raise UserError(
            f"{path}: expected Keras with its torch backend, but this process already imported it with {backend}; "
            f"set KERAS_BACKEND=torch before the first import of keras"
        )
    return keras


@contextmanager
def on_cpu() -> Iterator[None]:
    """Keras puts tensors on the CPU inside, whatever other devices there are."""
    import keras

    with keras.device("cpu"):
        yield


@contextmanager
def _unwarned() -> Iterator[None]:
    with warnings.catch_warnings():
        # Keras reads its own files in ways that newer libraries advise against; none concerns the user.
        warnings.simplefilter("ignore", DeprecationWarning)
        yield


def check_config(config: Any, path: Path, name: str = "the model") -> None:
    """Refuse a configuration that names anything but plain parts of Keras; drops how models were compiled.

    Raises:
        UserError: naming the layer, and what it asks for.
    """
    if isinstance(config, list):
        for each in config:
            check_config(each, path, name)
    elif isinstance(config, dict):
        for key in ("compile_config", "compile"):
            config.pop(key, None)
        if "class_name" in config:
            name = _layer_name(config) or name
            _check_class(config, path, name)
        for each in config.values():
            check_config(each, path, name)


def _check_class(config: dict[str, Any], path: Path, name: str) -> None:
    kind, module, registered = (config.get(key) for key in ("class_name", "module", "registered_name"))
    if kind == "__lambda__":
        raise UserError(f"{path}: expected plain Keras layers, but {name!r} holds a lambda, which is code; {WAY_OUT}")
    if (kind in VALUES and module is None) or registered == NAME:
        return
    if kind in REFUSED:
        raise UserError(
            f"{path}: expected plain Keras layers, but {name!r} is a {kind} layer, {REFUSED[kind]}; {WAY_OUT}"
        )
    if module not in MODULES or (registered not in (None, kind)) or not str(kind)[:1].isupper():
        asked = config.get("config") if kind == "function" else registered or kind
        raise UserError(
            f"{path}: expected plain Keras layers, but {name!r} needs {asked} of {module or 'an unknown module'}, "
            f"which is not part of Keras; {WAY_OUT}"
        )


def _layer_name(config: dict[str, Any]) -> str | None:
    inner = config.get("config")
    name = inner.get("name") if isinstance(inner, dict) else None
    return name if isinstance(name, str) else None


def _json(archive: zipfile.ZipFile, member: str, path: Path) -> dict[str, Any]:
    if member not in archive.namelist():
        return {}
    check("header", archive.getinfo(member).file_size, f"{path}: {member}")
    with attempt(path, f"reading {member}", "copy or save the file again"):
        content = json.loads(archive.read(member))
    if not isinstance(content, dict):
        raise UserError(f"{path}: expected {member} to hold a JSON object, got {type(content).__name__}; save it again")
    return content


def _copy(archive: zipfile.ZipFile, config: dict[str, Any], metadata: dict[str, Any], copy: Path, path: Path) -> None:
    weights = copy.with_name(WEIGHTS)
    with archive.open(WEIGHTS) as source, weights.open("wb") as target_file:
        shutil.copyfileobj(source, target_file)
    # Keras follows whatever the file says of where its numbers are.
    with opened_hdf5(weights, f"{path}: {WEIGHTS}"):
        pass
    with zipfile.ZipFile(copy, "w") as target:
        target.writestr(METADATA, json.dumps(metadata))
        target.writestr(CONFIG, json.dumps(config))
        target.write(weights, WEIGHTS)
