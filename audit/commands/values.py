"""The values of options that click has no type for."""

import click

from ..durations import seconds

LEAST_MEMORY = 2**30
_UNITS = {"M": 2**20, "G": 2**30, "T": 2**40}


def codes(_: object, __: object, value: str | None) -> tuple[str, ...]:
    """Codes of auditors, with commas between them."""
    named = tuple(code.strip() for code in (value or "").split(",") if code.strip())
    if value and not named:
        raise click.BadParameter(f"expected codes of auditors, e.g. GA302, got {value!r}")
    return named


def size(_: object, __: object, value: str | None) -> int | None:
    """A number of bytes such as `8G`."""
    if value is None:
        return None
    number, unit = value.rstrip("iBb"), 1
    if number[-1:].upper() in _UNITS:
        number, unit = number[:-1], _UNITS[number[-1].upper()]
    number_of_bytes = int(float(number) * unit) if len(number) < 20 and number.replace(".", "", 1).isdecimal() else 0
    if number_of_bytes < LEAST_MEMORY:
        raise click.BadParameter(f"expected a size of at least 1G, e.g. 8G, got {value!r}")
    return number_of_bytes


def duration(_: object, __: object, value: str | None) -> float | None:
    """Seconds, from a time such as `10m`."""
    try:
        return None if value is None else seconds(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
