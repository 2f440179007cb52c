"""Programs that torch saved, as networks of latents that can be asked for their state."""

from typing import Any, Self

from torch import Tensor, nn

from ..latent_images import in_batches


class Scripted(nn.Module):
    """A method of a TorchScript module; latents are given the shape (n, *tail)."""

    def __init__(self, script: Any, entry: str, tail: tuple[int, ...]) -> None:
        super().__init__()
        self.script = script
        self.entry = entry
        self.tail = tail
        self.eval()

    def forward(self, z: Tensor) -> Any:
        """Latents (n, L) to what the method gives."""
        return getattr(self.script, self.entry)(z.reshape(len(z), *self.tail))


class Exported(nn.Module):
    """A program of torch.export; it takes exactly `batch` rows at a time, or any number from `least`."""

    def __init__(self, program: Any, tail: tuple[int, ...], dtype: Any, batch: int | None, least: int) -> None:
        super().__init__()
        self.program = program
        self.tail = tail
        self.dtype = dtype
        self.batch = batch
        self.least = least
        self.training = False

    def train(self, mode: bool = True) -> Self:
        """Sets only the flag: an exported program keeps the mode it was saved in, and torch refuses to change it."""
        self.training = mode
        return self

    def forward(self, z: Tensor) -> Tensor:
        """Latents (n, L) to what the program gives."""
        return in_batches(self.program, z.reshape(len(z), *self.tail).to(self.dtype), self.batch, self.least)
