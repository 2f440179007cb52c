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
        model, config, training: names of its network, configuration and training settings in that module. Beside them
            it has `shape(data)`, the part of the configuration that the training data decide, and `fit`.
        likelihood: what the model can say about the probability of a record.
        capabilities: what auditors may use beside `sample`.
        data: the bundled data that it is trained on where nobody names others.
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
    data: str = "digits"


class Parts(NamedTuple):
    """The classes and functions of a family, imported."""

    model: Any
    config: Any
    training: Any
    shape: Any
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
            # Of the model itself; samples are drawn at a lower temperature, see `vae.VAEConfig`.
            capabilities=("decode", "encode", "log_prob"),
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
        Family(
            name="dcgan",
            modality="image",
            module="dcgan",
            model="DCGAN",
            config="DCGANConfig",
            training="DCGANTraining",
            likelihood="implicit",
            capabilities=("decode", "critic"),
            summary="generative adversarial network of convolutions",
        ),
        Family(
            name="pixelcnn",
            modality="image",
            module="pixelcnn",
            model="PixelCNN",
            config="PixelCNNConfig",
            training="PixelCNNTraining",
            likelihood="explicit (exact)",
            capabilities=("log_prob",),
            summary="autoregressive model of pixels from masked convolutions",
        ),
        Family(
            name="ddpm",
            modality="image",
            module="ddpm",
            model="DDPM",
            config="DDPMConfig",
            training="DDPMTraining",
            likelihood="explicit (lower bound)",
            capabilities=("log_prob",),
            summary="denoising diffusion model with a small U-Net",
        ),
        Family(
            name="text-lstm",
            modality="text",
            module="text_lstm",
            model="TextLSTM",
            config="TextLSTMConfig",
            training="TextLSTMTraining",
            likelihood="explicit (exact)",
            capabilities=("logits", "log_prob"),
            summary="recurrent network over characters or words",
            data="biographies",
        ),
        Family(
            name="gpt",
            modality="text",
            module="gpt",
            model="GPT",
            config="GPTConfig",
            training="GPTTraining",
            likelihood="explicit (exact)",
            capabilities=("logits", "log_prob"),
            summary="decoder-only transformer over characters or words",
            data="biographies",
        ),
        Family(
            name="music-lstm",
            modality="music",
            module="music_lstm",
            model="MusicLSTM",
            config="MusicLSTMConfig",
            training="MusicLSTMTraining",
            likelihood="explicit (exact)",
            capabilities=("logits", "log_prob"),
            summary="recurrent network over pitches",
            data="melodies",
        ),
        Family(
            name="tabular-vae",
            modality="tabular",
            module="tabular_vae",
            model="TabularVAE",
            config="TabularVAEConfig",
            training="TabularVAETraining",
            likelihood="explicit (lower bound)",
            capabilities=("log_prob",),
            summary="variational autoencoder of mixed columns",
            data="loans",
        ),
        Family(
            name="tabular-gan",
            modality="tabular",
            module="tabular_gan",
            model="TabularGAN",
            config="TabularGANConfig",
            training="TabularGANTraining",
            likelihood="implicit",
            capabilities=(),
            summary="generative adversarial network of mixed columns",
            data="loans",
        ),
        Family(
            name="audio",
            modality="audio",
            module="audio",
            model="AudioVAE",
            config="AudioConfig",
            training="AudioTraining",
            likelihood="explicit (lower bound)",
            capabilities=("encode", "log_prob"),
            summary="variational autoencoder of short waveforms",
            data="tones",
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
    classes = (getattr(module, name) for name in (entry.model, entry.config, entry.training))
    model, config, training = classes
    return Parts(model, config, training, module.shape, module.fit)
