"""The models of `benchmarks/common/requested.py`, which can be asked for a class, for tests."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

FILE = Path(__file__).parents[4] / "benchmarks" / "common" / "requested.py"


def world() -> ModuleType:
    """The module, loaded the way a script is."""
    name = "requested_models"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, FILE)
        assert spec is not None
        assert spec.loader is not None
        # Dataclasses look their module up by name.
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]
