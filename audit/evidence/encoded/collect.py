"""Collect what the encoder looks at in real records, and where what it gives back differs from them.

The model is only read: in eval mode, on copies, with a digest of its state before and after.

Reference: Crabbé and van der Schaar 2022, Label-free explainability for unsupervised models, arXiv:2203.01928.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ....models.records import is_array, read
from ..bundle import Evidence
from ..decoding import undisturbed
from ..plan import Plan, stream
from ..regions.gradients import STEPS, Integrated, NoGradient, integrated
from ..regions.kind import Regions
from ..regions.masking import occlusion, summed
from ..regions.records import MODALITIES, Cut, as_input, cut, spaced
from ..samples.given import reference_labels
from ..unavailable import Unavailable, Unmeasured
from .checking import checked
from .codes import Encoder, in_parts, probe
from .kind import Encoded

if TYPE_CHECKING:
    from torch import Tensor

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NEEDS = ()
WITHOUT_DRAWS = True

ENCODED = 1_500
"""Records that are encoded and decoded at most."""

EXPLAINED, FEWEST = 300, 32
"""Records whose codes are explained at most, and whatever they take."""

PATIENCE = 2.0
"""Seconds of the processor that occlusion may take; a quick encoder is asked about all, whatever the clock says."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explained records and how their maps are computed, for the collector and for the checks.

    Args:
        encoder: the model's.
        how: records are cut.
        records: the k explained records.
        rows: int64 (k,), which reference records they are.
        means: (k, L), their mean codes, which the readout holds fixed.
    """

    encoder: Encoder
    how: Cut
    records: Any
    rows: Ints
    means: Floats

    def readout(self, records: Any, places: Ints) -> Floats:
        """⟨μ(x), μ(·)⟩ of some records beside the codes of the explained ones at `places`, (m,)."""
        found: Floats = (self.means[places] * self.encoder.means(records, self.rows[places])).sum(axis=1)
        return found

    def occluded(self) -> Floats:
        """By how much the readout falls where a region is replaced, (k, R)."""
        return occlusion(self.how.masked(self.readout, self.records), len(self.rows), self.how.regions)

    def attributed(self, records: Any = None, steps: tuple[int, ...] = STEPS) -> Integrated:
        """Integrated gradients of the readout, of these records or of others in their places.

        Raises:
            NoGradient: if the encoder passes none.
        """
        import torch

        model = self.encoder.model
        x, start = as_input(model, self.records if records is None else records), self.how.baseline[None]
        fixed = torch.from_numpy(self.means).to(x)
        places = torch.arange(len(x), device=x.device, dtype=x.dtype)[:, None]

        def function(points: "Tensor", more: "Tensor") -> "Tensor":
            rows = self.rows[more[:, 0].long().cpu().numpy()]
            product: Tensor = more[:, 1:] * self.encoder.codes(points, rows).means
            return product.sum(dim=1)

        return integrated(function, x, as_input(model, start), torch.cat([places, fixed], dim=1), steps=steps)


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Encoded:
    """Codes, attributions and errors of some reference records.

    Raises:
        Unavailable: if there is no encoder, no reference, or records have no regions.
        Unmeasured: if the encoder is random, looks at other records of its batch, or is told a class that is not known.
        UserError: if codes or what is decoded from them have the wrong shape or are not finite.
    """
    model = plan.model
    if model is None or not callable(getattr(model, "encode", None)):
        raise Unavailable("the model offers no encode(x): nothing to explain")
    if plan.modality not in MODALITIES or so_far.reference is None:
        raise Unavailable("codes of real images, sounds or tables are explained; there are none here")
    import torch

    main = next(iter(reference_labels(plan).items()), None)
    conditions = _conditions(model, None if main is None else main[1].attribute)
    rng = stream(plan.seed, "encoded")
    with undisturbed(model), torch.inference_mode(False):
        how, encoder = cut(so_far, rng), Encoder(model, conditions)
        found = _encoded(encoder, how, so_far.reference.samples, rng, progress)
    if main is None:
        return found
    name, labels = main
    return replace(found, attribute=name, groups=labels.attribute.names, members=labels.attribute.values[found.rows])


def _encoded(
    encoder: Encoder, how: Cut, reference: Any, rng: np.random.Generator, progress: Callable[[float], None]
) -> Encoded:
    """All but the groups."""
    rows = np.sort(rng.permutation(len(reference))[:ENCODED]).astype(np.int64)
    probe(encoder, read(reference, rows[:8]), rows[:8])
    means, log_variances = _codes(encoder, reference, rows)
    progress(0.1)
    errors, remarks = _errors(encoder, how, reference, rows, means)
    # From all over, as records may lie in the order of their groups.
    chosen = spaced(len(rows), _affordable(encoder, how, reference, rows, means.astype(np.float64)))
    some = Explanation(encoder, how, read(reference, rows[chosen]), rows[chosen], means[chosen].astype(np.float64))
    attributed = _attributed(some, remarks)
    progress(0.5)
    effects = some.occluded()
    progress(0.8)
    none = np.empty(0)
    return Encoded(
        regions=how.regions,
        baseline=how.words,
        attribute="",
        groups=(),
        rows=rows,
        members=np.full(len(rows), -1, dtype=np.int64),
        means=means,
        log_variances=log_variances,
        explained=chosen,
        attributions=effects[:0] if attributed is None else summed(attributed.attributions, how.regions),
        completeness_error=none if attributed is None else attributed.errors,
        tolerance=none if attributed is None else attributed.tolerance,
        effects=effects,
        errors=errors,
        spread=_spread(reference, rows, how.regions),
        sample=how.sample,
        remarks=tuple(remarks),
        checked=checked(some, attributed, effects, rng),
    )


def _codes(encoder: Encoder, reference: Any, rows: Ints) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Means and log-variances of reference records, (n, L) each."""
    import torch

    found = []
    with torch.no_grad():
        for part in in_parts(_size(reference), len(rows)):
            codes = encoder.codes(as_input(encoder.model, read(reference, rows[part])), rows[part])
            found.append([each.float().cpu().numpy() for each in codes])
    means, log_variances = (np.concatenate(each) for each in zip(*found, strict=True))
    return means, log_variances


