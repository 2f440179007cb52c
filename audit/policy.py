"""A policy: thresholds as data, in YAML, with the reason beside each."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from ..models.errors import UserError, shortened
from ..models.reading.plain_yaml import NotPlain, read_plain
from .verdict import Bound

SHIPPED = Path(__file__).parent / "policies"
DEFAULT = SHIPPED / "default.yaml"


class PolicyError(ValueError):
    """A policy file that cannot be used; the message names the file, the line and the remedy."""


MOST_RULES = 1000
"""Rules, and waivers, that a policy may have."""

MOST_SHOWN = 10
"""Mistakes that are told at once."""


LONGEST_SHOWN = 60
"""Characters of a key or a value that a message shows."""


def _number(value: object) -> object:
    # YAML reads `yes` as true, and true is 1 to Python: a bound must be written as a number.
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    except OverflowError:
        pass  # a whole number that no float has room for
    raise ValueError(f"expected a finite number, got {_brief(repr(value))}")


def _whole(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(f"expected a whole number, got {value!r}")
    return value


def policy_file(path: Path) -> Path:
    """The file that is meant: what lies at the path, or the shipped policy of that name.

    Raises:
        PolicyError: if the path is a mere name, no file has it, and no shipped policy does.
    """
    if path.suffix or len(path.parts) != 1 or path.exists():
        return path
    names = sorted(each.stem for each in SHIPPED.glob("*.yaml"))
    if path.name not in names:
        raise PolicyError(
            f"{path}: expected a policy in YAML, or the name of a shipped one: {', '.join(names)}; got neither"
        )
    return SHIPPED / f"{path.name}.yaml"


Number = Annotated[float, BeforeValidator(_number)]
Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Strict):
    """One bound on one estimate. Without `group`, it holds for every group the estimate is given for.

    With `encoder`, it holds for features of that encoder, and stays open on those of any other.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100)]
    auditor: Name
    estimate: Name
    encoder: Name | None = None
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


def of_encoder(name: str) -> str:
    """The group that estimates by a further encoder bear."""
    return f"encoder {name}"


class WaiverEntry(_Strict):
    """A rule somebody decided to live without, until `expires` (that day included)."""

    rule: Text
    owner: Text
    reason: Text
    expires: date


class Policy(_Strict):
    """Rules with their reasons; `settings` hands parameters to auditors, e.g. `GA101: {targets: {…}}`.

    `encoder` is that of every rule on features that names none of its own; audits by others are refused.
    """

    version: Annotated[Literal[1], BeforeValidator(_whole)]
    name: Name
    encoder: Name | None = None
    confidence: Annotated[Number, Field(ge=0.5, le=0.999)] = 0.95
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=MOST_RULES)]
    waivers: Annotated[tuple[WaiverEntry, ...], Field(max_length=MOST_RULES)] = ()
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        ids = [rule.id for rule in self.rules]
        waived = [waiver.rule for waiver in self.waivers]
        if _twice(ids):
            raise ValueError(f"rule ids must differ, got {', '.join(_twice(ids))} more than once")
        if _twice(waived):
            raise ValueError(f"expected one waiver a rule, got several of {', '.join(_twice(waived))}")
        strangers = sorted(set(waived) - set(ids))
        if strangers:
            raise ValueError(f"waivers name no rule of this policy: {', '.join(strangers[:MOST_SHOWN])}")
        return self

    @property
    def sha256(self) -> str:
        """Digest of the content (not of comments or layout); keys that came later count only where they are used."""
        named = self.encoder is not None or any(rule.encoder is not None for rule in self.rules)
        later: Any = None if named else {"encoder": True, "rules": {"__all__": {"encoder"}}}
        return hashlib.sha256(self.model_dump_json(exclude=later).encode()).hexdigest()

    @classmethod
    def load(cls, path: Path | None = None, *, estimates: Mapping[str, Iterable[str]] | None = None) -> Self:
        """Read a policy file, the shipped default without `path`.

        Args:
            path: the YAML file, or the name of a shipped policy.
            estimates: the estimates of each known auditor; a rule on anything else is refused.

        Raises:
            PolicyError: one line per mistake, each `FILE:LINE: where: what`.

        """
        path = policy_file(path) if path else DEFAULT
        lines, data = _parse(path)
        try:
            policy = cls.model_validate(data)
        except ValidationError as error:
            raise _refusal([_explain(path, lines, each) for each in _causes(error)]) from error
        mistakes = [] if estimates is None else list(policy._strangers(estimates))
        if mistakes:
            raise _refusal([f"{path}:{_line(lines, where)}: {what}" for where, what in mistakes])
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


def _refusal(mistakes: Sequence[str]) -> PolicyError:
    more = len(mistakes) - MOST_SHOWN
    shown = [shortened(each) for each in mistakes[:MOST_SHOWN]]
    return PolicyError("\n".join([*shown, *([f"… and {more:,} more mistakes"] if more > 0 else [])]))


def _twice(names: Sequence[str]) -> list[str]:
    return sorted(name for name, n in Counter(names).items() if n > 1)[:MOST_SHOWN]


def _parse(path: Path) -> tuple[Lines, Any]:
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


def _brief(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _explain(path: Path, lines: Lines, error: Any) -> str:
    where = tuple(error["loc"])
    place = ".".join(_brief(str(part)) for part in where) or "policy"
    message = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        message = "unknown key; remove it or correct its spelling"
    elif error["type"] == "missing":
        message = "missing"
    elif error["type"] == "too_short":
        message = "expected at least one, got none"
    elif isinstance(error["input"], str | int | float | bool):
        message += f", got {_brief(repr(error['input']))}" if ", got" not in message else ""
    return f"{path}:{_line(lines, where)}: {place}: {message}"
