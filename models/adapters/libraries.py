"""Libraries of others: imported so that they report to nobody, fetch nothing and leave no files in the home folder.

Most read their switches once, at their import; onnxruntime starts to report at its own, from native code that no block
of Python's sockets sees. So every import of such a library goes through here.
"""

import os
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

TELEMETRY: Mapping[str, str] = {
    "DO_NOT_TRACK": "1",
    "DISABLE_TELEMETRY": "1",
    "ORT_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_DISABLE_UPDATE_CHECK": "1",
    "DISABLE_SAFETENSORS_CONVERSION": "1",
    "SCARF_NO_ANALYTICS": "true",
    "ANONYMIZED_TELEMETRY": "False",
    "POSTHOG_DISABLED": "1",
    "SENTRY_DSN": "",
    "WANDB_MODE": "disabled",
    "WANDB_DISABLED": "true",
    "COMET_MODE": "disabled",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "NO_ALBUMENTATIONS_UPDATE": "1",
}
"""What libraries look for before they report, or ask for news."""

OFFLINE: Mapping[str, str] = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
"""What they look for before they fetch."""

SETTINGS: Mapping[str, str] = {"KERAS_HOME": "keras", "MPLCONFIGDIR": "matplotlib"}
"""Where libraries keep settings, which they write at their import: what an audit finds may not depend on them."""

CACHES: Mapping[str, str] = {
    "HF_HOME": "huggingface",
    "TORCH_HOME": "torch",
    "TRITON_HOME": "triton",
    "TORCHINDUCTOR_CACHE_DIR": "inductor",
    "NUMBA_CACHE_DIR": "numba",
    "CUDA_CACHE_PATH": "cuda",
    "XDG_CACHE_HOME": "cache",
    "XDG_CONFIG_HOME": "config",
}
"""Where they keep what they fetched or compiled; a program that is not ours may have models of its own there."""

_LOCK = threading.Lock()
_BEFORE: list[dict[str, str | None]] = []
"""What the environment had before each block that has not ended."""


def imported(name: str) -> ModuleType:
    """A library, or a module of one, that keeps to itself; imported if it is not yet.

    Raises:
        ImportError: if it is not installed, or cannot be imported.
    """
    with kept_quiet():
        module = import_module(name)
    if name == "onnxruntime" and hasattr(module, "disable_telemetry_events"):
        # Where the program imported it before us, this stops what can still be stopped.
        module.disable_telemetry_events()
    return module


@contextmanager
def kept_quiet() -> Iterator[None]:
    """Switches and folders for what is imported in the block; the environment is afterwards as it was."""
    with _LOCK:
        if not _BEFORE:
            wanted = {**TELEMETRY, **_places(SETTINGS, Path(_folder().name))}
            if "matplotlib" in sys.modules:
                # The program plots, by settings of its own.
                del wanted["MPLCONFIGDIR"]
            _BEFORE.append({name: os.environ.get(name) for name in wanted})
            os.environ.update(wanted)
        else:
            _BEFORE.append({})
    try:
        yield
    finally:
        with _LOCK:
            # Blocks of several threads may end in any order: the last one puts back what the first one found.
            first = _BEFORE[0]
            _BEFORE.pop()
            if not _BEFORE:
                _put_back(first)


def _put_back(before: Mapping[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def keep_quiet(folder: Path, *, alone: bool) -> None:
    """Set everything for the rest of this process.

    Args:
        folder: where libraries may write.
        alone: whether only our own code runs here. A user's may fetch, and may keep its models in its own caches.
    """
    from ..checkpoints.cache import cache_folder

    os.environ |= TELEMETRY
    if not alone:
        os.environ["MPLCONFIGDIR"] = _places({"MPLCONFIGDIR": SETTINGS["MPLCONFIGDIR"]}, folder)["MPLCONFIGDIR"]
        return
    # At its import urllib3 opens a socket, although it sends nothing, to see whether there is IPv6.
    socket.has_ipv6 = False
    os.environ["GENAI_AUDIT_CACHE"] = str(cache_folder())
    os.environ |= {**OFFLINE, **_places({**SETTINGS, **CACHES}, folder)}


def _places(names: Mapping[str, str], folder: Path) -> dict[str, str]:
    places = {}
    for variable, name in names.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        places[variable] = str(folder / name)
    return places


@cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    """A folder for as long as the process lives: libraries remember it."""
    return tempfile.TemporaryDirectory(prefix="genai-audit-libraries-", ignore_cleanup_errors=True)
