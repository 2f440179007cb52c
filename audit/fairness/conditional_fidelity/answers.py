"""What was made of the requests for the groups of one attribute, with all that is needed to report and rule on it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.bundle import DECLARED, Evidence, Groups
from ...evidence.conditioned.kind import PROMPT, Conditioned
from ...finding import LEVELS, Inconclusive
from ...statistics.shares.binomial import Limits
from ...statistics.shares.confusion import WEAKEST, youden
from ...statistics.shares.ratios import simultaneous_levels
from ...statistics.shares.requested import Dependence, dependence, made_shares, met_limits, perfect_met

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to R requests, each for one of K groups.

    Args:
        attribute: what tells the groups apart.
        how: the model was asked, see `Conditioned`.
        requests: in words.
        wanted: (R,), the group that each is for.
        names: of the groups.
        counts: (R, K), records of each request and group, as counted.
        confusion: (K, K) of the group classifier; None where groups are read.
        shares: (R, K), corrected.
        each: limits of the share met (levels, R), each request by itself.
        together: the same, all requests of the audit together.
        perfect: (repeats, R), shares met by a model that always makes what is asked for; may be above 1.
        responds: how far answers depend on requests; None for a single request.
        more: whether an audit of more samples would ask for more.
        blurred: groups asked for that the classifier cannot tell apart, so that nothing is said of them.
    """

    attribute: str
    how: str
    requests: tuple[str, ...]
    wanted: Ints
    names: tuple[str, ...]
    counts: Ints
    confusion: Ints | None
    shares: Floats
    each: Limits
    together: Limits
    perfect: Floats
    responds: Dependence | None
    more: bool
    blurred: tuple[str, ...]

    @property
    def sizes(self) -> Ints:
        """Records of each request, (R,)."""
        sizes: Ints = self.counts.sum(axis=1)
        return sizes

    @property
    def met(self) -> Floats:
        """Share of each request's records that are of the group wanted, (R,)."""
        rows: Floats = self.shares[np.arange(len(self.wanted)), self.wanted]
        return rows


def answers(evidence: Evidence, *, repeats: int, rng: np.random.Generator) -> tuple[list[Answers], dict[str, str]]:
    """The answers by attribute, and why those of other attributes say nothing.

    Raises:
        Inconclusive: if those of none do.
    """
    groups = {each.attribute: each for each in evidence.groups or ()}
    asked = [each for each in evidence.conditioned or () if (each.wanted >= 0).any()]
    together = sum(int((each.wanted >= 0).sum()) for each in asked)
    made: list[Answers] = []
    refused: dict[str, str] = {}
    for each in asked:
        try:
            made.append(_answers(each, groups[each.attribute], together, repeats, rng))
        except Inconclusive as reason:
            refused[each.attribute] = str(reason)
    if not made:
        raise Inconclusive(next(iter(refused.values())))
    return sorted(made, key=lambda part: float(part.met.min())), refused


def _answers(asked: Conditioned, groups: Groups, together: int, repeats: int, rng: np.random.Generator) -> Answers:
    confusion = None if groups.classifier == DECLARED else _confusion(groups)
    blurred: tuple[str, ...] = ()
    rows = np.flatnonzero((asked.wanted >= 0) & (asked.counts.sum(axis=1) > 0))
    if confusion is not None:
        weak = youden(confusion) < WEAKEST
        blurred = tuple(asked.requests[row] for row in rows if weak[asked.wanted[row]])
        rows = rows[~weak[asked.wanted[rows]]]
    if not len(rows):
        raise Inconclusive(
            f"the group classifier cannot tell {asked.attribute} apart well enough to say whether the group asked for "
            "was made; give more labelled reference data, or merge groups that look alike"
        )
    counts, wanted = asked.counts[rows], asked.wanted[rows]
    several = len(rows) > 1 and counts.sum(axis=1).min() > 1
    return Answers(
        attribute=asked.attribute,
        how=asked.how,
        requests=tuple(asked.requests[row] for row in rows),
        wanted=wanted,
        names=asked.names,
        counts=counts,
        confusion=confusion,
        shares=made_shares(counts=counts, confusion=confusion),
        each=met_limits(counts=counts, confusion=confusion, wanted=wanted, levels=LEVELS),
        together=met_limits(
            counts=counts, confusion=confusion, wanted=wanted, levels=simultaneous_levels(LEVELS, together)
        ),
        perfect=perfect_met(wanted=wanted, sizes=counts.sum(axis=1), confusion=confusion, repeats=repeats, rng=rng),
        responds=dependence(counts=counts, confusion=confusion, rng=rng) if several else None,
        more=asked.more,
        blurred=blurred,
    )


def even(part: Answers) -> bool:
    """Whether all groups were asked for equally often, so that it can be asked whether they were made so."""
    return part.how != PROMPT and part.responds is not None and len(set(part.sizes.tolist())) == 1


def _confusion(groups: Groups) -> Ints:
    k = len(groups.told_apart)
    return np.asarray(groups.confusion, dtype=np.int64)[:k, :k]
