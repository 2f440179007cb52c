"""What an earlier audit found of one estimate, kept inside a rule: `no_worse_than: baseline.json`."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from ..models.errors import UserError, one_line
from ..models.reading.regular_file import check_file, check_file_or_folder
from .comparable import context_of, why_not
from .finding import SETS, Better, Estimate, Interval
from .statistics.change import Paired, change

RECORD = "record.json"
MOST_BYTES = 256 * 2**20
"""Of a record's file."""

MISSING = "it is missing from the baseline"


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KeptEstimate(_Kept):
    """One estimate of the baseline, in a group or of the whole."""

    group: str | None
    value: float
    curve: tuple[tuple[float, float, float], ...]
    n: int
    unit: str
    better: Better
    from_draws: float | None

    def named(self, name: str) -> Estimate:
        """The same as auditors give it."""
        curve = tuple(Interval(*each) for each in self.curve)
        return Estimate(
            name, self.value, curve, self.n, "", self.unit, self.better, self.group, from_draws=self.from_draws
        )


class Pair(_Kept):
    """How an estimate and that of the baseline move together, see `statistics.change.Paired`."""

    group: str | None
    correlation: float
    parts: int


class Baseline(_Kept):
    """What a rule compares with, whole: a record judges again without the file that this was read from.

    Args:
        source: the file, as the policy names it.
        sha256: of the file.
        checkpoint: what was audited then.
        context: what was asked then, see `comparable`.
        settings: the auditor's parameters then.
        encoder: what made the features then.
        estimates: of the rule's name.
        doubt: why none of them can be compared with, if so.
        differs: why this audit's cannot, once that is known.
        same_samples: whether this audit looks at the same generated records.
        pairs: how estimates move together with those of this audit, where that is known.
    """

    source: str
    sha256: str
    checkpoint: str
    context: dict[str, Any]
    settings: dict[str, Any]
    encoder: str | None
    estimates: tuple[KeptEstimate, ...]
    doubt: str | None = None
    differs: str | None = None
    same_samples: bool = False
    pairs: tuple[Pair, ...] = ()

    def paired(self, group: str | None) -> Paired | None:
        """How the estimate of a group moves with this audit's, where that is known."""
        return next((Paired(each.correlation, each.parts) for each in self.pairs if each.group == group), None)

    def beside(self, code: str, context: Mapping[str, Any], settings: Mapping[str, Any]) -> "Baseline":
        """The same, knowing whether an audit may be compared with it.

        Args:
            code: of the rule's auditor.
            context: of the audit.
            settings: the auditor's parameters in the audit.
        """
        names = [each[0] for each in context["encoders"]]
        encoder = self.encoder if self.encoder in names else next(iter(names), None)
        encoders = (None, None) if self.encoder is None else (self.encoder, encoder)
        differs = why_not(code, self.context, context, encoders=encoders)
        if differs is None and dict(settings) != self.settings:
            differs = f"the parameters of {code} differ"
        same = context["generated"] == self.context["generated"]
        return self.model_copy(update={"differs": differs, "same_samples": same and differs is None})


def read_baseline(path: Path, *, source: str, auditor: str, estimate: str) -> Baseline:
    """What a record says of one estimate.

    Args:
        path: the record, or the folder of its audit.
        source: what the policy calls it.
        auditor: code of the auditor.
        estimate: its name.

    Raises:
        UserError: if there is no record, or it lacks what every record has.
    """
    check_file_or_folder(path, "a record written by genai-audit", "run the audit whose record it should be first")
    content, sha256 = _content(path / RECORD if path.is_dir() else path)
    return baseline_of(content, source=source, sha256=sha256, auditor=auditor, estimate=estimate)


def baseline_of(content: Mapping[str, Any], *, source: str, sha256: str, auditor: str, estimate: str) -> Baseline:
    """What a record, as JSON, says of one estimate.

    Raises:
        UserError: if it lacks what every record has.
    """
    try:
        finding = next((each for each in content["findings"] if each["code"] == auditor), None)
        estimates = [] if finding is None else [each for each in finding["estimates"] if each["name"] == estimate]
        fields = tuple(KeptEstimate.model_fields)
        return Baseline(
            source=source,
            sha256=sha256,
            checkpoint=content["checkpoint"]["name"],
            context=context_of(content),
            settings=content["policy"]["content"].get("settings", {}).get(auditor, {}),
            encoder=None if finding is None else finding.get("encoder"),
            estimates=tuple(KeptEstimate(**{name: each[name] for name in fields}) for each in estimates),
            doubt=_doubt(content, finding, auditor, estimate, known=bool(estimates)),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{source}: expected a record written by genai-audit, got something else: {one_line(error)}"
        ) from (error)


