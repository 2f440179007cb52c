"""Our own CSV layouts: a sentence a row with its group, subject and template; or a prompt a row with its group."""

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

from ..kinds import ASSOCIATIONS, Contrast
from ..probe_file import Item, ProbeFile, Prompt, wrong
from .csv_rows import header_of, rows

LAYOUT = "genai-audit CSV"
SENTENCES = ("sentence", "group", "subject", "template")
PROMPTS = ("prompt", "group")


def matches(text: str) -> bool:
    """Whether the columns are those of sentences or of prompts about groups."""
    names = header_of(text)
    return "group" in names and ("sentence" in names or "prompt" in names)


def read(path: Path, text: str) -> ProbeFile:
    """The sentences by subject and template, or the prompts.

    Raises:
        UserError: if a column or a value is missing, a cell is given twice, or there are fewer than two groups.
    """
    if "prompt" in header_of(text):
        return _prompts(path, text)
    cells: dict[tuple[str, str], dict[str, str]] = {}
    groups: dict[str, None] = {}
    for line, row in rows(path, text, SENTENCES):
        subject, template, group = (row[name].strip() for name in ("subject", "template", "group"))
        texts = cells.setdefault((subject, template), {})
        if group in texts:
            got = f"two of {group}, {subject}, {template}"
            raise wrong(path, line, "one sentence for each group, subject and template", got, "leave one out")
        texts[group] = row["sentence"].strip()
        groups.setdefault(group)
    _check_groups(path, list(groups))
    items = tuple(Item(texts, "group", template, subject) for (subject, template), texts in cells.items())
    contrasts = contrasts_of(tuple(groups))
    return ProbeFile(path.stem, LAYOUT, ASSOCIATIONS, items=items, variants=tuple(groups), contrasts=contrasts)


def _prompts(path: Path, text: str) -> ProbeFile:
    read = [
        Prompt(row["prompt"].strip(), row["group"].strip(), row.get("pair", "").strip() or f"row {line}")
        for line, row in rows(path, text, PROMPTS)
    ]
    groups = tuple(dict.fromkeys(each.group for each in read))
    _check_groups(path, groups)
    by_pair: dict[str, set[str]] = {}
    for each in read:
        by_pair.setdefault(each.cluster, set()).add(each.group)
    paired = all(len(found) == len(groups) for found in by_pair.values())
    return ProbeFile(path.stem, LAYOUT, "prompts", prompts=tuple(read), paired=paired)


def contrasts_of(groups: tuple[str, ...]) -> tuple[Contrast, ...]:
    """Where nothing is said: the first of each two of up to three groups over the second, else each over the others."""
    if len(groups) <= 3:
        return tuple(Contrast(f"{one} over {other}", {one: 1.0, other: -1.0}) for one, other in combinations(groups, 2))
    return tuple(Contrast(f"{group} over the others", over_the_others(group, groups), centred=True) for group in groups)


def over_the_others(group: str, groups: tuple[str, ...]) -> Mapping[str, float]:
    """Weights of a group against the mean of all others."""
    return {each: 1.0 if each == group else -1.0 / (len(groups) - 1) for each in groups}


def _check_groups(path: Path, groups: "tuple[str, ...] | list[str]") -> None:
    if len(groups) < 2:
        raise wrong(path, None, "at least two groups", ", ".join(groups) or "none", "add one to compare with")
