"""Small real trainings that several tests share."""

from collections.abc import Callable
from typing import Any

import pytest

from genai_audit.models.data.datasets import Dataset, load_data
from genai_audit.models.families.training.fitting import Trained, train


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return load_data("digits", split="train", seed=0)


@pytest.fixture(scope="session")
def tiny(digits: Dataset) -> Callable[..., Trained]:
    """Models that took five steps: as good as noise, but with everything that a checkpoint carries."""

    def fit(family: str, *, data: Dataset = digits, seed: int = 0, **overrides: Any) -> Trained:
        small = {"hidden": (16,), "latent_dim": 4, "steps": 5, "batch_size": 16}
        return train(family, data, seed=seed, overrides={**small, **overrides})

    return fit
