"""What every reference model of images must keep to, whatever its family."""

from pathlib import Path
from typing import Any

import numpy as np
import torch

from genai_audit.models.base import Decodes, GenerativeModel, Scores
from genai_audit.models.checkpoints.checkpoint import load_model, save_checkpoint
from genai_audit.models.data.datasets import Dataset, load_data
from genai_audit.models.families.catalogue import FAMILIES
from genai_audit.models.families.training.fitting import Trained, train
from genai_audit.models.records import Attribute, digest


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def trained(family: str, *, seed: int = 0, conditional: bool = False, **overrides: Any) -> Trained:
    """A model of the bundled digits that took a few steps."""
    data = load_data("digits", split="train", seed=0)
    settings = {"steps": 4, "batch_size": 16, **overrides}
    return train(family, data, seed=seed, conditional=conditional, overrides=settings)


def pictures(*shape: int, levels: int = 255, classes: int = 0) -> Dataset:
    """Forty images (c, h, w) of random pixels, in classes if there are to be any."""
    rng = np.random.default_rng(0)
    samples = (rng.integers(0, levels + 1, (40, *shape)) / levels).astype(np.float32)
    names = tuple(f"class {index}" for index in range(classes))
    groups = {"class": Attribute(names, np.arange(40, dtype=np.int64) % classes)} if classes else {}
    return Dataset("pictures", "image", samples, "test", digest(samples, groups), groups)


def check_images(model: Any, n: int, shape: tuple[int, int, int]) -> None:
    images = model.sample(n, generator=seeded(0))
    assert images.shape == (n, *shape)
    assert images.dtype == torch.float32
    assert images.min() >= 0
    assert images.max() <= 1


def check_randomness(model: Any) -> None:
    """Samples follow from the generator alone; neither they nor a likelihood change the model or the global state."""
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    torch.manual_seed(1)
    first = model.sample(6, generator=seeded(9))
    model.sample(3, generator=seeded(1))
    if hasattr(model, "log_prob"):
        assert torch.equal(model.log_prob(first), model.log_prob(first))
    torch.manual_seed(2)
    before = torch.get_rng_state()
    again, other = model.sample(6, generator=seeded(9)), model.sample(6, generator=seeded(8))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(tensor, weights[name]) for name, tensor in model.state_dict().items())
    assert not any(module.training for module in model.modules())


def check_likelihood_family(family: str, kind: str, folder: Path, **settings: Any) -> None:
    """A family that has a likelihood of this kind and no latents: its whole contract, on the bundled digits."""
    found = trained(family, **settings)
    assert isinstance(found.model, GenerativeModel)
    assert isinstance(found.model, Scores)
    assert found.model.log_prob_kind == kind
    assert not isinstance(found.model, Decodes)
    of_diffusion = ("denoising_loss", "sample_in_windows")
    assert [each for each in FAMILIES[family].capabilities if each not in of_diffusion] == ["log_prob"]
    check_images(found.model, 7, (1, 8, 8))
    check_randomness(found.model)
    check_round_trip(found, folder)
    greys = found.model.sample(20, generator=seeded(0)) * 16
    assert torch.equal(greys, greys.round())
    check_seeds(family, **settings)


def check_seeds(family: str, **settings: Any) -> None:
    """Equal seeds give equal weights whatever torch's own random state, and others give others."""
    torch.manual_seed(1)
    first = trained(family, seed=5, **settings).model.state_dict()
    torch.manual_seed(2)
    before = torch.get_rng_state()
    again, other = (trained(family, seed=seed, **settings).model.state_dict() for seed in (5, 6))
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(tensor, again[name]) for name, tensor in first.items())
    assert all(bool(torch.isfinite(tensor).all()) for tensor in first.values())
    assert not all(torch.equal(tensor, other[name]) for name, tensor in first.items())


def check_round_trip(found: Trained, folder: Path, **asked: Any) -> None:
    """A saved model gives the samples of the one that was trained."""
    save_checkpoint(folder / "model.safetensors", found)
    loaded, checkpoint = load_model(folder / "model.safetensors")
    assert checkpoint.family == found.family
    expected = found.model.sample(5, generator=seeded(2), **asked)
    assert torch.equal(loaded.sample(5, generator=seeded(2), **asked), expected)


def all_images(shape: tuple[int, int, int], levels: int) -> torch.Tensor:
    """Every image of that shape, ((levels + 1)^pixels, c, h, w)."""
    steps = torch.arange(levels + 1) / levels
    pixels = int(np.prod(shape))
    return torch.cartesian_prod(*[steps] * pixels).reshape(-1, *shape)
