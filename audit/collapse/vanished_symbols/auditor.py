"""GA310: what do real records show that generated ones never do, and the reverse?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ....models.records import is_array, take
from ...evidence.bundle import Evidence
from ...finding import Better, EstimateFacts, Finding, Inconclusive, Json, NotApplicable, Outcome, Table
from ...pattern import Pattern
from ...statistics.vocabulary.vanished import Loss, loss
from ..shared.compared import FEWEST
from .classes import SymbolClass
from .estimates import Named, named, ratios, shares, whole
from .quoting import quotable
from .sounds import audio_classes, music_classes
from .tables import class_table, invented_table, present, vanished_table
from .texts import text_classes
from .values import image_classes, table_classes


@dataclass(frozen=True)
class VanishedSymbols:
    """Counts in how many records each character, note, category or level occurs, on either side.

    Args:
        max_generated: generated records looked at, at most; of more, a random part.
        max_reference: real records looked at, at most.
        max_characters: characters of each text looked at.
        least_share: the share of records that must show a symbol for it to be looked at.
        least_records: and the number of real records that this share must be.
        shown: symbols that are named at most, on either side.
    """

    max_generated: int = 20_000
    max_reference: int = 5000
    max_characters: int = 300
    least_share: float = 0.01
    least_records: int = 20
    shown: int = 20

    code: ClassVar[str] = "GA310"
    title: ClassVar[str] = "What never appears, and what is invented"
    question: ClassVar[str] = "Do generated records show all that real ones show, and nothing that these never do?"
    needs: ClassVar[tuple[str, ...]] = ("reference",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = (
        EstimateFacts(
            "vanished_share",
            "share of what real records show that is hardly ever generated",
            "share",
            Better.LOWER,
            "How much of the real characters, notes, categories or levels is generated less than a tenth as often.",
        ),
        EstimateFacts(
            "invented_share",
            "share of what is generated that real records hardly ever show",
            "share",
            Better.LOWER,
            "How much of the generated characters, notes, categories or levels is ten times rarer in real records.",
        ),
        EstimateFacts(
            "symbol_ratio",
            "share of a symbol relative to real records",
            "ratio",
            Better.NEITHER,
            "How often a vanished character, note, category or level is generated, relative to real records.",
        ),
        EstimateFacts(
            "invented_symbol_share",
            "share of an invented symbol among what is generated",
            "share",
            Better.LOWER,
            "How much of what is generated is this character, note, category or level, which real records hardly show.",
        ),
    )
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern("Vanished symbols", "what real records show and the model never does", "vanished_share", True, 0.01),
        Pattern("Invented symbols", "what the model shows and real records never do", "invented_share", True, 0.01),
    )

    def __post_init__(self) -> None:
        for name, least in (
            ("max_generated", FEWEST),
            ("max_reference", FEWEST),
            ("max_characters", 20),
            ("least_records", 5),
            ("shown", 1),
        ):
            value: int = getattr(self, name)
            if value < least:
                raise ValueError(f"expected {name} of at least {least}, got {value}")
        if not 0 < self.least_share < 1:
            raise ValueError(f"expected least_share between 0 and 1, got {self.least_share}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure what vanished and what is invented.

        Raises:
            NotApplicable: without a reference, or where no symbol is common enough on either side.
            Inconclusive: if either side has too few records.
        """
        generated, reference = self._samples(evidence, rng)
        gate = max(self.least_share, self.least_records / len(reference))
        classes = list(self._classes(evidence.modality, generated, reference, gate))
        lost = present(classes, invented=False)
        added = present(classes, invented=True)
        if not lost and not added:
            raise NotApplicable(f"no value is shared by {100 * gate:.1f} % of the records, so none can vanish")
        vanished, invented = loss([each.vanishing() for each in lost]), loss([each.inventing() for each in added])
        symbols = (
            named(vanished, lost, invented=False),
            quotable(named(invented, added, invented=True), evidence),
        )
        helped = len(evidence.generated.samples) <= self.max_generated
        sizes = len(generated), len(reference)
        draws = (vanished.part_of_other(), 1 - invented.part_of_other()) if helped else (0.0, 0.0)
        shown = symbols[0][: self.shown], symbols[1][: self.shown]
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=(
                whole("vanished_share", vanished, rng, gate=gate, records=sum(sizes), from_draws=draws[0]),
                whole("invented_share", invented, rng, gate=gate, records=sum(sizes), from_draws=draws[1]),
                *ratios(vanished, shown[0], records=sum(sizes), more_draws_help=helped),
                *shares(invented, shown[1], records=sum(sizes), more_draws_help=helped),
            ),
            tables=(*self._tables(symbols), class_table(classes, vanished, invented)),
            references=("doi:10.1093/biomet/31.3-4.313", "doi:10.1093/biomet/26.4.404"),
            settings={
                **_settings(sizes, gate, vanished, invented),
                "symbols_vanished": len(symbols[0]),
                "symbols_invented": len(symbols[1]),
            },
        )

    def _samples(self, evidence: Evidence, rng: np.random.Generator) -> tuple[Any, Any]:
        if evidence.reference is None:
            raise NotApplicable(evidence.absent.get("reference", "there is no reference data to compare with"))
        parts = []
        for name, samples, most in (
            ("generated", evidence.generated.samples, self.max_generated),
            ("reference", evidence.reference.samples, self.max_reference),
        ):
            if len(samples) < FEWEST:
                raise Inconclusive(f"{len(samples)} {name} records are too few: at least {FEWEST} are needed")
            parts.append(_some(samples, most, rng))
        return parts[0], parts[1]

    def _classes(self, modality: str, generated: Any, reference: Any, gate: float) -> Iterator[SymbolClass]:
        match modality:
            case "text":
                return text_classes(generated, reference, gate=gate, most=self.max_characters)
            case "music":
                return music_classes(generated, reference, gate=gate)
            case "tabular":
                return table_classes(generated, reference, gate=gate)
            case "audio":
                return audio_classes(generated, reference, gate=gate)
            case _:
                return image_classes(generated, reference, gate=gate)

    def _tables(self, symbols: tuple[list[Named], list[Named]]) -> Iterator[Table]:
        yield from vanished_table(symbols[0], self.shown)
        yield from invented_table(symbols[1], self.shown)


def _some(samples: Any, most: int, rng: np.random.Generator) -> Any:
    """A random part of the records where there are more than `most`."""
    if len(samples) <= most:
        return samples
    rows: NDArray[np.int64] = np.sort(rng.permutation(len(samples))[:most])
    if is_array(samples):
        return take(samples, rows)
    return [samples[row] for row in rows] if isinstance(samples, list) else samples.iloc[rows]


def _settings(sizes: tuple[int, int], gate: float, vanished: Loss, invented: Loss) -> Mapping[str, Json]:
    return {
        "generated_compared": sizes[0],
        "reference_compared": sizes[1],
        "least_share_of_records": gate,
        "symbols_common_among_real": len(vanished.p_values),
        "symbols_common_among_generated": len(invented.p_values),
    }
