"""One small audit for all tests of verification: of a model whose samples can be drawn again."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit import audit_checkpoint
from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.folder.manifest import write_manifest
from genai_audit.audit.folder.seal import seal_of
from genai_audit.reports.record import Record

MODEL = """
import torch

class Model:
    modality, chunk = "image", 20

    def sample(self, n, *, generator, condition=None):
        return torch.rand(n, 1, 6, 6, generator=generator)

def load(path):
    return Model()
"""
POLICY = """
version: 1
name: small
rules:
  - {id: valid, auditor: GA501, estimate: invalid_share, at_most: 0.2, why: what cannot be is no use}
  - {id: covers, auditor: GA302, estimate: coverage_ratio, at_least: 0.99, why: nothing may be missing}
  - {id: groups, auditor: GA101, estimate: share_ratio, at_least: 0.5, required: false, why: all count}
waivers:
  - {rule: covers, owner: A. Person, reason: planned, expires: 2999-01-01}
"""


@dataclass(frozen=True)
class Saved:
    """A folder of an audit beside its checkpoint, with what it holds."""

    place: Path
    out: Path

    @property
    def content(self) -> Any:
        return json.loads((self.out / "record.json").read_text(encoding="utf-8"))

    @property
    def record(self) -> Record:
        return Record.load(self.out / "record.json")

    @property
    def evidence(self) -> Evidence:
        return Evidence.load(self.out / "evidence")

    def rewrite(self, content: Any, *, seal: bool = False, manifest: bool = False) -> None:
        """Put another content in the record's place; with its seal, and in the list, as a forger would."""
        if seal:
            content["seal"] = seal_of(content)
        (self.out / "record.json").write_text(json.dumps(content, indent=2), encoding="utf-8")
        if manifest:
            (self.out / "manifest.json").unlink()
            write_manifest(self.out)


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """The audit that was made; no test may change it."""
    place = tmp_path_factory.mktemp("verified")
    (place / "model.py").write_text(MODEL, encoding="utf-8")
    (place / "model.json").write_text("{}", encoding="utf-8")
    (place / "policy.yaml").write_text(POLICY, encoding="utf-8")
    images = torch.rand(90, 6, 6, generator=torch.Generator().manual_seed(1)).numpy()
    for name, rows in (("reference", slice(0, 60)), ("holdout", slice(60, 90))):
        np.savez(place / f"{name}.npz", x=images[rows], y=np.arange(90)[rows] % 2)
    audit_checkpoint(
        place / "model.json",
        loader=f"{place / 'model.py'}:load",
        reference=place / "reference.npz",
        holdout=place / "holdout.npz",
        policy=place / "policy.yaml",
        samples=50,
        only=("GA302", "GA501", "GA502"),
        out=place / "out",
    )
    return Saved(place, place / "out")


@pytest.fixture
def saved(original: Saved, tmp_path: Path) -> Saved:
    """A copy of the audit, to be altered."""
    place = tmp_path / "copy"
    shutil.copytree(original.place, place)
    return Saved(place, place / "out")


Walk = Callable[[Any], list[tuple[str | int, ...]]]


@pytest.fixture(scope="session")
def leaves() -> Walk:
    """The path of every leaf of JSON-like values."""

    def walk(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        found = [each for key, one in inner for each in walk(one, (*path, key))]
        return found or [path]

    return walk
