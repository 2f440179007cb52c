"""What the evidence of GA406 says: repetitions by kind, and of all kinds but names together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...evidence.identifiers.kind import HOLDOUT, SEVERAL, TRAINING, Identifiers
from ...evidence.identifiers.patterns import NAME
from ...statistics.disclosure.repeated import Excess, repeated

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """Repetitions of one kind of identifier, or of several.

    Args:
        kind: what they are; None for all but names.
        reproduced: generated records that repeat something of the training data.
        excess: beyond chance; None where no held-out record has an identifier of the kind.
        repetitions: of training identifiers, different ones.
        present: whether the training data have any.
    """

    kind: str | None
    reproduced: int
    excess: Excess | None
    repetitions: int
    present: bool


def counted(seen: Identifiers) -> tuple[Counted, ...]:
    """All kinds but names together, then each kind."""
    names = [at for at, kind in enumerate(seen.kinds) if kind == NAME]
    strong = ~np.isin(seen.kind, names)
    whole = _counted(seen, None, strong, seen.holders[-1])
    return (whole, *(_counted(seen, kind, seen.kind == at, seen.holders[at]) for at, kind in enumerate(seen.kinds)))


def _counted(seen: Identifiers, kind: str | None, chosen: Flags, holders: NDArray[np.int64]) -> Counted:
    drawn = int(seen.records[2])
    sides = []
    for side in (TRAINING, HOLDOUT):
        of = chosen & (seen.side == side)
        sides.append(repeated(rows=seen.rows[of], sources=seen.sources[of], drawn=drawn, holders=int(holders[side])))
    learned = chosen & ((seen.side == TRAINING) | (seen.side == SEVERAL))
    return Counted(
        kind=kind,
        reproduced=len(np.unique(seen.rows[learned])),
        excess=Excess(sides[0], sides[1], drawn) if holders[HOLDOUT] and holders[TRAINING] else None,
        repetitions=len(np.unique(seen.values[learned])),
        present=bool(_of_kind(seen, kind)[[TRAINING, SEVERAL]].sum()),
    )


def _of_kind(seen: Identifiers, kind: str | None) -> NDArray[np.int64]:
    """Different identifiers of the kind, (3,) by whose they are."""
    of = [each == kind if kind is not None else each != NAME for each in seen.kinds]
    counts: NDArray[np.int64] = seen.distinct[np.array(of, dtype=np.bool_)].sum(axis=0)
    return counts
