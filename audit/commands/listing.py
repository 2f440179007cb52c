"""What `genai-audit list` prints."""

from collections.abc import Sequence


def lines(what: str) -> list[str]:
    """A table as aligned lines: models, auditors, data or encoders."""
    rows = {"models": _models, "auditors": _auditors, "data": _data, "encoders": _encoders}[what]()
    return _aligned(rows)


def _models() -> list[tuple[str, ...]]:
    from ...models.families.catalogue import FAMILIES

    head = ("NAME", "MODALITY", "LIKELIHOOD", "CAPABILITIES", "WHAT IT IS")
    return [
        head,
        *((f.name, f.modality, f.likelihood, ", ".join(f.capabilities), f.summary) for f in FAMILIES.values()),
    ]


def _auditors() -> list[tuple[str, ...]]:
    from ..catalogue import AUDITORS

    head = ("CODE", "TITLE", "QUESTION")
    return [head, *((each.code, each.title, each.question) for each in AUDITORS)]


def _data() -> list[tuple[str, ...]]:
    from ...models.data.datasets import BUNDLED

    return [("NAME", "MODALITY", "WHAT IT IS"), *((name, data.modality, data.about) for name, data in BUNDLED.items())]


def _encoders() -> list[tuple[str, ...]]:
    from ...models.encoders.catalogue import OTHERS, listed

    return [("NAME", "MODALITY", "WHAT IT IS"), *listed(), ("…", "", f"or {OTHERS}: see docs/guide/encoders.md")]


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
