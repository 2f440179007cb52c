"""Collect what every audit rests on: the generated samples, and the real data to compare them with."""

from collections.abc import Callable
from dataclasses import replace

from ..bundle import Evidence, Generated, Real
from ..plan import Plan, stream
from .draws import collect_generated, drawn
from .real import Data, Labels, labels_of, real_data

SILENT = "the model fills in masked tokens and generates nothing, so there are no samples"
"""Why there are no generated records; auditors that need some are not applicable for it."""

NOT_TRAINING = (
    "the reference is not what the model was trained on (--not-training), so there are no training records that it "
    "could have memorised or copied"
)
"""Why nothing is asked of copies where the user says what the reference is not."""


def given(plan: Plan, progress: Callable[[float], None]) -> Evidence:
    """The samples, drawn or given, with the reference and the holdout if there are any.

    Of a model that generates nothing there are no samples, and `absent` says why.

    Raises:
        ValueError: if the model's samples are unusable, or the data cannot be compared with them.
    """
    generated = _generated(plan, progress)
    reference, holdout = (
        None if data is None else _compared(plan, data, role, generated)
        for role, data in (("reference", plan.reference), ("holdout", plan.holdout))
    )
    if reference is not None:
        reference = replace(reference, population=plan.population)
    absent = {} if plan.generates else {"generated": SILENT}
    if plan.not_training:
        absent["training"] = NOT_TRAINING
    return Evidence(plan.modality, generated, reference, holdout, absent=absent)


def reference_labels(plan: Plan) -> dict[str, Labels]:
    """The groups of the reference records at hand, by attribute, the main one first."""
    return {} if plan.reference is None else labels_of(plan.reference, stream(plan.seed, "reference"))


def reference_outcomes(plan: Plan) -> dict[str, Labels]:
    """The outcomes of the same records, by the name that the user gave."""
    data = plan.reference
    return {} if data is None else labels_of(data, stream(plan.seed, "reference"), attributes=data.outcomes)


def check_fit(modality: str, *, generated: Generated, real: Real) -> None:
    """Refuse data that cannot be compared with the generated records.

    Raises:
        ValueError: if images differ in size, waves in length, or tables in their columns.
    """
    if modality in ("image", "audio"):
        ours, theirs = (" × ".join(map(str, each.samples.shape[1:])) for each in (generated, real))
        what = "images" if modality == "image" else "waves"
        if ours != theirs:
            raise ValueError(
                f"generated {what} are {ours}, but those of {real.source} {theirs}; give data of the same size"
            )
    if modality == "tabular":
        mine, others = (list(map(str, each.samples.columns)) for each in (generated, real))
        if set(mine) != set(others):
            odd = sorted(set(mine) ^ set(others))
            raise ValueError(
                f"generated columns and those of {real.source} must be the same, but only one of the two has "
                f"{', '.join(odd[:5])}; give data with the same columns"
            )


def _generated(plan: Plan, progress: Callable[[float], None]) -> Generated:
    if plan.samples is not None:
        records = real_data(plan.samples, stream(plan.seed, "generated"), most=plan.n).samples
        return Generated(records, plan.seed, plan.source, sample_rate=plan.samples.sample_rate, given=True)
    if not plan.generates:
        return Generated([], plan.seed, plan.source)
    if plan.draws is None:
        made = collect_generated(
            plan.model, n=plan.n, seed=plan.seed, source=plan.source, modality=plan.modality, progress=progress
        )
    else:
        made = drawn(plan.draws, plan.n, plan.source)
    made = replace(made, samples=plan.conform(made.samples))
    if plan.modality == "tabular" and plan.unit in made.samples.columns:
        return replace(made, samples=made.samples.drop(columns=[plan.unit]))
    return made


def _compared(plan: Plan, data: Data, role: str, generated: Generated) -> Real:
    real = real_data(data, stream(plan.seed, role))
    check_fit(plan.modality, generated=generated, real=real)
    return real
