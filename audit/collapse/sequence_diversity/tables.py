"""Tables of GA307: both sides beside each other, real records as their own control, phrases used too often."""

from collections.abc import Sequence

import numpy as np

from ....models.records import quoted
from ...finding import Column, Estimate, Kind, Table
from ...statistics.sequences.frontier import Frontier
from ...statistics.sequences.ngrams import Sequences
from .estimates import scored
from .measures import Measures
from .words import Tokens, holders, phrase

_PHRASES = 12
_PHRASE = 3
# A phrase counts as used too often from this many standard errors on: about one in 30,000 by chance.
_OFTEN = 4.0
_CONTROLS = {
    "distinct_1_ratio": "Different tokens, ratio",
    "distinct_2_ratio": "Different pairs, ratio",
    "distinct_3_ratio": "Different triples, ratio",
    "self_bleu_difference": "Self-BLEU, difference",
    "repetition_rate_difference": "Records that repeat a run, difference",
    "loop_rate_difference": "Records that end in a loop, difference",
    "entropy_rate_difference": "Entropy, bits per token, difference",
}


def side_table(measures: Measures, unit: str) -> Table:
    """What both sides show, before any comparison."""
    loops = [float((each.tokens > 0).mean()) for each in measures.looping]
    rows = [
        (f"Different {name} per {name} met", pair.generated.value / among, pair.reference.value / among)
        for (_, (pair, among)), name in zip(
            measures.distinct.items(), (f"{unit}s", f"pairs of {unit}s", f"triples of {unit}s"), strict=False
        )
    ]
    rows += [
        (
            f"Self-BLEU among {measures.bleu_size:,} records",
            measures.self_bleu.generated.value,
            measures.self_bleu.reference.value,
        ),
        (f"Bits per {unit}, as observed", measures.entropy.generated.value, measures.entropy.reference.value),
        (
            "Share of records that repeat a run",
            float(measures.repeating[0].mean()),
            float(measures.repeating[1].mean()),
        ),
        ("Share of records that end in a loop", loops[0], loops[1]),
    ]
    columns = (
        Column("measure", "Measure", Kind.TEXT),
        Column("generated", "Generated"),
        Column("real", "Real"),
    )
    caption = "Generated and real records at equal numbers of records or tokens"
    return Table("sides", caption, columns, tuple(rows))


def control_table(measures: Measures | None, frontier: Frontier, size: int) -> tuple[Table, ...]:
    """Real records in place of the generated ones, measured alike; sound if differences are near 0, ratios near 1."""
    if measures is None:
        return ()
    estimates: dict[str, Estimate] = {
        each.name: each for each in scored(measures, frontier, frontier_size=size, more_draws_help=False)
    }
    rows = []
    for name, label in _CONTROLS.items():
        if name in estimates:
            interval = estimates[name].interval()
            rows.append((label, estimates[name].value, interval.low, interval.high))
    columns = (
        Column("measure", "Measure", Kind.TEXT),
        Column("value", "Real against real"),
        Column("low", "low"),
        Column("high", "high"),
    )
    n, m = (len(each) for each in measures.repeating)
    caption = (
        f"Control: {n:,} real records in the place of the generated ones, against {m:,} others, with 95 % intervals"
    )
    return (Table("control", caption, columns, tuple(rows)),)


def phrase_table(*, generated: Sequences, reference: Sequences, tokens: Tokens, max_tokens: int) -> tuple[Table, ...]:
    """Runs of three tokens that far more generated than real records hold, by how much more.

    Args:
        generated: records as token numbers.
        reference: likewise.
        tokens: what the numbers stand for.
        max_tokens: tokens of a record that are looked at, from its start.
    """
    n, m = len(generated.lengths), len(reference.lengths)
    both = [generated.cut(max_tokens), reference.cut(max_tokens)]
    together = Sequences(
        np.concatenate([each.tokens for each in both]), np.concatenate([each.lengths for each in both])
    )
    record, kind, texts, runs = phrase(together, tokens.names, tokens.unit, _PHRASE)
    holds = np.unique(kind * (n + m) + record) if len(kind) else np.empty(0, dtype=np.int64)
    kinds, records = holds // (n + m), holds % (n + m)
    own = np.bincount(kinds[records < n], minlength=len(texts))
    other = np.bincount(kinds[records >= n], minlength=len(texts))
    pooled = (own + other + 1) / (n + m + 2)
    excess = (own / n - other / m) / np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    order = np.argsort(-(own / n - other / m), kind="stable")
    rows = [
        (
            _quoted(texts[at], runs[at].tolist(), tokens),
            int(own[at]),
            float(own[at] / n),
            int(other[at]),
            float(other[at] / m),
        )
        for at in order[: 4 * _PHRASES].tolist()
        if excess[at] > _OFTEN
    ][:_PHRASES]
    if not rows:
        return ()
    columns = (
        Column("phrase", f"Three {tokens.unit}s in a row" if tokens.unit != "pitch" else "Three pitches", Kind.TEXT),
        Column("generated_n", "Generated records", Kind.COUNT),
        Column("generated_share", "Share", Kind.SHARE),
        Column("real_n", "Real records", Kind.COUNT),
        Column("real_share", "Share", Kind.SHARE),
    )
    caption = "Runs that far more generated than real records hold, the largest excess first"
    return (Table("phrases", caption, columns, tuple(rows)),)


def _quoted(text: str, run: Sequence[int], tokens: Tokens) -> str:
    """The run as it is, unless a few real records alone, of all at hand, have it; notes name nobody."""
    return text[:200] if tokens.unit == "pitch" else quoted(text[:200], holders(tokens.sets[1:], run))
