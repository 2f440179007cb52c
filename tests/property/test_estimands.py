"""No estimate's expectation moves with the number of generated records: what is estimated is a fact of the generator.

One imperfect generator a modality is audited against one reference at 300, 1,200 and 4,800 records drawn, over several
draws. Apart from noise every estimate of the whole model must stay where it is.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from genai_audit.audit.attribution.conditioning.auditor import ConditionEffect
from genai_audit.audit.attribution.critic.auditor import Critic
from genai_audit.audit.attribution.encoder.auditor import Sight
from genai_audit.audit.attribution.explanation_quality.auditor import ExplanationQuality
from genai_audit.audit.attribution.latent_drivers.auditor import Drivers
from genai_audit.audit.attribution.next_token.auditor import NextToken
from genai_audit.audit.attribution.protected_reliance.auditor import ProtectedReliance
from genai_audit.audit.catalogue import AUDITORS as CATALOGUE
from genai_audit.audit.collapse.column_dependence.auditor import ColumnDependence
from genai_audit.audit.collapse.detectability.auditor import Detectability
from genai_audit.audit.collapse.distribution_distance.auditor import Distance
from genai_audit.audit.collapse.effective_diversity.auditor import EffectiveSupport
from genai_audit.audit.collapse.latent_health.auditor import LatentHealth
from genai_audit.audit.collapse.mode_coverage.auditor import ModeCoverage
from genai_audit.audit.collapse.neighbour_fidelity.auditor import Neighbours
from genai_audit.audit.collapse.sequence_diversity.auditor import SequenceDiversity
from genai_audit.audit.collapse.vanished_symbols.auditor import VanishedSymbols
from genai_audit.audit.collapse.within_mode_spread.auditor import SpreadWithinModes
from genai_audit.audit.evidence.bundle import Evidence, Features
from genai_audit.audit.evidence.collect import collect
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.fairness.associations.auditor import Associations
from genai_audit.audit.fairness.conditional_fidelity.auditor import ConditionalFidelity
from genai_audit.audit.fairness.downstream_parity.auditor import DownstreamParity
from genai_audit.audit.fairness.group_representation.auditor import GroupRepresentation
from genai_audit.audit.fairness.intersections.auditor import Intersections
from genai_audit.audit.fairness.outcome_gaps.auditor import OutcomeGap
from genai_audit.audit.fairness.paired_sentences.auditor import PairedSentences
from genai_audit.audit.fairness.quality_parity.auditor import QualityParity
from genai_audit.audit.finding import Inconclusive, NotApplicable
from genai_audit.audit.integrity.weights_identity.auditor import Identity
from genai_audit.audit.privacy.attribute_inference.auditor import AttributeInference
from genai_audit.audit.privacy.canaries.auditor import PlantedCanaries
from genai_audit.audit.privacy.copying.auditor import Copying
from genai_audit.audit.privacy.identifiers.auditor import IdentifiersInOutputs
from genai_audit.audit.privacy.membership.auditor import MembershipInference
from genai_audit.audit.privacy.memorised_records.auditor import MemorisedRecords
from genai_audit.audit.privacy.preconditions.auditor import Preconditions
from genai_audit.audit.privacy.verbatim.auditor import VerbatimReproduction
from genai_audit.audit.validity.output_validity.auditor import OutputValidity
from genai_audit.audit.validity.record_independence.auditor import RecordIndependence
from genai_audit.models.data.datasets import with_groups
from genai_audit.models.data.in_memory import data_in_memory
from genai_audit.models.data.outcomes import with_outcomes

REAL = 300
SIZES = (300, 1_200, 4_800)
DRAWS = 3
RARE = 0.02

AUDITORS: tuple[Any, ...] = (
    GroupRepresentation(),
    Intersections(repeats=200),
    QualityParity(largest=60, splits=8),
    OutcomeGap(repeats=200),
    ModeCoverage(number=6, repeats=200),
    Neighbours(splits=64, max_sets=4),
    Distance(splits=16, max_generated=1_200),
    EffectiveSupport(max_generated=1_200, max_sets=4),
    SpreadWithinModes(number=6, repeats=200),
    SequenceDiversity(max_generated=1_200, max_sets=4, draws=100),
    Detectability(),
    ColumnDependence(draws=500),
    VanishedSymbols(),
    OutputValidity(),
    RecordIndependence(),
    VerbatimReproduction(),
)
"""Those that look at samples; fewer repeats than usual, for none of them changes an expectation."""

OF_MODELS: tuple[Any, ...] = (
    ConditionalFidelity,
    DownstreamParity,
    PairedSentences,
    Associations,
    Drivers,
    Critic,
    ProtectedReliance,
    Sight,
    ConditionEffect,
    NextToken,
    MembershipInference,
    MemorisedRecords,
    ExplanationQuality,
    LatentHealth,
    Preconditions,
    Copying,
    Identity,
    PlantedCanaries,
    IdentifiersInOutputs,
    AttributeInference,
)
"""Those that look at the model itself, or at as many samples as they choose: a number of their own; or at held-out
records, of which there are none here."""


def table(n: int, rng: np.random.Generator, *, real: bool) -> pd.DataFrame:
    """Rows of three kinds; generated ones never exceed one column's median, and are of one kind too rarely."""
    kind = rng.choice(3, n, p=[0.5, 0.3, 0.2] if real else [0.6, 0.3, 0.1])
    middle = np.array([-4.0, 0.0, 4.0])[kind]
    wage = np.exp(rng.normal(size=n))
    return pd.DataFrame(
        {
            "kind": np.array(["a", "b", "c"])[kind],
            "side": np.where(rng.random(n) < (0.5 if real else 0.6), "left", "right"),
            "granted": np.where(rng.random(n) < (0.3 + 0.2 * (kind == 0) * real), "yes", "no"),
            "height": middle + rng.normal(size=n),
            "weight": middle + rng.normal(size=n) * (1.0 if real else 0.7),
            "wage": wage if real else np.minimum(wage, 1 / wage),
            "town": [f"t{at}" for at in rng.zipf(1.7, n) % 5000],
            "rooms": rng.poisson(3 if real else 3.5, n),
        }
    )


