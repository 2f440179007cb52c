"""What a command ends with: the verdict, said to people and to CI, and its exit code."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ...reports.terminal.say import command_build, say
from ..verdict import Ruling
from .exits import FAIL, INCONCLUSIVE, PASS

if TYPE_CHECKING:
    from ...reports.record import Record


def close(record: "Record", out: Path | None, *, exit_zero: bool) -> int:
    """Say the verdict to people and to CI, and give its exit code."""
    from ...reports.console import closing
    from ...reports.markdown import annotations, append_step_summary, summary

    try:
        append_step_summary(summary(record), os.environ)
    except OSError as error:
        # The verdict stands, and the outputs have it.
        say(f"Warning: GITHUB_STEP_SUMMARY cannot be written ({error.strerror}); it was left out.", err=True)
    command_build(annotations(record, os.environ))
    closing(record, out)
    codes = {Ruling.PASS: PASS, Ruling.FAIL: FAIL, Ruling.INCONCLUSIVE: INCONCLUSIVE}
    return PASS if exit_zero else codes[record.verdict.outcome]
