"""The commands around a first gate: `policy lock`, `policy check` and `init`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ...reports.terminal.say import say
from ..commands import values

PATH = click.Path(path_type=Path)


@click.group()
def policy() -> None:
    """Check policies, and fix one before an audit (pre-registration)."""


@policy.command()
@click.argument("files", nargs=-1, required=True, type=PATH)
def check(files: tuple[Path, ...]) -> None:
    """Check that FILES are policies that can judge: known keys, auditors and estimates."""
    from ..catalogue import estimates_by_code
    from ..policy import Policy, PolicyError

    mistakes = []
    for file in files:
        try:
            found = Policy.load(file, estimates=estimates_by_code())
        except PolicyError as error:
            mistakes.append(str(error))
        else:
            say(f"{file}: {len(found.rules)} rules, {len(found.waivers)} waivers")
    if mistakes:
        raise PolicyError("\n".join(mistakes))


@policy.command()
@click.argument("checkpoint", default="")
@click.option("--policy", "rules", type=PATH, metavar="FILE", help="The policy to fix.  [default: default]")
@click.option("--reference", metavar="DATA", help="Real data to fix.  [default: what the checkpoint names]")
@click.option("--holdout", metavar="DATA", help="Real data the model never saw, to fix.")
@click.option("--groups", multiple=True, metavar="NAME", help="As the audit will be given it.")
@click.option("--unit", metavar="NAME", help="As the audit will be given it.")
@click.option("--loader", metavar="FILE.py:FUNCTION", help="As the audit will be given it; its code runs.")
@click.option("--samples", type=click.IntRange(min=1), metavar="N", help="Samples to draw at most.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of every random number.")
@click.option("--only", callback=values.codes, metavar="CODE,…", help="Auditors that will be asked.")
@click.option(
    "--out",
    type=PATH,
    default="audit.lock.json",
    show_default=True,
    metavar="FILE",
    help="File to write; never over one.",
)
def lock(checkpoint: str, rules: Path | None, out: Path, **asked: Any) -> None:
    """Fix policy, seed, samples and data in a file before the audit; CHECKPOINT only for data that it names."""
    from ...models.checkpoints.whole_file import write_new
    from ...models.errors import UserError
    from ..catalogue import estimates_by_code
    from ..commands.environment import versions
    from ..policy import Policy
    from ..request import Request
    from .lock import make_lock

    request = Request(checkpoint=checkpoint, **asked)
    found = Policy.load(rules, estimates=estimates_by_code())
    made = make_lock(request, found, now=datetime.now(UTC), version=versions()["genai-audit"])
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        write_new(out, (made.model_dump_json(indent=2) + "\n").encode())
    except FileExistsError as error:
        raise UserError(f"{out}: exists already, and no lock is replaced; choose another by --out") from error
    except OSError as error:
        raise UserError(f"{out}: cannot be written ({error.strerror}); choose another place with --out") from error
    data = "its data" if made.reference else "no data, as none were named"
    say(f"{out}: policy {made.policy.name}, seed {made.seed} and {data}. Commit it: genai-audit run … --lock {out}")


@click.command()
@click.argument(
    "what", type=click.Choice(["card", "gitlab", "loader", "policy", "pre-commit", "types", "workflow"]), required=False
)
@click.option(
    "--modality",
    type=click.Choice(["image", "text", "tabular", "music", "audio"]),
    default="image",
    show_default=True,
    help="What the model of the loader makes.",
)
@click.option("--reference", metavar="DATA", help="The table whose columns the types are of.")
@click.option("--out", type=PATH, metavar="FILE", help="File to write.")
def init(what: str | None, modality: str, reference: str | None, out: Path | None) -> None:
    """Write a file to start from: a policy, a card, a CI workflow, a loader, types; without WHAT the first three."""
    from ..commands.starter import check_free, start

    names = [what] if what else ["policy", "card", "workflow"]
    if what is None and out is not None:
        raise click.UsageError("--out names one file; say which: init policy --out FILE")
    check_free(names)
    for each in names:
        path, what_next = start(each, modality=modality, out=out, reference=reference)
        say(f"{path}: {what_next}")
