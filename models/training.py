"""Fit a reference model, sound or with a planted defect; every random number comes from the seed."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from .data import Dataset
from .errors import UserError
from .families import Parts, parts
from .plants import Plant
from .threads import one_thread

Progress = Callable[[int, int], None]
"""Called with the steps done and the steps to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A fitted model in evaluation mode, its family, and the facts that its checkpoint declares."""

    family: str
    model: Any
    facts: Mapping[str, Any]


def train(
    family: str,
    data: Dataset,
    *,
    seed: int = 0,
    overrides: Mapping[str, Any] | None = None,
    plant: Plant | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Fit a reference model; the same data, seed and settings give the same weights on the same kind of machine.

    Args:
        family: a name in `families.FAMILIES`.
        data: images to train on, all of them; split before if some are to be held out.
        seed: seed of the weights, the batches and the plant.
        overrides: fields of the family's configuration or training settings, by name.
        plant: a defect to give the model.
        progress: told after each step.

    Raises:
        UserError: if the family, an override or the plant does not exist or does not fit the data.
    """
    import numpy as np
    import torch

    from .memoriser import STEEPNESS, copy_images, latent_size

    family_parts = parts(family)
    planted = plant.apply(data, np.random.default_rng(seed)) if plant else data
    overrides = overrides or {}
    copies = plant is not None and plant.kind == "memorise"
    if copies:
        overrides = {"steps": 1000, "steepness": STEEPNESS, "latent_dim": latent_size(len(planted)), **overrides}
    config, settings = _settings(family_parts, data, overrides)
    with torch.device("meta"):
        model = family_parts.model(config)
    images = torch.from_numpy(planted.samples)
    generator = torch.Generator().manual_seed(seed)
    with one_thread():
        losses = family_parts.fit(model, images, settings, generator=generator, progress=progress or _silent)
        if copies:
            copy_images(model, images, generator=generator)
    model.eval()
    if not all(bool(torch.isfinite(weight).all()) for weight in model.parameters()):
        raise UserError(f"the training of the {family} diverged: its weights are not finite; lower learning_rate")
    facts = {
        "data": {
            "name": data.name,
            "source": data.source,
            "split": data.split,
            "seed": data.seed,
            "sha256": data.sha256,
        },
        "training": {"seed": seed, "records": len(planted), **asdict(settings), **losses},
        "classes": list(data.classes),
        "plant": str(plant) if plant else None,
    }
    return Trained(family, model, facts)


def _settings(family_parts: Parts, data: Dataset, overrides: Mapping[str, Any]) -> tuple[Any, Any]:
    own = {field.name for field in fields(family_parts.config)} - {"image_shape"}
    fitting = {field.name for field in fields(family_parts.training)}
    unknown = set(overrides) - own - fitting
    if unknown:
        known = ", ".join(sorted(own | fitting))
        raise UserError(f"expected settings among {known}, got {', '.join(sorted(unknown))}")
    shape = {name: value for name, value in overrides.items() if name in own}
    if "levels" in own:
        shape = {"levels": grey_levels(data), **shape}
    try:
        config = family_parts.config(image_shape=data.samples.shape[1:], **shape)
        settings = family_parts.training(**{name: value for name, value in overrides.items() if name in fitting})
    except (TypeError, ValueError) as error:
        raise UserError(f"{error}; change the setting") from error
    return config, settings


def grey_levels(data: Dataset) -> int:
    """How many equal steps lead from 0 to 1 in these images: 1, 16 (bundled digits), or 255 for all others."""
    import numpy as np

    for levels in (1, 16):
        scaled = data.samples[:1000] * levels
        if np.abs(scaled - scaled.round()).max() < 1e-4:
            return levels
    return 255


def _silent(done: int, total: int) -> None:
    pass
