"""The loop that turns noise into images, over a network and a noise schedule of the `diffusers` library.

Reference: Ho, Jain, Abbeel 2020, Denoising diffusion probabilistic models, arXiv:2006.11239 (algorithm 2).
"""

import copy
import inspect
import warnings
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
        labels = self._labels(n, condition, generator)
        with warnings.catch_warnings():
            # Its schedules use ways of numpy that are going out; nothing a user could act on.
            warnings.filterwarnings("ignore", category=DeprecationWarning, module="diffusers")
            parts = [self._denoise(generator, min(BATCH, n - first), first, labels) for first in range(0, n, BATCH)]
        return torch.cat(parts) if parts else torch.zeros(0, *self.image_shape)

    def _labels(self, n: int, condition: Any, generator: torch.Generator) -> Tensor | None:
        if condition is not None:
            return chosen(condition, self.classes, n)
        if not self.classes:
            return None
        return torch.randint(len(self.classes), (n,), generator=generator, device=generator.device)

    def _denoise(self, generator: torch.Generator, n: int, first: int, labels: Tensor | None) -> Tensor:
        weights = next(self.network.parameters())
        told = {} if labels is None else {"class_labels": labels[first : first + n].to(weights.device)}
        # Schedules remember where they are, so each batch has its own.
        scheduler = copy.deepcopy(self.scheduler)
        scheduler.set_timesteps(self.steps, device=weights.device)
        random = {"generator": generator} if "generator" in inspect.signature(scheduler.step).parameters else {}
        x = torch.randn(n, *self.image_shape, generator=generator, device=generator.device).to(weights)
        x = x * scheduler.init_noise_sigma
        for t in scheduler.timesteps:
            predicted = self.network(scheduler.scale_model_input(x, t), t, **told).sample  # (n, c, h, w)
            x = scheduler.step(predicted, t, x, **random).prev_sample
        images: Tensor = (x / 2 + 0.5).clamp(0, 1)
        return images
