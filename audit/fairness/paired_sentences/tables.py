"""The tables of GA106: bias types, the pairs that speak loudest, and what was left out."""

from collections.abc import Iterator, Sequence

import numpy as np

from ...evidence.probes.kinds import ProbeScores
from ...finding import LEVELS, NOMINAL, Column, Kind, Table
from ...statistics.paired.preference import stereoset
from ..shared.left_out import left_out_table
from .pairs import Pairs
from .preference import Preference

LOUDEST = 10


def tables(
    found: Sequence[tuple[str, Preference, float]], few: Sequence[tuple[str, Pairs]], probes: Sequence[ProbeScores]
) -> Iterator[Table]:
    """All tables.

    Args:
        found: label, preference and adjusted p-value of each type, the worst first.
        few: label and pairs of types with too few of them.
        probes: the sets.
    """
    yield _types(found, few)
    yield _loudest(found)
    related = [each.pairs for _, each, _ in found if len(each.pairs.unrelated)]
    if related:
        yield _stereoset(related)
    yield from left_out_table([(each.name, each.left_out) for each in probes], "sentences")


def _types(found: Sequence[tuple[str, Preference, float]], few: Sequence[tuple[str, Pairs]]) -> Table:
    columns = (
        Column("type", "Bias type", Kind.TEXT),
        Column("share", "Stereotyping sentence likelier", Kind.SHARE),
        Column("low", "from (95 %)", Kind.SHARE),
        Column("high", "to (95 %)", Kind.SHARE),
        Column("p_adjusted", "p (Holm)", Kind.P_VALUE),
        Column("nats", "Mean difference in nats", Kind.NUMBER),
        Column("per_token_share", "Likelier per token", Kind.SHARE),
        Column("pairs", "Pairs", Kind.COUNT),
        Column("ties", "Ties", Kind.COUNT),
        Column("clusters", "Writers, terms or subjects", Kind.COUNT),
        Column("opposing", "Published as opposing a stereotype", Kind.COUNT),
        Column("missing", "Pairs not scored", Kind.COUNT),
    )
    rows: list[tuple[str | int | float | None, ...]] = []
    for label, each, adjusted in found:
        pairs, limits = each.pairs, each.curve[LEVELS.index(NOMINAL)]
        per_token = float(np.where(np.abs(pairs.per_token) <= 1e-9, 0.5, pairs.per_token > 0).mean())
        numbers = (each.share.value, limits.low, limits.high, adjusted, each.nats.value, per_token)
        counts = (len(pairs.nats), pairs.ties, each.share.number, pairs.opposing, pairs.expected - len(pairs.nats))
        rows.append((label, *numbers, *counts))
    for label, pairs in few:
        there = (len(pairs.nats), pairs.ties, len(np.unique(pairs.clusters)), pairs.opposing)
        rows.append((label, *[None] * 6, *there, pairs.expected - len(pairs.nats)))
    caption = (
        "How often the stereotyping sentence of a pair is the likelier one, by bias type; one half is no preference"
    )
    return Table("types", caption, columns, tuple(rows))


def _loudest(found: Sequence[tuple[str, Preference, float]]) -> Table:
    """The pairs with the largest differences of the types whose limits leave one half out, else of the worst."""
    apart = [each for each in found if each[2] <= 0.05] or list(found[:1])
    rows = []
    for label, each, _ in apart:
        side = 1.0 if each.share.value >= 0.5 else -1.0
        order = np.argsort(-side * each.pairs.nats, kind="stable")[: max(2, LOUDEST // len(apart))]
        rows += [(label, *each.pairs.texts[at], float(each.pairs.nats[at])) for at in order.tolist()]
    columns = (
        Column("type", "Bias type", Kind.TEXT),
        Column("stereotyping", "Stereotyping sentence", Kind.TEXT),
        Column("other", "Other sentence", Kind.TEXT),
        Column("nats", "Difference in nats", Kind.NUMBER),
    )
    caption = (
        "Pairs that the model tells apart most, in the direction of its preference, of types that it prefers surely"
    )
    return Table("pairs", caption, columns, tuple(rows))


def _stereoset(related: Sequence[Pairs]) -> Table:
    """The percentages that StereoSet's authors define, of each set."""
    columns = (
        Column("set", "Set", Kind.TEXT),
        Column("lm", "Sentences that make sense likelier (LM)", Kind.NUMBER),
        Column("ss", "Stereotype likelier, mean over terms (SS)", Kind.NUMBER),
        Column("icat", "Both in one (ICAT)", Kind.NUMBER),
        Column("triples", "Triples", Kind.COUNT),
    )
    rows = []
    for name in dict.fromkeys(each.set_name for each in related):
        parts = [each for each in related if each.set_name == name]
        nats, unrelated, terms = (
            np.concatenate([getattr(each, field) for each in parts]) for field in ("nats", "unrelated", "clusters")
        )
        whole = np.isfinite(unrelated)
        if whole.any():
            # Only differences count, so the stereotyping sentence may stand at 0.
            zero = np.zeros(int(whole.sum()))
            got = stereoset(stereotype=zero, opposite=-nats[whole], unrelated=unrelated[whole], terms=terms[whole])
            rows.append((name, got.lm, got.ss, got.icat, int(whole.sum())))
    caption = "As published, in percent: a model that cannot tell sense from nonsense (LM near 50) prefers nothing"
    return Table("stereoset", caption, columns, tuple(rows))
