"""The groups of pictures in words: a YAML file of attributes, their groups, and prompts that describe each group."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import UserError, shortened
from ...reading.plain_yaml import NotPlain, read_plain

OPTION = "--group-prompts"

FORM = "{ATTRIBUTE: {GROUP: [PROMPT, …], …}, …}, e.g. {animal: {cat: a photo of a cat, dog: a photo of a dog}}"

MOST_GROUPS, MOST_PROMPTS = 100, 1_000
"""Of an attribute, and of a group."""


@dataclass(frozen=True, slots=True)
class Described:
    """One attribute.

    Args:
        attribute: its name.
        names: of its K groups, at least two.
        prompts: of each group, at least one.
    """

    attribute: str
    names: tuple[str, ...]
    prompts: tuple[tuple[str, ...], ...]


def read_descriptions(path: Path) -> tuple[Described, ...]:
    """The attributes in a file, in its order.

    Raises:
        UserError: if it is no such file, or an attribute has fewer than two groups, or a group no prompt of its own.
    """
    try:
        data = read_plain(path, f"a YAML file of {FORM}").data
    except NotPlain as error:
        raise UserError(f"{OPTION} {path}: line {error.line}: {error.what}") from None
    except OSError as error:
        raise UserError(f"{OPTION} {path}: expected a file to read, got {error.strerror}; check the path") from None
    if not isinstance(data, Mapping) or not data:
        raise UserError(f"{OPTION} {path}: expected {FORM}, got {_shown(data)}")
    return tuple(_described(f"{OPTION} {path}", str(name), groups) for name, groups in data.items())


def _described(where: str, attribute: str, groups: Any) -> Described:
    where = f"{where}: {shortened(attribute)}"
    if not isinstance(groups, Mapping):
        raise UserError(f"{where}: expected groups with prompts, {FORM}, got {_shown(groups)}")
    if not 2 <= len(groups) <= MOST_GROUPS:
        listed = ", ".join(map(str, groups)) or "none"
        raise UserError(
            f"{where}: expected between 2 and {MOST_GROUPS} groups to choose from, got {len(groups)} "
            f"({shortened(listed)}); describe what the other pictures show, too"
        )
    names = tuple(map(str, groups))
    if len(set(names)) < len(names):
        raise UserError(f"{where}: expected names of groups that differ, got {shortened(', '.join(names))}")
    prompts = tuple(
        _prompts(f"{where}: {shortened(name)}", given) for name, given in zip(names, groups.values(), strict=True)
    )
    owners: dict[str, str] = {}
    for name, own in zip(names, prompts, strict=True):
        for prompt in own:
            if owners.setdefault(prompt, name) != name:
                raise UserError(
                    f"{where}: expected prompts that tell groups apart, got {shortened(repr(prompt))} for both "
                    f"{owners[prompt]} and {name}; correct one"
                )
    return Described(attribute, names, prompts)


def _prompts(where: str, given: Any) -> tuple[str, ...]:
    listed = given if isinstance(given, list) else [given]
    if not 1 <= len(listed) <= MOST_PROMPTS:
        raise UserError(
            f"{where}: expected between 1 and {MOST_PROMPTS:,} prompts, got {len(listed):,}; describe the group, "
            f"e.g. a photo of a {where.rpartition(': ')[2]}"
        )
    for each in listed:
        if not isinstance(each, str) or not each.strip():
            raise UserError(f"{where}: expected prompts as text, got {_shown(each)}; describe the group in words")
    return tuple(dict.fromkeys(listed))


def _shown(value: Any) -> str:
    return "nothing" if value is None else shortened(repr(value))
