"""GA207 on models whose use of their context is known."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genai_audit.audit.attribution.next_token.auditor import NextToken
from genai_audit.audit.evidence.contexts.ablation import ablated
from genai_audit.audit.evidence.contexts.next_token import NextToken as Ask
from genai_audit.audit.finding import Finding
from unit.audit.evidence.contexts.token_toys import Planted, V, contexts, copying, evidence_of, item, table, texts


def audited(model: Any, **how: Any) -> Finding:
    evidence = replace(evidence_of(texts(4, 24, 1), texts(4, 24, 2)), contexts=item(contexts(model, **how)))
    return NextToken()(evidence, np.random.default_rng(0))


def test_a_bigram_model_depends_on_the_last_token_alone() -> None:
    finding = audited(Planted({1: table(0)}))
    # The logits are a table of the last token: no other token moves the readout by anything.
    for group in ("last 1", "last 4", "last 16"):
        assert finding.estimate("last_share", group).value == pytest.approx(1, abs=1e-6)
    reach = finding.estimate("context_range")
    assert (reach.value, reach.interval().low, reach.interval().high) == (1, 1, 1)
    assert finding.estimate("long_range_share").value == pytest.approx(0, abs=1e-6)
    assert finding.estimate("sink_share").value == pytest.approx(0, abs=1e-6)
    assert finding.estimate("top_position_agreement").value == 1
    assert finding.estimate("last_share", "last 1").interval().low > 0.9


@pytest.mark.parametrize("back", [3, 8])
def test_a_model_that_copies_has_the_range_of_its_copy(back: int) -> None:
    # Records repeat with that period, so the copied token is the one that truly follows and the prediction sure.
    finding = audited(copying(back), period=back)
    reach = finding.estimate("context_range")
    assert (reach.value, reach.interval().low, reach.interval().high) == (back, back, back)
    assert finding.estimate("last_share", "last 1").value == pytest.approx(0, abs=1e-6)
    assert finding.estimate("last_share", "last 16").value == pytest.approx(1, abs=1e-6)


def test_a_model_of_order_two_divides_the_attribution_as_its_tables_do() -> None:
    finding = audited(Planted({1: table(0), 2: table(1)}))
    reach = finding.estimate("context_range")
    assert (reach.value, reach.interval().high) == (2, 2)
    # Two tables of equal spread: half each, but for the tables' own luck.
    assert 0.35 < finding.estimate("last_share", "last 1").value < 0.65
    assert finding.estimate("last_share", "last 4").value == pytest.approx(1, abs=1e-6)


class Sink(Planted):
    """What it says comes from the last token, and as much from the first one being the mark of the beginning."""

    def logits(self, ids: Tensor) -> Tensor:
        first = self.embedding(ids)[:, :1] @ self.tables[0][[3] + [0] * (V - 1)]
        return super().logits(ids) + first


def test_an_attention_sink_is_seen_and_the_far_share_with_it() -> None:
    finding = audited(Sink({1: table(0)}))
    sink = finding.estimate("sink_share")
    assert sink.interval().low > 0.2
    assert finding.estimate("long_range_share").value > 0.2


def test_a_model_that_ignores_its_context_has_nothing_to_explain() -> None:
    finding = audited(Planted({1: np.tile(table(0)[:1], (V, 1))}))
    assert finding.reason is not None
    assert finding.reason.startswith("nothing to explain")
    assert [each.name for each in finding.estimates] == ["context_effect"]
    assert not finding.exhibits


def test_a_bias_that_was_learned_lies_on_the_occupation() -> None:
    # Eight tokens, the occupation second, the pronoun last: it follows from the occupation in nine of ten texts.
    rng = np.random.default_rng(0)
    n, length = 2_000, 8
    ids = rng.integers(5, 15, (n, length))
    ids[:, 1] = rng.integers(3, 5, n)
    agrees = rng.random(n) < 0.9
    ids[:, -1] = np.where(agrees == (ids[:, 1] == 3), 1, 2)
    torch.manual_seed(0)
    model = Recurrent()
    learner = torch.optim.Adam(model.parameters(), 1e-2)
    batch = torch.from_numpy(ids)
    for _ in range(120):
        some = batch[torch.from_numpy(rng.integers(0, n, 128))]
        loss = nn.functional.cross_entropy(model.logits(some[:, :-1])[:, -1], some[:, -1])
        learner.zero_grad()
        loss.backward()
        learner.step()
    model.eval()
    # The contrast of the two pronouns; the occupation's other value and other words take a token's place.
    ask, few = Ask(model, 15), ids[:64, :-1]
    fill = rng.integers(5, 15, (4, 64, length - 1))
    fill[:, :, 1] = rng.integers(3, 5, (4, 64))

    def moved(pronoun: int) -> np.ndarray:
        targets = np.full(64, pronoun)
        return ask.nats(few, targets)[:, None] - ablated(ask, few, targets, fill)[0]

    contrast = np.abs(moved(1) - moved(2))
    assert contrast[:, 1].sum() / contrast.sum() > 0.8
    gap = np.mean([ask.nats(few, np.full(64, 1)) - ask.nats(few, np.full(64, 2))], axis=0)
    # log(0.9 / 0.1) = 2.20 nats, towards one pronoun for either occupation.
    assert gap[few[:, 1] == 3].mean() == pytest.approx(2.2, abs=0.7)
    assert gap[few[:, 1] == 4].mean() == pytest.approx(-2.2, abs=0.7)


class Recurrent(nn.Module):
    """A small LSTM over 15 words."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(15, 12)
        self.lstm = nn.LSTM(12, 16, batch_first=True)
        self.head = nn.Linear(16, 15)

    def logits(self, ids: Tensor) -> Tensor:
        return self.head(self.lstm(self.embedding(ids))[0])
