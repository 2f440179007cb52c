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
from .storage import load_item, remove_item, save_item

Floats = NDArray[np.float32] | NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Generated:
    """One draw of samples. Sample i depends on the seed and i alone, so a longer draw extends a shorter one.

    `samples` are records in the form of their modality, see `genai_audit.models.records`, as the model gave them;
    `sample_rate` is that of audio, in Hz; `given` says that they came as a file, in its order, not from a model.
    """

    samples: Any
    seed: int
    source: str
    seconds: float = 0.0
    sample_rate: int | None = None
    given: bool = False


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
    their number, and a perfect generator's stay all but exchangeable with the reference.
    """

    generated: NDArray[np.float64]
    reference: NDArray[np.float64]
    holdout: NDArray[np.float64]
    extractor: str


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
        too_few: groups with too few labelled records for a classifier, and how many the whole reference has of each;
            together they are the last of `names`, which has no counts in `confusion` where not even they could be told.
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

    @property
    def told_apart(self) -> tuple[str, ...]:
        """The names of the groups that generated samples can be seen to belong to: all, or all but the last."""
        if self.classifier == DECLARED:
            return self.names
        return tuple(name for name, row in zip(self.names, self.confusion, strict=True) if row.sum())


@dataclass(frozen=True, slots=True)
class Attributions:
    """What moves the model's output: attributions from latent dimensions to named readouts.

    Args:
        readouts: the R named scalars that were explained.
        latents: float32 (n, L), the explained latent draws.
        baselines: float32 (n, L), what each was compared with.
        attributions: float64 (R, n, L); row sums equal `differences` up to `completeness_error`.
        differences: float64 (R, n), readout(latent) − readout(baseline).
        completeness_error: float64 (R, n), |sum of attributions − difference|.
        tolerance: float64 (R,), the largest error accepted for each readout.
        steps: int64 (R,), integration steps that reached it.
        maps: float32 (L, c, h, w), mean signed change of each output value per unit of each latent dimension.
        null_maps: float32 (k, c, h, w), the same for random directions of equal length.
        sample: float32 (1, c, h, w), the decoded mean latent, to lay the maps over.
    """

    readouts: tuple[str, ...]
    latents: NDArray[np.float32]
    baselines: NDArray[np.float32]
    attributions: NDArray[np.float64]
    differences: NDArray[np.float64]
    completeness_error: NDArray[np.float64]
    tolerance: NDArray[np.float64]
    steps: Ints
    maps: NDArray[np.float32]
    null_maps: NDArray[np.float32]
    sample: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Latents:
    """How the latent space becomes outputs, seen at n draws from the prior and, where the model encodes, at real data.

    Args:
        draws: float32 (n, L), from the prior.
        gap: float32 (n,), distance from each draw's output to the nearest output of a far-away draw of its block, in
            units of the typical distance between two outputs; infinite where no draw of the block is far away.
        partner: int64 (n,), the draw with that output, or −1.
        block: how many draws were compared with each other.
        region: int64 (n,), which set of nearly equal outputs each draw belongs to, −1 for none.
        speed: float32 (n,), how fast the output changes along one random direction at each draw.
        reference_gap: float32 (k,), as `gap`, of real records, of which any two count as far apart; may be empty.
        points: int64 (m,), the draws where the Jacobian was taken.
        singular_values: float64 (m, min(L, pixels)) of the Jacobian, descending.
        column_norms: float32 (m, L), of the Jacobian: how fast the output changes along each latent dimension.
        resolution: singular values below this cannot be told from rounding.
        variance: of the outputs, summed over their values.
        reference_variance: of real records, likewise; 0 without any.
        posterior_means: float32 (r, L), of the encoder at real records; (0, L) where there is none.
        posterior_log_variances: float32 (r, L), likewise.
        axes: float32 (2, L), the two directions that move the output most on average, or the latents themselves.
        plane: float32 (n, 2), coordinates of the draws along these.
        maps: float32 (2, 1, g, g), over the plane from −3 to 3, upward and to the right, 0 where no draw lies: the
            share of draws whose output a far-away draw nearly has; and the mean speed, 1 for that of a linear decoder
            of the same variance, at most 3.
        shown_draws: int64 (k,), draws of the regions, or those with the smallest gaps and their partners.
        shown: float32 (k, c, h, w), their outputs.
        remarks: what could not be looked at, and why.
    """

    draws: NDArray[np.float32]
    gap: NDArray[np.float32]
    partner: Ints
    block: int
    region: Ints
    speed: NDArray[np.float32]
    reference_gap: NDArray[np.float32]
    points: Ints
    singular_values: NDArray[np.float64]
    column_norms: NDArray[np.float32]
    resolution: float
    variance: float
    reference_variance: float
    posterior_means: NDArray[np.float32]
    posterior_log_variances: NDArray[np.float32]
    axes: NDArray[np.float32]
    plane: NDArray[np.float32]
    maps: NDArray[np.float32]
    shown_draws: Ints
    shown: NDArray[np.float32]
    remarks: tuple[str, ...] = ()


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
        groups: one entry an attribute, the main one first.
        absent: why each kind is missing whose question cannot arise for this model or these data.
        unmeasured: why each is missing that could not be measured; an auditor in need of it is inconclusive.
        crashed: the traceback where collecting one broke; an auditor in need of it ends in error.
    """

    modality: str
    generated: Generated
    reference: Real | None = None
    holdout: Real | None = None
    features: Features | None = field(default=None, metadata={"by": "features.collect"})
    groups: tuple[Groups, ...] | None = field(default=None, metadata={"by": "group_membership"})
    attributions: Attributions | None = field(default=None, metadata={"by": "attributions.collect"})
    latents: Latents | None = field(default=None, metadata={"by": "latents.collect"})
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
        """
        manifest = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
        types = {each.__name__: each for kind in KINDS for each in _dataclasses_in(get_type_hints(cls)[kind])}
        kinds = {kind: load_item(folder, kind, types) for kind in KINDS if (folder / f"{kind}.json").exists()}
        return cls(**manifest, **kinds)


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
