"""The command line: thin and quick; everything heavy is imported by the command that needs it."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..reports.terminal.say import say, say_page
from .adoption.commands import init
from .adoption.commands import policy as policy_commands
from .adoption.options import Adoption, of_adoption
from .commands import values
from .commands.canaries.options import canaries as canaries_group
from .commands.closing import close
from .commands.exits import EXIT_CODES, guarded
from .commands.options import (
    EXIT_ZERO,
    POLICY,
    SHOW_REAL,
    judge_of_groups,
    of_data,
    of_fairness,
    of_opening,
    of_outputs,
    of_privacy,
)
from .over_time.commands import compare, history
from .saved import attest, report, schema, verify

if TYPE_CHECKING:
    from .process.answer import Audited

    Make = Callable[..., Audited]
    """How `run` makes the audit: `supervised`, unless the caller of `main` hands another way in as `obj`."""


class _Group(click.Group):
    """Commands whose mistakes end in one line and the right exit code."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and turn every way of failing into the exit code it has in the contract."""
        kwargs["standalone_mode"] = False
        # Before torch is loaded: threads that spin while they wait made an audit ten times slower on a shared machine.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        sys.exit(guarded(lambda: super(_Group, self).main(*args, **kwargs)))


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(package_name="genai-audit", message="%(prog)s %(version)s")
def main() -> None:
    """Audit a generative model's checkpoint, and leave a verdict that can be defended."""


@main.command(epilog=EXIT_CODES)
@click.argument("checkpoint")
@click.option("--reference", metavar="DATA", help="Real data to resemble.  [default: what the checkpoint names]")
@click.option("--holdout", metavar="DATA", help="Real data the model never saw.  [default: what the checkpoint names]")
@click.option(
    "--groups",
    multiple=True,
    metavar="NAME",
    help="Attribute or column of the reference that tells groups apart; repeatable.",
)
@of_fairness
@of_privacy
@of_data
@of_opening
@click.option(
    "--encoder",
    "encoders",
    multiple=True,
    metavar="NAME",
    help="What turns records into features, see `list encoders`; repeatable, the first one is the main one.",
)
@judge_of_groups
@POLICY
@click.option("--out", type=click.Path(path_type=Path), default="audit-out", show_default=True, help="Folder to write.")
@click.option("--samples", type=click.IntRange(min=1), metavar="N", help="Samples to draw at most.  [default: 20,000]")
@click.option(
    "--budget",
    callback=values.duration,
    metavar="TIME",
    help="Time for drawing them, e.g. 90s, 10m, 1h30m.  [default: 8m]",
)
@click.option(
    "--looks/--no-looks",
    default=None,
    help="Judge while drawing, and stop when every rule is decided.  [default: where the model is slow]",
)
@click.option("--resume", is_flag=True, help="Go on with the samples that an interrupted audit of this model kept.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of every random number.")
@click.option("--device", default="cpu", show_default=True, help="cpu or cuda.")
@click.option(
    "--only", callback=values.codes, metavar="CODE,…", help="Run these auditors; the others are listed as left out."
)
@click.option("--memory", callback=values.size, metavar="SIZE", help="What the model may use at most, e.g. 8G.")
@of_outputs
@click.option("--sign", type=click.Path(path_type=Path), metavar="KEY.pem", help="Sign the attestation with this key.")
@SHOW_REAL
@of_adoption
@EXIT_ZERO
@click.pass_obj
def run(
    make: "Make | None",
    checkpoint: str,
    reference: str | None,
    holdout: str | None,
    groups: tuple[str, ...],
    outcomes: tuple[str, ...],
    labels: Path | None,
    group_classifier: str | None,
    classifier_validation: str | None,
    probes: tuple[Path, ...],
    canaries: Path | None,
    unit: str | None,
    types: Path | None,
    population: bool,
    not_training: bool,
    loader: str | None,
    trust: bool,
    encoders: tuple[str, ...],
    group_clip: Path | None,
    group_prompts: Path | None,
    prompts: Path | None,
    steps: int | None,
    base_model: Path | None,
    tokens: bool,
    safety_checker: bool,
    policy: Path | None,
    out: Path,
    samples: int | None,
    budget: float | None,
    looks: bool | None,
    resume: bool,
    seed: int,
    device: str,
    only: tuple[str, ...],
    memory: int | None,
    card: Path | None,
    formats: tuple[str, ...],
    sign: Path | None,
    show_real: bool,
    adoption: Adoption,
    exit_zero: bool,
) -> int:
    """Audit CHECKPOINT: a file, a folder, reference:NAME, or a set of generated samples."""
    from ..models.api_key import without_secrets
    from ..reports.terminal.progress import progress
    from .commands.outputs import check_out, write
    from .folder.lock import alone
    from .folder.signing import private_key
    from .process.supervisor import supervised
    from .request import Request

    folder = check_out(out)
    key = None if sign is None else private_key(sign)
    adoption.check()
    request = Request(
        checkpoint=checkpoint,
        reference=reference,
        holdout=holdout,
        groups=groups,
        outcomes=outcomes,
        labels=labels,
        group_classifier=group_classifier,
        classifier_validation=classifier_validation,
        probes=probes,
        canaries=canaries,
        unit=unit,
        types=types,
        population=population,
        not_training=not_training,
        loader=loader,
        policy=policy,
        samples=samples,
        budget=budget,
        looks=looks,
        resume=resume,
        seed=seed,
        device=device,
        only=only,
        trust=trust,
        encoders=encoders,
        group_clip=group_clip,
        group_prompts=group_prompts,
        prompts=prompts,
        steps=steps,
        base_model=base_model,
        tokens=tokens,
        safety_checker=safety_checker,
        card=card,
        argv=("genai-audit", *map(without_secrets, sys.argv[1:])),
    )
    request = adoption.applied(request)
    with alone(folder), progress() as report:
        made = (make or supervised)(request, memory=memory, progress=report)
        report("report", 0.0)
        record = write(
            folder, made.record, made.evidence, formats, key=key, show_real=show_real, against=adoption.against
        )
    try:
        return adoption.close(record, out, exit_zero=exit_zero)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"{out} holds the whole audit") from None


