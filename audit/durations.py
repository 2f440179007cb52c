"""Times as people write them."""

import re

LEAST, MOST = 1.0, 30 * 86_400.0
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_TIME = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+|\d+(?:\.\d+)?")


def seconds(text: str) -> float:
    """What `90`, `90s`, `10m` or `1h30m` means, in seconds.

    Raises:
        ValueError: if it is none of these, or not between a second and thirty days.
    """
    if not _TIME.fullmatch(text):
        raise ValueError(f"expected a time such as 90s, 10m or 1h30m, got {text!r}")
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd]?)", text)
    total = sum(float(number) * _UNITS[unit or "s"] for number, unit in parts)
    if not LEAST <= total <= MOST:
        raise ValueError(f"expected a time between 1s and 30d, got {text!r}")
    return total