def images(n: int, rng: np.random.Generator, *, real: bool) -> np.ndarray:
    """Blurred spots at three places, too rarely at one; more pixels than a third of the reference has records."""
    place = rng.choice(3, n, p=[0.4, 0.3, 0.3] if real else [0.5, 0.4, 0.1])
    at = np.array([[4.0, 4.0], [11.0, 5.0], [7.0, 12.0]])[place] + rng.normal(size=(n, 2))
    grid = np.stack(np.meshgrid(np.arange(16), np.arange(16)), axis=-1)
    width = 2.0 if real else 1.7
    spots = np.exp(-((grid[None] - at[:, None, None]) ** 2).sum(axis=-1) / (2 * width**2))
    noise = 0.05 * rng.normal(size=(n, 16, 16))
    return np.clip(spots + noise, 0, 1).astype(np.float32)[:, None]


def texts(n: int, rng: np.random.Generator, *, real: bool) -> list[str]:
    """Sentences of a Zipf vocabulary; generated ones use fewer words, and repeat the last one now and then."""
    words = np.array([f"w{at}" for at in range(400)])
    weights = 1 / np.arange(1, 401) ** (1.0 if real else 1.2)
    made = []
    for length in rng.integers(6, 14, n):
        chosen = list(rng.choice(words, length, p=weights / weights.sum()))
        made.append(" ".join(chosen + ([] if real or rng.random() > 0.2 else chosen[-1:] * 4)))
    return made


def melodies(n: int, rng: np.random.Generator, *, real: bool) -> list[list[int]]:
    """Walks over a scale; generated ones take smaller steps, and never reach its upper end."""
    steps = np.array([-2, -1, 0, 1, 2])
    weights = np.array([2, 3, 1, 3, 2] if real else [1, 4, 1, 4, 1]) / 11
    top = 14 if real else 12
    made = []
    for length in rng.integers(12, 24, n):
        walk = np.clip(7 + np.cumsum(rng.choice(steps, length, p=weights)), 0, top)
        made.append((60 + 2 * walk).tolist())
    return made


def waves(n: int, rng: np.random.Generator, *, real: bool) -> np.ndarray:
    """Tones of three heights in noise, one of them too rare."""
    height = np.array([300.0, 900.0, 1800.0])[rng.choice(3, n, p=[0.4, 0.3, 0.3] if real else [0.5, 0.4, 0.1])]
    time = np.arange(1024) / 8000
    tones = 0.5 * np.sin(2 * np.pi * (height * rng.normal(1, 0.02, n))[:, None] * time + rng.uniform(0, 6, n)[:, None])
    return np.clip(tones + 0.05 * rng.normal(size=tones.shape), -1, 1).astype(np.float32)


RECORDS: dict[str, Callable[..., Any]] = {
    "tabular": table,
    "image": images,
    "text": texts,
    "music": melodies,
    "audio": waves,
}
GROUPS = {"tabular": ("kind", "side")}
OUTCOMES = {"tabular": ("granted",)}
LOOKED_AT = {"music": {"GA307", "GA310", "GA501"}, "audio": {"GA303", "GA304", "GA308", "GA310", "GA501"}}
"""Their features come from maps that are fixed as that of texts is, so the other auditors need no second look."""


def audited(modality: str, m: int, draw: int) -> dict[str, float]:
    """Every estimate of the whole model, from m records of one draw against the one reference."""
    evidence = collected(modality, m, draw)
    found = {}
    for auditor in AUDITORS:
        if auditor.code not in LOOKED_AT.get(modality, {auditor.code}):
            continue
        try:
            finding = auditor(evidence, np.random.default_rng(draw))
        except (Inconclusive, NotApplicable):
            continue
        found |= {f"{finding.code}.{each.name}": each.value for each in finding.estimates if each.group is None}
    return found


