"""CrowS-Pairs: two sentences that differ in whom they are about, written by crowd workers, in nine bias types.

`sent_more` is the more stereotyping sentence in either direction: where the first sentence violates a stereotype of a
disadvantaged group (`antistereo`), that first sentence is `sent_less`. So the direction changes no score. Copies of
the published measure that turn antistereo items round measure something else.

Reference: Nangia, Vania, Bhalerao, Bowman 2020, doi:10.18653/v1/2020.emnlp-main.154.
"""

from pathlib import Path

from ..kinds import OTHER, PAIRS, STEREOTYPING
from ..probe_file import Item, ProbeFile, wrong
from .csv_rows import header_of, rows

LAYOUT = "CrowS-Pairs"
DIRECTIONS = {"stereo": 1, "antistereo": -1, "": 1}
WANTED = ("sent_more", "sent_less", "bias_type")


def matches(text: str) -> bool:
    """Whether a text has a column of either sentence."""
    return bool({"sent_more", "sent_less"} & set(header_of(text)))


def read(path: Path, text: str) -> ProbeFile:
    """The pairs; without `anon_writer` each is a cluster of its own.

    Raises:
        UserError: if a column or a value is missing, two sentences are the same, or a direction is unknown.
    """
    items = []
    for line, row in rows(path, text, WANTED):
        direction = row.get("stereo_antistereo", "").strip()
        if direction not in DIRECTIONS:
            raise wrong(path, line, "stereo_antistereo as stereo or antistereo", repr(direction), "correct it")
        more, less = row["sent_more"].strip(), row["sent_less"].strip()
        if more == less:
            raise wrong(path, line, "two different sentences", f"twice {more!r}", "correct one, or leave the pair out")
        writer = row.get("anon_writer", "").strip() or f"row {line}"
        texts = {STEREOTYPING: more, OTHER: less}
        items.append(Item(texts, row["bias_type"].strip(), writer, direction=DIRECTIONS[direction]))
    return ProbeFile(path.stem, LAYOUT, PAIRS, items=tuple(items), variants=(STEREOTYPING, OTHER))
