"""The reference model families: one line each, readable without importing torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

from .errors import UserError


@dataclass(frozen=True, slots=True)
class Family:
    """A family of models that this package can train and load.

    Args:
        module: the module in this package that defines it.
        model, config, training: names of its network, configuration and training settings in that module.
        likelihood: what the model can say about the probability of a record.
        capabilities: what auditors may use beside `sample`.
    """

    name: str
    modality: str
    module: str
    model: str
    config: str
    training: str
    likelihood: str
    capabilities: tuple[str, ...]
    summary: str


class Parts(NamedTuple):
    """The classes and the fitting function of a family, imported."""

    model: Any
    config: Any
    training: Any
    fit: Any


FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        Family(
            name="vae",
            modality="image",
            module="vae",
            model="VAE",
            config="VAEConfig",
            training="VAETraining",
            likelihood="explicit (lower bound)",
            capabilities=("decode", "encode"),
            summary="variational autoencoder of fully connected layers",
        ),
        Family(
            name="gan",
            modality="image",
            module="gan",
            model="GAN",
            config="GANConfig",
            training="GANTraining",
            likelihood="implicit",
            capabilities=("decode", "critic"),
            summary="generative adversarial network of fully connected layers",
        ),
    )
}


def family(name: str) -> Family:
    """The family of that name.

    Raises:
        UserError: if there is none; the message lists those that there are.
    """
    if name not in FAMILIES:
        raise UserError(f"expected a model family among {', '.join(FAMILIES)}, got {name!r}")
    return FAMILIES[name]


def parts(name: str) -> Parts:
    """Import a family's classes; the only place that turns the names in the table into code."""
    entry = family(name)
    module = import_module(f".{entry.module}", __package__)
    return Parts(
        getattr(module, entry.model), getattr(module, entry.config), getattr(module, entry.training), module.fit
    )
