"""Options of `run` for teams that begin to gate: how much to draw, what was found before, what was decided before."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .profiles import PROFILES

if TYPE_CHECKING:
    from ...reports.record import Record
    from ..request import Request

PATH = click.Path(path_type=Path)
BASELINE = Path("baseline.json")
OPTIONS = (
    click.option(
        "--profile",
        type=click.Choice(list(PROFILES)),
        help="How much to draw: quick 2,000 samples, standard 20,000, thorough 100,000; says what that would find.",
    ),
    click.option(
        "--baseline-mode",
        is_flag=True,
        help="Record today's findings the first time; later, fail only on what is worse than those.",
    ),
    click.option("--baseline", type=PATH, metavar="FILE", help=f"Where the findings are kept.  [default: {BASELINE}]"),
    click.option(
        "--against",
        type=PATH,
        metavar="OLD",
        help="The earlier audit that the report compares with: its record or folder.  [default: the one in --out]",
    ),
    click.option(
        "--lock", type=PATH, metavar="FILE", help="What `policy lock` wrote: the record says whether it was kept."
    ),
)


@dataclass(frozen=True, slots=True)
class Adoption:
    """What these options were given as; `baseline` is None outside baseline mode."""

    profile: str | None
    baseline: Path | None
    lock: Path | None
    against: Path | None = None

    def applied(self, request: "Request") -> "Request":
        """The request with the profile's samples and time where none were named, once its power is said."""
        request = replace(request, lock=self.lock)
        if self.profile is None:
            return request
        from ...reports.terminal.say import say
        from .profiles import power_lines

        profile = PROFILES[self.profile]
        request = replace(
            request,
            samples=profile.samples if request.samples is None else request.samples,
            budget=profile.budget if request.budget is None else request.budget,
        )
        say(*power_lines(self.profile, request), err=True)
        return request

    def check(self) -> None:
        """Refuse a baseline, or an earlier audit, that cannot be used before hours of work, not after.

        Raises:
            UserError: if it is no record.
        """
        kept = self.baseline if self.baseline is not None and self.baseline.exists() else None
        for earlier in filter(None, (kept, self.against)):
            from ..over_time.opened import opened

            opened(earlier)

    def close(self, record: "Record", out: Path, *, exit_zero: bool) -> int:
        """Say the verdict, and the exit code: that of the verdict, or in baseline mode that of what is worse."""
        from ..commands.closing import close
        from .baseline_mode import gated

        code = close(record, out, exit_zero=exit_zero, silent=self.baseline is not None)
        return code if self.baseline is None else gated(record, out, self.baseline, exit_zero=exit_zero)


def of_adoption(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command these options, as one argument `adoption`."""

    @functools.wraps(command)
    def taking(*args: Any, **given: Any) -> Any:
        profile, lock, against = (given.pop(name) for name in ("profile", "lock", "against"))
        mode, baseline = given.pop("baseline_mode"), given.pop("baseline")
        # To name the file is to ask for the mode.
        place = (baseline or BASELINE) if mode or baseline else None
        return command(*args, adoption=Adoption(profile, place, lock, against), **given)

    for option in reversed(OPTIONS):
        taking = option(taking)
    return taking
