"""A policy: thresholds as data, in YAML, with the reason beside each."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from .baseline import Baseline
from .policy_reading import MOST_SHOWN, brief, causes, explain, line, parse, refusal, with_baselines
from .policy_reading import PolicyError as PolicyError
from .verdict import Bound

SHIPPED = Path(__file__).parent / "policies"
DEFAULT = SHIPPED / "default.yaml"


MOST_RULES = 1000
"""Rules, and waivers, that a policy may have."""


def _number(value: object) -> object:
    # YAML reads `yes` as true, and true is 1 to Python: a bound must be written as a number.
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    except OverflowError:
        pass  # a whole number that no float has room for
    raise ValueError(f"expected a finite number, got {brief(repr(value))}")


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


LATER = ("no_worse_than", "margin")
"""Keys of rules that came later: they count in a digest only where a rule has them."""

BOUNDS = ("at_least", "at_most", "between", "no_worse_than")
"""Keys of which every rule has one."""

Number = Annotated[float, BeforeValidator(_number)]
Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Strict):
    """One bound on one estimate. Without `group`, it holds for every group the estimate is given for.

    With `encoder`, it holds for features of that encoder, and stays open on those of any other. With `no_worse_than`,
    the bound is on how much worse the estimate is than in another record: by `margin` at most.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=100)]
    auditor: Name
    estimate: Name
    encoder: Name | None = None
    group: Annotated[str, BeforeValidator(str)] | None = None
    at_least: Number | None = None
    at_most: Number | None = None
    between: tuple[Number, Number] | None = None
    no_worse_than: Baseline | None = None
    margin: Annotated[Number, Field(ge=0)] | None = None
    required: bool = True
    why: Text

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        given = [name for name in BOUNDS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"expected exactly one of {', '.join(BOUNDS)}, got {', '.join(given) or 'none'}")
        if (self.margin is None) is not (self.no_worse_than is None):
            raise ValueError("expected margin exactly where there is no_worse_than: the worsening that does not matter")
        if self.between and self.between[0] > self.between[1]:
            raise ValueError(f"no value lies between {self.between[0]:g} and {self.between[1]:g}: swap them")
        return self

    @property
    def bound(self) -> Bound:
        """The bound in the form that judges."""
        low, high = self.between or (self.at_least, self.at_most if self.margin is None else self.margin)
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
    `on_inconclusive` says which exit code an inconclusive verdict has; it changes no verdict.
    """

    version: Annotated[Literal[1], BeforeValidator(_whole)]
    name: Name
    encoder: Name | None = None
    confidence: Annotated[Number, Field(ge=0.5, le=0.999)] = 0.95
    rules: Annotated[tuple[Rule, ...], Field(min_length=1, max_length=MOST_RULES)]
    waivers: Annotated[tuple[WaiverEntry, ...], Field(max_length=MOST_RULES)] = ()
    settings: dict[str, dict[str, Any]] = Field(default_factory=dict)
    on_inconclusive: Literal["fail", "warn", "pass"] | None = None

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
        compares = any(rule.no_worse_than is not None for rule in self.rules)
        # What became known in an audit is no part of what the policy asks.
        rules: dict[str, Any] = (
            {"no_worse_than": {"differs", "same_samples"}} if compares else dict.fromkeys(LATER, True)
        )
        later: dict[str, Any] = {"rules": {"__all__": rules if named else {"encoder": True, **rules}}}
        later |= {} if named else {"encoder": True}
        later |= {"on_inconclusive": True} if self.on_inconclusive is None else {}
        return hashlib.sha256(self.model_dump_json(exclude=later).encode()).hexdigest()

    def beside(self, context: Mapping[str, Any]) -> Self:
        """The policy whose rules on an earlier record know whether an audit of this context may be compared with it."""
        rules = [
            rule
            if rule.no_worse_than is None
            else rule.model_copy(
                update={
                    "no_worse_than": rule.no_worse_than.beside(
                        rule.auditor, context, self.settings.get(rule.auditor, {})
                    )
                }
            )
            for rule in self.rules
        ]
        return self.model_copy(update={"rules": tuple(rules)})

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
        lines, data = parse(path)
        data, unread = with_baselines(path, lines, data)
        if unread:
            raise refusal(unread)
        try:
            policy = cls.model_validate(data)
        except ValidationError as error:
            raise refusal([explain(path, lines, each) for each in causes(error)]) from error
        mistakes = [] if estimates is None else list(policy._strangers(estimates))
        if mistakes:
            raise refusal([f"{path}:{line(lines, where)}: {what}" for where, what in mistakes])
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


def _twice(names: Sequence[str]) -> list[str]:
    return sorted(name for name, n in Counter(names).items() if n > 1)[:MOST_SHOWN]
