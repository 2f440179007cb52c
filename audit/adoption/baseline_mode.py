"""Baseline mode: the first audit records what is found, later ones fail only on what is worse."""

from pathlib import Path
from typing import TYPE_CHECKING

from ...models.errors import UserError
from ...reports.terminal.say import say
from ..commands.closing import exit_code
from ..commands.exits import PASS
from ..verdict import Ruling

if TYPE_CHECKING:
    from ...reports.record import Record, RulePart
    from ..over_time.side import Side


def gated(record: "Record", out: Path, baseline: Path, *, exit_zero: bool) -> int:
    """The exit code in baseline mode, once it is said what it rests on; the verdict stays what it is.

    Raises:
        UserError: if the baseline cannot be written or read.
    """
    from ..over_time.opened import opened
    from ..over_time.side import Side

    if not baseline.exists():
        _keep(record, baseline)
        say(f"Baseline: recorded in {baseline}. Commit it: later runs fail only on what is worse. Exit code 0.")
        return PASS
    outcome, lines = worse_than(opened(baseline), Side.of(record, str(out)))
    say(*lines)
    return PASS if exit_zero else exit_code(outcome, record)


def worse_than(old: "Side", new: "Side") -> tuple[Ruling, list[str]]:
    """Whether an audit is worse than the baseline, and how that is said.

    Rules that are met now are no worse. Of the others, one that was met then and is not met now is worse, and so is one
    whose estimate is worse by its margin. What could not be judged either time is as it was; what else cannot be told
    stays open.
    """
    from ...reports.over_time.said import rule_line, rule_name
    from ..over_time.comparison import compare

    compared = {(rule.id, rule.group): rule for rule in compare(old, new).rules}
    before = {(rule.id, rule.group): rule for rule in old.record.verdict.rules}
    worse, unsure, known = [], [], []
    for rule in new.record.verdict.rules:
        if rule.waived or rule.outcome in (Ruling.PASS, Ruling.NOT_APPLIED):
            continue
        against = _against(rule, compared)
        said = "no such rule in the baseline" if against is None else rule_line(against)
        line = f"{rule_name(rule)}: {said}"
        then = before.get((rule.id, rule.group))
        if rule.outcome is Ruling.FAIL and then is not None and then.outcome is Ruling.PASS:
            worse.append(f"{rule_name(rule)}: it was met at the baseline and is not met now")
        elif rule.observed is None and then is not None and then.observed is None:
            known.append(f"{rule_name(rule)}: it could not be judged at the baseline either")
        elif against is not None and against.outcome is Ruling.FAIL:
            worse.append(line)
        elif against is None or against.outcome is Ruling.INCONCLUSIVE:
            unsure.append(line)
        else:
            known.append(line)
    outcome = Ruling.FAIL if worse else Ruling.INCONCLUSIVE if unsure else Ruling.PASS
    words = {Ruling.FAIL: "worse than", Ruling.INCONCLUSIVE: "not shown to be no worse than"}
    word = words.get(outcome, "no worse than")
    lines = [f"Baseline: {word} {old.name} ({old.record.environment.started})"]
    lines += [f"  ✕ {each}" for each in worse] + [f"  ? {each}" for each in unsure]
    lines += [f"  = {each}" for each in known]
    return outcome, lines


def _against(rule: "RulePart", compared: dict[tuple[str, str | None], "RulePart"]) -> "RulePart | None":
    """The comparison of a rule; one that could not be made for any group stands without a group."""
    return compared.get((rule.id, rule.group), compared.get((rule.id, None)))


def _keep(record: "Record", baseline: Path) -> None:
    from ...models.checkpoints.whole_file import write_whole

    try:
        baseline.parent.mkdir(parents=True, exist_ok=True)
        write_whole(baseline, record.to_json().encode())
    except OSError as error:
        raise UserError(f"{baseline}: cannot be written ({error.strerror}); name another by --baseline") from error
