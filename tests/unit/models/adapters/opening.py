"""What tests of files with a generator share: draws of an opened model, and refusals in one line."""

from pathlib import Path
from typing import Any

import pytest
import torch

from genai_audit.models.adapters.opened import Options
from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.errors import UserError

TRUST = Options(trust=True)


def draw(model: Any, n: int, seed: int = 0) -> torch.Tensor:
    images: torch.Tensor = model.sample(n, generator=torch.Generator().manual_seed(seed))
    return images


def refused(path: Path, match: str) -> None:
    """Whatever is trusted, the file does not open, and one line says why."""
    with pytest.raises(UserError, match=match) as refusal:
        load_model(path, options=TRUST)
    assert "\n" not in str(refusal.value)
