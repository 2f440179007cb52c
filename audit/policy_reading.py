"""A policy's file: its content with the line of every value, and mistakes as `FILE:LINE: where: what`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ..models.errors import UserError, shortened
from ..models.reading.plain_yaml import NotPlain, read_plain
from .baseline import read_baseline


class PolicyError(ValueError):
    """A policy file that cannot be used; the message names the file, the line and the remedy."""


MOST_SHOWN = 10
"""Mistakes that are told at once."""

LONGEST_SHOWN = 60
"""Characters of a key or a value that a message shows."""

Lines = dict[tuple[str | int, ...], int]
"""The line of each value, by the keys and places that lead to it."""


def refusal(mistakes: Sequence[str]) -> PolicyError:
    """Several mistakes as one error, the first ones in full."""
    more = len(mistakes) - MOST_SHOWN
    shown = [shortened(each) for each in mistakes[:MOST_SHOWN]]
    return PolicyError("\n".join([*shown, *([f"… and {more:,} more mistakes"] if more > 0 else [])]))


def parse(path: Path) -> tuple[Lines, dict[str, Any]]:
    """The content of a policy, and where each value stands.

    Raises:
        PolicyError: if it is no mapping in plain YAML.
    """
    try:
        plain = read_plain(path, "a policy in YAML")
    except UserError as error:
        raise PolicyError(str(error)) from error
    except OSError as error:
        raise PolicyError(f"{path}: expected a policy in YAML, got: {error.strerror}; check the path") from error
    except NotPlain as error:
        raise PolicyError(f"{path}:{error.line}: {error.what}") from error
    if not isinstance(plain.data, dict):
        got = type(plain.data).__name__
        raise PolicyError(f"{path}:1: expected a mapping with version, name and rules, got {got}")
    lines: Lines = {}
    _collect_lines(plain.node, (), lines)
    return lines, plain.data


def with_baselines(path: Path, lines: Lines, data: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The content with what other records say in place of their paths, which count from the policy's own folder."""
    rules, mistakes = data.get("rules"), []
    if not isinstance(rules, list):
        return data, []
    told = [dict(rule) if isinstance(rule, dict) else rule for rule in rules]
    for index, rule in enumerate(told):
        if not isinstance(rule, dict) or "no_worse_than" not in rule:
            continue
        source, known = rule["no_worse_than"], [rule.get(name) for name in ("auditor", "estimate")]
        where = f"{path}:{line(lines, ('rules', index, 'no_worse_than'))}: rules.{index}.no_worse_than"
        if not isinstance(source, str) or not source:
            mistakes.append(f"{where}: expected the path of a record, got {brief(repr(source))}")
            continue
        try:
            auditor, estimate = map(str, known)
            rule["no_worse_than"] = read_baseline(
                path.parent / source, source=source, auditor=auditor, estimate=estimate
            )
        except UserError as error:
            mistakes.append(f"{where}: {error}")
    return {**data, "rules": told}, mistakes


def _collect_lines(node: yaml.Node | None, where: tuple[str | int, ...], lines: Lines) -> None:
    if node is None:
        return
    lines.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            lines[*where, key.value] = key.start_mark.line + 1
            _collect_lines(value, (*where, key.value), lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            _collect_lines(value, (*where, index), lines)


def line(lines: Lines, where: tuple[str | int, ...]) -> int:
    """Where a value stands; a missing one stands at its parent."""
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where, 1)


def causes(error: ValidationError) -> list[Any]:
    """The mistakes that a validation found, without those that only follow from others."""
    # pydantic also counts a list as too short when its items were refused: that is a consequence, not a mistake.
    errors = error.errors()
    inner = {each["loc"][:1] for each in errors if len(each["loc"]) > 1}
    return [each for each in errors if each["type"] != "too_short" or each["loc"] not in inner]


def brief(text: str) -> str:
    """A text that a message shows, cut where it is long."""
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def explain(path: Path, lines: Lines, error: Any) -> str:
    """One mistake with its file, line and place."""
    where = tuple(error["loc"])
    place = ".".join(brief(str(part)) for part in where) or "policy"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "unknown key; remove it or correct its spelling"
    elif error["type"] == "missing":
        message = "missing"
    elif error["type"] == "too_short":
        message = "expected at least one, got none"
    elif isinstance(error["input"], str | int | float | bool):
        message += f", got {brief(repr(error['input']))}" if ", got" not in message else ""
    return f"{path}:{line(lines, where)}: {place}: {message}"
