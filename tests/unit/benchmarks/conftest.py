"""The studies as modules; they are scripts, so their folder is on the path only while they load."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[3] / "benchmarks"


@pytest.fixture(scope="session")
def study() -> Callable[[str], ModuleType]:
    """Loads one of them by its name."""

    def load(name: str) -> ModuleType:
        sys.path.insert(0, str(BENCHMARKS))
        try:
            return import_module(name)
        finally:
            sys.path.remove(str(BENCHMARKS))

    return load
