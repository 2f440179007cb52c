"""Models of small pictures that can be asked for a class, exact in distribution, with or without a defect.

Each class is a pattern moved along directions of its own. A model draws from the distribution behind the reference,
except for what its defect does to requests, or to the records of one class.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.collect import collect
from genai_audit.audit.evidence.plan import Plan
from genai_audit.models.data.in_memory import data_in_memory

NAMES = tuple("abcdef")
EDGE, DIRECTIONS = 6, 5

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """Classes with patterns at a distance from each other, as far as `apart` says.

    Args:
        shares: of the classes in the real data.
        apart: standard deviations between patterns; few make a classifier err.
        seed: of the patterns.
    """

    shares: tuple[float, ...] = (0.25, 0.15, 0.15, 0.15, 0.15, 0.15)
    apart: float = 1.0
    seed: int = 11

    def pictures(self, labels: NDArray[np.int64], rng: np.random.Generator, spread: Floats | float = 1.0) -> Floats:
        """One picture of each class in `labels`, (n, 1, 6, 6) in [0, 1]; `spread` around its pattern."""
        fixed = np.random.default_rng(self.seed)
        patterns = 0.5 + self.apart * 0.12 * fixed.normal(size=(len(self.shares), EDGE * EDGE))
        moves = np.linalg.qr(fixed.normal(size=(len(self.shares), EDGE * EDGE, DIRECTIONS)))[0]
        noise = np.einsum("npd,nd->np", moves[labels], rng.normal(size=(len(labels), DIRECTIONS)))
        noise += 0.3 * rng.normal(size=noise.shape)
        flat = patterns[labels] + 0.1 * np.broadcast_to(np.asarray(spread), len(labels))[:, None] * noise
        pictures: Floats = np.clip(flat, 0, 1).reshape(-1, 1, EDGE, EDGE)
        return pictures

    def labels(self, n: int, rng: np.random.Generator) -> NDArray[np.int64]:
        """Classes of n real records."""
        return rng.choice(len(self.shares), size=n, p=np.array(self.shares)).astype(np.int64)


@dataclass
class Asked:
    """A model of a world.

    Args:
        world: what it draws from.
        answers: the shares of the classes that it makes of each request, (K, K).
        spread: of each class around its pattern, beside that of real records, (K,).
    """

    world: World
    answers: Floats
    spread: Floats = field(default_factory=lambda: np.ones(len(NAMES)))
    modality: str = "image"
    classes: tuple[str, ...] = NAMES

    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> torch.Tensor:
        """N pictures, of the class asked for or of all."""
        rng = np.random.default_rng(int(torch.randint(2**62, (1,), generator=generator)))
        if condition is None:
            labels = self.world.labels(n, rng)
        else:
            labels = rng.choice(len(NAMES), size=n, p=self.answers[self.classes.index(condition)])
        pictures = self.world.pictures(labels, rng, self.spread[labels])
        return torch.from_numpy(pictures.astype(np.float32))


def sound(world: World) -> Asked:
    """Makes what it is asked for."""
    return Asked(world, np.eye(len(NAMES)))


def swapped(world: World) -> Asked:
    """Makes c for d and d for c."""
    return Asked(world, np.eye(len(NAMES))[[0, 1, 3, 2, 4, 5]])


def ignoring_one(world: World) -> Asked:
    """Asked for c, makes whatever it would make unasked."""
    answers = np.eye(len(NAMES))
    answers[2] = world.shares
    return Asked(world, answers)


def ignoring_all(world: World) -> Asked:
    """Makes whatever it would make unasked."""
    return Asked(world, np.tile(np.array(world.shares), (len(NAMES), 1)))


def careless(world: World, rate: float = 0.6) -> Asked:
    """Asked for c, makes it in a part of the cases, else any other class."""
    answers = np.eye(len(NAMES))
    answers[2] = (1 - rate) / (len(NAMES) - 1)
    answers[2, 2] = rate
    return Asked(world, answers)


def worse_for_one(world: World, *, spread: float) -> Asked:
    """Records of class c lie further from its pattern than real ones do, or closer."""
    model = sound(world)
    model.spread[2] = spread
    return model


def worse_for_all(world: World, *, spread: float) -> Asked:
    """Records of every class do."""
    model = sound(world)
    model.spread[:] = spread
    return model


def plan_of(model: Asked, *, evidence_seed: int, reference: int = 400, n: int = 2_400) -> Plan:
    """What an audit of a model collects from; its reference follows from the seed."""
    rng = np.random.default_rng([evidence_seed, 1])
    labels = model.world.labels(reference, rng)
    real = model.world.pictures(labels, rng).astype(np.float32)
    data = data_in_memory((real, [NAMES[each] for each in labels]), "reference")
    return Plan("image", "toy", model=model, reference=data, n=n, seed=evidence_seed)


def evidence_of(model: Asked, *, seed: int, needs: tuple[str, ...], n: int = 2_400) -> Evidence:
    """What an audit collects of a model, its reference drawn anew."""
    plan = plan_of(model, evidence_seed=seed, n=n)
    return collect(plan, needs=needs, guard=_unguarded, progress=lambda step, share: None)


def _unguarded(work: Callable[[], Any]) -> tuple[Any, str | None]:
    return work(), None


WORLDS = {"alike": World(apart=0.16), "apart": World()}
"""Classes that a classifier mistakes now and then, and classes that it tells nearly always."""

DEFECTS: dict[str, Callable[[World], Asked]] = {
    "sound": sound,
    "two swapped": swapped,
    "one ignored": ignoring_one,
    "all ignored": ignoring_all,
    "one made in 60 %": careless,
    "c with twice the spread": partial(worse_for_one, spread=2.0),
    "c with half the spread": partial(worse_for_one, spread=0.5),
    "all with 1.3 of the spread": partial(worse_for_all, spread=1.3),
    "all with 0.8 of the spread": partial(worse_for_all, spread=0.8),
}
"""Models by name."""
