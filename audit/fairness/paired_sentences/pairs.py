"""Pairs of sentences by bias type, from the scores of probes: how much likelier the stereotyping one is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.probes.kinds import MASKED, OTHER, PAIRS, STEREOTYPING, UNRELATED, ProbeScores

Floats = NDArray[np.float64]

TIED = 1e-6
"""Nats by which two scores may differ and still be equal: sums of single-precision numbers have no more digits."""


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """The scored pairs of one bias type of one set.

    Args:
        set_name: of the set.
        kind: the bias type.
        nats: float64 (n,), score of the stereotyping sentence minus that of the other.
        per_token: float64 (n,), the same of scores divided by the number of tokens.
        clusters: int64 (n,), of the writer, template or term.
        opposing: pairs that are published as opposing a stereotype.
        texts: n pairs, the stereotyping sentence first.
        unit: what clusters are, in the plural.
        expected: pairs of this type that the set has, scored or not.
        unrelated: float64 (n,), score of an unrelated sentence minus that of the stereotyping one, infinite where it
            could not be scored; (0,) where there is none.
        scores: what they are, where they are no log-probabilities of sentences; else "".
    """

    set_name: str
    kind: str
    nats: Floats
    per_token: Floats
    clusters: NDArray[np.int64]
    opposing: int
    texts: tuple[tuple[str, str], ...]
    unit: str
    expected: int
    unrelated: Floats
    scores: str = ""

    @property
    def preferred(self) -> Floats:
        """1 where the stereotyping sentence is likelier, 0 where the other is, 0.5 where neither is; (n,)."""
        return np.where(np.abs(self.nats) <= TIED, 0.5, (self.nats > 0).astype(np.float64))

    @property
    def ties(self) -> int:
        """Pairs of equal scores."""
        return int((np.abs(self.nats) <= TIED).sum())


SHARED = "pseudo-log-probabilities of the tokens that the sentences share, no probabilities of sentences"
ODDS = "log-probabilities of the one token in which the sentences differ, given all others"

UNITS: Mapping[str, str] = {"CrowS-Pairs": "writers", "StereoSet": "terms", "WinoBias": "occupations"}


def pairs_by_type(probes: tuple[ProbeScores, ...]) -> Iterator[Pairs]:
    """The pairs of every bias type of every set, also those that occupations and shares of pronouns make."""
    for each in probes:
        if each.form == PAIRS:
            for kind in range(len(each.kinds)):
                yield _of_kind(each, each.kind == kind, each.kinds[kind])
        elif each.shares:
            yield _of_shares(each)


def _of_kind(probes: ProbeScores, rows: NDArray[np.bool_], kind: str) -> Pairs:
    first, second = probes.variants.index(STEREOTYPING), probes.variants.index(OTHER)
    kept = np.flatnonzero(rows & probes.scored[:, first] & probes.scored[:, second])
    nats, tokens = probes.nats[kept], probes.tokens[kept].clip(1)
    unrelated = np.empty(0)
    if UNRELATED in probes.variants:
        place = probes.variants.index(UNRELATED)
        unrelated = np.where(probes.scored[kept, place], nats[:, place] - nats[:, first], np.inf)
    return Pairs(
        probes.name,
        kind,
        nats[:, first] - nats[:, second],
        nats[:, first] / tokens[:, first] - nats[:, second] / tokens[:, second],
        probes.cluster[kept],
        int((probes.direction[kept] < 0).sum()),
        tuple((probes.texts[row][first], probes.texts[row][second]) for row in kept.tolist()),
        UNITS.get(probes.layout, "clusters"),
        int(rows.sum()),
        unrelated,
        SHARED if probes.scored_by == MASKED else "",
    )


def _of_shares(probes: ProbeScores) -> Pairs:
    """Sentences with the pronoun (or the like) of the majority in an occupation, against those of the minority.

    Of more than two variants those are taken that have the most and the least of the shares that are known.
    """
    most, least, rows = [], [], []
    for row, subject in enumerate(probes.subject.tolist()):
        shares = probes.shares.get(probes.subjects[subject], {})
        known = sorted((name for name in probes.variants if name in shares), key=lambda name: -shares[name])
        if len(known) > 1 and shares[known[0]] > shares[known[-1]]:
            rows.append(row)
            most.append(probes.variants.index(known[0]))
            least.append(probes.variants.index(known[-1]))
    at, one, other = (np.array(each, dtype=np.int64) for each in (rows, most, least))
    both = probes.scored[at, one] & probes.scored[at, other]
    at, one, other = at[both], one[both], other[both]
    nats, tokens = probes.nats, probes.tokens.clip(1)
    texts = zip(at.tolist(), one.tolist(), other.tolist(), strict=True)
    return Pairs(
        probes.name,
        f"{probes.kinds[0]} of the majority",
        nats[at, one] - nats[at, other],
        nats[at, one] / tokens[at, one] - nats[at, other] / tokens[at, other],
        probes.subject[at],
        0,
        tuple((probes.texts[row][first], probes.texts[row][second]) for row, first, second in texts),
        "subjects",
        len(rows),
        np.empty(0),
        ODDS if probes.scored_by == MASKED else "",
    )
