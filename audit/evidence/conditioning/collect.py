"""Collect outputs of the same random numbers under different conditions: an intervention on the condition alone."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....models.encoders.builtin.catalogue import DEFAULTS
from ....models.errors import UserError
from ....models.records import Attribute, is_array, read, table_attribute
from ..bundle import DECLARED, Evidence
from ..conditioned.asking import ask, call_text, pace
from ..decoding import undisturbed
from ..plan import Plan, stream
from ..samples.draws import CHUNK
from ..samples.generated import FORMS, joined
from ..samples.given import reference_labels
from ..unavailable import Unmeasured
from .kind import Conditioning, Floats
from .slots import Slot, affordable, slots_of
from .steps import step_energies, windows_of

NEEDS = ("features", "groups")

SHOWN, SHOWN_IN_ALL = 8, 80
"""Images of each value that are kept, and of all together, at most."""

WITHOUT_DRAWS = True
"""What is compared is drawn once, apart from all samples."""

QUICK, SPARED = 1.5, 20
"""Seconds of drawing that are spent in any case, and the part of the time for the samples that may be."""


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> tuple[Conditioning, ...]:
    """The outputs, one entry for each condition that can be varied by itself.

    Raises:
        Unavailable: if nothing can.
        Unmeasured: if too few outputs can be drawn, or their features are not finite.
        UserError: if the model takes no condition after all, or gives unusable records.
        RuntimeError: if drawing changed the model.
    """
    slots = slots_of(plan.model)
    each = max(pace(plan, so_far), 1e-9)
    seconds = max(QUICK, so_far.generated.seconds / SPARED)
    chosen, n = affordable(slots, outputs=int(seconds / each))
    made = []
    with undisturbed(plan.model, "sample"):
        for index, slot in enumerate(chosen):
            drawn = _drawn(plan, slot, n)
            records = plan.conform(joined(drawn))
            entry = _entry(plan, so_far, slot, records, n)
            made.append(replace(entry, **_steps(plan, so_far, slot, int(seconds / each))))
            progress((index + 1) / len(chosen))
    return tuple(made)


def _drawn(plan: Plan, slot: Slot, n: int) -> list[Any]:
    """Records of every value, and of the first once more, each of the same seeds."""
    size = min(n, plan.draws.chunk if plan.draws is not None else CHUNK)
    starts = range(0, n, size)
    seeds = stream(plan.seed, f"conditioning {slot.name}").integers(2**63, size=len(starts)).tolist()
    form = FORMS[plan.modality]
    parts: list[Any] = []
    for value in (*range(len(slot.values)), 0):
        for start, seed in zip(starts, seeds, strict=True):
            number = min(size, n - start)
            told = slot.told(value, number)
            drawn = ask(plan.model, number, seed, told)
            try:
                parts.append(form(drawn, number, parts[0] if parts else None))
            except ValueError as error:
                raise UserError(f"{call_text(number, told)}: {error}") from error
    return parts


def features_of(plan: Plan, so_far: Evidence, records: Any) -> tuple[Floats, str]:
    """Records as vectors (n, d) by the built-in encoder of their modality, and what these are.

    Raises:
        Unmeasured: if some are not finite.
    """
    beside = records if so_far.reference is None else so_far.reference.samples
    encoded = DEFAULTS[plan.modality].encode(
        [records, beside],
        reference=1,
        sample_rate=so_far.generated.sample_rate,
        progress=lambda share: None,
    )
    vectors: Floats = np.asarray(encoded.vectors[0])
    if not np.isfinite(vectors).all():
        raise Unmeasured("some outputs are not finite numbers, so they cannot be compared: look at the values")
    return vectors, encoded.words


def _entry(plan: Plan, so_far: Evidence, slot: Slot, records: Any, n: int) -> Conditioning:
    vectors, extractor = features_of(plan, so_far, records)
    k = len(slot.values)
    return Conditioning(
        slot=slot.name,
        how=slot.how,
        values=slot.values,
        available=slot.available,
        outputs=vectors[: k * n].reshape(k, n, -1),
        again=vectors[k * n :],
        extractor=extractor,
        outcomes=dict(_outcomes(plan, so_far, records, vectors, k * n)),
        shown=_shown(records, k, n),
    )


def _shown(records: Any, k: int, n: int) -> NDArray[np.float32]:
    """The first images of every value; none where records are no images."""
    if not is_array(records) or records.ndim != 4:
        return np.empty(0, dtype=np.float32)
    number = min(n, SHOWN, max(1, SHOWN_IN_ALL // k))
    rows = (np.arange(k)[:, None] * n + np.arange(number)).reshape(-1)
    return np.asarray(read(records, rows), dtype=np.float32)


def _outcomes(
    plan: Plan, so_far: Evidence, records: Any, vectors: Floats, number: int
) -> Iterator[tuple[str, Attribute]]:
    """The groups of the first records, by each attribute that can be read or told from these features."""
    from ..group_classifier import classifier_scores

    labels = reference_labels(plan) if so_far.groups else {}
    # A classifier is fitted to features of the first encoder, which may be another.
    built_in = all(each.facts.name == DEFAULTS[plan.modality].name for each in plan.encoders[:1])
    for groups in so_far.groups or ():
        known = labels.get(groups.attribute)
        if groups.classifier == DECLARED and known is not None:
            column = known.attribute.column or groups.attribute
            made = table_attribute(records, column, names=groups.names, edges=known.attribute.edges)
            yield groups.attribute, Attribute(made.names, made.values[:number])
        elif "landmarks" in groups.parameters and built_in:
            told = classifier_scores(groups.parameters, vectors[:number].astype(np.float64)).argmax(axis=1)
            yield groups.attribute, Attribute(groups.told_apart, told.astype(np.int64))


def _steps(plan: Plan, so_far: Evidence, slot: Slot, outputs: int) -> dict[str, Any]:
    """What the entry says of steps: windows and energies, or why there are none."""

    def vectors(drawn: Sequence[Any]) -> Floats:
        form = FORMS[plan.modality]
        parts: list[Any] = []
        for each in drawn:
            parts.append(form(each, len(each), parts[0] if parts else None))
        return features_of(plan, so_far, plan.conform(joined(parts)))[0]

    try:
        windows = windows_of(plan.model, outputs)
        energies = step_energies(plan.model, slot, windows, plan.seed, outputs, vectors)
    except Unmeasured as reason:
        return {"no_steps": str(reason)}
    return {"windows": windows, "steps": energies}
