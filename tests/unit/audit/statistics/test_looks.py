"""The error that looks spend never adds up to more than all of it, wherever drawing stops."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genai_audit.audit.statistics.looks import FRACTIONS, PARTS, part_of, part_out_of_time, planned, schedule


def test_the_planned_parts_are_the_whole_error() -> None:
    assert sum(PARTS) == pytest.approx(1)
    for looks in range(1, len(FRACTIONS) + 1):
        assert sum(planned(looks)) == pytest.approx(1)


def test_looks_fall_on_whole_calls_and_end_with_all_samples() -> None:
    assert schedule(20_000, step=500) == (1000, 1500, 2500, 5000, 10_000, 20_000)
    assert schedule(20_000, step=50) == (650, 1250, 2500, 5000, 10_000, 20_000)
    assert schedule(1999, step=500)[-1] == 1999
    assert schedule(100, step=500) == (100,)


@given(most=st.integers(1, 10**6), step=st.integers(1, 5000))
def test_a_schedule_ascends_to_the_most(most: int, step: int) -> None:
    looks = schedule(most, step=step)
    assert list(looks) == sorted(set(looks))
    assert looks[-1] == most
    assert all(n % step == 0 for n in looks[:-1])


@pytest.mark.parametrize(("most", "step"), [(0, 1), (1, 0)])
def test_nothing_to_draw_is_refused(most: int, step: int) -> None:
    with pytest.raises(ValueError, match="expected positive numbers"):
        schedule(most, step=step)


def test_looks_at_their_time_spend_what_was_planned() -> None:
    spent: list[float] = []
    for look in range(6):
        spent.append(part_of(look, of=6, spent=spent))
    assert spent == pytest.approx(PARTS)


@given(early=st.lists(st.booleans(), min_size=6, max_size=6))
def test_looks_out_of_time_never_spend_more_than_there_is(early: list[bool]) -> None:
    spent: list[float] = []
    for look, out_of_time in enumerate(early):
        if out_of_time:
            spent.append(part_out_of_time(spent))
        spent.append(part_of(look, of=6, spent=spent))
        assert all(part > 0 for part in spent)
        assert sum(spent) <= 1 + 1e-9
    assert sum(spent) == pytest.approx(1)
