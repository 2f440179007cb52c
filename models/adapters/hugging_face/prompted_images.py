"""An image model that is asked with texts, around a pipeline of the `diffusers` library."""

import inspect
import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from .folder import quiet


class PromptedImages(nn.Module):
    """A text-to-image pipeline; samples are made from its prompts in turn, one picture at a time.

    One at a time, pictures of real size need the least memory, and none depends on how many are asked for at once.
    """

    modality = "image"
    chunk = 1
    default_samples = 2_000

    def __init__(self, pipeline: Any, prompts: Sequence[str], steps: int) -> None:
        super().__init__()
        self.pipeline = pipeline
        # Registered, so that weights are counted and moved with this module.
        self.parts = nn.ModuleDict({name: each for name, each in pipeline.components.items() if _is_network(each)})
        self.prompts_in_turn = tuple(prompts)
        self.steps = steps
        self.guidance = float(inspect.signature(type(pipeline).__call__).parameters["guidance_scale"].default)
        self.drawn = self.blackened = 0

    @property
    def side(self) -> int | None:
        """How many latents stand beside each other in a picture; None if the pipeline does not say."""
        unet = getattr(self.pipeline, "unet", None)
        size = getattr(self.pipeline, "default_sample_size", None if unet is None else unet.config.sample_size)
        return size if isinstance(size, int) and size > 0 else None

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """A picture's channels, height and width."""
        pixels = (self.side or 0) * int(self.pipeline.vae_scale_factor)
        return int(self.pipeline.vae.config.out_channels), pixels, pixels

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> Tensor:
        """Draw n images (n, c, h, w) in [0, 1]; `condition` is a prompt or n of them, by default the prompts in turn.

        Raises:
            ValueError: if `condition` is neither a prompt nor n of them.
        """
        asked = [condition] * n if isinstance(condition, str) else condition
        if asked is None:
            asked = [self.prompts_in_turn[i % len(self.prompts_in_turn)] for i in range(n)]
        if len(asked) != n or not all(isinstance(each, str) for each in asked):
            raise ValueError(f"expected one prompt, or one for each of {n} images, got {len(asked)} conditions")
        with warnings.catch_warnings(), quiet("transformers"), quiet("diffusers"):
            warnings.simplefilter("ignore")
            images = [self._image(prompt, generator) for prompt in asked]
        return torch.cat(images) if images else torch.zeros(0, *self.image_shape)

    def _image(self, prompt: str, generator: torch.Generator) -> Tensor:
        # Some schedules draw from the global random numbers; `quiet` puts these back.
        torch.manual_seed(int(torch.randint(2**62, (), generator=generator, device=generator.device)))
        output = self.pipeline(prompt, num_inference_steps=self.steps, generator=generator, output_type="pt")
        self.drawn += 1
        self.blackened += sum(map(bool, getattr(output, "nsfw_content_detected", None) or ()))
        images: Tensor = output.images
        return images.float().cpu()

    def later_notes(self) -> tuple[str, ...]:
        """What became known while pictures were drawn."""
        if getattr(self.pipeline, "safety_checker", None) is None:
            return ()
        return (f"The pipeline's safety checker blackened {self.blackened:,} of the {self.drawn:,} pictures drawn.",)


def _is_network(part: Any) -> bool:
    return isinstance(part, nn.Module)
