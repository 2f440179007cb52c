"""Every family: samples depend on the seed alone, audits leave the model as it was, likelihoods are what they say."""

import copy
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit.audit.evidence.collect import collect
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.samples.draws import CHUNK, collect_generated
from genai_audit.models.data.datasets import load_data
from genai_audit.models.families.catalogue import FAMILIES
from genai_audit.models.families.training.fitting import train
from genai_audit.models.records import digest, take

SETTINGS: dict[str, dict[str, Any]] = {"vae": {"hidden": (16,)}, "gan": {"hidden": (16,)}}
"""Smaller networks where the family's own are large; all of them take a few steps only."""

EVERY = pytest.mark.parametrize("name", FAMILIES)
EXPLICIT = pytest.mark.parametrize("name", [each.name for each in FAMILIES.values() if each.likelihood != "implicit"])


@pytest.fixture(scope="module")
def fresh() -> Callable[[str], Any]:
    """Models of a few steps, one a family; each test gets a copy of its own."""
    made: dict[str, Any] = {}

    def model(name: str) -> Any:
        if name not in made:
            data = load_data(FAMILIES[name].data, split="train")
            made[name] = train(name, data, overrides={"steps": 4, **SETTINGS.get(name, {})}).model
        return copy.deepcopy(made[name])

    return model


def state(model: torch.nn.Module) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in model.state_dict().items()}


def disturb(seed: int) -> None:
    """Whatever other code may do to the global generators."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 – the global state is what is disturbed here
    torch.manual_seed(seed)


@EVERY
def test_samples_depend_on_the_seed_alone(fresh: Callable[[str], Any], name: str) -> None:
    model = fresh(name)
    before = state(model)
    disturb(1)
    short = collect_generated(model, n=7, seed=3, source="m", modality=model.modality).samples
    disturb(2)
    watched = torch.get_rng_state()
    long = collect_generated(model, n=CHUNK + 20, seed=3, source="m", modality=model.modality).samples
    other = collect_generated(model, n=7, seed=4, source="m", modality=model.modality).samples
    assert torch.equal(torch.get_rng_state(), watched)
    # A longer draw extends a shorter one, so no answer depends on how many were asked for at once.
    assert digest(take(long, np.arange(7)), {}) == digest(short, {})
    assert digest(other, {}) != digest(short, {})
    assert state(model) == before
    assert not any(module.training for module in model.modules())


@EVERY
def test_collecting_evidence_leaves_the_model_as_it_was(fresh: Callable[[str], Any], name: str) -> None:
    model = fresh(name)
    before = state(model)
    data = load_data(FAMILIES[name].data, split="train")
    part = data.subset(np.arange(300))
    plan = Plan(modality=model.modality, source="m", model=model, reference=part, n=200)
    evidence = collect(
        plan, needs=("features", "groups", "attributions"), guard=lambda work: (work(), None), progress=lambda *_: None
    )
    assert evidence.crashed == {}
    assert evidence.features is not None
    assert np.isfinite(evidence.features.generated).all()
    assert evidence.features.generated.shape == (200, evidence.features.reference.shape[1])
    assert state(model) == before
    assert not any(module.training for module in model.modules())


@EVERY
def test_the_table_says_whether_there_is_a_likelihood(fresh: Callable[[str], Any], name: str) -> None:
    assert hasattr(fresh(name), "log_prob") == (FAMILIES[name].likelihood != "implicit")


@EXPLICIT
def test_likelihoods_agree_with_double_precision(fresh: Callable[[str], Any], name: str) -> None:
    model = fresh(name)
    data = load_data(FAMILIES[name].data, split="train")
    some = take(data.samples, np.arange(12))
    some = torch.from_numpy(some) if isinstance(some, np.ndarray) else some
    with torch.no_grad():
        single = model.log_prob(some)
        again = model.log_prob(some)
        double = copy.deepcopy(model).double().log_prob(some.double() if isinstance(some, torch.Tensor) else some)
    assert single.shape == (12,)
    assert torch.equal(single, again)
    assert torch.isfinite(double).all()
    torch.testing.assert_close(single.double(), double.double(), rtol=1e-3, atol=1e-2)
    assert model.log_prob_kind == {"explicit (exact)": "exact"}.get(FAMILIES[name].likelihood, "lower_bound")
