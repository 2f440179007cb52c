"""Times as people write them."""

import pytest

from genai_audit.audit.durations import seconds


@pytest.mark.parametrize(
    ("text", "expected"), [("90", 90), ("90s", 90), ("10m", 600), ("1h30m", 5400), ("1.5m", 90), ("2d", 172_800)]
)
def test_times_are_read(text: str, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "m", "-5m", "ten", "1e3", "5 m", "nan", "10m5"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected a time such as 90s, 10m or 1h30m"):
        seconds(text)


@pytest.mark.parametrize("text", ["0", "0m", "0.1s", "31d", "9" * 30])
def test_no_time_and_endless_time_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="between 1s and 30d"):
        seconds(text)
