"""A folder of a real architecture is asked as our own models are."""

from pathlib import Path

import numpy as np
import pytest

from genai_audit.audit.evidence.contexts.collect import collect
from genai_audit.audit.evidence.contexts.kind import Contexts
from genai_audit.audit.evidence.plan import Plan
from genai_audit.models.checkpoints.checkpoint import load_model
from unit.audit.evidence.contexts.token_toys import evidence_of, texts
from unit.models.adapters.saved_text_models import gpt2, save

pytest.importorskip("transformers")


def test_a_gpt2_folder(tmp_path: Path) -> None:
    model = load_model(save(gpt2(), tmp_path))[0]
    sets = [texts(40, 20, seed) for seed in (1, 2)]
    plan = Plan(modality="text", source="folder", model=model)
    found = collect(plan, evidence_of(*sets), lambda share: None)
    assert isinstance(found, Contexts)
    assert found.begins
    assert found.symbols[0] == ""
    assert set(found.symbols[1:]) <= set("abcdefgh")
    assert len(found.gradients) == 32
    assert found.gradient_complete.mean() > 0.9
    assert np.abs(found.real.attributions).max() > 0
