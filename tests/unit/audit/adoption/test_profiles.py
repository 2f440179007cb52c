"""Profiles say what drawing so many samples would find, and what they say holds."""

import math
from pathlib import Path

import numpy as np
import pytest

from genai_audit.audit.adoption.options import Adoption
from genai_audit.audit.adoption.profiles import power_lines
from genai_audit.audit.planning import Levels, decided_shares
from genai_audit.audit.request import Request
from genai_audit.audit.statistics.intervals import Share
from genai_audit.audit.verdict import Bound


def test_the_shares_are_as_derived() -> None:
    # At most 0.25, n = 100, both levels 95 %: arcsin √0.25 = π/6; reach (1.95996 + 0.84162) / 20 = 0.140079.
    fails, passes = decided_shares(Bound(high=0.25), 100, Levels(0.95, 0.95))
    assert fails == pytest.approx(math.sin(math.pi / 6 + 0.140079) ** 2, abs=1e-5)
    assert passes == pytest.approx(math.sin(math.pi / 6 - 0.140079) ** 2, abs=1e-5)
    mirrored = decided_shares(Bound(low=0.75), 100, Levels(0.95, 0.95))
    assert mirrored == (pytest.approx(1 - fails), pytest.approx(1 - passes))


def test_four_audits_of_five_decide_there() -> None:
    n, bound = 2000, Bound(high=0.1)
    fails, passes = decided_shares(bound, n, Levels(0.95, 0.99))
    rng = np.random.default_rng(0)
    for truth, level, decided in ((fails, 0.99, lambda i: i.low > 0.1), (passes, 0.95, lambda i: i.high <= 0.1)):
        seen = rng.binomial(n, truth, 400) / n
        found = np.mean([decided(Share(x, 1 / (4 * n), n, math.inf).limits(level)) for x in seen])
        # Binomial error of 400 trials at 0.8: 0.02.
        assert found == pytest.approx(0.8, abs=0.06)


def test_a_larger_profile_finds_smaller_defects() -> None:
    small, large = (power_lines("x", Request("m", samples=n)) for n in (2_000, 100_000))
    assert "outputs-can-be-true: share of records that break a rule fails at 2.1 % and above" in "\n".join(small)
    assert small[0].startswith("Profile x: 2,000 samples at most, 8 min")
    assert "no-group-underrepresented" in small[1]
    assert small[1] != large[1]
    assert len(small) == 15


def test_what_is_named_counts_before_the_profile(capsys: pytest.CaptureFixture[str]) -> None:
    quick = Adoption("quick", None, Path("l.json"))
    asked = quick.applied(Request("m", samples=50))
    assert (asked.samples, asked.budget, asked.lock) == (50, 60.0, Path("l.json"))
    assert "Profile quick: 50 samples at most, 1 min" in capsys.readouterr().err
    asked = Adoption("standard", None, None).applied(Request("m"))
    assert (asked.samples, asked.budget) == (None, None)
    assert "20,000 samples" in capsys.readouterr().err