def _content(file: Path) -> tuple[dict[str, Any], str]:
    if check_file(file, "a record written by genai-audit") > MOST_BYTES:
        raise UserError(f"{file}: expected a record of at most {MOST_BYTES:,} bytes, got more; name another file")
    try:
        read = file.read_bytes()
        content = json.loads(read)
    except (OSError, ValueError, RecursionError) as error:
        said = one_line(error)
        raise UserError(f"{file}: expected a record written by genai-audit, but it cannot be read: {said}") from error
    if not isinstance(content, dict):
        raise UserError(f"{file}: expected a record written by genai-audit, got a {type(content).__name__}")
    return content, hashlib.sha256(read).hexdigest()


def _doubt(
    content: Mapping[str, Any], finding: Mapping[str, Any] | None, auditor: str, name: str, *, known: bool
) -> str | None:
    """Why no estimate of the baseline can be compared with."""
    if finding is None:
        return f"the baseline did not ask {auditor}"
    if not known:
        reason = (finding.get("reason") or f"{auditor} gave no {name}").strip().splitlines()[-1]
        return f"the baseline has no {name}: {reason}"
    if name in (finding.get("gaps") or {}):
        return f"the baseline has only a part of it: {finding['gaps'][name]}"
    facts = finding.get("facts") or ()
    rests_on = next((each.get("rests_on", SETS) for each in facts if each["name"] == name), SETS)
    doubts = [each for each in content["findings"] if each.get("doubts")]
    doubted = next((e["doubts"] for e in doubts if set(rests_on) & set(e.get("doubted", SETS))), None)
    return None if doubted is None else f"the interval of the baseline may not hold: {doubted}"


def worsening(baseline: Baseline, new: Estimate) -> Estimate | str:
    """How much worse an estimate is than in the baseline, or why that is not known.

    Below 0 where it is better. Where neither direction is better, the size of the change. Exactly 0 where the same
    generated records gave the same numbers.
    """
    if baseline.doubt or baseline.differs:
        return f"it cannot be compared with {baseline.source}: {baseline.doubt or baseline.differs}"
    kept = next((each for each in baseline.estimates if each.group == new.group), None)
    if kept is None:
        return f"it cannot be compared with {baseline.source}: {MISSING}"
    if kept.unit != new.unit or kept.better is not new.better:
        return f"it cannot be compared with {baseline.source}: it was measured in another unit or direction"
    paired = baseline.paired(new.group)
    return _worse(moved(kept.named(new.name), new, same_samples=baseline.same_samples, paired=paired))


def moved(old: Estimate, new: Estimate, *, same_samples: bool, paired: Paired | None = None) -> Estimate:
    """New minus old; exact where the same generated records gave the same numbers."""
    changed = change(old=old, new=new, paired=paired)
    if not (same_samples and old.value == new.value and old.curve == new.curve):
        return changed
    return Estimate(new.name, 0.0, (), new.n, "the same records", changed.unit, new.better, new.group)


def _worse(changed: Estimate) -> Estimate:
    match changed.better:
        case Better.LOWER:
            value, curve = changed.value, changed.curve
        case Better.HIGHER:
            # Adding 0 turns −0 into 0.
            value = -changed.value + 0.0
            curve = tuple(Interval(each.level, -each.high + 0.0, -each.low + 0.0) for each in changed.curve)
        case Better.NEITHER:
            value, curve = abs(changed.value), tuple(map(_size, changed.curve))
    return Estimate(
        changed.name,
        value,
        curve,
        changed.n,
        changed.method,
        changed.unit,
        Better.LOWER,
        changed.group,
        from_draws=changed.from_draws,
    )


def _size(each: Interval) -> Interval:
    low = 0.0 if each.low <= 0 <= each.high else min(abs(each.low), abs(each.high))
    return Interval(each.level, low, max(abs(each.low), abs(each.high)))
