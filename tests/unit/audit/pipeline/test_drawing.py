"""The loop of drawing and looking: when it stops, what it spends, and how it goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch

from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.process_state import as_found
from genai_audit.audit.evidence.samples.kept import KeptDraws, kept_draws
from genai_audit.audit.pipeline import drawing
from genai_audit.audit.pipeline.drawing import Limits, draw
from genai_audit.audit.pipeline.kept_state import kept_state
from genai_audit.audit.verdict import Bound, RuleResult, Ruling, Verdict, conclude
from genai_audit.models.errors import UserError
from genai_audit.reports.drawing import part_spent

MOST = 6400


class Slow:
    """A model that a clock calls slow."""

    modality, chunk = "image", 100

    def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> torch.Tensor:
        return torch.rand(n, 1, 2, 2, generator=generator)


def rule(outcome: Ruling, chance: float | None = None) -> RuleResult:
    return RuleResult("a", "GA1", "x", None, Bound(low=0), True, "", outcome, "", chance=chance)


@dataclass
class Looks:
    """Gives outcomes by the number of samples, and remembers what it was asked."""

    outcome: Callable[[int], RuleResult]
    asked: list[tuple[int, float]] = field(default_factory=list)

    def __call__(self, plan: Plan, part: float) -> Verdict:
        self.asked.append((plan.n, part))
        return conclude([self.outcome(plan.n)], confidence=0.95)


def run(
    look: Looks,
    *,
    kept: Path | None = None,
    resume: bool = False,
    budget: float = 1e6,
    looks: bool = True,
    most: int = MOST,
) -> Any:
    def keep() -> KeptDraws:
        assert kept is not None
        return kept_draws(kept, {"seed": 0}, resume=resume)

    plan = Plan("image", "m", model=Slow(), n=most)
    limits = Limits(most, budget, None if kept is None else keep, resume, looks)
    return draw(plan, limits, look, as_found, lambda step, share: None)


def interrupt_after(most: int, kept: Path) -> None:
    """Leave what an audit keeps that was interrupted in the first look at more than `most`."""

    def look(n: int) -> RuleResult:
        if n > most:
            raise KeyboardInterrupt
        return rule(Ruling.INCONCLUSIVE, 0.9)

    with pytest.raises(KeyboardInterrupt):
        run(Looks(look), kept=kept)


def test_drawing_stops_where_all_is_decided(tmp_path: Path) -> None:
    look = Looks(lambda n: rule(Ruling.PASS if n >= 800 else Ruling.INCONCLUSIVE, 0.9))
    plan, told = run(look, kept=tmp_path)
    assert [n for n, _ in look.asked] == [200, 400, 800]
    assert (plan.n, told.stopped, [each.n for each in told.looks]) == (800, "decided", [200, 400, 800])
    assert part_spent(told) == look.asked[-1][1]
    assert sum(each.part for each in told.looks) < 1
    assert not list(tmp_path.iterdir())


def test_all_samples_spend_all_of_the_error(tmp_path: Path) -> None:
    plan, told = run(Looks(lambda n: rule(Ruling.INCONCLUSIVE, 0.9)), kept=tmp_path)
    assert (plan.n, told.stopped) == (MOST, "most")
    assert sum(each.part for each in told.looks) == pytest.approx(1)


def test_nothing_is_waited_for_that_the_most_samples_would_not_decide(tmp_path: Path) -> None:
    plan, told = run(Looks(lambda n: rule(Ruling.INCONCLUSIVE, 0.01)), kept=tmp_path)
    assert (plan.n, told.stopped) == (800, "hopeless")
    unknown, _ = run(Looks(lambda n: rule(Ruling.INCONCLUSIVE)), kept=tmp_path)
    assert unknown.n == MOST


def test_a_quick_model_is_looked_at_once(tmp_path: Path) -> None:
    look = Looks(lambda n: rule(Ruling.PASS))
    plan, told = draw(
        Plan("image", "m", model=Slow(), n=MOST),
        Limits(MOST, 1e6, lambda: kept_draws(tmp_path, {}, resume=False)),
        look,
        as_found,
        lambda step, share: None,
    )
    assert (plan.n, told.stopped, part_spent(told), look.asked) == (MOST, "most", 1.0, [])
    assert not list(tmp_path.iterdir())


def test_an_audit_whose_time_was_up_goes_on_and_never_spends_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(10_000))
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))
    look = Looks(lambda n: rule(Ruling.INCONCLUSIVE, 0.9))
    plan, told = run(look, kept=tmp_path, budget=12)
    assert told.stopped == "time"
    assert 400 < plan.n < MOST
    assert not told.looks[-1].scheduled
    again = Looks(lambda n: rule(Ruling.INCONCLUSIVE, 0.9))
    plan, more = run(again, kept=tmp_path, resume=True)
    assert (plan.n, more.stopped) == (MOST, "most")
    assert more.looks[: len(told.looks)] == told.looks
    assert all(n > told.looks[-1].n for n, _ in again.asked)
    assert sum(each.part for each in more.looks) == pytest.approx(1)


def test_an_interrupted_audit_goes_on_to_the_same_end(tmp_path: Path) -> None:
    def decided(n: int) -> RuleResult:
        return rule(Ruling.PASS if n >= 3200 else Ruling.INCONCLUSIVE, 0.9)

    whole, told = run(Looks(decided), kept=tmp_path / "whole")

    interrupt_after(800, tmp_path / "part")
    look = Looks(decided)
    plan, resumed = run(look, kept=tmp_path / "part", resume=True)
    assert [n for n, _ in look.asked] == [1600, 3200]
    assert resumed == told
    assert (plan.draws.first(plan.n) == whole.draws.first(whole.n)).all()


def test_a_model_in_memory_is_looked_at_while_drawing_too_and_nothing_is_kept() -> None:
    plan, told = run(Looks(lambda n: rule(Ruling.PASS)))
    assert (plan.n, told.stopped) == (200, "decided")


def test_without_looks_only_time_ends_drawing(tmp_path: Path) -> None:
    look = Looks(lambda n: rule(Ruling.PASS))
    plan, told = run(look, kept=tmp_path, looks=False)
    assert (plan.n, told.stopped, look.asked) == (MOST, "most", [])
    plan, told = run(look, kept=tmp_path, looks=False, budget=-1)
    assert (plan.n, told.stopped, part_spent(told)) == (100, "time", 1.0)


def test_how_long_it_takes_is_said_while_drawing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing.Draws, "pace", property(lambda self: 0.05))
    steps: list[str] = []
    draw(
        Plan("image", "m", model=Slow(), n=MOST),
        Limits(MOST, 1e6, lambda: kept_draws(tmp_path, {}, resume=False), looks=True),
        Looks(lambda n: rule(Ruling.PASS)),
        as_found,
        lambda step, share: steps.append(step),
    )
    assert "samples: 6,400 take about 6 min, kept for --resume" in steps


def test_progress_is_the_share_of_all_samples() -> None:
    shares: list[float] = []
    draw(
        Plan("image", "m", model=Slow(), n=MOST),
        Limits(MOST, 1e6, looks=True),
        Looks(lambda n: rule(Ruling.INCONCLUSIVE, 0.9)),
        as_found,
        lambda step, share: shares.append(share) if step.startswith("samples") else None,
    )
    assert shares[2:] == pytest.approx([100 * calls / MOST for calls in range(2, 65)])


def test_a_time_that_ends_before_what_was_kept_is_read_loses_nothing_of_it(tmp_path: Path) -> None:
    interrupt_after(800, tmp_path)
    look = Looks(lambda n: rule(Ruling.INCONCLUSIVE, 0.9))
    plan, told = run(look, kept=tmp_path, resume=True, budget=-1)
    assert (plan.n, told.stopped, [n for n, _ in look.asked]) == (1600, "time", [1600])
    assert [each.n for each in told.looks] == [200, 400, 800, 1600]


def test_what_looks_spent_stays_spent_where_a_kept_chunk_is_damaged(tmp_path: Path) -> None:
    interrupt_after(800, tmp_path)
    (damaged,) = tmp_path.glob("*/000003/chunk.npz")
    damaged.write_bytes(b"torn")
    plan, told = run(Looks(lambda n: rule(Ruling.PASS)), kept=tmp_path, resume=True, budget=-1)
    assert (plan.n, told.stopped) == (300, "time")
    state = kept_state(kept_draws(tmp_path, {"seed": 0}, resume=True), MOST)
    assert [each.n for each in state.looks] == [200, 300, 400, 800]
    assert sum(each.part for each in state.looks) < 1


def test_fewer_samples_than_were_looked_at_are_refused(tmp_path: Path) -> None:
    interrupt_after(800, tmp_path)
    with pytest.raises(UserError, match=r"--samples: expected at least 800, .* got 500; name more"):
        run(Looks(lambda n: rule(Ruling.PASS)), kept=tmp_path, resume=True, most=500)
    look = Looks(lambda n: rule(Ruling.PASS))
    plan, told = run(look, kept=tmp_path, resume=True, most=800)
    assert (plan.n, told.stopped, look.asked) == (800, "most", [])
    assert [each.n for each in told.looks] == [200, 400, 800]


def test_only_what_the_model_does_is_told_as_the_users(tmp_path: Path) -> None:
    """What goes wrong in a look is ours, so it must not come out as a mistake of the user's."""
    inside: list[bool] = []

    @contextmanager
    def asking() -> Iterator[None]:
        inside.append(True)
        yield
        inside.pop()

    class Seen(Slow):
        def sample(self, n: int, *, generator: torch.Generator, condition: Any = None) -> torch.Tensor:
            assert inside
            return super().sample(n, generator=generator)

    def look(plan: Plan, part: float) -> Verdict:
        assert not inside
        return conclude([rule(Ruling.PASS)], confidence=0.95)

    plan = Plan("image", "m", model=Seen(), n=MOST)
    plan, told = draw(plan, Limits(MOST, 1e6, looks=True), look, asking, lambda step, share: None)
    assert told.stopped == "decided"


def test_an_interruption_before_the_first_look_can_be_resumed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(n: int) -> RuleResult:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(Looks(interrupted), kept=tmp_path)
    calls: list[int] = []
    monkeypatch.setattr(Slow, "sample", lambda self, n, **_: calls.append(n) or torch.zeros(n, 1, 2, 2))
    run(Looks(lambda n: rule(Ruling.PASS)), kept=tmp_path, resume=True)
    assert calls == []
