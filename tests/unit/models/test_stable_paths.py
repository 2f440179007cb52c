"""What users' loaders may import keeps its place, and is named in the guide."""

from pathlib import Path
from types import SimpleNamespace

import torch

ROOT = Path(__file__).parents[3]


def test_the_contract_and_the_error_for_users_keep_their_place() -> None:
    from genai_audit.models.base import Criticises, Decodes, Encodes, GenerativeModel
    from genai_audit.models.errors import UserError

    model = SimpleNamespace(modality="image", sample=lambda n, *, generator, condition=None: torch.zeros(n, 1, 2, 2))
    assert isinstance(model, GenerativeModel)
    assert not any(isinstance(model, each) for each in (Decodes, Encodes, Criticises))
    assert issubclass(UserError, Exception)


def test_the_guide_names_them() -> None:
    guide = (ROOT / "docs" / "guide" / "your-model.md").read_text(encoding="utf-8")
    assert "`genai_audit.models.base`" in guide
    assert "`genai_audit.models.errors`" in guide
