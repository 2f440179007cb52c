"""What GA101 shows of a judge whose errors nobody counted: its counts as they are, which are no shares."""

from collections.abc import Iterator, Sequence

import numpy as np

from ...evidence.judged.kind import Judged
from ...finding import Column, Exhibit, Kind, Pictures, Table

EACH = 8
"""Pictures of each group shown."""


def counted_table(judged: Judged) -> Table:
    """How many pictures of each group the judge counted among generated and among real ones."""
    own, real = (_counts(each, len(judged.names)) for each in (judged.generated, judged.reference))
    rows = []
    for k, name in enumerate(judged.names):
        clear = judged.probability[judged.generated == k] if len(judged.probability) else judged.probability
        rows.append(
            (
                name,
                int(own[k]),
                _share(own, k),
                int(real[k]),
                _share(real, k),
                float(clear.mean(dtype=np.float64)) if len(clear) else None,
            )
        )
    columns = (
        Column("group", "Group", Kind.TEXT),
        Column("generated", "Samples counted so", Kind.COUNT),
        Column("uncorrected", "Uncorrected share", Kind.SHARE),
        Column("reference", "Real records counted so", Kind.COUNT),
        Column("uncorrected_reference", "Uncorrected share, real", Kind.SHARE),
        Column("probability", "Mean probability that the judge gave", Kind.SHARE),
    )
    nobody = int((judged.generated < 0).sum())
    unseen = f" {nobody:,} samples are no finite numbers and belong to none." if nobody else ""
    caption = (
        f"{judged.attribute}, uncorrected: how often the judge errs is not known here, so these are counts of what it "
        f"said, and not shares of the groups.{unseen}"
    )
    return Table(f"counted_{judged.attribute}", caption, columns, tuple(rows))


def counted_pictures(judged: Sequence[Judged]) -> Iterator[Exhibit]:
    """The first generated pictures of each group, as the judge told them."""
    for each in judged:
        pictures = (
            Pictures(f"{name}, generated (as the judge says)", "generated", _first(each.generated, k))
            for k, name in enumerate(each.names)
        )
        caption = f"{each.attribute}: the first generated samples that the judge counted to every group"
        shown = tuple(one for one in pictures if one.indices)
        if shown:
            yield Exhibit(f"counted_{each.attribute}", caption, "grid", shown)


def _first(told: np.ndarray, k: int) -> tuple[int, ...]:
    return tuple(int(index) for index in np.flatnonzero(told == k)[:EACH])


def _counts(told: np.ndarray, k: int) -> np.ndarray:
    return np.bincount(told[told >= 0], minlength=k)


def _share(counts: np.ndarray, k: int) -> float | None:
    return float(counts[k] / counts.sum()) if counts.sum() else None
