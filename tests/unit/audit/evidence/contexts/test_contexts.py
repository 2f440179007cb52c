"""Contexts come from models that can be trusted to answer of the context alone, and that stay as they were."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.contexts.collect import collect
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.unavailable import Partial, Unavailable, Unmeasured
from genai_audit.models.errors import UserError
from unit.audit.evidence.contexts.token_toys import Planted, V, contexts, copying, evidence_of, item, table, texts


def bigram() -> Planted:
    return Planted({1: table(0)})


def test_pairs_have_one_length_and_one_record_each() -> None:
    found = item(contexts(bigram()))
    assert (found.real.lengths == found.generated.lengths).all()
    assert len(set(found.real.rows)) == len(found.real.rows) == 60
    assert found.begins
    for of in (found.real, found.generated):
        width = of.tokens.shape[1]
        starts = width - of.lengths
        assert (of.tokens[np.arange(60), starts] == 0).all()
        outside = np.arange(width)[None] < starts[:, None]
        assert (of.tokens[outside] == -1).all()
        assert (of.attributions[:, outside] == 0).all()
    # The second half of 25 tokens, of which one follows.
    assert found.real.lengths.min() >= 12
    assert found.real.lengths.max() <= 24


def test_the_values_are_what_they_say() -> None:
    model = bigram()
    found = item(contexts(model))
    ids, target = found.real.tokens[0, -found.real.lengths[0] :], int(found.real.targets[0])
    with torch.no_grad():
        nats = model.logits(torch.tensor(ids)[None])[0, -1].log_softmax(-1)
        replaced = ids.copy()
        counts = np.bincount([token for text in texts(60, 24, 2) for token in model.encode_text(text)[1:]], minlength=V)
        first, second = np.argsort(-counts, kind="stable")[:2]
        replaced[-1] = second if ids[-1] == first else first
        without = model.logits(torch.tensor(replaced)[None])[0, -1].log_softmax(-1)
    assert found.real.nats[0] == pytest.approx(float(nats[target]), abs=1e-5)
    assert found.real.attributions[1, 0, -1] == pytest.approx(float(nats[target] - without[target]), abs=1e-5)
    assert (found.real.attributions[:, :, :-1] == 0).all()


def test_equal_runs_give_equal_evidence_and_other_seeds_others() -> None:
    one, again, other = (item(contexts(bigram(), seed=seed)) for seed in (0, 0, 1))
    for name in ("attributions", "effects", "rows"):
        assert np.array_equal(getattr(one.real, name), getattr(again.real, name))
    assert not np.array_equal(one.real.rows, other.real.rows)


def test_it_survives_being_saved(tmp_path: Path) -> None:
    found = item(contexts(bigram()))
    evidence = replace(evidence_of(texts(60, 24, 1), texts(60, 24, 2)), contexts=found)
    evidence.save(tmp_path)
    loaded = Evidence.load(tmp_path).contexts
    assert loaded is not None
    assert np.array_equal(loaded.real.attributions, found.real.attributions)
    assert loaded.symbols == found.symbols
    assert np.array_equal(loaded.checked[0].values, found.checked[0].values)


def refused(model: Any) -> str:
    with pytest.raises((UserError, Unmeasured)) as error:
        contexts(model)
    assert "\n" not in str(error.value)
    return str(error.value)


class Random(Planted):
    def logits(self, ids: Tensor) -> Tensor:
        return super().logits(ids) + torch.randn(*ids.shape, V)


class Mixing(Planted):
    def logits(self, ids: Tensor) -> Tensor:
        return super().logits(ids) * (1 + 0.1 * len(ids))


class Flat(Planted):
    def logits(self, ids: Tensor) -> Tensor:
        return super().logits(ids)[:, -1]


class Narrow(Planted):
    def logits(self, ids: Tensor) -> Tensor:
        return super().logits(ids)[..., :3]


class NotNumbers(Planted):
    def logits(self, ids: Tensor) -> Tensor:
        return super().logits(ids) * float("nan")


class Counting(Planted):
    def __init__(self, tables: dict[int, np.ndarray]) -> None:
        super().__init__(tables)
        self.register_buffer("calls", torch.zeros(()))

    def logits(self, ids: Tensor) -> Tensor:
        self.calls += 1
        return super().logits(ids)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Random, "gives other numbers for the same tokens"),
        (Mixing, "depends on the other rows of the batch"),
        (Flat, r"expected (1, "),
        (Narrow, "a logit for each token id"),
        (NotNumbers, "got NaN or infinity"),
        (Counting, "a parameter or buffer changed"),
    ],
)
def test_what_cannot_be_trusted_is_refused_in_one_line(kind: type[Planted], said: str) -> None:
    assert said in refused(kind({1: table(0)}))


def test_the_model_and_its_modes_stay_as_they_were() -> None:
    model = bigram().train()
    before = {name: each.clone() for name, each in model.state_dict().items()}
    item(contexts(model))
    assert model.training
    assert all(torch.equal(each, before[name]) for name, each in model.state_dict().items())


class Dropping(Planted):
    def logits(self, ids: Tensor) -> Tensor:
        return nn.functional.dropout(super().logits(ids), 0.5, self.training)


def test_it_is_asked_in_eval_mode() -> None:
    # In training mode the answers would be random, and refused.
    assert item(contexts(Dropping({1: table(0)}).train())).real.attributions.any()


class Overwriting(Planted):
    """Writes into the ids that it is given, and into the output of its embedding."""

    def __init__(self, tables: dict[int, np.ndarray]) -> None:
        super().__init__(tables)
        self.relu = nn.ReLU(inplace=True)

    def logits(self, ids: Tensor) -> Tensor:
        out = self.relu(self.embedding(ids)) @ self.tables[0]
        ids.zero_()
        return out


def test_work_in_place_changes_nothing() -> None:
    plain, own = contexts(bigram()), contexts(Overwriting({1: table(0)}))
    assert not isinstance(own, Partial)
    assert np.allclose(item(plain).real.attributions, own.real.attributions, atol=1e-6)
    assert len(own.gradients)


class Holder:
    """A plain object around a network, as users write them."""

    modality = "text"

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        inner = getattr(network, "_orig_mod", network)
        self.embedding, self.encode_text, self.decode_text = inner.embedding, inner.encode_text, inner.decode_text

    def logits(self, ids: Tensor) -> Tensor:
        return self.network(ids)


class Callable_(Planted):
    def forward(self, ids: Tensor) -> Tensor:
        return self.logits(ids)


def test_a_compiled_network_is_unwrapped_for_gradients_and_wrapped_again() -> None:
    network = Callable_({1: table(0)})
    compiled = torch.compile(network, backend="eager")
    held = Holder(compiled)
    found = contexts(held)
    assert not isinstance(found, Partial)
    assert held.network is compiled
    assert np.allclose(found.gradients, item(contexts(network)).gradients, atol=1e-5)


def test_gradients_are_had_in_inference_mode() -> None:
    plain = item(contexts(bigram()))
    model = bigram()
    with torch.inference_mode():
        found = contexts(model)
    assert not isinstance(found, Partial)
    assert np.abs(found.gradients - plain.gradients).max() < 1e-5


def test_gradients_are_had_of_half_precision() -> None:
    found = contexts(bigram().bfloat16())
    assert not isinstance(found, Partial)
    assert np.isfinite(found.gradients).all()
    assert (np.abs(found.gradients).argmax(axis=1) == found.gradients.shape[1] - 1)[found.gradients.any(axis=1)].all()


class Detached(Planted):
    def logits(self, ids: Tensor) -> Tensor:
        return super().logits(ids).detach()


class Unused(Planted):
    def logits(self, ids: Tensor) -> Tensor:
        return nn.functional.one_hot(ids, V).float() @ self.tables[0]


@pytest.mark.parametrize("kind", [Detached, Unused])
def test_without_gradients_the_ablation_stands_and_the_reason_is_given(kind: type[Planted]) -> None:
    found = contexts(kind({1: table(0)}))
    assert isinstance(found, Partial)
    assert len(item(found).gradients) == 0
    assert "passes no gradient to its embedding" in str(found.missing["contexts.gradients"])
    assert item(found).real.attributions.any()


def test_both_methods_agree_where_one_token_decides() -> None:
    found = item(contexts(bigram()))
    assert found.gradient_complete.all()
    assert (np.abs(found.gradients).argmax(axis=1) == found.gradients.shape[1] - 1).all()
    # From the first replacement alone, along a straight path: the end of the path is the ablation's.
    assert np.abs(found.gradients[:, :-1]).max() < 1e-5


@pytest.mark.parametrize(
    ("modality", "model", "said"),
    [
        ("image", None, "this model makes image records"),
        ("text", None, "without the model"),
        ("text", object(), "offers no encode_text and no logits"),
    ],
)
def test_where_the_question_does_not_arise(modality: str, model: Any, said: str) -> None:
    with pytest.raises(Unavailable, match=said):
        collect(Plan(modality=modality, source="toy", model=model), evidence_of([], []), lambda share: None)


def test_too_few_records_are_said_to_be_too_few() -> None:
    with pytest.raises(Unmeasured, match="at least 16 real and generated records of 4 tokens"):
        contexts(bigram(), n=10)


def test_a_large_model_is_asked_less_and_says_so() -> None:
    model = copying(3)
    model.ballast = nn.Parameter(torch.zeros(3_000_000))
    found = item(contexts(model))
    assert len(found.real.rows) < 60
    assert found.fresh.shape[1] == 0
    assert "without copies and checks" in found.cut


class Watching(Planted):
    """Notes how it is asked for gradients."""

    def logits(self, ids: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            self.seen = (torch.backends.cudnn.enabled, self.training)
        return super().logits(ids)


def test_gradients_of_recurrent_layers_are_not_asked_of_cudnn_nor_by_training_mode() -> None:
    # On CUDA, cuDNN has no way back through an LSTM in eval mode; users "repair" that by training mode.
    model = Watching({1: table(0)})
    enabled = torch.backends.cudnn.enabled
    contexts(model)
    assert model.seen == (False, False)
    assert torch.backends.cudnn.enabled is enabled
