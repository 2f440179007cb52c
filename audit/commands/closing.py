"""What a command ends with: the verdict, said to people and to CI, and its exit code."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ...reports.terminal.say import command_build, say
from .exits import FAIL, INCONCLUSIVE, PASS

if TYPE_CHECKING:
    from ...reports.record import Record
    from ..verdict import Ruling


def close(record: "Record", out: Path | None, *, exit_zero: bool, silent: bool = False) -> int:
    """Say the verdict to people and to CI, and give its exit code; 0 where `silent`, as another decides."""
    from ...reports.console import closing
    from ...reports.markdown import annotations, append_step_summary, summary

    try:
        append_step_summary(summary(record), os.environ)
    except OSError as error:
        # The verdict stands, and the outputs have it.
        say(f"Warning: GITHUB_STEP_SUMMARY cannot be written ({error.strerror}); it was left out.", err=True)
    command_build(annotations(record, os.environ))
    closing(record, out)
    return PASS if exit_zero or silent else exit_code(record.verdict.outcome, record)


def exit_code(outcome: "Ruling", record: "Record") -> int:
    """The exit code of an outcome; of an inconclusive one, as the policy's `on_inconclusive` says.

    The outcome itself stays what it is, in every output.
    """
    from ..verdict import Ruling

    if outcome is not Ruling.INCONCLUSIVE:
        return {Ruling.PASS: PASS, Ruling.FAIL: FAIL}[outcome]
    match record.policy.content.get("on_inconclusive"):
        case "fail":
            return FAIL
        case "warn":
            say("Warning: INCONCLUSIVE, which the policy lets through (on_inconclusive: warn); exit code 0.", err=True)
            return PASS
        case "pass":
            return PASS
        case _:
            return INCONCLUSIVE
