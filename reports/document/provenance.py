"""How these numbers came about and how to check them: the recipe, the policy, the day of judgement, what to verify."""

import shlex
from datetime import date, datetime
from itertools import pairwise

from ..environment import IN_MEMORY
from ..record import Record
from ..words import short

LONGEST = 4_000

SHIPPED = "shipped with genai-audit"


def command(record: Record) -> str:
    """The command that repeats the audit, quoted for a shell; built from the record where it was run from Python."""
    argv = list(record.environment.argv)
    environment = record.environment
    if is_in_memory(record):
        return (
            f"audit_checkpoint(…, samples={environment.samples}, seed={environment.seed}, "
            f"device={environment.device!r})  # in Python, with the same objects"
        )
    if not argv:
        argv = ["genai-audit", "run", record.checkpoint.name]
        for role, data in (("--reference", record.data.reference), ("--holdout", record.data.holdout)):
            argv += [role, data.source] if data is not None else []
        argv += ["--loader", environment.loader] if environment.loader else []
        argv += [part for each in environment.encoders for part in ("--encoder", each)]
        argv += ["--samples", str(environment.samples), "--seed", str(environment.seed), "--device", environment.device]
    return short(shlex.join(argv), LONGEST)


def judging_command(record: Record) -> str | None:
    """What judged by the policy of this record, where the command that drew the samples does not name it."""
    policy = record.policy.name if record.policy.source == SHIPPED else record.policy.source
    argv = record.environment.argv
    given = [after for before, after in pairwise(argv) if before == "--policy"]
    given += [each.partition("=")[2] for each in argv if each.startswith("--policy=")]
    if policy in given or (not given and (record.policy.source, policy) == (SHIPPED, "default")):
        return None
    return short(shlex.join(["genai-audit", "judge", "OUT", "--policy", policy]), LONGEST)


def judged_on(record: Record) -> str | None:
    """The day on which the policy was applied, which decides waivers; None where the record does not say it."""
    day = getattr(record.verdict, "judged_on", None)
    return day.isoformat() if isinstance(day, date) else None


def is_in_memory(record: Record) -> bool:
    """Whether the model or the data were objects of a Python program, so that no command line can name them."""
    data = (record.data.generated, record.data.reference, record.data.holdout)
    sources = [each.source for each in data if each is not None]
    objects = any(each.endswith("data in memory") for each in sources)
    encoders = any(each.endswith(IN_MEMORY) for each in record.environment.encoders)
    return record.checkpoint.format == "in memory" or objects or encoders


def moment(started: str) -> str:
    """A time stamp as people write it: `2026-03-14 09:26 UTC`."""
    try:
        when = datetime.fromisoformat(started)
    except ValueError:
        return started
    return f"{when:%Y-%m-%d %H:%M} {when.tzname() or ''}".strip()
