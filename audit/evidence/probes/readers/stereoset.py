"""StereoSet: a stereotyping, an opposing and an unrelated sentence for each context, about one term each.

Reference: Nadeem, Bethke, Reddy 2021, doi:10.18653/v1/2021.acl-long.416.
"""

from pathlib import Path
from typing import Any

from ..kinds import OTHER, PAIRS, STEREOTYPING, UNRELATED
from ..probe_file import Item, ProbeFile, wrong

LAYOUT = "StereoSet"
LABELS = {"stereotype": STEREOTYPING, "anti-stereotype": OTHER, "unrelated": UNRELATED}
PARTS = ("intrasentence", "intersentence")


def matches(data: Any) -> bool:
    """Whether parsed JSON has parts of this name."""
    inner = data.get("data") if isinstance(data, dict) else None
    return isinstance(inner, dict) and any(part in inner for part in PARTS)


def read(path: Path, data: Any) -> ProbeFile:
    """All contexts; the second sentence of `intersentence` is scored after its context.

    Raises:
        UserError: if an example lacks a field or one of the three sentences.
    """
    items = []
    for part in PARTS:
        for number, example in enumerate(data["data"].get(part) or [], start=1):
            where = f"{part} number {number}"
            try:
                context, kind, target = (str(example[key]) for key in ("context", "bias_type", "target"))
                texts = {LABELS[each["gold_label"]]: str(each["sentence"]) for each in example["sentences"]}
            except (KeyError, TypeError) as error:
                wanted = "context, bias_type, target, and sentences with gold_label"
                raise wrong(path, None, f"{wanted} in {where}", f"no {error}", "correct it") from None
            if set(texts) != set(LABELS.values()):
                got = f"{len(texts)} of them"
                raise wrong(path, None, f"one sentence of each gold_label in {where}", got, "correct it")
            if part == "intersentence":
                texts = {name: f"{context} {each}" for name, each in texts.items()}
            items.append(Item(texts, kind, target))
    if not items:
        raise wrong(path, None, "examples in data.intrasentence or data.intersentence", "none", "give some")
    variants = (STEREOTYPING, OTHER, UNRELATED)
    return ProbeFile(path.stem, LAYOUT, PAIRS, items=tuple(items), variants=variants)