@main.command()
@click.argument("family")
@click.option(
    "--data", metavar="DATA", help="A bundled name (see `list data`), a file or a folder.  [default: the family's]"
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the split and the training.")
@click.option("--plant", metavar="DEFECT", help="drop-mode=K, imbalance=K:0.25, collapse=M, shrink=0.6 or memorise=N.")
@click.option(
    "--conditional", is_flag=True, help="Tell the model each record's class, so that it generates on request."
)
@click.option("--steps", type=click.IntRange(min=1), help="Training steps.  [default: what makes the model sound]")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="A setting, e.g. hidden=128 or latent_dim=2."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="X.safetensors", help="File to write.")
def train(
    family: str,
    data: str | None,
    seed: int,
    plant: str | None,
    conditional: bool,
    steps: int | None,
    settings: tuple[str, ...],
    out: Path,
) -> None:
    """Fit a reference model of FAMILY (see `list models`), optionally with a planted defect."""
    from ..reports.terminal.progress import progress
    from .commands.trainer import train_checkpoint

    with progress() as report:
        checkpoint = train_checkpoint(
            family,
            data,
            seed=seed,
            plant=plant,
            conditional=conditional,
            steps=steps,
            settings=settings,
            out=out,
            progress=report,
        )
    say(f"{out}: {checkpoint.family}, {checkpoint.parameters:,} parameters, sha256 {checkpoint.sha256[:12]}")


@main.command("list")
@click.argument("what", type=click.Choice(["models", "auditors", "data", "encoders"]))
def list_(what: str) -> None:
    """List models, auditors, bundled data or encoders."""
    from .commands.listing import lines

    say(*lines(what))


@main.command()
@click.argument("code")
def explain(code: str) -> None:
    """Print the page of auditor CODE: its question, method, limits, how to act, its estimates and parameters."""
    from .commands.explanation import explained

    say_page(explained(code))


@main.command(epilog=EXIT_CODES)
@click.argument("record", type=click.Path(path_type=Path))
@POLICY
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Write the new record and report there.")
@EXIT_ZERO
def judge(record: Path, policy: Path | None, out: Path | None, exit_zero: bool) -> int:
    """Judge a saved RECORD (a record.json, or the folder that holds it) by another policy."""
    from .commands.rejudge import judge_again

    return close(judge_again(record, policy, out), out, exit_zero=exit_zero)


main.add_command(verify)
main.add_command(attest)
main.add_command(report)
main.add_command(schema)
main.add_command(canaries_group)


for _command in (compare, history, init, policy_commands):
    main.add_command(_command)

if __name__ == "__main__":
    main()
