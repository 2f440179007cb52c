"""Evidence: everything that was drawn or computed from the model and the data, as plain arrays.

Each kind of evidence is one frozen dataclass of numpy arrays and plain values. Auditors and reports read only this, so
a saved folder is enough to judge, render and verify years later without weights or GPU.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, cast, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from ...models.checkpoints.weight_facts import WeightFacts
from ...models.encoders.encoder import EncoderFacts
from ...models.reading.typed_values import misfit
from ...models.records import Attribute
from .attributions.kind import Attributions
from .canaries.kind import Canaries
from .conditioned.kind import Conditioned
from .conditioning.kind import Conditioning
from .contexts.kind import Contexts
from .criticised.kind import Criticised
from .downstream.kind import Downstream
from .encoded.kind import Encoded
from .hand_labels.kind import HandLabels
from .identifiers.kind import Identifiers
from .judged.kind import Judged
from .latents.kind import Latents
from .likelihoods.kind import Likelihoods, Reconstructions
from .matches.kind import Matches
from .membership.kind import Membership
from .probes.kinds import Continuations, ProbeScores
from .reliance.kind import Reliance
from .reproductions.kind import Reproductions
from .split.kind import Split
from .storage import load_item, remove_item, save_item

Floats = NDArray[np.float32] | NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Generated:
    """One draw of samples. Sample i depends on the seed and i alone, so a longer draw extends a shorter one.

    `samples` are records in the form of their modality, see `genai_audit.models.records`, as the model gave them;
    `sample_rate` is that of audio, in Hz; `given` says that they came as a file, in its order, not from a model;
    `attributes` say what each was asked for: `prompt`, of a model that was asked with prompts in turn.
    """

    samples: Any
    seed: int
    source: str
    seconds: float = 0.0
    sample_rate: int | None = None
    given: bool = False
    attributes: Mapping[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Real:
    """Real data: records in the form of their modality, of which there are `total` where `samples` is a random part.

    `population` says that they are all there is, rather than a sample of it; `unit` names what each of them stands for
    where one record of each was taken.
    """

    samples: Any
    total: int
    name: str
    source: str
    sha256: str
    population: bool = False
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Features:
    """The same map applied to generated, reference and holdout samples: float64 (n, d) each; holdout may be (0, d).

    The map depends on no data, or coarsely on the reference alone: generated records are independent given it, whatever
    their number, and a perfect generator's stay all but exchangeable with the reference. `extractor` says what the
    columns are; `encoder` is None in evidence of older versions.
    """

    generated: NDArray[np.float64]
    reference: NDArray[np.float64]
    holdout: NDArray[np.float64]
    extractor: str
    encoder: EncoderFacts | None = None


@dataclass(frozen=True, slots=True)
class Groups:
    """Which group of one attribute each generated sample belongs to, and how far that can be trusted.

    Args:
        names: the K groups.
        predicted: int64 (n,), the group of each generated sample.
        confusion: int64 (K, K), out-of-fold counts on labelled reference samples; row = true group, column = predicted.
        reference_counts: int64 (K,), true groups in the whole reference.
        classifier: what told the groups apart, in words; `DECLARED` where they stand in the records.
        parameters: the fitted classifier as named arrays, enough to repeat its predictions without unpickling.
        reference: int64 (m,), the group of each reference record at hand.
        attribute: what tells the groups apart, e.g. `class` or `sex`.
        out_of_fold: int64 (m,), what a classifier said of each reference record that had learned nothing from it, −1
            where none was asked; empty where groups stand in the records, and in evidence of older versions.
    """

    names: tuple[str, ...]
    predicted: Ints
    confusion: Ints
    reference_counts: Ints
    classifier: str
    parameters: Mapping[str, NDArray[Any]]
    reference: Ints
    attribute: str = "class"
    too_few: Mapping[str, int] = field(default_factory=dict)
    out_of_fold: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    @property
    def told_apart(self) -> tuple[str, ...]:
        """The names of the groups that generated samples can be seen to belong to: all, or all but the last."""
        if self.classifier == DECLARED:
            return self.names
        return tuple(name for name, row in zip(self.names, self.confusion, strict=True) if row.sum())


@dataclass(frozen=True, slots=True)
class Crossed:
    """How many records of the whole reference are of each combination of groups.

    Args:
        attributes: what tells groups apart, the A attributes of `Evidence.groups` in their order.
        cells: int64 (C, A), each combination that occurs, as places in the names of their groups.
        counts: int64 (C,), records of each.
    """

    attributes: tuple[str, ...]
    cells: Ints
    counts: Ints


@dataclass(frozen=True, slots=True)
class Outcomes:
    """One outcome: what happens to each generated and each real record.

    Args:
        levels: the levels of the outcome and who has them, as groups of records.
        edges: where the outcome is a number, the bounds between its levels.
        crossed: combinations of groups and levels in the whole reference, the level last; None where a classifier told
            any of them, so that only records at hand can be counted.
    """

    levels: Groups
    edges: tuple[float, ...] = ()
    crossed: Crossed | None = None


TOO_FEW = "(too few)"
"""The name of all groups together that have too few labelled records for a classifier."""

DECLARED = "declared"
"""What `Groups.classifier` says where groups were observed, so that no error needs correcting."""


@dataclass(frozen=True)
class Evidence:
    """All kinds that were collected: the one list of what there is, from which collecting, saving and loading follow.

    A kind is a field whose type is a dataclass of arrays and plain values; `by` names the module beside this one that
    collects it on demand. Weights come last, because they are proof that collecting the others changed nothing.

    Args:
        modality: of the records.
        generated: the samples.
        reference: real data to compare with.
        holdout: real data that the model did not learn from.
        features: by the first encoder.
        other_features: by each further one.
        judged: by a judge that the user named, one entry an attribute.
        groups: one entry an attribute, the main one first.
        crossed: combinations of groups in the whole reference.
        outcomes: one entry an outcome, in the order in which they were named.
        hand_labels: groups that people saw in generated samples, one entry an attribute.
        downstream: what learners predict, one entry an outcome.
        conditioning: one entry a condition that can be varied by itself.
        probes: one entry a set of sentences.
        continuations: one entry a set of prompts.
        reliance: which slots of prompts, or columns, carry gaps between groups.
        matches: nearest and equal records across sets.
        split: whether the holdout can be told from the training data without the model.
        reproductions: how close generated records come to single training records.
        absent: why each kind is missing whose question cannot arise for this model or these data.
        unmeasured: why each is missing that could not be measured; an auditor in need of it is inconclusive.
        crashed: the traceback where collecting one broke; an auditor in need of it ends in error.
    """

    modality: str
    generated: Generated
    reference: Real | None = None
    holdout: Real | None = None
    features: Features | None = field(default=None, metadata={"by": "features.collect"})
    other_features: tuple[Features, ...] | None = field(default=None, metadata={"by": "features.others"})
    judged: tuple[Judged, ...] | None = field(default=None, metadata={"by": "judged.collect"})
    groups: tuple[Groups, ...] | None = field(default=None, metadata={"by": "group_membership"})
    crossed: Crossed | None = field(default=None, metadata={"by": "outcomes.crossed"})
    outcomes: tuple[Outcomes, ...] | None = field(default=None, metadata={"by": "outcomes.collect"})
    hand_labels: tuple[HandLabels, ...] | None = field(default=None, metadata={"by": "hand_labels.collect"})
    attributions: Attributions | None = field(default=None, metadata={"by": "attributions.collect"})
    latents: Latents | None = field(default=None, metadata={"by": "latents.collect"})
    criticised: Criticised | None = field(default=None, metadata={"by": "criticised.collect"})
    encoded: Encoded | None = field(default=None, metadata={"by": "encoded.collect"})
    downstream: tuple[Downstream, ...] | None = field(default=None, metadata={"by": "downstream.collect"})
    likelihoods: Likelihoods | None = field(default=None, metadata={"by": "likelihoods.collect"})
    reconstructions: Reconstructions | None = field(default=None, metadata={"by": "likelihoods.reconstructions"})
    membership: Membership | None = field(default=None, metadata={"by": "membership.collect"})
    conditioned: tuple[Conditioned, ...] | None = field(default=None, metadata={"by": "conditioned.collect"})
    conditioning: tuple[Conditioning, ...] | None = field(default=None, metadata={"by": "conditioning.collect"})
    contexts: Contexts | None = field(default=None, metadata={"by": "contexts.collect"})
    probes: tuple[ProbeScores, ...] | None = field(default=None, metadata={"by": "probes.collect"})
    continuations: tuple[Continuations, ...] | None = field(default=None, metadata={"by": "probes.continuations"})
    reliance: Reliance | None = field(default=None, metadata={"by": "reliance.collect"})
    matches: Matches | None = field(default=None, metadata={"by": "matches.collect"})
    split: Split | None = field(default=None, metadata={"by": "split.collect"})
    identifiers: Identifiers | None = field(default=None, metadata={"by": "identifiers.collect"})
    canaries: Canaries | None = field(default=None, metadata={"by": "canaries.collect"})
    reproductions: Reproductions | None = field(default=None, metadata={"by": "reproductions.collect"})
    weights: WeightFacts | None = field(default=None, metadata={"by": "weights"})
    absent: Mapping[str, str] = field(default_factory=dict)
    unmeasured: Mapping[str, str] = field(default_factory=dict)
    crashed: Mapping[str, str] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write one .npz (arrays, never pickled) and one .json (plain values) a kind; see `storage`."""
        folder.mkdir(parents=True, exist_ok=True)
        for kind in KINDS:
            item = getattr(self, kind)
            remove_item(folder, kind)  # An earlier run in this folder may have had it.
            if item is not None:
                save_item(folder, kind, item)
        remarks = {name: getattr(self, name) for name in REMARKS}
        manifest = {name: dict(each) if isinstance(each, Mapping) else each for name, each in remarks.items()}
        (folder / "evidence.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Evidence":
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: if the folder holds no evidence.
            ValueError: if something in it is not of its type; damaged files raise all that `typed_values.damage` lists.
        """
        manifest = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
        types = {each.__name__: each for kind in KINDS for each in _dataclasses_in(get_type_hints(cls)[kind])}
        kinds = {kind: load_item(folder, kind, types) for kind in KINDS if (folder / f"{kind}.json").exists()}
        evidence = cls(**manifest, **kinds)
        said = misfit(evidence, cls, "evidence")
        if said is not None:
            raise ValueError(said)
        return evidence


def _dataclasses_in(hint: Any) -> tuple[type, ...]:
    """Every dataclass that a value of this type may hold, at any depth."""
    if is_dataclass(hint):
        inner = [each for part in get_type_hints(hint).values() for each in _dataclasses_in(part)]
        return (cast(type, hint), *inner)
    return tuple(each for part in get_args(hint) for each in _dataclasses_in(part))


KINDS = tuple(each.name for each in fields(Evidence) if _dataclasses_in(get_type_hints(Evidence)[each.name]))
"""The names of all kinds of evidence."""

REMARKS = tuple(each.name for each in fields(Evidence) if each.name not in KINDS)
"""The other fields: plain values that stand together in one file."""

COLLECTORS: Mapping[str, str] = {each.name: each.metadata["by"] for each in fields(Evidence) if each.metadata}
"""The module that collects each kind, below `genai_audit.audit.evidence`; the others are at hand in every audit."""
