"""What every reference model of tables and sounds must keep to, whatever its family."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from genai_audit.models.base import Criticises, Encodes, GenerativeModel, Scores
from genai_audit.models.checkpoints.checkpoint import load_model, save_checkpoint
from genai_audit.models.data.datasets import Dataset, load_data
from genai_audit.models.families.catalogue import FAMILIES
from genai_audit.models.families.training.fitting import Trained, train
from genai_audit.models.records import digest


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def some(name: str, n: int) -> Dataset:
    """The first records of a bundled set."""
    return load_data(name).subset(np.arange(n))


def table(frame: pd.DataFrame) -> Dataset:
    return Dataset("made", "tabular", frame, "made", digest(frame, {}))


def same(left: Any, right: Any) -> bool:
    if isinstance(left, pd.DataFrame):
        return bool(left.equals(right) and (left.dtypes == right.dtypes).all())
    return torch.equal(left, right)


def check_entry(model: Any, family: str) -> None:
    assert isinstance(model, GenerativeModel)
    assert model.modality == FAMILIES[family].modality
    offered = {
        "encode": isinstance(model, Encodes),
        "critic": isinstance(model, Criticises),
        "log_prob": isinstance(model, Scores),
        "decode": hasattr(model, "decode"),
    }
    assert {key for key, has in offered.items() if has} == set(FAMILIES[family].capabilities)


def check_randomness(model: Any) -> None:
    """Samples follow from the generator alone; neither they nor a likelihood change the model or the global state."""
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.manual_seed(1)
    np.random.seed(1)  # noqa: NPY002  # the global state is what must not matter
    first = model.sample(6, generator=seeded(9))
    model.sample(3, generator=seeded(1))
    if hasattr(model, "log_prob"):
        assert torch.equal(model.log_prob(first), model.log_prob(first))
    torch.manual_seed(2)
    np.random.seed(2)  # noqa: NPY002  # the global state is what must not matter
    before, numpy_before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002  # as above
    again, other = model.sample(6, generator=seeded(9)), model.sample(6, generator=seeded(8))
    assert same(first, again)
    assert not same(first, other)
    assert torch.equal(torch.get_rng_state(), before)
    assert np.random.get_state()[1].tolist() == numpy_before  # noqa: NPY002  # as above
    assert all(torch.equal(tensor, weights[name]) for name, tensor in model.state_dict().items())
    assert not any(module.training for module in model.modules())


def check_seeds(family: str, data: Dataset, **settings: Any) -> None:
    """Equal seeds give equal weights whatever torch's own random state, and others give others."""
    torch.manual_seed(1)
    first = train(family, data, seed=5, overrides=settings).model.state_dict()
    torch.manual_seed(2)
    before = torch.get_rng_state()
    again, other = (train(family, data, seed=seed, overrides=settings).model.state_dict() for seed in (5, 6))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(tensor, again[name]) for name, tensor in first.items())
    assert all(bool(torch.isfinite(tensor).all()) for tensor in first.values())
    assert not all(torch.equal(tensor, other[name]) for name, tensor in first.items())


def check_round_trip(found: Trained, folder: Path) -> None:
    """A saved model gives the samples and likelihoods of the one that was trained."""
    save_checkpoint(folder / "model.safetensors", found)
    loaded, checkpoint = load_model(folder / "model.safetensors")
    assert checkpoint.family == found.family
    expected = found.model.sample(50, generator=seeded(2))
    drawn = loaded.sample(50, generator=seeded(2))
    assert same(drawn, expected)
    if isinstance(loaded, Scores):
        assert torch.equal(loaded.log_prob(drawn), found.model.log_prob(expected))
