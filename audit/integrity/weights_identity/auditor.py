"""GA601: are these the weights of a trained model, whole, and unchanged by the audit?"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ....models.checkpoints.weight_facts import TensorFacts, WeightFacts
from ...evidence.bundle import Evidence
from ...finding import Better, Estimate, EstimateFacts, Finding, NotApplicable, Outcome, Perfect
from .tables import files_table, remarks_table, tensors_table

COUNTED = "complete count"
WIDE = ("float32", "float64")
UNTESTED = (
    "no tensor could be compared with fresh weights, which takes two dimensions and some hundred different numbers: "
    "name the whole checkpoint, or do not require this rule of a model without such weights"
)


@dataclass(frozen=True)
class Identity:
    """Fresh, undefined or contradictory weights, half precision, and digests before and after the audit.

    Args:
        shown: tensors in the table at most.
    """

    shown: int = 40

    code: ClassVar[str] = "GA601"
    title: ClassVar[str] = "Checkpoint identity and integrity"
    question: ClassVar[str] = "Are these the weights of a trained model, whole, and unchanged by the audit?"
    sampling_unit: ClassVar[str] = "weight, tensor or digest"
    needs: ClassVar[tuple[str, ...]] = ("weights",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = (
        EstimateFacts(
            "initial_weight_share",
            "share of weights that look fresh",
            "share",
            Better.LOWER,
            "The share of weights in tensors that look as their initialiser left them.",
            rests_on=(),
        ),
        EstimateFacts(
            "broken_weight_share",
            "share of weights that are NaN or infinite",
            "share",
            Better.LOWER,
            "The share of weights that are NaN or infinite.",
            rests_on=(),
        ),
        EstimateFacts(
            "remark_count",
            "contradictions between files or parts",
            "count",
            Better.LOWER,
            "How many contradictions were found between the checkpoint's files or parts.",
            rests_on=(),
        ),
        EstimateFacts(
            "changed_by_audit",
            "changes that the audit made",
            "count",
            Better.LOWER,
            "One if the audit changed the model or its files, which it never should.",
            rests_on=(),
        ),
        EstimateFacts(
            "constant_weight_share",
            "share of weights in constant tensors",
            "share",
            Better.NEITHER,
            "The share of weights in tensors whose numbers are all equal.",
            rests_on=(),
        ),
        EstimateFacts(
            "half_precision_share",
            "share of weights stored in half precision",
            "share",
            Better.NEITHER,
            "The share of weights stored with fewer than 32 bits.",
            rests_on=(),
        ),
        EstimateFacts(
            "accelerator_tagged_share",
            "share of weights tagged for an accelerator",
            "share",
            Better.NEITHER,
            "The share of weights that were saved from an accelerator's memory.",
            rests_on=(),
        ),
    )

    def __post_init__(self) -> None:
        if self.shown < 1:
            raise ValueError(f"expected shown of at least 1, got {self.shown}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Count what is fresh, broken, contradictory, changed, constant, halved or tagged; nothing is random.

        Raises:
            NotApplicable: if there are no weights to look at, and nothing changed.
        """
        weights = evidence.weights
        if weights is None:
            raise NotApplicable(evidence.absent.get("weights", "no weights were looked at"))
        estimates = (*_of_tensors(weights), *_of_the_whole(weights))
        if not weights.tensors and not any(each.value for each in estimates):
            raise NotApplicable(
                "no file of the checkpoint could be read as tensors, and the loaded model has no torch weights"
            )
        untold = any(each.name == "initial_weight_share" for each in estimates)
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=estimates,
            gaps={} if untold else {"initial_weight_share": UNTESTED},
            tables=(
                *remarks_table(weights),
                *tensors_table(weights, self.shown),
                *files_table(weights),
            ),
            references=("arXiv:1502.01852", "arXiv:1312.6120"),
            settings={
                "tensors": len(weights.tensors),
                "tensors_tested": sum(each.tested for each in weights.tensors),
                "files": len(weights.files),
                "parts": list(weights.parts),
            },
        )


def _of_tensors(weights: WeightFacts) -> Iterable[Estimate]:
    every = weights.tensors
    tested = [each for each in every if each.tested]
    if tested:
        initial = sum(each.count for each in tested if each.initial)
        yield _exact("initial_weight_share", initial, _count(tested), "share", Better.LOWER)
    if not _count(every):
        return
    yield _exact("broken_weight_share", sum(each.broken for each in every), _count(every), "share", Better.LOWER)
    for name, some in (
        ("constant_weight_share", [each for each in every if is_constant(each)]),
        ("half_precision_share", [each for each in every if each.dtype not in WIDE]),
        ("accelerator_tagged_share", [each for each in every if each.device.partition(":")[0] not in ("cpu", "meta")]),
    ):
        yield _exact(name, _count(some), _count(every), "share", Better.NEITHER)


def _of_the_whole(weights: WeightFacts) -> Iterable[Estimate]:
    looked_at = max(1, len(weights.tensors))
    yield _exact("remark_count", len(weights.remarks), looked_at, "count", Better.LOWER)
    around = [
        (before, after)
        for before, after in (
            (weights.state_before, weights.state_after),
            (weights.file_before, weights.file_after),
        )
        if before or after
    ]
    if around:
        changed = int(any(before != after for before, after in around))
        yield _exact("changed_by_audit", changed, len(around), "count", Better.LOWER)


def _exact(name: str, value: int, n: int, unit: str, better: Better) -> Estimate:
    """An estimate without uncertainty: of a share, `value` out of n numbers; of a count, `value` itself."""
    return Estimate(
        name=name,
        value=value / n if unit == "share" else float(value),
        curve=(),
        n=n,
        method=COUNTED,
        unit=unit,
        better=better,
        perfect=Perfect(0.0, 0.0, 0.0) if better is Better.LOWER else None,
    )


def is_constant(tensor: TensorFacts) -> bool:
    """Whether a tensor's numbers are several, finite and all equal."""
    return tensor.count > 1 and tensor.low == tensor.high and not tensor.broken


def _count(tensors: Iterable[TensorFacts]) -> int:
    return sum(each.count for each in tensors)
