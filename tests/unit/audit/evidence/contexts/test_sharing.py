"""What contexts have in common is read once, and the numbers are those of whole contexts."""

from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from genai_audit.audit.evidence.contexts.ablation import ablated, kept_only
from genai_audit.audit.evidence.contexts.next_token import NextToken, asked
from genai_audit.models.errors import UserError
from genai_audit.models.families.gpt import GPT, GPTConfig
from genai_audit.models.families.text_lstm import TextLSTM, TextLSTMConfig

LETTERS = tuple("abcdefgh")
V = len(LETTERS) + 1


def lstm(kind: type[TextLSTM] = TextLSTM) -> Any:
    torch.manual_seed(0)
    return kind(TextLSTMConfig(LETTERS, "character", 40, embedding_dim=8, hidden=16, layers=2)).eval()


def gpt() -> Any:
    torch.manual_seed(0)
    return GPT(GPTConfig(LETTERS, "character", 40, width=16, heads=2, layers=3)).eval()


MODELS = MappingProxyType({"lstm": lstm, "gpt": gpt})
BOTH = pytest.mark.parametrize("model", MODELS)


def given(n: int, length: int, draws: int) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(1)
    return rng.integers(0, V, (n, length)), rng.integers(0, V, n), rng.integers(0, V, (draws, n, length))


@BOTH
@pytest.mark.parametrize(("n", "length", "draws"), [(1, 1, 1), (1, 30, 1), (5, 19, 3), (70, 8, 1)])
def test_the_numbers_are_those_of_whole_contexts(model: str, n: int, length: int, draws: int) -> None:
    made = MODELS[model]()
    ids, targets, fill = given(n, length, draws)
    whole, shared = NextToken(made, V, sharing=False), NextToken(made, V)
    assert shared.shares
    assert not whole.shares
    for one, other in zip(ablated(shared, ids, targets, fill), ablated(whole, ids, targets, fill), strict=True):
        assert one == pytest.approx(other, abs=1e-5)
    keep = np.random.default_rng(2).random((n, length)) < 0.5
    kept = [kept_only(ask, ids, targets, fill, keep) for ask in (shared, whole)]
    assert kept[0] == pytest.approx(kept[1], abs=1e-5)


@BOTH
def test_contexts_beside_others_have_the_numbers_they_have_alone(model: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = MODELS[model]()
    ids, targets, fill = given(6, 21, 2)
    together = ablated(NextToken(made, V), ids, targets, fill)[0]
    # Passes of a few tokens are of one context at a time.
    monkeypatch.setattr("genai_audit.audit.evidence.contexts.next_token.TOKENS", 1)
    alone = ablated(NextToken(made, V), ids, targets, fill)[0]
    assert alone == pytest.approx(together, abs=1e-5)


class Counting(TextLSTM):
    """An LSTM that counts the tokens that it reads."""

    tokens = 0

    def advance(self, ids: Tensor, cache: Any) -> Any:
        self.tokens += ids.numel()
        return super().advance(ids, cache)

    def read_on(self, ids: Tensor, cache: Any) -> Tensor:
        self.tokens += ids.numel()
        return super().read_on(ids, cache)


def test_fewer_tokens_are_read_than_contexts_have() -> None:
    model = lstm(Counting)
    ids, targets, fill = given(12, 32, 1)
    NextToken(model, V).replaced(ids, targets, fill)
    # In windows of 8 places: 8 contexts each of 32, 24, 16 and 8 tokens, and the beginnings once.
    assert model.tokens == 12 * (8 * (32 + 24 + 16 + 8) + 32)
    assert model.tokens < 0.7 * 12 * 32 * 32


class Forgetting(TextLSTM):
    """One that does not know what comes before when it reads on."""

    def read_on(self, ids: Tensor, cache: Any) -> Tensor:
        return super().read_on(ids, [])


class Flat(TextLSTM):
    """One that gives the logits of one continuation only."""

    def read_on(self, ids: Tensor, cache: Any) -> Tensor:
        return super().read_on(ids, cache)[:, 0]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Forgetting, r"^logits\(ids\): expected read_on\(ids, cache\) to give its last logits, got log-probabilities"),
        (Flat, r"^read_on\(ids, cache\): expected shape \(1, 1, 9\), got \(1, 9\); correct it"),
    ],
)
def test_a_model_that_reads_on_wrongly_is_refused(kind: type[TextLSTM], said: str) -> None:
    ids, targets, _ = given(1, 20, 1)
    with pytest.raises(UserError, match=said):
        asked(lstm(kind), ids, targets)


@BOTH
def test_several_tokens_after_a_cache_are_read_as_one_after_the_other(model: str) -> None:
    made = MODELS[model]()
    ids = torch.from_numpy(given(3, 12, 1)[0])
    with torch.no_grad():
        whole = made.logits(ids)
        _, cache = made.advance(ids[:, :5], [])
        rest, cache = made.advance(ids[:, 5:9], cache)
        torch.testing.assert_close(rest, whole[:, 5:9], atol=1e-5, rtol=1e-5)
        last = made.read_on(ids[:, None, 9:].expand(3, 2, 3), cache)
    torch.testing.assert_close(last, whole[:, None, -1].expand(3, 2, V), atol=1e-5, rtol=1e-5)
