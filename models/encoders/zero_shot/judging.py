"""A judge of pictures that learned nothing of their groups: whose description is nearest, by a CLIP-like model.

Pictures and texts have vectors in one space. A group's vector is the mean of its prompts' unit vectors, and a picture
belongs to the group with the largest cosine; the softmax of the cosines, at the sharpness that the model learned, says
how clear that is.

Reference: Radford et al. 2021, Learning transferable visual models from natural language supervision, arXiv:2103.00020,
sections 3.1.2 and 3.1.4.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..blocks import BlockEncoder
from ..encoder import EncoderError
from .descriptions import Described

OPTION = "--group-clip"

ALIKE = 1e-6
"""Groups whose vectors are nearer than this (1 − cosine) cannot be told apart."""

Told = tuple[NDArray[np.int64], NDArray[np.float32]]
"""The group of each picture, and how probable it was."""


@dataclass(frozen=True, slots=True)
class ZeroShot:
    """A CLIP-like model with the descriptions of groups.

    Args:
        encoder: pictures to vectors.
        described: the attributes.
        directions: float64 (K, d), unit vectors of the groups of each attribute.
        sharpness: factor of the cosines in the softmax.
    """

    encoder: BlockEncoder
    described: tuple[Described, ...]
    directions: tuple[NDArray[np.float64], ...]
    sharpness: float

    @property
    def words(self) -> str:
        """What it is, for a reader."""
        facts = self.encoder.facts
        return (
            f"zero-shot by {facts.name} ({facts.version}; SHA-256 {facts.digest[:12]}…): the group whose description "
            "in words is nearest; it learned nothing from the reference"
        )

    @property
    def knows_reference(self) -> bool:
        """It learned nothing from the reference."""
        return False

    @property
    def errors(self) -> Mapping[str, Any]:
        """None were counted before the audit: the reference's labels show them."""
        return {}

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        """The names of the groups, by attribute."""
        return {each.attribute: each.names for each in self.described}

    def told(
        self, sets: Sequence[Any], *, reference: int, progress: Callable[[float], None]
    ) -> Mapping[str, Sequence[Told]]:
        """The group of every picture, by attribute, for each set.

        Args:
            sets: pictures, float32 (n, c, h, w) in [0, 1].
            reference: which of the sets is the reference.
            progress: told the share that is done.

        Returns:
            int64 (n,) and float32 (n,) in (0, 1] for each set; −1 and 0 for pictures that are no finite numbers.

        Raises:
            EncoderError: if the model fails.
        """
        vectors = self.encoder.encode(sets, reference=reference, progress=progress).vectors
        return {
            each.attribute: [nearest(every, directions, self.sharpness) for every in vectors]
            for each, directions in zip(self.described, self.directions, strict=True)
        }


def nearest(vectors: NDArray[np.float32], directions: NDArray[np.float64], sharpness: float) -> Told:
    """The group with the largest cosine, int64 (n,), and its probability, float32 (n,); −1 and 0 where there is none.

    Args:
        vectors: (n, d).
        directions: (K, d), unit vectors.
        sharpness: factor of the cosines in the softmax.
    """
    from scipy.special import softmax

    chosen, probable = np.full(len(vectors), -1, dtype=np.int64), np.zeros(len(vectors), dtype=np.float32)
    known = np.isfinite(vectors).all(axis=1)
    if known.any():
        cosines = _unit(vectors[known].astype(np.float64)) @ directions.T
        chosen[known] = cosines.argmax(axis=1)
        probable[known] = softmax(sharpness * cosines, axis=1).max(axis=1)
    return chosen, probable


def open_zero_shot(path: Path, described: Sequence[Described], device: str = "cpu") -> ZeroShot:
    """The judge that a folder of `transformers` and descriptions of groups make.

    Raises:
        UserError: if the folder holds no model of pictures and texts, or the prompts cannot be told apart by it.
    """
    from ..hugging_face import open_dual

    dual = open_dual(path, device, option=OPTION)
    directions = tuple(_directions(each, dual.texts) for each in described)
    return ZeroShot(dual.pictures, tuple(described), directions, dual.sharpness)


def _directions(described: Described, encoder: BlockEncoder) -> NDArray[np.float64]:
    """Unit vectors of the groups, (K, d)."""
    prompts = [list(each) for each in described.prompts]
    # There is no reference among them, of which to ask that its records differ.
    parts = encoder.encode([*prompts, []], reference=len(prompts), progress=lambda share: None).vectors
    groups = np.stack([_unit(part.astype(np.float64)).mean(axis=0) for part in parts[: len(prompts)]])
    units = _unit(groups)
    if (np.linalg.norm(groups, axis=1) < ALIKE).any():
        raise EncoderError(
            f"{OPTION}: expected vectors of the prompts of {described.attribute}, got zero; use another model"
        )
    cosines = units @ units.T - 2 * np.eye(len(units))
    first, second = np.unravel_index(int(cosines.argmax()), cosines.shape)
    if cosines.max() > 1 - ALIKE:
        raise EncoderError(
            f"--group-prompts: {described.attribute}: expected prompts that the model can tell apart, but those of "
            f"{described.names[first]} and {described.names[second]} have the same vector; use other words, or check "
            "the folder's tokenizer"
        )
    return units


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: NDArray[np.float64] = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return units
