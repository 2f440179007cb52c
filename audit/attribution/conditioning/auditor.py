"""GA205: does the condition move the output, which of its values do, and at which steps?"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...finding import NOMINAL, EstimateFacts, Finding, Json, Outcome
from .estimates import estimates
from .facts import ESTIMATES
from .measured import Measured, measure
from .tables import exhibits, tables


@dataclass(frozen=True)
class ConditionEffect:
    """An intervention on the condition with common random numbers: how far outputs move by it, and by which values.

    Args:
        permutations: of the values within each seed, for the tests.
        negligible: an effect below which a value moves nothing that matters, a share of the distance of outputs.
        unseen: where two values give the same for all seeds, the part of further seeds that may be otherwise.
    """

    permutations: int = 999
    negligible: float = 0.02
    unseen: float = 0.1

    code: ClassVar[str] = "GA205"
    title: ClassVar[str] = "What a condition moves"
    question: ClassVar[str] = "Does what is asked for move the output, by which values, and at which steps?"
    sampling_unit: ClassVar[str] = "seed"
    needs: ClassVar[tuple[str, ...]] = ("conditioning",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES

    def __post_init__(self) -> None:
        if self.permutations < 99:
            raise ValueError(f"expected at least 99 permutations, got {self.permutations}")
        if not 0 < self.negligible < 1:
            raise ValueError(f"expected a negligible effect between 0 and 1, got {self.negligible}")
        if not 0 < self.unseen < 1:
            raise ValueError(f"expected an unseen part between 0 and 1, got {self.unseen}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure."""
        entries = evidence.conditioning
        assert entries
        parts = measure(
            entries, permutations=self.permutations, negligible=self.negligible, unseen=self.unseen, rng=rng
        )
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            reason=_reason(parts),
            estimates=tuple(estimates(parts)),
            tables=tuple(tables(parts)),
            exhibits=exhibits(parts),
            references=(
                "Székely and Rizzo 2013, doi:10.1016/j.jspi.2013.03.018",
                "Rizzo and Székely 2010, doi:10.1214/09-AOAS245",
                "Holm 1979, Scandinavian Journal of Statistics 6, 65–70",
            ),
            settings=self._settings(parts),
            gaps=_gaps(parts),
        )

    def _settings(self, parts: Sequence[Measured]) -> dict[str, Json]:
        settings: dict[str, Json] = {
            "readout": f"all of the output, as {parts[0].entry.extractor}",
            "contrast": "one value of the condition against the others",
            "baseline": "the same random numbers under another value",
            "sampling_unit": "seed",
            "method": "intervention with common random numbers",
            "seeds": parts[0].effects.n,
            "permutations": self.permutations,
            "negligible": self.negligible,
            "unseen": self.unseen,
        }
        for part in parts:
            of = f"_{part.entry.slot}" if len(parts) > 1 else ""
            settings[f"values{of}"] = f"{len(part.entry.values)} of {part.entry.available}"
            settings[f"common_random_numbers{of}"] = _kept(part)
        return settings


def _kept(part: Measured) -> str:
    if not part.repeatable:
        return f"not kept: the same seed and value gave outputs that differ by up to {part.entry.repeats:.2g}"
    if part.aligned is None:
        return "all outputs are the same"
    if part.common:
        return "kept: outputs of one seed are alike, whatever is asked for"
    return "not seen: outputs of one seed are no more alike than others, so only distributions are compared"


def _reason(parts: Sequence[Measured]) -> str | None:
    """The conditions that are ignored, by name; or that nothing surely moves; else None."""
    ignored = [part.entry.slot for part in parts if part.ignored]
    if ignored:
        return f"nothing to explain: the model ignores its {', '.join(ignored)}, which does not move the output"
    if not any(part.moves(NOMINAL).any() for part in parts):
        return "nothing to explain: no value of a condition surely moves the output"
    return None


def _gaps(parts: Sequence[Measured]) -> dict[str, str]:
    gaps: dict[str, str] = {}
    chosen = [part.entry for part in parts if len(part.entry.values) < part.entry.available]
    if chosen:
        gaps["unmoved_conditions"] = "; ".join(
            f"{len(each.values)} of {each.available} values of {each.slot} were asked for" for each in chosen
        )
    apart = [part for part in parts if not part.common]
    if apart:
        gaps["same_noise_distance"] = "; ".join(dict.fromkeys(f"common random numbers {_kept(each)}" for each in apart))
    without = dict.fromkeys(part.entry.no_steps for part in parts if part.entry.no_steps)
    if without:
        gaps["step_effect"] = "; ".join(without)
    return gaps
