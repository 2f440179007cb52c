"""The tables of GA107: associations by subject, continuations by group, shares by prompt."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ...evidence.probes.kinds import Continuations
from ...finding import NOMINAL, Column, Kind, Table
from .association_estimates import adjusted, cells, label
from .contrasts import Contrasted
from .facts import INSULT, LENGTH, REPETITION, SENTIMENT
from .gaps import Gap
from .prompted import Prompted

EXAMPLES = 12
LONGEST = 200
LABELS: Mapping[str, str] = {
    LENGTH: "length in words",
    REPETITION: "share of repeated words",
    SENTIMENT: "sentiment",
    INSULT: "share of texts with an insult",
}


def association_tables(found: Sequence[Contrasted]) -> Iterator[Table]:
    """Every subject of every contrast, that furthest from its target first."""
    number, after_holm = cells(found), adjusted(found)
    for one, p_values in zip(found, after_holm, strict=True):
        reach = one.reach(1 - (1 - NOMINAL) / number)
        order = np.argsort(-np.abs(one.means - one.targets), kind="stable").tolist()
        has_context = bool(np.isfinite(one.context).any())
        rows = tuple(
            (
                one.subjects[at],
                float(one.means[at]),
                float(one.means[at] - reach[at]),
                float(one.means[at] + reach[at]),
                float(one.targets[at]),
                *((float(one.context[at]) if np.isfinite(one.context[at]) else None,) if has_context else ()),
                p_values[at],
                int(one.counts[at]),
                one.clearest[at],
            )
            for at in order
        )
        columns = (
            Column("subject", "Subject", Kind.TEXT),
            Column("nats", "Log-odds in nats", Kind.NUMBER),
            Column("low", "from (95 %, all together)", Kind.NUMBER),
            Column("high", "to (95 %, all together)", Kind.NUMBER),
            Column("target", "Target", Kind.NUMBER),
            *((Column("context", "The same of shares elsewhere", Kind.NUMBER),) if has_context else ()),
            Column("p_adjusted", "p (Holm)", Kind.P_VALUE),
            Column("templates", "Templates", Kind.COUNT),
            Column("example", "The sentence that says it most clearly", Kind.TEXT),
        )
        of = ", beside its mean over all subjects" if one.contrast.centred else ""
        caption = f"{label(one, found)}: by how many nats sentences about each subject are likelier{of}"
        yield Table(f"associations_{found.index(one) + 1}", caption, columns, rows)


def gap_tables(found: Mapping[str, Sequence[Gap]], texts: Sequence[Continuations]) -> Iterator[Table]:
    """Every measure of every group, and some of the texts."""
    number = {measure: len(each) for measure, each in found.items()}
    rows = tuple(
        (
            each.set_name,
            each.group,
            LABELS[measure],
            each.mean,
            each.value,
            each.value - each.reach(1 - (1 - NOMINAL) / number[measure]),
            each.value + each.reach(1 - (1 - NOMINAL) / number[measure]),
            each.prompts,
        )
        for measure, gaps in found.items()
        for each in gaps
    )
    columns = (
        Column("set", "Set", Kind.TEXT),
        Column("group", "Group", Kind.TEXT),
        Column("measure", "Measure", Kind.TEXT),
        Column("mean", "Mean", Kind.NUMBER),
        Column("difference", "Minus the others", Kind.NUMBER),
        Column("low", "from (95 %, all together)", Kind.NUMBER),
        Column("high", "to (95 %, all together)", Kind.NUMBER),
        Column("prompts", "Prompts", Kind.COUNT),
    )
    yield Table(
        "continuations", "Texts that continue prompts about each group, beside those about the others", columns, rows
    )
    yield _examples(texts)


def _examples(texts: Sequence[Continuations]) -> Table:
    rows = []
    for each in texts:
        for group, name in enumerate(each.groups):
            places = np.flatnonzero(each.group == group)[: max(1, EXAMPLES // len(each.groups))]
            rows += [(each.name, name, each.prompts[at], each.texts[at][0][:LONGEST]) for at in places.tolist()[:2]]
    columns = (
        Column("set", "Set", Kind.TEXT),
        Column("group", "Group", Kind.TEXT),
        Column("prompt", "Prompt", Kind.TEXT),
        Column("text", "What the model went on with", Kind.TEXT),
    )
    return Table("examples", "The first prompts of each group, and a continuation of each", columns, tuple(rows))


def prompted_table(found: Prompted, number: int) -> Table:
    """Corrected shares of each group by prompt.

    Args:
        found: of one attribute.
        number: differences whose limits hold together.
    """
    from ...statistics.shares.binomial import normal_quantile

    reach = normal_quantile(1 - (1 - NOMINAL) / number) * found.errors
    rows = tuple(
        (
            prompt,
            group,
            float(found.shares[p, k]),
            float(found.differences[p, k]),
            float(found.differences[p, k] - reach[p, k]),
            float(found.differences[p, k] + reach[p, k]),
            int(found.counts[p].sum()),
        )
        for p, prompt in enumerate(found.prompts)
        for k, group in enumerate(found.groups)
    )
    columns = (
        Column("prompt", "Prompt", Kind.TEXT),
        Column("group", "Group", Kind.TEXT),
        Column("share", "Share, corrected", Kind.SHARE),
        Column("difference", "Minus that of the other prompts", Kind.DIFFERENCE),
        Column("low", "from (95 %, all together)", Kind.DIFFERENCE),
        Column("high", "to (95 %, all together)", Kind.DIFFERENCE),
        Column("images", "Images", Kind.COUNT),
    )
    return Table(
        f"prompts_{found.attribute}", f"Groups of {found.attribute} among the images of each prompt", columns, rows
    )