def collected(modality: str, m: int, draw: int) -> Evidence:
    """Evidence on m records of one draw; a longer draw is another one, so that all are independent."""
    rate = 8000 if modality == "audio" else None
    seeds = np.random.default_rng(1), np.random.default_rng([draw, m])
    real = data_in_memory(RECORDS[modality](REAL, seeds[0], real=True), "reference", sample_rate=rate)
    made = data_in_memory(RECORDS[modality](m, seeds[1], real=False), "samples", sample_rate=rate)
    if modality in GROUPS:
        real = with_outcomes(real, OUTCOMES[modality], groups=GROUPS[modality])
        real, made = (with_groups(each, GROUPS[modality]) for each in (real, made))
    return collect(
        Plan(modality=modality, source="toy", samples=made, reference=real, n=m, outcomes=OUTCOMES.get(modality, ())),
        needs=("generated", "reference", "features", "groups", "crossed", "outcomes", "reproductions"),
        guard=lambda work: (work(), None),
        progress=lambda *_: None,
    )


def moved(values: dict[int, list[float]]) -> bool:
    """Whether means at different sizes are further apart than noise explains, by more than 3 % of their height."""
    means = [float(np.mean(each)) for each in values.values()]
    errors = [float(np.var(each, ddof=1)) / len(each) for each in values.values()]
    # Of so few draws none tells its own scatter; that of the smallest size is the largest.
    noise = 4 * math.sqrt(2 * max(errors))
    # What hardly any record shows is a count, which scatters as counts do, however alike a few draws happen to be.
    rare = max(*map(abs, means), 1 / min(values))
    if rare < RARE:
        noise = max(noise, 4 * math.sqrt(2 * rare / (min(values) * DRAWS)))
    return max(means) - min(means) > noise + 0.03 * max(map(abs, means))


@pytest.mark.slow
@pytest.mark.parametrize("modality", RECORDS)
def test_no_estimate_moves_with_the_number_of_generated_records(modality: str) -> None:
    found = {m: [audited(modality, m, draw) for draw in range(DRAWS)] for m in SIZES}
    names = sorted({name for draws in found.values() for draw in draws for name in draw})
    assert len(names) >= 5
    # An estimate must not come and go with the number of records either.
    assert all(set(draw) == set(names) for draws in found.values() for draw in draws)
    values = {name: {m: [draw[name] for draw in found[m]] for m in SIZES} for name in names}
    assert {name: each for name, each in values.items() if moved(each)} == {}


def test_every_auditor_is_asked() -> None:
    assert {type(each) for each in AUDITORS} | set(OF_MODELS) == set(CATALOGUE)


class Decoder(torch.nn.Module):
    """A decoder of two latent dimensions."""

    modality, latent_dim, image_shape = "image", 2, (1, 4, 4)

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(2, 16)
        with torch.no_grad():
            self.layer.weight.copy_(torch.linspace(-1, 1, 32).reshape(16, 2))
            self.layer.bias.zero_()

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        pictures: torch.Tensor = torch.sigmoid(self.layer(z)).reshape(-1, 1, 4, 4)
        return pictures

    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> torch.Tensor:
        with torch.no_grad():
            return self.decode(torch.randn(n, 2, generator=generator))


@pytest.mark.parametrize("auditor", [Drivers, LatentHealth])
def test_auditors_of_the_model_see_the_same_at_any_number_of_samples(auditor: Any) -> None:
    findings = []
    for n in (60, 240):
        plan = Plan(modality="image", source="toy", model=Decoder(), n=n)
        evidence = collect(plan, needs=auditor.needs, guard=lambda work: (work(), None), progress=lambda *_: None)
        assert len(evidence.generated.samples) == n
        findings.append(auditor()(evidence, np.random.default_rng(0)))
    assert findings[0].estimates == findings[1].estimates
    assert len(findings[0].estimates) >= 4


@pytest.mark.slow
def test_ranks_among_all_rows_would_be_seen_to_move() -> None:
    # The map that this test is there to rule out: middle ranks of generated and real rows together.
    column = {m: [recall_ratio(m, draw) for draw in range(DRAWS)] for m in (SIZES[0], SIZES[-1])}
    assert moved(column)


def recall_ratio(m: int, draw: int) -> float:
    """Of the generator that never exceeds a median, by pooled ranks."""
    evidence = collected("tabular", m, draw)
    assert evidence.reference is not None
    columns = ["height", "weight", "wage"]
    tables = [pd.DataFrame(each)[columns] for each in (evidence.generated.samples, evidence.reference.samples)]
    ranks = (pd.concat(tables).rank().to_numpy() - 0.5) / (m + REAL)
    pooled = Features(ranks[:m], ranks[m:], np.empty((0, 0)), "pooled ranks")
    finding = Neighbours(splits=64, max_sets=4)(replace(evidence, features=pooled), np.random.default_rng(draw))
    (found,) = (each.value for each in finding.estimates if each.name == "recall_ratio")
    return found
