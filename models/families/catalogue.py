"""The reference model families: one entry each, readable without importing torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple

from ..errors import UserError

EXACT, BOUND, IMPLICIT = "explicit (exact)", "explicit (lower bound)", "implicit"

DATA = {"image": "digits", "text": "biographies", "music": "melodies", "tabular": "loans", "audio": "tones"}
"""The bundled data that families of each modality are trained on where nobody names others."""


@dataclass(frozen=True, slots=True)
class Family:
    """A family of models that this package can train and load.

    Its module in this package has its name, with underscores for dashes. It defines the network; its configuration and
    training settings, called like the network with `Config` and `Training` behind; `shape(data)`, the part of the
    configuration that the training data decide; and `fit`.

    Args:
        model: the name of the network in that module.
        likelihood: what the model can say about the probability of a record.
        capabilities: what auditors may use beside `sample`.
    """

    name: str
    modality: str
    model: str
    likelihood: str
    capabilities: tuple[str, ...]
    summary: str

    @property
    def data(self) -> str:
        """The bundled data that it is trained on where nobody names others."""
        return DATA[self.modality]


class Parts(NamedTuple):
    """The classes and functions of a family, imported."""

    model: Any
    config: Any
    training: Any
    shape: Any
    fit: Any


_TABLE = (
    # The bound is of the model itself; samples are drawn at a lower temperature, see `vae.VAEConfig`.
    Family(
        "vae",
        "image",
        "VAE",
        BOUND,
        ("decode", "encode", "log_prob"),
        "variational autoencoder of fully connected layers",
    ),
    Family(
        "gan",
        "image",
        "GAN",
        IMPLICIT,
        ("decode", "critic"),
        "generative adversarial network of fully connected layers",
    ),
    Family("dcgan", "image", "DCGAN", IMPLICIT, ("decode", "critic"), "generative adversarial network of convolutions"),
    Family(
        "pixelcnn", "image", "PixelCNN", EXACT, ("log_prob",), "autoregressive model of pixels from masked convolutions"
    ),
    Family(
        "ddpm",
        "image",
        "DDPM",
        BOUND,
        ("log_prob", "denoising_loss", "sample_in_windows"),
        "denoising diffusion model with a small U-Net",
    ),
    Family(
        "text-lstm", "text", "TextLSTM", EXACT, ("logits", "log_prob"), "recurrent network over characters or words"
    ),
    Family("gpt", "text", "GPT", EXACT, ("logits", "log_prob"), "decoder-only transformer over characters or words"),
    Family("music-lstm", "music", "MusicLSTM", EXACT, ("logits", "log_prob"), "recurrent network over pitches"),
    Family(
        "tabular-vae",
        "tabular",
        "TabularVAE",
        BOUND,
        ("decode", "encode", "log_prob"),
        "variational autoencoder of mixed columns",
    ),
    Family(
        "tabular-gan", "tabular", "TabularGAN", IMPLICIT, ("critic",), "generative adversarial network of mixed columns"
    ),
    Family(
        "audio",
        "audio",
        "AudioVAE",
        BOUND,
        ("decode", "encode", "log_prob"),
        "variational autoencoder of short waveforms",
    ),
)
FAMILIES: Mapping[str, Family] = {each.name: each for each in _TABLE}


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
    module = import_module(f".{name.replace('-', '_')}", __package__)
    model, config, training = (getattr(module, entry.model + end) for end in ("", "Config", "Training"))
    return Parts(model, config, training, module.shape, module.fit)
