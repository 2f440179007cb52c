"""Numbers as a reader wants them: few digits, shares as percentages, never in powers of ten."""

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

MINUS = "\u2212"
DASH = "\u2013"
DIGITS = 3
"""Significant digits of a number in the report; more would claim a precision that no estimate here has."""

IN_HUNDREDTHS = {"share": " %", "share difference": " points"}
"""Units of what is shown a hundredfold, with the sign: how far two shares are apart is counted in percentage points."""

_LITTLE = Decimal("1.1")
"""An interval that starts at 0 loses a decimal where its upper end then rises by no more than this factor."""

MOST_DECIMALS = 6
"""Numbers too small for this many decimals are shown as smaller than the last one."""


def count(value: float) -> str:
    """A count with thousands separators: `20,000`."""
    return _sign(f"{value:,.0f}")


def number(value: float) -> str:
    """A number with at most three significant digits: `0.842`, `12,300`, `<0.000001`."""
    if value == 0:
        return "0"
    smallest = 10.0**-MOST_DECIMALS
    if abs(value) < smallest:
        return f"{MINUS if value < 0 else ''}<{smallest:.{MOST_DECIMALS}f}"
    rounded = round(value, DIGITS - 1 - _magnitude(value))
    return _trimmed(rounded, min(MOST_DECIMALS, max(0, DIGITS - 1 - _magnitude(rounded))))


def tick(value: float, gap: float) -> str:
    """A place on an axis whose round places are `gap` apart, with the decimals that tell them apart: `1.002`."""
    # Binary noise such as 0.30000000000000004 − 0.2 must not cost a decimal.
    return _trimmed(value, max(0, -_magnitude(round(gap, 12)))) if gap else number(value)


def share(value: float) -> str:
    """A share as a percentage: `10.2 %`, `0.43 %`, `0.0217 %`; whole only where it is: `0 %`, `100 %`."""
    percent = 100 * value
    if value in (0, 1) or 0 < abs(percent) < 0.095:
        return f"{number(percent)} %"
    return f"{_sign(f'{percent:.{1 if abs(percent) >= 0.995 else 2}f}')} %"


def ratio(value: float) -> str:
    """A ratio with two decimals, more if it is small: `0.84`, `1.03`, `0.043`."""
    return _sign(f"{value:.2f}") if abs(value) >= 0.095 else number(value)


def quantity(value: float, unit: str) -> str:
    """A value in the form its unit asks for."""
    match unit:
        case "share":
            return share(value)
        case "share difference":
            return share(value).removesuffix(" %") + IN_HUNDREDTHS[unit]
        case "ratio":
            return ratio(value)
        case "count":
            return count(value)
        case "p_value":
            return p_cell(value)
        case _:
            return number(value)


def estimate(value: float, low: float, high: float, unit: str, *, bound: float | None = None) -> tuple[str, str]:
    """A value and its interval as two texts with equal decimals: `0.84`, `0.81–0.87`; a word is not said twice.

    The ends are rounded outwards, so that the text never claims a narrower interval than was found.

    Args:
        value: the point estimate.
        low: lower end.
        high: upper end; if it equals `low`, both texts are the value.
        unit: shares become percentages, differences of shares points.
        bound: what the interval is compared with; decimals are added until the text stands on the same side of it.
    """
    if low == high:
        return quantity(value, unit), quantity(low, unit)
    exact = [_decimal(each, unit) for each in (value, low, high)]
    border = None if bound is None else _decimal(bound, unit)
    decimals = 0 if unit == "count" else _decimals(exact[1], exact[2])
    ends = _rounded(exact[1], exact[2], decimals)
    if decimals and exact[1] == 0 and (coarse := _rounded(exact[1], exact[2], decimals - 1))[1] <= _LITTLE * exact[2]:
        # From nothing to a little: 0–0.02 % says as much as 0–0.019 %.
        ends, decimals = coarse, decimals - 1
    while border is not None and decimals < MOST_DECIMALS and not _same_side(exact[1:], ends, border):
        decimals += 1
        ends = _rounded(exact[1], exact[2], decimals)
    suffix = IN_HUNDREDTHS.get(unit, "")
    again = suffix if unit == "share" else ""
    first, last = (_places(end, decimals) for end in ends)
    between = first if first == last else f"{first}{' to ' if ends[0] < 0 else DASH}{last}"
    middle = exact[0].quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    if middle == 0 < exact[0] and exact[1] >= 0:
        return f"<{Decimal(1).scaleb(-decimals):f}{suffix}", between + again
    return _places(middle, decimals) + suffix, between + again


