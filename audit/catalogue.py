"""All auditors, in the order of the report."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import numpy as np

from .attribution.drivers import Drivers
from .collapse.detectability import Detectability
from .collapse.distance import Distance
from .collapse.effective_support import EffectiveSupport
from .collapse.latents import LatentHealth
from .collapse.modes import ModeCoverage
from .collapse.neighbours import Neighbours
from .collapse.sequences import SequenceDiversity
from .collapse.spread import SpreadWithinModes
from .evidence.bundle import Evidence
from .fairness.representation import GroupRepresentation
from .finding import Finding
from .integrity.identity import Identity
from .validity.validity import OutputValidity


class Auditor(Protocol):
    """One question, asked of evidence: frozen parameters, and a call that returns a finding."""

    code: ClassVar[str]
    title: ClassVar[str]
    question: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]
    estimates: ClassVar[tuple[str, ...]]

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Answer from the evidence alone; all randomness from `rng`."""
        ...


AUDITORS: tuple[type[Any], ...] = (
    GroupRepresentation,
    Drivers,
    ModeCoverage,
    Neighbours,
    Distance,
    EffectiveSupport,
    SpreadWithinModes,
    LatentHealth,
    SequenceDiversity,
    Detectability,
    OutputValidity,
    Identity,
)


def estimates_by_code() -> Mapping[str, tuple[str, ...]]:
    """The estimates that each auditor can give, for checking policies."""
    return {auditor.code: auditor.estimates for auditor in AUDITORS}
