"""Maps of attributions as plain arrays, each with its question and its checks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..evidence.bundle import Evidence
from ..evidence.explained.judged import JudgedMap, judge_maps
from ..evidence.explained.kind import CheckedMap
from ..statistics.attribution.decisions import Check, Decision

Floats = NDArray[np.float64]

HOMES: Mapping[str, str] = {
    "attributions": "GA201",
    "criticised": "GA202",
    "reliance": "GA203",
    "encoded": "GA204",
    "contexts": "GA207",
}
"""The kinds of evidence that hold maps, and the auditor that reads each."""


@dataclass(frozen=True, slots=True)
class ExplainedMap:
    """One map of n records over P parts of what the model was given.

    Args:
        code: of the auditor that reads it, e.g. `GA201`.
        question: that it answers.
        readout: the scalar that is explained.
        contrast: what is compared.
        baseline: what takes the place of a part that is left out.
        sampling_unit: what is independent of one another.
        method: of the map.
        parts: the names of the P parts: latent dimensions, regions, slots, tokens back.
        values: (n, P), in the unit of the readout.
        effects: (n,), the readout of each record less that of its baseline.
        clusters: int64 (n,), the sampling unit of each record.
        completeness_error: (n,), by how much each row misses its effect; (0,) of a method whose maps do not add up.
        effect: whether there is anything to explain.
        checks: of the map itself; see the page of GA206.
        reading: whether it may be read, in words.
    """

    code: str
    question: str
    readout: str
    contrast: str
    baseline: str
    sampling_unit: str
    method: str
    parts: tuple[str, ...]
    values: Floats
    effects: Floats
    clusters: NDArray[np.int64]
    completeness_error: Floats
    effect: Check
    checks: tuple[Check, ...]
    reading: str

    @property
    def may_be_read(self) -> bool:
        """Whether there surely is an effect and the map passes all its checks."""
        asked = all(each.decision in (Decision.PASS, Decision.NOT_ASKED) for each in self.checks)
        return self.effect.decision is Decision.PASS and asked

    @property
    def mean(self) -> Floats:
        """The mean over sampling units, (P,), signed: near 0 for parts that move records up as often as down."""
        return self._over_units(self.values)

    @property
    def size(self) -> Floats:
        """The mean size over sampling units, (P,), at least 0: how much each part moves the readout, either way."""
        return self._over_units(np.abs(self.values))

    def _over_units(self, values: Floats) -> Floats:
        units = np.unique(self.clusters)
        means: Floats = np.stack([values[self.clusters == each].mean(axis=0) for each in units]).mean(axis=0)
        return means

    def _repr_html_(self) -> str:
        from ...reports.explained_maps import map_html

        return map_html(self)

    def __bool__(self) -> bool:
        """Refused: whether a map exists and whether it may be read are two questions."""
        raise TypeError("an explained map is neither true nor false; ask for its may_be_read")


@dataclass(frozen=True, slots=True)
class Explanation:
    """All maps of one model, and why there are no others.

    Args:
        name: of the model.
        maps: in the order of the auditors that read them; iterating over an explanation gives them, too.
        without: by code of an auditor, why it has no map.
        evidence: all that was collected, e.g. `evidence.attributions` with every readout of GA201.
    """

    name: str
    maps: tuple[ExplainedMap, ...]
    without: Mapping[str, str]
    evidence: Evidence

    def __iter__(self) -> Iterator[ExplainedMap]:
        return iter(self.maps)

    def __len__(self) -> int:
        return len(self.maps)

    def _repr_html_(self) -> str:
        from ...reports.explained_maps import explanation_html

        return explanation_html(self)


def explained_maps(evidence: Evidence) -> tuple[ExplainedMap, ...]:
    """All maps that evidence holds, judged."""
    found = []
    for kind, code in HOMES.items():
        item = getattr(evidence, kind)
        for judged in judge_maps(getattr(item, "checked", ())):
            found.append(_explained(code, judged, _parts(kind, item, judged.found)))
    return tuple(found)


def _explained(code: str, judged: JudgedMap, parts: tuple[str, ...]) -> ExplainedMap:
    found = judged.found
    return ExplainedMap(
        code=code,
        question=found.question,
        readout=found.readout,
        contrast=found.contrast,
        baseline=found.baseline,
        sampling_unit=found.sampling_unit,
        method=found.method,
        parts=parts,
        values=found.values,
        effects=found.effects,
        clusters=found.clusters,
        completeness_error=found.completeness_error,
        effect=judged.effect,
        checks=judged.checks,
        reading=judged.reading,
    )


def _parts(kind: str, item: object, found: CheckedMap) -> tuple[str, ...]:
    """What the columns of a map are, in the words of the auditor that reads it."""
    count = found.values.shape[1]
    match kind:
        case "attributions":
            return tuple(f"z{dimension}" for dimension in range(count))
        case "contexts":
            return tuple(f"{back} back" for back in range(count, 0, -1))
        case "reliance":
            sets = getattr(item, "prompts", ())
            return next((each.slots for each in sets if found.readout.endswith(each.name)), _numbered(count))
        case _:
            regions = getattr(item, "regions", None)
            return _numbered(count) if regions is None else tuple(regions.names)


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(f"part {number}" for number in range(1, count + 1))
