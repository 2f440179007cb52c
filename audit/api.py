"""The audit from Python: the same as the command line, returning the record."""

from pathlib import Path

from ..reports.record import Record
from .commands.outputs import check_out, write
from .run import Request, audit


def audit_checkpoint(
    checkpoint: str | Path,
    *,
    reference: str | Path | None = None,
    holdout: str | Path | None = None,
    groups: tuple[str, ...] = (),
    loader: str | None = None,
    trust: bool = False,
    prompts: str | Path | None = None,
    policy: str | Path | None = None,
    samples: int | None = None,
    seed: int = 0,
    device: str = "cpu",
    only: tuple[str, ...] = (),
    out: str | Path | None = None,
) -> Record:
    """Audit a checkpoint and return the record; with `out`, also write the report and its companions there.

    Args:
        checkpoint: a file, a folder, `reference:NAME`, or generated samples in a data format.
        reference: real data the model should resemble; by default what the checkpoint names.
        holdout: real data the model never saw.
        groups: attributes or columns of the reference that tell groups apart; by default those that the data declare.
        loader: `FILE.py:FUNCTION` that builds the model; runs that file's code.
        trust: open formats that can run the file's own code.
        prompts: a text file, a prompt a line, that a language model goes on from.
        policy: a YAML file; the shipped default otherwise.
        samples: how many samples to draw; by default 20,000, or what the model suggests.
        seed: of every random number of the audit.
        device: `cpu` or `cuda`.
        only: codes of the auditors to run; the others are listed as left out.
        out: folder to write.

    Raises:
        UserError: if an input cannot be used.
        PolicyError: if the policy cannot be used.
    """
    folder = None if out is None else Path(out)
    if folder is not None:
        check_out(folder)
    request = Request(
        checkpoint=str(checkpoint),
        reference=None if reference is None else str(reference),
        holdout=None if holdout is None else str(holdout),
        groups=groups,
        loader=loader,
        trust=trust,
        prompts=None if prompts is None else Path(prompts),
        policy=None if policy is None else Path(policy),
        samples=samples,
        seed=seed,
        device=device,
        only=only,
    )
    record, evidence = audit(request)
    if folder is not None:
        write(folder, record, evidence)
    return record
