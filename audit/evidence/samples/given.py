"""Collect what every audit rests on: the generated samples, and the real data to compare them with."""

from collections.abc import Callable
from dataclasses import replace

from ..bundle import Evidence, Generated, Real
from ..plan import Plan, stream
from .generated import collect_generated
from .real import Data, Labels, labels_of, real_data


def given(plan: Plan, progress: Callable[[float], None]) -> Evidence:
    """The samples, drawn or given, with the reference and the holdout if there are any.

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
    return Evidence(plan.modality, generated, reference, holdout)


def reference_labels(plan: Plan) -> dict[str, Labels]:
    """The groups of the reference records at hand, by attribute, the main one first."""
    return {} if plan.reference is None else labels_of(plan.reference, stream(plan.seed, "reference"))


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
    drawn = collect_generated(
        plan.model, n=plan.n, seed=plan.seed, source=plan.source, modality=plan.modality, progress=progress
    )
    drawn = replace(drawn, samples=plan.conform(drawn.samples))
    if plan.modality == "tabular" and plan.unit in drawn.samples.columns:
        return replace(drawn, samples=drawn.samples.drop(columns=[plan.unit]))
    return drawn


def _compared(plan: Plan, data: Data, role: str, generated: Generated) -> Real:
    real = real_data(data, stream(plan.seed, role))
    check_fit(plan.modality, generated=generated, real=real)
    return real
