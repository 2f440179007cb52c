"""Verify a saved audit: from the command line, and from Python."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...models.errors import UserError
from ...reports.terminal.say import say, say_block
from ..commands.exits import FAIL, PASS
from .check import Verification
from .verify import told, verify_folder

Progress = Callable[[str, float], None]


def verify(
    folder: str | Path,
    *,
    checkpoint: str | Path | None = None,
    public_key: str | Path | None = None,
) -> Verification:
    """Compute a saved audit again from its folder, and say what holds.

    Digests of every file, the samples and their tree; every estimate, by running the auditors again on the saved
    evidence; the verdict, by judging again on the recorded day; diagnosis and coverage; and the outputs, by writing
    them again. Numbers must be equal exactly, or within 1e-6 where the machine or versions are not those recorded.

    Args:
        folder: what `out` or `--out` named.
        checkpoint: the audited file or folder, whose digest is then compared.
        public_key: a PEM file of the key that must have signed the attestation.

    Raises:
        UserError: if there is no audit, its record is of a later version, or an argument cannot be used.
    """
    return _verified(Path(folder), checkpoint, None if public_key is None else Path(public_key))


def verify_and_say(
    out: Path,
    checkpoint: str | None,
    *,
    public_key: Path | None,
    deep: bool,
    opening: Mapping[str, Any],
    memory: int | None,
    as_json: bool,
) -> int:
    """Verify, print a line for each check or all as JSON, and give the exit code."""
    from ...reports.terminal.progress import progress

    if deep and checkpoint is None:
        raise UserError("--deep: expected --checkpoint CHECKPOINT beside it, which samples are drawn from, got none")
    # The digest of an adapter covers its base, so that this is of use without drawing.
    if not deep and any(value for name, value in opening.items() if name not in ("safety_checker", "base_model")):
        raise UserError("expected --deep beside options that say how to open the checkpoint, got none; add it")
    with progress() as report:
        verification = _verified(out, checkpoint, public_key, deep, opening, memory, report)
    if as_json:
        say_block(verification.model_dump_json(indent=2))
    else:
        say(*(each.text() for each in verification.checks), verification.line())
    return PASS if verification.holds else FAIL


def _verified(
    out: Path,
    checkpoint: str | Path | None,
    key_file: Path | None,
    deep: bool = False,
    opening: Mapping[str, Any] | None = None,
    memory: int | None = None,
    progress: Progress = lambda step, share: None,
) -> Verification:
    from ..folder.signing import public_key
    from .of_checkpoint import of_checkpoint

    key = None if key_file is None else public_key(key_file)
    checks, record, evidence = verify_folder(out, key, progress)
    if checkpoint is not None and record is not None:
        checks += of_checkpoint(record, str(checkpoint), opening or {}, progress)
    if deep and record is not None and evidence is not None:
        from .of_draws import of_draws

        # From the system: who altered samples must not know which of them will be looked at.
        rng = np.random.default_rng()
        checks += of_draws(record, evidence, str(checkpoint), opening or {}, memory, rng, progress)
    return told(out, checks)
