"""Keras models that several tests save, open and compare with what Keras itself gives."""

from pathlib import Path
from typing import Any

import pytest
import torch

from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.errors import UserError

PIXELS = (28, 28, 1)


def import_keras() -> Any:
    """Keras with its torch backend, its random weights from one seed."""
    from genai_audit.models.adapters.keras.archive import import_keras

    found = import_keras(Path("a.keras"))
    found.utils.set_random_seed(0)
    return found


def save(model: Any, path: Path) -> Path:
    model.save(path)
    return path


def opened(model: Any, folder: Path, name: str = "model.keras") -> tuple[Any, Any]:
    loaded: Any
    loaded, checkpoint = load_model(save(model, folder / name))
    assert checkpoint.format == "keras"
    return loaded, checkpoint


def refused(model: Any, folder: Path, match: str) -> None:
    with pytest.raises(UserError, match=match) as refusal:
        load_model(save(model, folder / "model.keras"))
    assert "\n" not in str(refusal.value)


def draw(model: Any, n: int, seed: int = 0) -> Any:
    return model.sample(n, generator=torch.Generator().manual_seed(seed))


def numbers(model: Any, x: torch.Tensor) -> torch.Tensor:
    """What Keras itself predicts, without our code."""
    return torch.as_tensor(model.predict(x.numpy(), verbose=0))


def decoder(keras: Any, last: str = "sigmoid", name: str = "decoder", latent: int = 2) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((latent,)),
            layers.Dense(128, activation="relu"),
            layers.Dense(784, activation=last),
            layers.Reshape(PIXELS),
        ],
        name=name,
    )
