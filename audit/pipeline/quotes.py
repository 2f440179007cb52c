"""Tracebacks without what they quote of real texts and rows."""

import re

from ...models.records import WITHHELD, quoted
from ..evidence.bundle import Evidence

_QUOTED = re.compile(r"(?<=')[^'\n]{3,}(?=')|(?<=\")[^\"\n]{3,}(?=\")")


def without_records(traceback: str, evidence: Evidence) -> str:
    """A traceback in which whatever stands in quotation marks, and in fewer than five real records, is withheld.

    A message such as `could not convert string to float: 'Ada Lovelace'` would carry a cell into every output.
    """
    real = [each.samples for each in (evidence.reference, evidence.holdout) if each is not None]
    if evidence.modality not in ("text", "tabular") or not real:
        return traceback
    texts = [text for samples in real for text in _texts(samples)]

    def told(found: re.Match[str]) -> str:
        said = found.group()
        return said if quoted(said, sum(said in text for text in texts)) != WITHHELD else WITHHELD

    return _QUOTED.sub(told, traceback)


def _texts(samples: object) -> list[str]:
    """Texts as they are; of a table the cells of every column that holds no numbers."""
    if isinstance(samples, list):
        return samples
    from pandas import DataFrame

    assert isinstance(samples, DataFrame)
    words = samples.select_dtypes(exclude="number")
    return [str(cell) for name in words.columns for cell in words[name].dropna().tolist()]
