"""Commands for whoever relies on a saved audit: whether it holds, who stands for it, and what its record may hold."""

from pathlib import Path
from typing import Any

import click

from ..reports.terminal.say import say, say_block
from .commands import values
from .commands.exits import VERIFY_CODES
from .commands.options import BESIDE, TEMPLATE, of_opening, of_outputs, rendering

FILE = click.Path(path_type=Path)


@click.command(epilog=VERIFY_CODES)
@click.argument("out", type=FILE)
@click.option("--checkpoint", metavar="CHECKPOINT", help="The audited file or folder, to compare its digest.")
@click.option("--public-key", type=FILE, metavar="PUB.pem", help="The key that must have signed it.")
@click.option("--deep", is_flag=True, help="Draw a few chunks of samples again from the checkpoint, and compare.")
@of_opening
@click.option("--memory", callback=values.size, metavar="SIZE", help="What the model may use at most, e.g. 8G.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def verify(
    out: Path,
    checkpoint: str | None,
    public_key: Path | None,
    deep: bool,
    memory: int | None,
    as_json: bool,
    **opening: Any,
) -> int:
    """Compute the audit in folder OUT again from what lies there, and say line by line what holds."""
    from .verification.command import verify_and_say

    return verify_and_say(
        out, checkpoint, public_key=public_key, deep=deep, opening=opening, memory=memory, as_json=as_json
    )


@click.command()
@click.argument("out", type=FILE)
@click.option("--sign", type=FILE, required=True, metavar="KEY.pem", help="The private key, on the curve P-256.")
def attest(out: Path, sign: Path) -> None:
    """Sign the attestation of the audit in folder OUT."""
    from .verification.signature import sign_audit

    say(str(sign_audit(out, sign)))


@click.command()
def schema() -> None:
    """Print the JSON Schema of record.json."""
    import json

    from ..reports.record import schema as record_schema

    say_block(json.dumps(record_schema(), indent=2))


@click.command()
@click.argument("record", type=FILE)
@BESIDE
@TEMPLATE
@of_outputs
@rendering
def report(record: Path, out: Path | None, **asked: Any) -> None:
    """Render the HTML report of a saved RECORD again; or, if asked for, forms and machine formats in its place."""
    from .commands.views import written_again

    say(*map(str, written_again(record, out, **asked)))
