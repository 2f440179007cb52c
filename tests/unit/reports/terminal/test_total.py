"""How much of an audit is done, from the steps that it tells, and what a terminal shows of it."""

import sys
from dataclasses import dataclass

import pytest

from genai_audit.reports.terminal.progress import doing
from genai_audit.reports.terminal.total import Total, duration, plan_of

from .watched import plain, shown

PLAN = plan_of(["samples", "features", "groups", "GA101", "GA302", "report"])


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_whole_grows_and_never_shrinks() -> None:
    total = Total(Clock())
    assert (total.words(), total.done, total.left()) == ("getting ready", 0.0, None)
    seen = []
    total.told(PLAN, 0.0)
    for step, share in [
        *(("samples", 0.0), ("samples: 10 of 20", 0.5), ("samples", 0.25), ("samples", 1.0)),
        *(("features", 0.0), ("groups", 0.0), ("groups", 1.0), ("GA302", 0.0), ("GA101", 0.0)),
        *(("GA101", 1.0), ("GA302", 1.0), ("report", 0.0), ("report", 1.0), ("unknown", 1.0)),
    ]:
        total.told(step, share)
        seen.append(total.done)
    assert seen == sorted(seen)
    assert seen[1] == seen[2] == pytest.approx(0.5 * 20 / 27)
    assert seen[-1] == 1.0
    assert total.words().startswith("6 of 6 steps done")


def test_evidence_is_done_when_the_next_kind_begins_and_auditors_when_they_say_so() -> None:
    total = Total(Clock())
    total.told(PLAN, 0.0)
    total.told("groups", 0.0)
    assert total.shares == {"samples": 1, "features": 1, "groups": 0, "GA101": 0, "GA302": 0, "report": 0}
    total.told("GA302", 0.0)
    assert total.shares["groups"] == 1
    assert total.shares["GA101"] == 0


def test_what_is_left_goes_on_as_it_went() -> None:
    clock = Clock(100.0)
    total = Total(clock)
    total.told(PLAN, 0.0)
    assert total.left() is None
    clock.now = 110.0
    total.told("samples", 0.675)  # half of the whole: 0.675 × 20 of 27
    assert total.left() == pytest.approx(10.0)
    assert total.words() == "0 of 6 steps done, about 10 s left"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.1, "5 s"), (42, "40 s"), (57.4, "55 s"), (59, "1 min"), (170, "3 min"), (3500, "1 h"), (9000, "2 h")],
)
def test_times_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_a_plan_of_anything_is_bounded_and_never_shown() -> None:
    total = Total(Clock())
    total.told("steps: " + "\x1b[2J " * 10_000, 0.0)
    assert len(total.shares) <= 200
    assert doing("steps: \x1b[2J") == "planning the audit"


WATCHED = f"""
import time
from genai_audit.reports.terminal.progress import progress
with progress() as report:
    for step, share in [("checkpoint", 0.0), ({PLAN!r}, 0.0), ("samples: 10 of 20", 0.5), ("groups", 0.5),
                        ("GA101", 0.0), ("GA302", 0.0), ("GA101", 1.0), ("GA302", 1.0), ("report", 0.0)]:
        report(step, share)
        time.sleep(0.12)
print("the end")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals")
def test_a_terminal_shows_the_whole_above_what_is_at_work_and_then_nothing() -> None:
    text = shown(code=WATCHED, columns=100)
    read = plain(text)
    assert "0 of 6 steps done" in read
    assert "5 of 6 steps done" in read
    assert " left" in read
    assert "drawing samples, 10 of 20" in read
    assert "writing the report" in read
    assert "steps:" not in read
    # What is done is off the display: at the end it holds the whole and one step.
    last = read[read.rindex("5 of 6 steps done") :]
    assert "GA302" not in last
    assert last.strip().endswith("the end")
