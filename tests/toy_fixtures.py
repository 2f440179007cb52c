"""Toy generators as files on disk, for tests that run the whole pipeline."""

import importlib.util
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

TOYS = Path(__file__).parent / "planted" / "toys.py"


@pytest.fixture(scope="session")
def toys() -> ModuleType:
    """The loader file, imported the way a script is."""
    spec = importlib.util.spec_from_file_location("toys", TOYS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class ToyFiles:
    """A toy's checkpoint and data on disk; `options` are what `audit_checkpoint` needs besides."""

    checkpoint: Path
    options: dict[str, Any]


def written(toys: ModuleType, folder: Path, seed: int = 0, **departure: Any) -> ToyFiles:
    """Write a toy with the given departure and fresh real data of the distribution."""
    for role, shift in (("reference", 0), ("holdout", 500)):
        images, labels = toys.real(seed + shift)
        np.savez(folder / f"{role}.npz", x=images, y=labels)
    checkpoint = folder / "toy.json"
    checkpoint.write_text(json.dumps({"seed": seed, **departure}), encoding="utf-8")
    options = {
        "loader": f"{TOYS}:load",
        "reference": folder / "reference.npz",
        "holdout": folder / "holdout.npz",
        "seed": seed,
    }
    return ToyFiles(checkpoint, options)


@pytest.fixture
def write_toy(toys: ModuleType, tmp_path: Path) -> Callable[..., ToyFiles]:
    """As `written`, in the test's own folder."""
    return partial(written, toys, tmp_path)
