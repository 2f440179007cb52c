"""How far an audit is, on a terminal that somebody watches."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from .streams import lasting
from .total import PLAN, Total
from .visible import line

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

STEPS = {
    "steps": "planning the audit",
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
    "compare": "asking auditors again without parts of the records",
}


def doing(step: str) -> str:
    """A step in words; one that has none is an auditor's code, or whatever a worker that runs foreign code made up.

    What follows a colon says more of it, and may change while it lasts.
    """
    name, _, more = step.partition(": ")
    if more and name in STEPS and not step.startswith(PLAN):
        return f"{STEPS[name]}, {line(more)[:60]}"
    return STEPS.get(step if not step.startswith(PLAN) else name, f"auditing {line(step)[:40]}")


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str, float], None]]:
    """A progress display on the terminal's error stream: the whole, and what is at work; silent off a terminal."""
    stream = lasting(sys.stderr)
    if not stream.isatty():
        yield lambda step, share: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as display:
        yield _Display(display).report


class _Display:
    """A line for all of the audit, once its steps are known, and one for each step at work."""

    def __init__(self, display: "Progress") -> None:
        self.display, self.total = display, Total()
        self.whole: TaskID | None = None
        self.tasks: dict[str, TaskID] = {}

    def report(self, step: str, share: float) -> None:
        """Show a step and the share of it that is done; one that is done goes away where the whole is shown."""
        self.total.told(step, share)
        if step.startswith(PLAN):
            self._clear(list(self.tasks))
            self.whole = self.display.add_task(self.total.words(), total=1.0)
            return
        name = step.partition(": ")[0]
        if self.whole is not None:
            self._clear([each for each in self.tasks if each != name and self.total.shares.get(each, 1.0) >= 1])
            self.display.update(self.whole, completed=self.total.done, description=self.total.words())
        if share >= 1 and self.whole is not None:
            self._clear([name] if name in self.tasks else [])
            return
        if name not in self.tasks:
            self.tasks[name] = self.display.add_task("", total=1.0)
        self.display.update(self.tasks[name], completed=share, description=doing(step))

    def _clear(self, names: list[str]) -> None:
        for name in names:
            self.display.remove_task(self.tasks.pop(name))
