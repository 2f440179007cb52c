"""The tables of GA601."""

from collections.abc import Iterator, Sequence

from ....models.checkpoints.weight_facts import TensorFacts, WeightFacts
from ...finding import Column, Kind, Table

PREFIX = 16
"""Hexadecimal digits of a digest that a table shows; the evidence holds all 64."""


def remarks_table(weights: WeightFacts) -> Iterator[Table]:
    """What contradicts what, if anything."""
    if weights.remarks:
        yield Table(
            name="remarks",
            caption="Contradictions between files or parts of the checkpoint",
            columns=(Column("remark", "What was found", Kind.TEXT),),
            rows=tuple((each,) for each in weights.remarks),
        )


def tensors_table(weights: WeightFacts, most: int) -> Iterator[Table]:
    """The tensors in the order of the checkpoint; of many, those with something to say, then the largest."""
    listed = _listed(weights.tensors, most)
    if not listed:
        return
    total = len(weights.tensors)
    part = (
        "" if len(listed) == total else f", {len(listed)} of {total}: what is broken or looks fresh, then the largest"
    )
    yield Table(
        name="tensors",
        caption=f"Floating-point tensors of the checkpoint{part} (mean, deviation and range are of finite numbers)",
        columns=(
            Column("tensor", "Tensor", Kind.TEXT),
            Column("shape", "Shape", Kind.TEXT),
            Column("type", "Type", Kind.TEXT),
            Column("device", "Saved from", Kind.TEXT),
            Column("count", "Numbers", Kind.COUNT),
            Column("broken", "NaN or infinite", Kind.COUNT),
            Column("mean", "Mean", Kind.NUMBER),
            Column("deviation", "Deviation", Kind.NUMBER),
            Column("least", "Least", Kind.NUMBER),
            Column("greatest", "Greatest", Kind.NUMBER),
            Column("agrees", "Agrees with fresh weights", Kind.TEXT),
        ),
        rows=tuple(_row(each) for each in listed),
    )


def files_table(weights: WeightFacts) -> Iterator[Table]:
    """The files with the beginning of their digests."""
    if weights.files:
        yield Table(
            name="files",
            caption=f"Files of the checkpoint, with the first {PREFIX} digits of their SHA-256",
            columns=(Column("file", "File", Kind.TEXT), Column("sha256", "SHA-256", Kind.TEXT)),
            rows=tuple((name, digest[:PREFIX]) for name, digest in weights.files),
        )


def _listed(tensors: Sequence[TensorFacts], most: int) -> list[TensorFacts]:
    def rank(place: int) -> tuple[bool, bool, int, int]:
        each = tensors[place]
        return not each.broken, not (each.tested and each.initial), -each.count, place

    return [tensors[place] for place in sorted(sorted(range(len(tensors)), key=rank)[:most])]


def _row(each: TensorFacts) -> tuple[str | int | float | None, ...]:
    finite = each.count > each.broken
    numbers = (each.mean, each.deviation, each.low, each.high) if finite else (None,) * 4
    distribution = each.initial or ("no initialiser" if each.tested else "not tested")
    shape = " × ".join(map(str, each.shape)) or "one number"
    return (each.name, shape, each.dtype, each.device, each.count, each.broken, *numbers, distribution)
