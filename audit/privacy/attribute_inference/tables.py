"""The table of GA407: each column that was guessed."""

import numpy as np

from ...finding import Column, Kind, Table
from .attack import Attacked
from .estimates import ranked


def secrets_table(found: Attacked) -> Table:
    """Hits by column, the largest excess first."""
    columns = (
        Column("column", "Guessed column", Kind.TEXT),
        Column("attack", "by the", Kind.TEXT),
        Column("tolerance", "A guess may be off by", Kind.NUMBER),
        Column("training", "Right about training records", Kind.SHARE),
        Column("holdout", "Right about held-out records", Kind.SHARE),
        Column("excess", "Excess", Kind.DIFFERENCE),
        Column("p", "p, all guesses together", Kind.P_VALUE, floor=1 / (1 + len(found.joint.largest))),
        Column("others", "Right from other real records instead", Kind.SHARE),
        Column("mcnemar", "p of generated telling more than those (McNemar)", Kind.P_VALUE),
    )
    caption = (
        "Each column of a person guessed from all others, by generated records. Beside it the guess by the "
        "nearest other training record, which tells what a column gives away by itself"
    )
    return Table("secrets", caption, columns, tuple(_row(found, int(at)) for at in ranked(found)))


def _row(found: Attacked, at: int) -> tuple[str | float | None, ...]:
    excess, secret = found.excesses[at], found.secrets[at]
    hit, other = found.hit[:, at], found.baseline[:, at]
    return (
        secret.name,
        found.attacks[at],
        secret.tolerance,
        excess.hits / excess.people,
        excess.control_hits / excess.control,
        excess.value,
        float(found.joint.tested.adjusted[at]),
        float(other.mean()),
        mcnemar(hit, other),
    )


def mcnemar(hit: np.ndarray, other: np.ndarray) -> float:
    """One-sided exact p-value of guesses from generated records being right no more often, on the same people.

    Reference: McNemar 1947, doi:10.1007/BF02295996.
    """
    differences = hit.astype(np.int64) - other.astype(np.int64)
    if not differences.any():
        return 1.0
    from scipy.special import bdtrc

    won, lost = int((differences > 0).sum()), int((differences < 0).sum())
    return float(bdtrc(won - 1, won + lost, 0.5)) if won else 1.0
