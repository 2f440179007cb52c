"""A `--loader` file: a conditional model of digits that takes two classes for each other, or all for none."""

from collections.abc import Callable
from typing import Any

from torch import Generator, Tensor

from genai_audit.models.checkpoints.checkpoint import load_model

OTHER = {"3": "7", "7": "3"}


class Answering:
    """The model, with what it is told in the place of what it is asked for."""

    modality = "image"

    def __init__(self, path: str, told: Callable[[Any], Any]) -> None:
        self.model: Any = load_model(path)[0]
        self.classes, self.told = self.model.classes, told

    def sample(self, n: int, *, generator: Generator, condition: Any = None) -> Tensor:
        """n digits."""
        drawn: Tensor = self.model.sample(n, generator=generator, condition=self.told(condition))
        return drawn


def sound(path: str) -> Answering:
    """Answers what it is asked."""
    return Answering(path, lambda asked: asked)


def swapped(path: str) -> Answering:
    """Makes 3 for 7 and 7 for 3."""
    return Answering(path, lambda asked: OTHER.get(asked, asked))


def deaf(path: str) -> Answering:
    """Makes any digit, whatever is asked for."""
    return Answering(path, lambda asked: None)


def raising(path: str) -> Answering:
    """Knows no 4, although it says so."""

    def told(asked: Any) -> Any:
        if asked == "4":
            raise KeyError(asked)
        return asked

    return Answering(path, told)