def interval(low: float, high: float, unit: str) -> str:
    """An interval as text, rounded outwards: `0.81–0.87`, `0.1–1.2 %`."""
    return estimate(low, low, high, unit)[1] + ("" if unit == "share" or low == high else IN_HUNDREDTHS.get(unit, ""))


def level(value: float) -> str:
    """A confidence level: `95 %`, `98.8 %`, `99.98 %`; two significant digits of what is left to 100 %."""
    left = 100 * (1 - value)
    return f"{_trimmed(100 * value, max(0, 1 - _magnitude(left)))} %"


def p_value(value: float, floor: float | None = None) -> str:
    """A p-value: `p = 0.03`, `p < 0.001`; at the least that its test can give, with the words that say so."""
    text = p_cell(value, floor)
    if text.startswith("≤"):
        return f"p {text}, the smallest this test can give"
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def p_cell(value: float, floor: float | None = None) -> str:
    """A p-value without its letter: `0.03`, `< 0.001`; `≤ 0.002` where it is at `floor`, the least its test can give.

    A floor is rounded upwards, to two significant digits.
    """
    if floor is not None and value <= floor * (1 + 1e-9):
        digits = 1 - _magnitude(floor)
        up = Decimal(f"{floor:.10g}").quantize(Decimal(1).scaleb(-digits), ROUND_CEILING)
        return f"≤ {_trimmed(float(up), digits)}"
    return "< 0.001" if value < 0.001 else number(round(value, 3))


def beyond(value: float, unit: str, bound: float | None, *, below: bool) -> str:
    """A value that is past a bound, rounded away from it, with the decimals that tell the two apart: `2.1 %` of 2 %.

    Args:
        value: what is past the bound, or at it.
        unit: of both.
        bound: the bound; None where there is none to be told from.
        below: whether the value lies below it.
    """
    if unit == "count" or not value:
        return quantity(value, unit)
    exact, border = _decimal(value, unit), None if bound is None else _decimal(bound, unit)
    rounding = ROUND_FLOOR if below else ROUND_CEILING
    decimals = max(0, 1 - _magnitude(float(exact)))
    shown = exact.quantize(Decimal(1).scaleb(-decimals), rounding)
    while border is not None and shown == border != exact and decimals < MOST_DECIMALS:
        decimals += 1
        shown = exact.quantize(Decimal(1).scaleb(-decimals), rounding)
    return _trimmed(float(shown), decimals) + IN_HUNDREDTHS.get(unit, "")


def seconds(value: float) -> str:
    """A duration: `0.31 s`, `12.4 s`."""
    return f"{value:.2f} s" if value < 10 else f"{value:.1f} s"


def _decimal(value: float, unit: str) -> Decimal:
    # Ten digits: binary noise such as 0.30000000000000004 must not be rounded up to 0.31.
    return Decimal(f"{value:.10g}") * (100 if unit in IN_HUNDREDTHS else 1)


def _decimals(low: Decimal, high: Decimal) -> int:
    """Decimals that leave the interval at least four units wide, within three significant digits."""
    room = DIGITS - 1 - _magnitude(max(abs(float(low)), abs(float(high))))
    # Stays in decimals: a width near the smallest float would be 0 once it is divided.
    fine = math.ceil(-((high - low) / 4).log10()) if high > low else room
    return max(0, min(room, fine, MOST_DECIMALS))


def _rounded(low: Decimal, high: Decimal, decimals: int) -> tuple[Decimal, Decimal]:
    unit = Decimal(1).scaleb(-decimals)
    # Adding zero turns −0 into 0.
    return low.quantize(unit, ROUND_FLOOR) + 0, high.quantize(unit, ROUND_CEILING) + 0


def _places(value: Decimal, decimals: int) -> str:
    """A rounded number with so many decimals; nothing is `0`, with neither decimals nor a sign."""
    return _sign(f"{value:,.{decimals}f}") if value else "0"


def _same_side(exact: list[Decimal], shown: tuple[Decimal, Decimal], border: Decimal) -> bool:
    return all(a.compare(border) == b.compare(border) or a == border for a, b in zip(exact, shown, strict=True))


def _magnitude(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _trimmed(value: float, decimals: int) -> str:
    text = f"{value:,.{decimals}f}"
    return _sign(text.rstrip("0").rstrip(".") if "." in text else text)


def _sign(text: str) -> str:
    return MINUS + text[1:] if text.startswith("-") else text
