"""GA307: do generated texts or melodies vary as real ones do, or do they repeat one another and themselves?"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...evidence.bundle import Evidence
from ...finding import EstimateFacts, Exhibit, Finding, Inconclusive, Json, NotApplicable, Outcome, Pictures
from ...pattern import Pattern
from ...statistics.sequences.frontier import Frontier, measure_frontier
from ...statistics.sequences.ngrams import Sequences
from ...statistics.sequences.quantise import quantisers
from .estimates import scored
from .facts import ESTIMATES
from .measures import BEFORE, Measures, measure_sequences
from .tables import control_table, phrase_table, side_table
from .words import Tokens, hashed, tokenize

Ints = NDArray[np.int64]

_FEWEST = 50
_FITS = 4
# Pooled records of a bin at least, two from each of three sets.
_THINNEST = 6


class _Sides(NamedTuple):
    """Rows of the generated and the real records that are compared, and of which kind the real ones are."""

    generated: Ints
    reference: Ints
    kind: str


@dataclass(frozen=True)
class SequenceDiversity:
    """Distinct runs of tokens, self-BLEU, loops, entropy and a divergence frontier, beside those of real records.

    Args:
        max_generated: generated records looked at, at most; of more, a random part.
        max_tokens: of each record, the first tokens that count for runs of tokens.
        max_sets: disjoint sets of the larger side, each as large as the smaller side, that are averaged at most.
        max_frontier: generated records behind the frontier, at most; real ones are twice as many.
        records_per_bin: generated records for each bin of the frontier.
        draws: simulated frontiers behind each interval and each perfect range.
        shown: records in each exhibit at most.
    """

    max_generated: int = 40_000
    max_tokens: int = 512
    max_sets: int = 16
    max_frontier: int = 5000
    records_per_bin: int = 20
    draws: int = 400
    shown: int = 8

    code: ClassVar[str] = "GA307"
    title: ClassVar[str] = "Diversity of sequences"
    question: ClassVar[str] = (
        "Do generated texts or melodies vary as real ones do, or do they repeat one another and themselves?"
    )
    needs: ClassVar[tuple[str, ...]] = ("generated", "reference")
    estimates: ClassVar[tuple[EstimateFacts, ...]] = ESTIMATES
    patterns: ClassVar[tuple[Pattern, ...]] = (
        Pattern("Narrow vocabulary", "fewer different tokens than real records use", "distinct_1_ratio", False, 0.1),
        Pattern("Invented vocabulary", "more different tokens than real records use", "distinct_1_ratio", True, 0.1),
        Pattern(
            "Recycled phrases",
            "fewer different runs of three tokens than in real records",
            "distinct_3_ratio",
            False,
            0.05,
        ),
        Pattern(
            "Scrambled phrases",
            "more different runs of three tokens than in real records",
            "distinct_3_ratio",
            True,
            0.05,
        ),
        Pattern(
            "Look-alike records",
            "records that share their runs of tokens more than real ones do",
            "self_bleu_difference",
            True,
            0.05,
        ),
        Pattern(
            "Stuttering",
            "records that repeat a run within themselves more often than real ones do",
            "repetition_rate_difference",
            True,
            0.02,
        ),
        Pattern("Loops", "records that end in a loop more often than real ones do", "loop_rate_difference", True, 0.01),
        Pattern(
            "Predictable sequences",
            "the next token easier to foresee than in real records",
            "entropy_rate_difference",
            False,
            0.1,
        ),
        Pattern(
            "Erratic sequences",
            "the next token harder to foresee than in real records",
            "entropy_rate_difference",
            True,
            0.1,
        ),
        Pattern(
            "Vocabulary drift",
            "words and runs of tokens at other frequencies than in real records",
            "frontier_area_ratio",
            False,
            0.05,
        ),
    )

    def __post_init__(self) -> None:
        for name, least in (
            ("max_generated", _FEWEST),
            ("max_tokens", 4),
            ("max_sets", 1),
            ("max_frontier", _FEWEST),
            ("records_per_bin", 2),
            ("draws", 100),
            ("shown", 0),
        ):
            value: int = getattr(self, name)
            if value < least:
                raise ValueError(f"expected {name} of at least {least}, got {value}")

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Measure diversity, repetition and the frontier.

        Raises:
            NotApplicable: if the records are no sequences, or there is nothing real to compare with.
            Inconclusive: if the records are too few or hold no tokens.
        """
        if evidence.modality not in ("text", "music"):
            raise NotApplicable(f"runs of tokens are in texts and melodies, but these are {evidence.modality} records")
        if evidence.reference is None:
            raise NotApplicable(evidence.absent.get("reference", "there is no reference data to compare with"))
        kinds = ["generated", "reference"] + ([] if evidence.holdout is None else ["holdout"])
        tokens = tokenize(evidence.modality, [getattr(evidence, kind).samples for kind in kinds], reference=1)
        sides = self._sides(tokens, rng)
        generated = tokens.sets[0].take(sides.generated)
        reference = tokens.sets[kinds.index(sides.kind)].take(sides.reference)
        measures = self._measure(generated, reference, tokens.unit, rng)
        frontier, size = self._frontier(tokens, sides, rng)
        helped = len(tokens.sets[0].lengths) <= min(self.max_generated, self.max_sets * len(sides.reference))
        estimates = scored(measures, frontier, frontier_size=size, more_draws_help=helped)
        stand_in = self._stand_in(tokens, sides, rng)
        return Finding(
            code=self.code,
            title=self.title,
            question=self.question,
            outcome=Outcome.MEASURED,
            estimates=estimates,
            tables=(
                side_table(measures, tokens.unit),
                *control_table(stand_in, frontier, size),
                *phrase_table(generated=generated, reference=reference, tokens=tokens, max_tokens=self.max_tokens),
            ),
            exhibits=_exhibits(measures, sides, self.shown),
            references=("arXiv:1510.03055", "arXiv:1802.01886", "arXiv:2102.01454"),
            settings=self._settings(tokens, sides, measures, size),
        )

    def _sides(self, tokens: Tokens, rng: np.random.Generator) -> _Sides:
        sizes = [len(each.lengths) for each in tokens.sets]
        for name, size, each in zip(("generated", "reference"), sizes, tokens.sets, strict=False):
            if size < _FEWEST:
                raise Inconclusive(f"{size} {name} records are too few: at least {_FEWEST} are needed")
            if (each.lengths > 0).sum() < 2:
                raise Inconclusive(f"fewer than two of {size} {name} records hold any {tokens.unit}")
        held_out = len(sizes) > 2 and sizes[2] >= _FEWEST and (tokens.sets[2].lengths > 0).sum() >= 2
        # A small set aside would answer less well than the many records of the reference.
        kind = "holdout" if held_out and (sizes[2] >= 1000 or 2 * sizes[2] >= sizes[1]) else "reference"
        rows = np.arange(sizes[0])
        if sizes[0] > self.max_generated:
            rows = np.sort(rng.choice(sizes[0], self.max_generated, replace=False))
        return _Sides(rows, np.arange(sizes[2 if kind == "holdout" else 1]), kind)

    def _measure(self, generated: Sequences, reference: Sequences, unit: str, rng: np.random.Generator) -> Measures:
        return measure_sequences(
            generated=generated,
            reference=reference,
            unit=unit,
            rng=rng,
            longest=self.max_tokens,
            most_sets=self.max_sets,
        )

    def _stand_in(self, tokens: Tokens, sides: _Sides, rng: np.random.Generator) -> Measures | None:
        """Real records in the place of the generated ones: the reference against the holdout, or two halves of it."""
        reference = tokens.sets[1]
        if sides.kind == "holdout":
            first, second = reference, tokens.sets[2]
        else:
            halves = np.array_split(rng.permutation(len(reference.lengths)), 2)
            first, second = (reference.take(np.sort(half)) for half in halves)
        if min((each.lengths > 0).sum() for each in (first, second)) < 2:
            return None
        return self._measure(first, second, tokens.unit, rng)

    def _frontier(self, tokens: Tokens, sides: _Sides, rng: np.random.Generator) -> tuple[Frontier, int]:
        """Averaged over quantisers; each is fitted to all three sets alike, so that none is special."""
        reference = rng.permutation(len(tokens.sets[1].lengths))
        if sides.kind == "holdout":
            pools = [rng.permutation(sides.reference), reference]
            sets = [tokens.sets[2], tokens.sets[1]]
        else:
            pools = [reference[::2], reference[1::2]]
            sets = [tokens.sets[1], tokens.sets[1]]
        own = rng.permutation(sides.generated)
        size = min(len(own), *(len(pool) for pool in pools), self.max_frontier)
        chosen = [tokens.sets[0].take(own[:size])]
        chosen += [each.take(pool[:size]) for each, pool in zip(sets, pools, strict=True)]
        points = np.vstack([hashed(each.cut(self.max_tokens), tokens.names) for each in chosen])
        bins = max(2, size // self.records_per_bin)
        labels = quantisers(points, bins=bins, fits=_FITS, rng=rng, fewest=_THINNEST)
        compared = 1 if sides.kind == "holdout" else 2
        frontier = measure_frontier(
            labels=labels, sizes=(size, size, size), compared=compared, rng=rng, draws=self.draws
        )
        return frontier, size

    def _settings(self, tokens: Tokens, sides: _Sides, measures: Measures, size: int) -> Mapping[str, Json]:
        return {
            "token": tokens.unit,
            "compared_with": sides.kind,
            "generated_records": len(sides.generated),
            "generated_available": len(tokens.sets[0].lengths),
            "real_records": len(sides.reference),
            **{f"runs_of_{order}_drawn": round(among) for order, (_, among) in measures.distinct.items()},
            "self_bleu_records": measures.bleu_size,
            "entropy_context": BEFORE[tokens.unit],
            "frontier_records": size,
            "records_per_bin": self.records_per_bin,
            "max_tokens": self.max_tokens,
        }


def _exhibits(measures: Measures, sides: _Sides, most: int) -> tuple[Exhibit, ...]:
    tokens = measures.looping[0].tokens
    order = np.argsort(-tokens, kind="stable")[:most]
    worst = tuple(int(sides.generated[at]) for at in order if tokens[at] > 0)
    flags = np.flatnonzero(measures.repeating[0] & (tokens == 0))[:most]
    exhibits = []
    if worst:
        pictures = Pictures("generated, ending in a loop", "generated", worst)
        exhibits.append(Exhibit("loops", "Generated records that end in a loop, longest first", "grid", (pictures,)))
    if len(flags):
        pictures = Pictures("generated, repeating", "generated", tuple(int(sides.generated[at]) for at in flags))
        exhibits.append(Exhibit("repeats", "The first other generated records that repeat a run", "grid", (pictures,)))
    return tuple(exhibits)
