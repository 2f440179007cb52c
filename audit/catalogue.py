"""All auditors, in the order of the report."""

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

import numpy as np

from .attribution.conditioning.auditor import ConditionEffect
from .attribution.critic.auditor import Critic
from .attribution.encoder.auditor import Sight
from .attribution.explanation_quality.auditor import ExplanationQuality
from .attribution.latent_drivers.auditor import Drivers
from .attribution.next_token.auditor import NextToken
from .attribution.protected_reliance.auditor import ProtectedReliance
from .collapse.column_dependence.auditor import ColumnDependence
from .collapse.detectability.auditor import Detectability
from .collapse.distribution_distance.auditor import Distance
from .collapse.effective_diversity.auditor import EffectiveSupport
from .collapse.latent_health.auditor import LatentHealth
from .collapse.mode_coverage.auditor import ModeCoverage
from .collapse.neighbour_fidelity.auditor import Neighbours
from .collapse.sequence_diversity.auditor import SequenceDiversity
from .collapse.vanished_symbols.auditor import VanishedSymbols
from .collapse.within_mode_spread.auditor import SpreadWithinModes
from .evidence.bundle import Evidence
from .fairness.associations.auditor import Associations
from .fairness.conditional_fidelity.auditor import ConditionalFidelity
from .fairness.downstream_parity.auditor import DownstreamParity
from .fairness.group_representation.auditor import GroupRepresentation
from .fairness.intersections.auditor import Intersections
from .fairness.outcome_gaps.auditor import OutcomeGap
from .fairness.paired_sentences.auditor import PairedSentences
from .fairness.quality_parity.auditor import QualityParity
from .finding import EstimateFacts, Finding
from .integrity.weights_identity.auditor import Identity
from .pattern import Pattern
from .privacy.attribute_inference.auditor import AttributeInference
from .privacy.canaries.auditor import PlantedCanaries
from .privacy.copying.auditor import Copying
from .privacy.identifiers.auditor import IdentifiersInOutputs
from .privacy.membership.auditor import MembershipInference
from .privacy.memorised_records.auditor import MemorisedRecords
from .privacy.preconditions.auditor import Preconditions
from .privacy.verbatim.auditor import VerbatimReproduction
from .validity.output_validity.auditor import OutputValidity
from .validity.record_independence.auditor import RecordIndependence


class Auditor(Protocol):
    """One question, asked of evidence: frozen parameters, and a call that returns a finding.

    It is asked only where there is all that it `needs`, unless it has `any_will_do = True`. What the n of its estimates
    counts is records, unless it has another `sampling_unit`.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    question: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]
    estimates: ClassVar[tuple[EstimateFacts, ...]]

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Answer from the evidence alone; all randomness from `rng`."""
        ...


AUDITORS: tuple[type[Any], ...] = (
    GroupRepresentation,
    Intersections,
    QualityParity,
    ConditionalFidelity,
    DownstreamParity,
    PairedSentences,
    Associations,
    OutcomeGap,
    Drivers,
    Critic,
    ProtectedReliance,
    Sight,
    ConditionEffect,
    ExplanationQuality,
    NextToken,
    ModeCoverage,
    Neighbours,
    Distance,
    EffectiveSupport,
    SpreadWithinModes,
    LatentHealth,
    SequenceDiversity,
    Detectability,
    ColumnDependence,
    VanishedSymbols,
    Preconditions,
    MembershipInference,
    Copying,
    MemorisedRecords,
    VerbatimReproduction,
    PlantedCanaries,
    IdentifiersInOutputs,
    AttributeInference,
    OutputValidity,
    RecordIndependence,
    Identity,
)


def looked_at(auditor: Auditor) -> tuple[str, ...]:
    """The kinds of evidence that an auditor cannot do without, and those that it looks at where they are there."""
    return (*auditor.needs, *getattr(auditor, "optional", ()))


def estimates_by_code() -> Mapping[str, tuple[str, ...]]:
    """The names of the estimates that each auditor can give, for checking policies."""
    return {auditor.code: tuple(each.name for each in auditor.estimates) for auditor in AUDITORS}


def patterns_by_code() -> Mapping[str, tuple[Pattern, ...]]:
    """The patterns that each auditor's estimates show, for the diagnosis."""
    return {auditor.code: getattr(auditor, "patterns", ()) for auditor in AUDITORS}
