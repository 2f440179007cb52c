"""How far an audit is, on a terminal that somebody watches."""

import contextlib
import sys
from collections.abc import Callable, Iterator

from .streams import lasting
from .visible import line

STEPS = {
    "checkpoint": "reading the checkpoint",
    "train": "training the reference model",
    "samples": "drawing samples",
    "look": "judging what was drawn so far",
    "features": "computing features",
    "other_features": "computing features by further encoders",
    "groups": "judging groups",
    "attributions": "attributing outputs",
    "latents": "looking at the latent space",
    "criticised": "asking the critic",
    "encoded": "looking at what the encoder looks at",
    "judged": "telling the groups of records",
    "hand_labels": "reading the labels by hand",
    "crossed": "counting combinations of groups",
    "outcomes": "reading outcomes",
    "downstream": "training learners on the records",
    "contexts": "leaving out tokens of contexts",
    "probes": "scoring sentences",
    "continuations": "continuing prompts",
    "identifiers": "looking for identifiers",
    "canaries": "scoring canaries",
    "reliance": "exchanging slots of prompts, and columns",
    "reproductions": "looking for reproduced records",
    "likelihoods": "scoring records",
    "reconstructions": "reconstructing records",
    "membership": "looking for traces of training records",
    "conditioned": "drawing what is asked for",
    "conditioning": "changing what is asked for",
    "matches": "searching for nearest records",
    "split": "comparing training and held-out records",
    "weights": "looking at the weights",
    "report": "writing the report",
    "verify": "verifying",
}


def doing(step: str) -> str:
    """A step in words; one that has none is an auditor's code, or whatever a worker that runs foreign code made up.

    What follows a colon says more of it, and may change while it lasts.
    """
    name, _, more = step.partition(": ")
    if more and name in STEPS:
        return f"{STEPS[name]}, {line(more)[:60]}"
    return STEPS.get(step, f"auditing {line(step)[:40]}")


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """A progress display on the terminal's error stream; silent where that is no terminal."""
    if not lasting(sys.stderr).isatty():
        yield lambda step, share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        tasks = {}

        def report(step: str, share: float) -> None:
            name = step.partition(": ")[0]
            if name not in tasks:
                tasks[name] = display.add_task("", total=1.0)
            display.update(tasks[name], completed=share, description=doing(step))

        yield report
