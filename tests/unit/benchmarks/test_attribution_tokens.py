"""captum's own wrapper of language models, as the oracle of ours: the same values, one row at a time."""

import sys
from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

from genai_audit.audit.evidence.contexts.ablation import ablated
from genai_audit.audit.evidence.contexts.next_token import NextToken


@pytest.fixture(scope="module")
def bench(study: Callable[[str], ModuleType]) -> ModuleType:
    return study("attribution_tokens")


@pytest.mark.parametrize("name", ["text-lstm", "gpt"])
def test_one_batched_pass_gives_what_captum_gives(bench: ModuleType, name: str) -> None:
    model = bench.models()[name]
    rng = np.random.default_rng(0)
    # Tokens that repeat: the wrapper's results are by place, not by token.
    ids, targets = rng.integers(1, 6, (3, 14)), rng.integers(1, 31, 3)
    ask = NextToken(model, 31)
    ours = ask.nats(ids, targets)[:, None] - ablated(ask, ids, targets, np.full((1, 3, 14), 4))[0]
    captum_ablation = sys.modules["common.captum_tokens"].captum_ablation
    theirs = np.stack([captum_ablation(model, ids[row], int(targets[row]), 4) for row in range(3)])
    assert np.abs(theirs).max() > 1e-3
    assert np.abs(ours - theirs).max() < 1e-5
