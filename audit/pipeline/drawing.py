"""Draw until the rules are decided: looks at growing samples of a slow model, within its time.

A model that draws all its samples in `SLOW` seconds is looked at once, with all of them. Of a slower one, the samples
are judged by a schedule of looks over which the policy's error is spent (`statistics.looks`), and kept, so that an
interrupted audit, or one whose time was up, can go on.
"""

import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from ...reports.drawing import DrawingPart, LookPart, Stopped
from ..evidence.plan import Plan, Progress
from ..evidence.samples.draws import Draws, chunk_of
from ..evidence.samples.kept import KeptDraws
from ..statistics.looks import part_of, part_out_of_time, schedule
from ..verdict import RuleResult, Ruling, Verdict
from .kept_state import KeptState, kept_state

SLOW = 60.0
"""Seconds of drawing from which looks are worth what they cost."""

HOPELESS = 0.05
"""The chance of being decided by the most samples below which no rule is waited for."""

EARLIEST = 1 / 8
"""The part of the most samples before which nothing is called hopeless: it is not known well enough."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How far to draw.

    Args:
        most: samples at most.
        budget: seconds for drawing and looking.
        kept: where the samples of a slow model are kept; None: nowhere.
        resume: whether to go on with what is there.
        looks: whether to look before the end: None leaves that to the model's pace.
    """

    most: int
    budget: float
    kept: Callable[[], KeptDraws] | None = None
    resume: bool = False
    looks: bool | None = None


KEPT = "kept for --resume"
"""In the name of a step whose samples outlive an interruption."""

Look = Callable[[Plan, float], Verdict]
"""Judges the rules that samples decide, on the first n of a plan, spending a part of the error."""

Asking = Callable[[], AbstractContextManager[None]]
"""Surrounds what runs the model's code: what that changes is put back, what it raises is told as the user's."""


def draw(plan: Plan, limits: Limits, look: Look, asking: Asking, progress: Progress) -> tuple[Plan, DrawingPart]:
    """The plan with as many samples as its rules need, and how they were drawn.

    Args:
        plan: with a model; its n is what is drawn in the end.
        limits: of samples and time.
        look: judges what there is.
        asking: surrounds what runs the model's code.
        progress: is told how far drawing is.

    Raises:
        UserError: if there is nothing to resume, or it was looked at with more samples than there are to be.
        ValueError: if the model's samples are unusable.
    """
    deadline = time.monotonic() + limits.budget
    kept = limits.kept() if limits.kept is not None and limits.resume else None
    state = None if kept is None else kept_state(kept, limits.most)
    with asking():
        chunk = chunk_of(plan.model) if state is None else state.chunk
        draws = Draws(plan.model, plan.seed, plan.modality, chunk, kept)
        progress("samples", 0.0)
        slow = _slow(draws, limits)
    if not slow:
        return _at_once(plan, draws, limits.most, deadline, asking, progress)
    if state is None and limits.kept is not None:
        kept = limits.kept()
        KeptState(chunk=chunk).keep(kept)
        draws.keep(kept)
    progress(_step(draws, limits.most), min(1.0, draws.number / limits.most))
    looks = _Looks(plan, draws, limits, look, asking, deadline, progress)
    return looks.drawn(() if state is None else state.looks)


def _slow(draws: Draws, limits: Limits) -> bool:
    """Whether the model is worth looks; the first samples are drawn to see."""
    if limits.looks is False:
        return False
    draws.draw(1)
    if limits.looks or limits.resume:
        return True
    if draws.quickest * limits.most > SLOW:
        # The first call may have loaded or compiled something.
        draws.draw(min(2 * draws.chunk, limits.most))
    return draws.quickest * limits.most > SLOW


def _at_once(
    plan: Plan, draws: Draws, most: int, deadline: float, asking: Asking, progress: Progress
) -> tuple[Plan, DrawingPart]:
    with asking():
        n = draws.draw(most, deadline=deadline, progress=lambda share: progress(_step(draws, most), share))
    only = LookPart(n=n, part=1.0, outcome=Ruling.INCONCLUSIVE, scheduled=n == most)
    stopped: Stopped = "most" if n == most else "time"
    return replace(plan, n=n, draws=draws), DrawingPart(most=most, chunk=draws.chunk, looks=(only,), stopped=stopped)


