"""Known answers of gaps in outcomes: published intervals, and published rates of the Adult census table."""

import numpy as np
import pytest

from genai_audit.audit.statistics.intervals import BAND
from genai_audit.audit.statistics.outcomes.gaps import contrasts, p_values
from genai_audit.audit.statistics.outcomes.rates import counted_rates


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        # Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, table II, method 10:
        # 56 of 70 against 48 of 80, 9 of 10 against 3 of 10, and 5 of 56 against none of 29.
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((5, 56), (0, 29), -0.0381, 0.1926),
    ],
)
def test_the_interval_of_a_difference_is_newcombes(first, second, low, high) -> None:
    counts = np.array([[n - x, x] for x, n in (first, second)])
    rates = counted_rates(counts).of_levels(np.array([1]))
    limits = contrasts(rates, rates).generated.limits(BAND)
    assert (float(limits.low[0, 0]), float(limits.high[0, 0])) == pytest.approx((low, high), abs=5e-5)


def test_the_risk_difference_of_adult_is_the_published_one() -> None:
    # UCI Adult, 45,222 rows without a missing value: 9,539 of 30,527 men and 1,669 of 14,695 women earn over 50K. The
    # difference, .198901, is the .1989 that FairGAN reports for the real data (Xu et al. 2018, arXiv:1805.11202).
    counts = np.array([[30_527 - 9_539, 9_539], [14_695 - 1_669, 1_669]])
    rates = counted_rates(counts).of_levels(np.array([1]))
    gap = contrasts(rates, rates).generated
    assert float(gap.value[0, 0]) == pytest.approx(0.198901, abs=5e-7)
    assert float(p_values(gap)[0, 0]) < 1e-100


def test_the_difference_of_two_differences_adds_four_squares() -> None:
    # By hand, of the ends of Wilson's intervals at z = 1.96: each is p's own distance from the end that pulls that way.
    ours, theirs = np.array([[60, 40], [80, 20]]), np.array([[70, 30], [75, 25]])
    made, real = (counted_rates(each).of_levels(np.array([1])) for each in (ours, theirs))
    z, n = BAND, 100.0

    def ends(p: float) -> tuple[float, float]:
        centre, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        return (centre - half) / (1 + z**2 / n), (centre + half) / (1 + z**2 / n)

    signs = ((0.4, 1), (0.2, -1), (0.3, -1), (0.25, 1))
    value = sum(sign * p for p, sign in signs)
    down = np.sqrt(sum((p - ends(p)[0] if sign > 0 else ends(p)[1] - p) ** 2 for p, sign in signs))
    up = np.sqrt(sum((ends(p)[1] - p if sign > 0 else p - ends(p)[0]) ** 2 for p, sign in signs))
    limits = contrasts(made, real).change.limits(z)
    assert float(limits.low[0, 0]) == pytest.approx(value - down)
    assert float(limits.high[0, 0]) == pytest.approx(value + up)
