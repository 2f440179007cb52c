"""Fit a reference model, sound or with a planted defect; every random number comes from the seed."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from inspect import signature
from typing import Any

from ...data.datasets import Dataset
from ...errors import UserError
from ...held_pictures import HeldPictures
from ...threads import one_thread
from ..catalogue import FAMILIES, parts
from ..parts.laid_out import without_memory
from .plants import Plant

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
    conditional: bool = False,
    plant: Plant | None = None,
    progress: Progress | None = None,
) -> Trained:
    """Fit a reference model; the same data, seed and settings give the same weights on the same kind of machine.

    Args:
        family: a name in `families.FAMILIES`.
        data: what to train on, all of it; split before if some are to be held out.
        seed: seed of the weights, the batches and the plant.
        overrides: fields of the family's configuration or training settings, by name.
        conditional: whether the model is to be told the main group of each record, and to generate what it is asked.
        plant: a defect to give the model.
        progress: told after each step.

    Raises:
        UserError: if the family, an override or the plant does not exist or does not fit the data.
    """
    import numpy as np
    import torch

    from .memoriser import STEEPNESS, copy_images, latent_size

    family_parts = parts(family)
    _check_modality(family, data)
    if isinstance(data.samples, HeldPictures):
        # Batches are drawn from all over.
        data = replace(data, samples=data.samples[:])
    with one_thread():
        planted = plant.apply(data, np.random.default_rng(seed)) if plant else data
    overrides = overrides or {}
    # Few networks copy what they are only trained on; those that can be made steep are made to.
    steep = "steepness" in {field.name for field in fields(family_parts.config)}
    copies = plant is not None and plant.kind == "memorise" and steep
    if copies and conditional:
        raise UserError("--plant memorise: expected a model that is told no class, got --conditional; leave one out")
    if copies:
        overrides = {"steps": 1000, "steepness": STEEPNESS, "latent_dim": latent_size(len(planted)), **overrides}
    with one_thread():
        config, settings = _settings(family, data, overrides, conditional=conditional)
    with without_memory():
        model = family_parts.model(config)
    generator = torch.Generator().manual_seed(seed)
    with one_thread():
        losses = family_parts.fit(model, planted, settings, generator=generator, progress=progress or _silent)
        if copies:
            copy_images(model, torch.from_numpy(planted.samples), generator=generator)
    # As a loaded model is: some layers compute differently while their weights can learn.
    model.eval().requires_grad_(False)
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


DECIDED = ("levels", "unit")
"""What the data suggest but a person may set otherwise; the rest of what `shape` gives follows from the data."""


def _settings(family: str, data: Dataset, overrides: Mapping[str, Any], *, conditional: bool) -> tuple[Any, Any]:
    family_parts = parts(family)
    # A choice on which other parts of the shape depend is handed in; see `tokens.shape`.
    wishes = {name: overrides[name] for name in signature(family_parts.shape).parameters if name in overrides}
    try:
        shape = dict(family_parts.shape(data, **wishes))
    except ValueError as error:
        raise UserError(f"{error}; change the setting") from error
    own = {field.name for field in fields(family_parts.config)}
    if conditional:
        shape["classes"] = _classes(family, own, data)
    own -= {*shape, "classes"} - set(DECIDED)
    fitting = {field.name for field in fields(family_parts.training)}
    unknown = set(overrides) - own - fitting
    if unknown:
        known = ", ".join(sorted(own | fitting))
        raise UserError(f"expected settings among {known}, got {', '.join(sorted(unknown))}")
    shape |= {name: value for name, value in overrides.items() if name in own}
    try:
        config = family_parts.config(**shape)
        settings = family_parts.training(**{name: value for name, value in overrides.items() if name in fitting})
    except (TypeError, ValueError) as error:
        raise UserError(f"{error}; change the setting") from error
    return config, settings


def _classes(family: str, own: set[str], data: Dataset) -> tuple[str, ...]:
    if "classes" not in own:
        able = [name for name in FAMILIES if "classes" in {field.name for field in fields(parts(name).config)}]
        raise UserError(f"--conditional: expected a family that can be told a class ({', '.join(able)}), got {family}")
    if len(data.classes) < 2:
        raise UserError(f"--conditional: expected labelled data, but {data.name} has no classes; add y or sub-folders")
    return data.classes


def _check_modality(name: str, data: Dataset) -> None:
    wanted = FAMILIES[name].modality
    if data.modality != wanted:
        raise UserError(f"{name} is trained on {wanted} data, but {data.source} is {data.modality}; name other data")


def _silent(done: int, total: int) -> None:
    pass