def _step(draws: Draws, goal: int) -> str:
    """The step's name, with how long drawing all would take and whether it can go on, where that is worth saying."""
    minutes = (draws.pace or 0.0) * goal / 60
    said = [f"{goal:,} take about {math.ceil(minutes)} min"] if minutes >= 1 else []
    said += [] if draws.kept is None else [KEPT]
    return f"samples: {', '.join(said)}" if said else "samples"


@dataclass
class _Looks:
    """The loop of drawing and looking."""

    plan: Plan
    draws: Draws
    limits: Limits
    look: Look
    asking: Asking
    deadline: float
    progress: Progress

    def drawn(self, before: Sequence[LookPart]) -> tuple[Plan, DrawingPart]:
        """Draw and look until the rules are decided, or the samples or the time are used up.

        Args:
            before: the looks of an earlier run.
        """
        most, looks = self.limits.most, list(before)
        ahead = schedule(most, step=self.draws.chunk)
        for index, n in enumerate(ahead):
            if n < most and any(each.n >= n for each in looks):
                continue
            reached = self._reached(n)
            spent = [each.part for each in looks]
            # To look at the same samples once more costs nothing.
            again = next((each.part for each in looks if each.n == reached), None)
            if reached < n:
                return self._ended(looks, reached, part_out_of_time(spent) if again is None else again, "time")
            part = part_of(index, of=len(ahead), spent=spent) if again is None else again
            if n == most:
                return self._ended(looks, n, part, "most")
            self.progress("look", 0.0)
            verdict = self.look(replace(self.plan, n=n, draws=self.draws), part)
            self.progress("look", 1.0)
            stopped = _stopped(verdict.rules, n / most)
            if stopped is not None:
                return self._ended(looks, n, part, stopped)
            looks.append(_told(verdict, n, part))
            self._note(looks)
        raise AssertionError("the last look of a schedule is at the most samples, and ends drawing")

    def _reached(self, n: int) -> int:
        """How many of n samples there are once they are drawn, or time is up."""
        most = self.limits.most
        with self.asking():
            return self.draws.draw(
                n,
                deadline=self.deadline,
                progress=lambda share: self.progress(_step(self.draws, most), share * n / most),
            )

    def _note(self, looks: Sequence[LookPart]) -> None:
        if self.draws.kept is not None:
            KeptState(chunk=self.draws.chunk, looks=tuple(looks)).keep(self.draws.kept)

    def _ended(self, looks: list[LookPart], n: int, part: float, stopped: Stopped) -> tuple[Plan, DrawingPart]:
        # The verdict is not known yet; the pipeline puts it in.
        last = LookPart(n=n, part=part, outcome=Ruling.INCONCLUSIVE, scheduled=stopped != "time")
        if stopped == "time":
            # A kept chunk may be damaged, so there may have been looks at more: what they spent stays spent.
            others = [each for each in looks if each.n != n]
            self._note(sorted([*others, last], key=lambda each: each.n))
        looks = [*(each for each in looks if each.n < n), last]
        if stopped != "time" and self.draws.kept is not None:
            self.draws.kept.forget()
        told = DrawingPart(most=self.limits.most, chunk=self.draws.chunk, looks=tuple(looks), stopped=stopped)
        return replace(self.plan, n=n, draws=self.draws), told


def _stopped(rules: Sequence[RuleResult], share: float) -> Stopped | None:
    """Why nothing more has to be drawn; None where it has."""
    still = [rule for rule in rules if rule.outcome is Ruling.INCONCLUSIVE and not rule.waived]
    if not still:
        return "decided"
    hopeless = all(rule.chance is not None and rule.chance < HOPELESS for rule in still)
    return "hopeless" if hopeless and share >= EARLIEST else None


def _told(verdict: Verdict, n: int, part: float) -> LookPart:
    still = dict.fromkeys(rule.id for rule in verdict.rules if rule.outcome is Ruling.INCONCLUSIVE)
    return LookPart(n=n, part=part, outcome=verdict.outcome, undecided=tuple(still))


def with_verdict(drawing: DrawingPart, verdict: Verdict) -> DrawingPart:
    """The drawing whose last look tells the verdict's outcome."""
    last = drawing.looks[-1]
    told = _told(verdict, last.n, last.part).model_copy(update={"scheduled": last.scheduled})
    return drawing.model_copy(update={"looks": (*drawing.looks[:-1], told)})
