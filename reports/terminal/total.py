"""How much of an audit is done, and about how long the rest takes, from the steps that it tells as it goes."""

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

PLAN = "steps: "
"""How the step begins that names all steps to come, with blanks between them."""

LONG = {"train": 20.0, "samples": 20.0, "attributions": 5.0, "downstream": 5.0, "membership": 5.0, "report": 3.0}
"""How long steps last beside the others, roughly; any other counts as 1."""

MOST = 200
"""Steps that a plan may name: a worker in which foreign code runs writes it."""

EARLIEST = 0.05
"""The share that must be done before a time is named: a guess from less would jump about."""

_CODE = re.compile(r"GA\d+")


def plan_of(steps: Iterable[str]) -> str:
    """The step that tells which steps are to come."""
    return PLAN + " ".join(steps)


@dataclass
class Total:
    """The steps of an audit and how far each is.

    Args:
        clock: seconds, that only go up.
    """

    clock: Callable[[], float] = time.monotonic
    shares: dict[str, float] = field(default_factory=dict)
    started: float | None = None

    def told(self, step: str, share: float) -> None:
        """Take note of a step, or of the plan."""
        if step.startswith(PLAN):
            names = dict.fromkeys(step.removeprefix(PLAN).split()[:MOST])
            self.shares, self.started = dict.fromkeys(names, 0.0), self.clock()
            return
        name = step.partition(": ")[0]
        if name not in self.shares:
            return
        # Evidence is collected in the order of the plan; auditors are asked side by side, after all of it.
        auditing = bool(_CODE.fullmatch(name))
        for earlier in self.shares:
            if earlier == name:
                break
            if not (auditing and _CODE.fullmatch(earlier)):
                self.shares[earlier] = 1.0
        self.shares[name] = max(self.shares[name], min(max(share, 0.0), 1.0))

    @property
    def done(self) -> float:
        """The share of the whole that is done, 0–1."""
        whole = sum(map(_weight, self.shares))
        return sum(_weight(name) * share for name, share in self.shares.items()) / whole if whole else 0.0

    def left(self) -> float | None:
        """Seconds that the rest takes, if it goes on as it did; None as long as that would be a mere guess."""
        if self.started is None or self.done < EARLIEST:
            return None
        return (self.clock() - self.started) * (1 - self.done) / self.done

    def words(self) -> str:
        """How far the audit is, in words."""
        if not self.shares:
            return "getting ready"
        finished = sum(share >= 1 for share in self.shares.values())
        left = self.left()
        rest = "" if left is None else f", about {duration(left)} left"
        return f"{finished} of {len(self.shares)} steps done{rest}"


def _weight(name: str) -> float:
    return LONG.get(name, 1.0)


def duration(seconds: float) -> str:
    """Seconds as people say them of what is not known exactly: `5 s`, `40 s`, `3 min`, `2 h`."""
    if seconds < 57.5:
        return f"{max(5, 5 * round(seconds / 5))} s"
    if seconds < 57.5 * 60:
        return f"{max(1, round(seconds / 60))} min"
    return f"{max(1, round(seconds / 3600))} h"
