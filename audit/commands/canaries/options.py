"""The commands `genai-audit canaries make` and `genai-audit canaries check`; what they do lies in `making`."""

from pathlib import Path

import click

from ....reports.terminal.say import say
from ..exits import INCONCLUSIVE, PASS


@click.group()
def canaries() -> None:
    """Plant random records in training data, and look later whether a model knows them by heart."""


@canaries.command()
@click.option("--reference", metavar="DATA", required=True, help="Data that the records are to be like.")
@click.option("--number", type=click.IntRange(min=1), default=200, show_default=True, help="Planted and held out.")
@click.option(
    "--guesses",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many will be guessed, fixed from now on.  [default: half of them]",
)
@click.option("--repeats", type=click.IntRange(min=1), default=1, show_default=True, help="Of each planted record.")
@click.option("--watermark", is_flag=True, help="Plant one record, drawn from all, instead of a coin for each.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FOLDER", help="New folder to write.")
def make(reference: str, number: int, guesses: int | None, repeats: int, watermark: bool, out: Path) -> None:
    """Draw canaries, let coins decide which are planted, and write these and the key."""
    from .making import FILES, KEY, make_canaries

    key = make_canaries(reference, out, number=number, guesses=guesses, repeats=repeats, watermark=watermark)
    planted = int(key.included.sum())
    say(
        f"{out / FILES[key.modality]}: {planted} of {number} canaries, {key.space}; add all of it to the training data",
        f"{out / KEY}: the key, for `genai-audit canaries check`; keep it from whoever trains the model",
    )


@canaries.command()
@click.argument("checkpoint")
@click.option(
    "--canaries", "key", type=click.Path(path_type=Path), required=True, metavar="KEY.json", help="Key of the canaries."
)
@click.option("--reference", metavar="DATA", help="Real data to resemble.  [default: what the checkpoint names]")
@click.option("--loader", metavar="FILE.py:FUNCTION", help="Your code that builds the model. It runs on this machine.")
@click.option("--samples", type=click.IntRange(min=1), metavar="N", help="Samples to draw.  [default: 2,000]")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of every random number.")
@click.option("--device", default="cpu", show_default=True, help="cpu or cuda.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Write record and report there.")
def check(
    checkpoint: str,
    key: Path,
    reference: str | None,
    loader: str | None,
    samples: int | None,
    seed: int,
    device: str,
    out: Path | None,
) -> int:
    """Rank the planted canaries of CHECKPOINT among those held out, and bound the privacy loss of its training.

    Exit codes: 0 measured, 2 usage or configuration, 3 nothing could be measured.
    """
    from ....reports.terminal.progress import progress
    from ...request import Request
    from .making import SAMPLES, check_canaries, lines

    request = Request(
        checkpoint=checkpoint,
        canaries=key,
        reference=reference,
        loader=loader,
        samples=samples or SAMPLES,
        seed=seed,
        device=device,
        only=("GA405",),
    )
    with progress() as report:
        record = check_canaries(request, out, report)
    said, measured = lines(record)
    say(*said)
    return PASS if measured else INCONCLUSIVE
