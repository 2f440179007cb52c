"""A policy: thresholds as data, in YAML, with the reason beside each."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from .verdict import Bound

DEFAULT = Path(__file__).parent / "policies" / "default.yaml"


class PolicyError(ValueError):
    """A policy file that cannot be used; the message names the file, the line and the remedy."""


def _number(value: object) -> object:
    # YAML reads `yes` as true, and true is 1 to Python: a bound must be written as a number.
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"expected a finite number, got {value!r}")
    return float(value)


Number = Annotated[float, BeforeValidator(_number)]
Text = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Strict):
    """One bound on one estimate. Without `group`, it holds for every group the estimate is given for."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    auditor: Text
    estimate: Text
    group: Annotated[str, BeforeValidator(str)] | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    between: tuple[Number, Number] | None = None
    required: bool = True
    why: Text

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        given = [name for name in ("at_least", "at_most", "between") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"expected exactly one of at_least, at_most, between, got {', '.join(given) or 'none'}")
        if self.between and self.between[0] > self.between[1]:
            raise ValueError(f"no value lies between {self.between[0]:g} and {self.between[1]:g}: swap them")
        return self

    @property
    def bound(self) -> Bound:
        """The bound in the form that judges."""
        low, high = self.between or (self.at_least, self.at_most)
        return Bound(low, high)


class WaiverEntry(_Strict):
    """A rule somebody decided to live without, until `expires` (that day included)."""

    rule: Text
    owner: Text
    reason: Text
    expires: date


class Policy(_Strict):
    """Rules with their reasons; `settings` hands parameters to auditors, e.g. `GA101: {targets: {…}}`."""

    version: Literal[1]
    name: Text
    confidence: Annotated[float, Field(ge=0.5, le=0.999)] = 0.95
    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]
    waivers: tuple[WaiverEntry, ...] = ()
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        ids = [rule.id for rule in self.rules]
        twice = sorted({each for each in ids if ids.count(each) > 1})
        if twice:
            raise ValueError(f"rule ids must differ, got {', '.join(twice)} more than once")
        strangers = sorted({waiver.rule for waiver in self.waivers} - set(ids))
        if strangers:
            raise ValueError(f"waivers name no rule of this policy: {', '.join(strangers)}")
        return self

    @property
    def sha256(self) -> str:
        """Digest of the content (not of comments or layout)."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @classmethod
    def load(cls, path: Path | None = None, *, estimates: Mapping[str, Iterable[str]] | None = None) -> Self:
        """Read a policy file, the shipped default without `path`.

        Args:
            path: the YAML file.
            estimates: the estimates of each known auditor; a rule on anything else is refused.

        Raises:
            PolicyError: one line per mistake, each `FILE:LINE: where: what`.

        """
        path = path or DEFAULT
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not UTF-8 text"
            raise PolicyError(f"{path}: expected a policy in YAML, got: {reason}; check the path") from error
        lines, data = _parse(path, text)
        try:
            policy = cls.model_validate(data)
        except ValidationError as error:
            raise PolicyError("\n".join(_explain(path, lines, each) for each in _causes(error))) from error
        mistakes = [] if estimates is None else list(policy._strangers(estimates))
        if mistakes:
            raise PolicyError("\n".join(f"{path}:{_line(lines, where)}: {what}" for where, what in mistakes))
        return policy

    def _strangers(self, estimates: Mapping[str, Iterable[str]]) -> Iterable[tuple[tuple[str | int, ...], str]]:
        for code in self.settings:
            if code not in estimates:
                yield ("settings", code), f"no auditor {code!r}; known: {', '.join(estimates)}"
        for index, rule in enumerate(self.rules):
            if rule.auditor not in estimates:
                known = ", ".join(estimates)
                yield ("rules", index, "auditor"), f"rule {rule.id}: no auditor {rule.auditor!r}; known: {known}"
            elif rule.estimate not in estimates[rule.auditor]:
                known = ", ".join(estimates[rule.auditor])
                what = f"rule {rule.id}: {rule.auditor} gives no estimate {rule.estimate!r}; it gives: {known}"
                yield ("rules", index, "estimate"), what


Lines = dict[tuple[str | int, ...], int]


def _parse(path: Path, text: str) -> tuple[Lines, Any]:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        raise PolicyError(f"{path}:{line}: not YAML: {getattr(error, 'problem', error)}") from error
    if not isinstance(data, dict):
        raise PolicyError(f"{path}:1: expected a mapping with version, name and rules, got {type(data).__name__}")
    lines: Lines = {}
    try:
        _collect_lines(node, (), lines)
    except RecursionError:
        raise PolicyError(
            f"{path}:1: expected a policy, but the file refers to itself: remove the YAML alias"
        ) from None
    for where, key in _duplicates(node, ()):
        raise PolicyError(f"{path}:{_line(lines, (*where, key))}: the key {key!r} is given twice")
    return lines, data


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


def _duplicates(node: yaml.Node | None, where: tuple[str | int, ...]) -> Iterable[tuple[tuple[str | int, ...], str]]:
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                yield where, key.value
            seen.add(key.value)
            yield from _duplicates(value, (*where, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _duplicates(value, (*where, index))


def _line(lines: Lines, where: tuple[str | int, ...]) -> int:
    # The nearest place that exists in the file: a missing key is reported at its parent.
    while where and where not in lines:
        where = where[:-1]
    return lines.get(where, 1)


def _causes(error: ValidationError) -> list[Any]:
    # pydantic also counts a list as too short when its items were refused: that is a consequence, not a mistake.
    errors = error.errors()
    inner = {each["loc"][:1] for each in errors if len(each["loc"]) > 1}
    return [each for each in errors if each["type"] != "too_short" or each["loc"] not in inner]


def _explain(path: Path, lines: Lines, error: Any) -> str:
    where = tuple(error["loc"])
    place = ".".join(str(part) for part in where) or "policy"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "unknown key; remove it or correct its spelling"
    elif error["type"] == "missing":
        message = "missing"
    elif error["type"] == "too_short":
        message = "expected at least one, got none"
    elif isinstance(error["input"], str | int | float | bool):
        message += f", got {error['input']!r}" if ", got" not in message else ""
    return f"{path}:{_line(lines, where)}: {place}: {message}"
