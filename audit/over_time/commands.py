"""The commands `compare` and `history`."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ...reports.terminal.say import say, say_block
from ..commands import values
from ..commands.exits import EXIT_CODES, FAIL, INCONCLUSIVE, PASS

if TYPE_CHECKING:
    from ...reports.part import Part

PATH = click.Path(path_type=Path)
JSON = click.option("--json", "as_json", is_flag=True, help="Print everything as JSON instead.")
HTML = click.option("--html", type=PATH, metavar="FILE.html", help="Also write it as a page to read.")
MARGIN = click.option(
    "--margin",
    type=click.FloatRange(min=0, min_open=True, max=1e6),
    default=0.05,
    show_default=True,
    help="The change that does not matter: 0.05 is five points of a share, 5 % of a value in another unit.",
)


@click.command(epilog=EXIT_CODES)
@click.argument("old", type=PATH)
@click.argument("new", type=PATH)
@click.option(
    "--policy", type=PATH, metavar="FILE", help="Whose rules decide the exit code.  [default: that of the NEW audit]"
)
@MARGIN
@click.option("--only", callback=values.codes, metavar="CODE,…", help="Compare what these auditors found.")
@click.option(
    "--recompute",
    callback=lambda context, option, value: 0.0 if value == "0" else values.duration(context, option, value),
    default="2m",
    show_default=True,
    metavar="TIME",
    help="For asking auditors again on the evidence of both audits, so that tests are paired; 0: do not.",
)
@JSON
@HTML
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever the outcome (errors still count).")
def compare(
    old: Path,
    new: Path,
    policy: Path | None,
    margin: float,
    only: tuple[str, ...],
    recompute: float,
    as_json: bool,
    html: Path | None,
    exit_zero: bool,
) -> int:
    """Compare the audit NEW with the audit OLD: changed, not changed, or cannot tell, estimate by estimate.

    Each is a record.json or the folder that holds it. Exit codes: 0 no rule is worse by its margin, 1 one is, 3 cannot
    tell.
    """
    from ...reports.over_time.page import comparison_page
    from ...reports.over_time.said import comparison_lines
    from ...reports.terminal.progress import progress
    from ..verdict import Ruling
    from .opened import compare_records

    with progress() as report:
        part = compare_records(old, new, policy=policy, margin=margin, only=only, recompute=recompute, progress=report)
    _told(part, comparison_lines(part), as_json, html, comparison_page(part) if html else "")
    codes = {Ruling.PASS: PASS, Ruling.FAIL: FAIL, Ruling.INCONCLUSIVE: INCONCLUSIVE}
    return PASS if exit_zero else codes[part.outcome]


@click.command()
@click.argument("folder", type=PATH)
@click.option(
    "--estimate",
    "estimates",
    multiple=True,
    metavar="CODE[.NAME]",
    help="Show this, e.g. GA302.support_recall; repeatable.  [default: what the last audit's policy has rules on]",
)
@click.option(
    "--order", type=click.Choice(["started", "name"]), default="started", show_default=True, help="Of the audits."
)
@MARGIN
@JSON
@HTML
def history(
    folder: Path, estimates: tuple[str, ...], order: str, margin: float, as_json: bool, html: Path | None
) -> None:
    """Show the audits below FOLDER over time: of the checkpoints of a training run, or of releases."""
    from ...reports.over_time.history_lines import history_lines
    from ...reports.over_time.page import history_page
    from .history import history_of

    by: Literal["started", "name"] = "name" if order == "name" else "started"
    part = history_of(folder, estimates=estimates, order=by, margin=margin)
    _told(part, history_lines(part), as_json, html, history_page(part) if html else "")


def _told(part: "Part", lines: list[str], as_json: bool, html: Path | None, page: str) -> None:
    if as_json:
        say_block(part.model_dump_json(indent=2))
    else:
        say(*lines)
    if html is None:
        return
    from ...models.checkpoints.whole_file import write_whole
    from ...models.errors import UserError

    try:
        write_whole(html, page.encode())
    except OSError as error:
        raise UserError(f"{html}: cannot be written ({error.strerror}); choose another by --html") from error
    if not as_json:
        say(f"Page: {html}")
