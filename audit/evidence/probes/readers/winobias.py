"""WinoBias: numbered sentences with an occupation and a pronoun in brackets; two files make pairs, line by line.

In the pro-stereotypical file the pronoun is that of the majority in the occupation. Half of the pairs have `he` there
and half `she`, so a model that merely says `he` more often prefers neither. The occupation in brackets is the cluster.

Reference: Zhao, Wang, Yatskar, Ordonez, Chang 2018, doi:10.18653/v1/N18-2003.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from .....models.errors import UserError
from ..kinds import OTHER, PAIRS, STEREOTYPING
from ..probe_file import Item, ProbeFile, wrong

LAYOUT = "WinoBias"
LINE = re.compile(r"(\d+)\s+(\S.*)")
BRACKETS = re.compile(r"\[([^\[\]]+)\]")
SIDES = re.compile(r"(?<![A-Za-z])(pro|anti)(?![A-Za-z])", re.IGNORECASE)
MOST_ODD = 0.1
"""The share of lines that may make no pair."""

PRONOUNS = frozenset(["he", "she", "him", "her", "his", "hers", "himself", "herself"])


def matches(text: str) -> bool:
    """Whether the first line is numbered and has brackets."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    return LINE.fullmatch(first.strip()) is not None and BRACKETS.search(first) is not None


def read(files: Iterable[tuple[Path, str]]) -> Iterator[ProbeFile]:
    """The pairs that the files make, one set for each two.

    Raises:
        UserError: if a file's name says neither pro nor anti, its other half is missing, or lines make no pair.
    """
    sides: dict[str, dict[str, tuple[Path, str]]] = {}
    for path, text in files:
        found = SIDES.search(path.name)
        if found is None:
            raise wrong(path, None, "a name with `pro` or `anti`, which says whose side it is", path.name, "rename it")
        key = SIDES.sub("*", path.name, count=1)
        sides.setdefault(key, {})[found[0].lower()] = (path, text)
    for each in sides.values():
        if len(each) == 1:
            ((side, (path, _)),) = each.items()
            other = "anti" if side == "pro" else "pro"
            name = SIDES.sub(other, path.name, count=1)
            raise wrong(path, None, "a pro and an anti file, whose lines make pairs", "one", f"add --probes …/{name}")
        yield _paired(each["pro"], each["anti"])


def _paired(pro: tuple[Path, str], anti: tuple[Path, str]) -> ProbeFile:
    (path, _), (opposite, _) = pro, anti
    ours, theirs = list(_lines(*pro)), list(_lines(*anti))
    if len(ours) != len(theirs):
        raise UserError(
            f"{path}, {opposite}: expected as many lines in both, got {len(ours)} and {len(theirs)}; "
            "their lines make pairs"
        )
    items, left_out = [], 0
    for (line, one), (_, other) in zip(ours, theirs, strict=True):
        kept, turned = (BRACKETS.sub(_without_pronoun, each) for each in (one, other))
        if _words(kept) != _words(turned) or one == other:
            left_out += 1  # A few lines of the published files differ in more than the pronoun.
            if left_out > MOST_ODD * len(ours):
                wanted = f"the sentence of {opposite.name} but for the pronoun"
                raise wrong(path, line, wanted, repr(other), "the lines of both files must make pairs")
            continue
        texts = {STEREOTYPING: BRACKETS.sub(r"\1", one), OTHER: BRACKETS.sub(r"\1", other)}
        named = [each.lower() for each in BRACKETS.findall(one) if each.lower() not in PRONOUNS]
        cluster = re.sub(r"^(the|a|an) ", "", named[0].strip()) if named else f"line {line}"
        items.append(Item(texts, "gender", cluster))
    stem = SIDES.sub("", path.name, count=1).strip("_-. ").removeprefix("stereotyped_")
    source = f"{path} | {opposite}"
    variants = (STEREOTYPING, OTHER)
    odd = {"the two lines differ in more than the pronoun": 2 * left_out} if left_out else {}
    return ProbeFile(f"WinoBias {stem}", LAYOUT, PAIRS, source, items=tuple(items), variants=variants, left_out=odd)


def _lines(path: Path, text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            found = LINE.fullmatch(line.strip())
            if found is None or not BRACKETS.search(found[2]):
                raise wrong(path, number, "a number and a sentence with [brackets]", repr(line), "correct the line")
            yield number, found[2]


def _without_pronoun(found: re.Match[str]) -> str:
    return "·" if found[1].strip().lower() in PRONOUNS else found[0]


def _words(text: str) -> list[str]:
    return [each for each in re.sub(r"[\[\]]", "", text).split() if each]
