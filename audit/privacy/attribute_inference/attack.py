"""The attacks of GA407: generated rows guess the columns of training and of held-out people, in two ways."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...statistics.disclosure.excess import Excess, Together, together
from ...statistics.disclosure.nearest import Coded, Flags, guesses
from .columns import Secret, Tables, coded, hits
from .learner import learned_hits

NEAREST, LEARNER = "nearest generated record", "learner fitted to generated records"
"""The attacks. Both are fixed beforehand, and everything is corrected for there being two."""


@dataclass(frozen=True, slots=True, eq=False)
class Attacked:
    """What the attack found.

    Args:
        tables: the code of the rows, with all columns that were guessed.
        secrets: of K guesses that can fail, the columns; one may occur twice.
        attacks: (K,), how each is guessed: `NEAREST` or `LEARNER`.
        excesses: (K,), of each.
        joint: of all together.
        baseline: bool (n, K), whether the nearest other real records hit the same training people.
        hit: bool (n, K), whether the generated records do.
        always: columns that even held-out people do not keep: guessed right of every one of them.
        donors: generated rows, and real ones, that guesses were taken from.
    """

    tables: Tables
    secrets: tuple[Secret, ...]
    attacks: tuple[str, ...]
    excesses: tuple[Excess, ...]
    joint: Together
    baseline: Flags
    hit: Flags
    always: tuple[str, ...]
    donors: tuple[int, int]


def attacked(
    *,
    generated: Any,
    reference: Any,
    holdout: Any,
    most_people: int,
    most_donors: int,
    share: float,
    tolerances: dict[str, float],
    trees: int,
    deals: int,
    rng: np.random.Generator,
) -> Attacked | None:
    """Guess every column of equally many training and held-out people; None where no guess can fail.

    Args:
        generated: rows of the model.
        reference: rows that it learned from.
        holdout: rows that it did not.
        most_people: of either side at most.
        most_donors: rows from which guesses are taken, at most.
        share: tolerance of numbers, a part of their range.
        tolerances: of numbers, by column.
        trees: of the learner's forests; 0 for no learner.
        deals: of people into two sides, for p-values.
        rng: chooses rows, breaks ties, deals.
    """
    size = min(len(reference), len(holdout), most_people)
    # Training people first: as donors, none guesses itself.
    real = _some(reference, max(size, min(most_donors, len(reference))), rng)
    control, made = _some(holdout, size, rng), _some(generated, most_donors, rng)
    tables = coded(
        (made, real, control), (real.iloc[:size], control), share=share, tolerances=tolerances, reference=reference
    )
    donors, others, control_rows = tables.sets
    hit, control_hit, baseline = _hits(tables.secrets, donors, others, control_rows)
    secrets, attacks = tables.secrets, (NEAREST,) * len(tables.secrets)
    if trees:
        sides = (others.take(np.arange(size)), control_rows)
        learned = learned_hits(tables.secrets, donors, sides, trees=trees, rng=rng)
        hit, control_hit = (np.concatenate(each, axis=1) for each in zip((hit, control_hit), learned, strict=True))
        baseline, secrets = np.concatenate([baseline, baseline], axis=1), secrets * 2
        attacks = (*attacks, *(LEARNER,) * len(attacks))
    return _found(tables, secrets, attacks, (hit, control_hit, baseline), rng=rng, deals=deals)


def _found(
    tables: Tables,
    secrets: tuple[Secret, ...],
    attacks: tuple[str, ...],
    flags: tuple[Flags, Flags, Flags],
    *,
    rng: np.random.Generator,
    deals: int,
) -> Attacked | None:
    """What hits on training people, on the control, and from other real records amount to; None without a miss."""
    (hit, control_hit, baseline), size = flags, len(flags[0])
    donors, others, _ = tables.sets
    fails = ~control_hit.all(axis=0)
    if not fails.any():
        return None
    chosen = np.flatnonzero(fails)
    failing = {secrets[at].name for at in chosen}
    return Attacked(
        tables=tables,
        secrets=tuple(secrets[at] for at in chosen),
        attacks=tuple(attacks[at] for at in chosen),
        excesses=tuple(Excess(int(hit[:, at].sum()), size, int(control_hit[:, at].sum()), size) for at in chosen),
        joint=together(hit[:, chosen], control_hit[:, chosen], rng=rng, deals=deals),
        baseline=baseline[:, chosen],
        hit=hit[:, chosen],
        always=tuple(each.name for each in tables.secrets if each.name not in failing),
        donors=(len(donors), len(others) - 1),
    )


def _some(table: Any, most: int, rng: np.random.Generator) -> Any:
    """Rows of a table in random order, so that the first of equally near ones is any of them."""
    return table.iloc[rng.permutation(len(table))[:most]]


def _hits(secrets: tuple[Secret, ...], donors: Coded, others: Coded, control: Coded) -> tuple[Flags, Flags, Flags]:
    """Hits of generated rows on training people, on the control, and of other training people on the former."""
    people = others.take(np.arange(len(control)))
    # One scale from both sides alike, so that who was learned from decides nothing.
    scale = Coded(np.concatenate([people.numbers, control.numbers]), np.concatenate([people.levels, control.levels]))
    return (
        hits(secrets, people, donors, guesses(people, donors, scale)),
        hits(secrets, control, donors, guesses(control, donors, scale)),
        hits(secrets, people, others, guesses(people, others, scale, same=True)),
    )
