"""An audit finds the same whether its pictures are held in a file or in memory."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.request import Request
from genai_audit.audit.run import audit
from genai_audit.models import held_pictures
from genai_audit.models.data.datasets import load_data
from genai_audit.models.held_pictures import HeldPictures
from genai_audit.reports.html import render


class Toy(torch.nn.Module):
    """Draws, decodes and encodes 8 × 8 pictures."""

    modality, latent_dim = "image", 3

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(5)
        self.weights = torch.nn.Parameter(torch.randn(3, 64, generator=generator))

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return torch.sigmoid(z @ self.weights).reshape(-1, 1, 8, 8)

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mean = (x.flatten(1) - 0.5) @ self.weights.T / 16
        return mean, -2 - mean.square()

    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> torch.Tensor:
        return self.decode(torch.randn(n, 3, generator=generator))


def told(record: Any) -> Any:
    """The record without what times and stored forms are."""
    content = json.loads(record.to_json())
    for each in content["findings"]:
        each.pop("seconds")
    content.pop("environment")
    return content


@pytest.fixture
def digits(tmp_path: Path) -> dict[str, str]:
    data = load_data("digits")
    levels, parts = np.rint(data.samples[:, 0] * 240).astype(np.uint8), {}
    for name, rows in (("generated", slice(400)), ("reference", slice(400, 1000)), ("holdout", slice(1000, 1300))):
        parts[name] = str(tmp_path / f"{name}.npz")
        np.savez(parts[name], x=levels[rows], y=data.labels[rows])
    return parts


@pytest.mark.parametrize("given", ["samples", "model"])
def test_the_same_findings(given: str, digits: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def audited() -> tuple[Any, Evidence]:
        checkpoint = digits["generated"] if given == "samples" else Toy()
        return audit(
            Request(checkpoint, reference=digits["reference"], holdout=digits["holdout"], samples=300, encoders=())
        )

    # How many are read and encoded at once depends on their size alone, and how products are rounded depends on that.
    monkeypatch.setattr(held_pictures, "AT_ONCE", 2**12)
    plain, in_memory = audited()
    monkeypatch.setattr(held_pictures, "LARGE", 2**10)
    held, evidence = audited()
    assert isinstance(in_memory.generated.samples, np.ndarray)
    for each in (evidence.generated, evidence.reference, evidence.holdout):
        assert each is not None
        assert isinstance(each.samples, HeldPictures)
    assert told(held) == told(plain)
    # Otherwise what looks at arrays alone would pass over both alike.
    assert (evidence.reconstructions is None) == (given == "samples")
    evidence.save(tmp_path / "evidence")
    again = Evidence.load(tmp_path / "evidence")
    assert isinstance(again.generated.samples, HeldPictures)
    assert np.array_equal(again.generated.samples[:], in_memory.generated.samples)
    assert render(held, again) == render(held, in_memory)