def _size(records: Any) -> int:
    return int(np.prod(records.shape[1:])) if is_array(records) else 1


def _conditions(model: Any, labels: Any) -> list[str] | None:
    """The class of every reference record, for a model that is told one.

    Raises:
        Unmeasured: if it is and the classes are not known.
    """
    classes = tuple(map(str, getattr(model, "classes", ()) or ()))
    if not classes:
        return None
    told = None if labels is None else [labels.names[each] for each in labels.values]
    if told is None or not set(told) <= set(classes):
        raise Unmeasured("the encoder is told a class, and the classes of the real records are not known")
    return told


def _affordable(encoder: Encoder, how: Cut, reference: Any, rows: Ints, means: Floats) -> int:
    """How many records there is time to explain."""
    wanted = min(EXPLAINED, len(rows))
    few = np.arange(min(4, len(rows)))
    some = Explanation(encoder, how, read(reference, rows[few]), rows[few], means[few])
    some.occluded()  # The first call may load or compile something.
    started = time.process_time()
    some.occluded()
    needed = (time.process_time() - started) / len(few) * wanted
    return wanted if needed <= PATIENCE else max(FEWEST, int(wanted * PATIENCE / needed))


def _errors(
    encoder: Encoder, how: Cut, reference: Any, rows: Ints, means: NDArray[np.float32]
) -> tuple[Floats, list[str]]:
    """Mean squared error of each record in each region, (n, R), and why there is none."""
    count = len(how.regions.names)
    if not is_array(reference) or not callable(getattr(encoder.model, "decode", None)):
        return np.empty((0, count)), ["no errors of reconstruction: the model does not decode what it encodes"]
    parts = []
    for part in in_parts(_size(reference), len(rows)):
        squares = encoder.given_back(read(reference, rows[part]), rows[part], means[part])
        parts.append(summed(squares, how.regions))
    values = how.regions.area * _size(reference)
    return np.concatenate(parts) / values, []


def _attributed(some: Explanation, remarks: list[str]) -> Integrated | None:
    """Integrated gradients; None where there are none, and `remarks` says why."""
    if not is_array(some.records):
        remarks.append("no integrated gradients: a table has no gradient")
        return None
    try:
        found = some.attributed()
    except NoGradient:
        remarks.append("no integrated gradients: encode(x) passes no gradient to x")
        return None
    if not found.complete:
        missed = int((~(found.errors <= found.tolerance)).sum())
        remarks.append(f"no integrated gradients: those of {missed} of {len(found.errors)} records do not add up")
        return None
    return found


def _spread(reference: Any, rows: Ints, regions: Regions) -> Floats:
    """The share of the records' variance that lies in each region, (R,): what there is to look at."""
    if not is_array(reference):
        return np.full(len(regions.names), 1 / len(regions.names))
    total, squares, n = 0.0, 0.0, 0
    for part in in_parts(_size(reference), len(rows)):
        values = np.asarray(read(reference, rows[part]), dtype=np.float64)
        total, squares, n = total + values.sum(axis=0), squares + np.square(values).sum(axis=0), n + len(values)
    variance = summed(np.asarray(squares / n - np.square(total / n))[None].clip(min=0), regions)[0]
    return variance / variance.sum() if variance.sum() > 0 else regions.area
