"""The loop that turns noise into images, over a network and a noise schedule of the `diffusers` library.

Reference: Ho, Jain, Abbeel 2020, Denoising diffusion probabilistic models, arXiv:2006.11239 (algorithm 2).
"""

import copy
import inspect
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ...families.parts.conditions import chosen

BATCH = 50


class DiffusionImages(nn.Module):
    """A diffusion model of images; `classes` are the indices of the classes that it was told in training, if any."""

    modality = "image"
    chunk = BATCH

    def __init__(self, network: nn.Module, scheduler: Any, steps: int) -> None:
        super().__init__()
        self.network = network
        self.scheduler = scheduler
        self.steps = steps
        config: Any = network.config
        size = config.sample_size
        height, width = (size, size) if isinstance(size, int) else size
        self.image_shape = (int(config.in_channels), int(height), int(width))
        self.classes = tuple(str(each) for each in range(config.num_class_embeds or 0))

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Tensor:
        """Draw n images (n, c, h, w) in [0, 1]; `condition` is a class or n of them, by name or index.

        Raises:
            ValueError: if the condition is none of the model's classes.
        """
        return self._images(n, [self._labels(n, condition, generator)], generator)

    @torch.no_grad()
    def sample_in_windows(self, n: int, *, generator: torch.Generator, conditions: Sequence[Any]) -> Tensor:
        """Draw n images as `sample` does, told one of the W conditions after the other, each in its window of steps.

        Raises:
            ValueError: if a condition is none of the model's classes, or there are none or more than steps.
        """
        if not 1 <= len(conditions) <= self.sampling_steps:
            raise ValueError(f"expected 1 to {self.sampling_steps} conditions, got {len(conditions)}")
        return self._images(n, [chosen(each, self.classes, n) for each in conditions], generator)

    @property
    def sampling_steps(self) -> int:
        """How often the network is asked for one image: some schedules take more steps than they are set to."""
        scheduler = copy.deepcopy(self.scheduler)
        with _without_notices():
            scheduler.set_timesteps(self.steps)
        return len(scheduler.timesteps)

    def _images(self, n: int, labels: Sequence[Tensor | None], generator: torch.Generator) -> Tensor:
        with _without_notices():
            parts = [self._denoise(generator, min(BATCH, n - first), first, labels) for first in range(0, n, BATCH)]
        return torch.cat(parts) if parts else torch.zeros(0, *self.image_shape)

    def _labels(self, n: int, condition: Any, generator: torch.Generator) -> Tensor | None:
        if condition is not None:
            return chosen(condition, self.classes, n)
        if not self.classes:
            return None
        return torch.randint(len(self.classes), (n,), generator=generator, device=generator.device)

    def _denoise(self, generator: torch.Generator, n: int, first: int, labels: Sequence[Tensor | None]) -> Tensor:
        weights = next(self.network.parameters())
        told = [{} if each is None else {"class_labels": each[first : first + n].to(weights.device)} for each in labels]
        # Schedules remember where they are, so each batch has its own.
        scheduler = copy.deepcopy(self.scheduler)
        scheduler.set_timesteps(self.steps, device=weights.device)
        random = {"generator": generator} if "generator" in inspect.signature(scheduler.step).parameters else {}
        x = torch.randn(n, *self.image_shape, generator=generator, device=generator.device).to(weights)
        x = x * scheduler.init_noise_sigma
        for step, t in enumerate(scheduler.timesteps):
            now = told[step * len(told) // len(scheduler.timesteps)]
            predicted = self.network(scheduler.scale_model_input(x, t), t, **now).sample  # (n, c, h, w)
            x = scheduler.step(predicted, t, x, **random).prev_sample
        images: Tensor = (x / 2 + 0.5).clamp(0, 1)
        return images


@contextmanager
def _without_notices() -> Iterator[None]:
    """Its schedules use ways of numpy that are going out; nothing a user could act on."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=DeprecationWarning, module="diffusers")
        yield
