"""Where the rules of a record's policy stand: the file and the line of each, for formats that point at a place."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import yaml

from ..models.errors import UserError
from ..models.reading.checked_yaml import line_of
from ..models.reading.plain_yaml import NotPlain, read_plain

PACKAGED = "genai_audit/audit/policies"
"""What a shipped policy's folder is called in results: it lies in the package, not in a repository."""


@dataclass(frozen=True, slots=True)
class PolicyPlace:
    """A policy file as a reference (RFC 3986, `/` between parts), and lines from 1 by the ids of its rules."""

    uri: str
    lines: Mapping[str, int] = field(default_factory=dict)

    def line(self, rule: str) -> int:
        """The line of a rule; the first where it is not known."""
        return self.lines.get(rule, 1)


def policy_place(file: Path, *, shipped: bool, beside: Path) -> PolicyPlace:
    """The place of a policy's rules.

    A file that has moved or cannot be read keeps its name, and every rule is then at line 1.

    Args:
        file: of the policy.
        shipped: whether it came with this package.
        beside: the folder that names are relative to, as a rule that of the repository.
    """
    try:
        node = read_plain(file, "a policy in YAML").node
    except (UserError, OSError, NotPlain):
        node = None
    name = f"{PACKAGED}/{file.name}" if shipped else _relative(file, beside)
    return PolicyPlace(quote(name), _lines(node))


def _relative(file: Path, beside: Path) -> str:
    # A name that starts at the root would differ from machine to machine, and no alert would persist.
    name = os.path.relpath(file, beside) if file.is_absolute() else os.path.normpath(file)
    return file.name if name.startswith("..") else Path(name).as_posix()


def _lines(node: yaml.Node | None) -> dict[str, int]:
    rules = _value(node, "rules")
    entries = rules.value if isinstance(rules, yaml.SequenceNode) else []
    named = ((_value(each, "id"), index) for index, each in enumerate(entries))
    return {
        str(name.value): line_of(node, ("rules", index, "id"))
        for name, index in named
        if isinstance(name, yaml.ScalarNode)
    }


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next((value for name, value in pairs if name.value == key), None)
