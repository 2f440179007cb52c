"""`loans`: made-up loan applications whose truth is known in closed form.

What depends on what: employment on age; years employed on age and employment; income on sex and employment; the amount
asked for on income; approval on sex and income band, and on nothing else. All the rest is independent. So equal incomes
are not treated equally (`APPROVAL`), and sexes differ in income too (`HIGH_INCOME`): an auditor must find the sum of
both, `approval_rate`, and no association of anything with region.

Three things are put in for generators to miss: income has two modes, one region is rare, and nobody has been employed
for more years than since the age of 16.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...records import Records, table_attribute

ROWS = 10_000
SEED = 20_240_501

SEX = {"female": 0.45, "male": 0.55}
REGION = {"north": 0.40, "south": 0.30, "west": 0.27, "island": 0.03}
CHILDREN = {0: 0.42, 1: 0.25, 2: 0.22, 3: 0.08, 4: 0.03}

YOUNGEST, OLDEST = 21, 70
RETIRING = 60
"""The age from which the second line of `EMPLOYMENT` holds."""
EMPLOYMENT = {
    "before": {"employed": 0.74, "self-employed": 0.16, "unemployed": 0.10, "retired": 0.00},
    "after": {"employed": 0.35, "self-employed": 0.10, "unemployed": 0.05, "retired": 0.50},
}
SCHOOL_LEAVING = 16
"""`years_employed` is at most age minus this; 0 for the unemployed."""

INCOME = {"low": (24_000.0, 0.25), "high": (70_000.0, 0.20)}
"""Median and log-deviation of the two log-normal modes of yearly income."""
HIGH_INCOME = {
    "female": {"employed": 0.20, "self-employed": 0.40, "unemployed": 0.0, "retired": 0.10},
    "male": {"employed": 0.30, "self-employed": 0.50, "unemployed": 0.0, "retired": 0.15},
}
"""P(the high mode of income | sex, employment)."""
AMOUNT = (0.30, 0.35)
"""Median and log-deviation of the log-normal share of a year's income that is asked for."""

INCOME_EDGES = (20_000.0, 45_000.0)
INCOME_BANDS = ("below 20,000", "20,000 to 45,000", "45,000 and above")
APPROVAL = {"female": (0.30, 0.52, 0.78), "male": (0.38, 0.64, 0.84)}
"""P(approved | sex, income band)."""


def age_share(age: int) -> float:
    """P(age): the part of a Beta(2, 3) variable, stretched over 21 … 70, that rounds down to it."""
    span = OLDEST + 1 - YOUNGEST
    return _beta_below((age + 1 - YOUNGEST) / span) - _beta_below((age - YOUNGEST) / span)


def years_share(years: int, age: int) -> float:
    """P(years employed | age) of those who are not unemployed: falls linearly to nothing above age − 16."""
    most = age - SCHOOL_LEAVING
    return max(0.0, 2 * (most + 1 - years) / ((most + 1) * (most + 2)))


def employment_share(employment: str) -> float:
    """P(employment)."""
    late = 1 - _beta_below((RETIRING - YOUNGEST) / (OLDEST + 1 - YOUNGEST))
    return (1 - late) * EMPLOYMENT["before"][employment] + late * EMPLOYMENT["after"][employment]


def income_below(income: float, sex: str) -> float:
    """P(income < `income` | sex)."""
    high = sum(employment_share(each) * share for each, share in HIGH_INCOME[sex].items())
    return (1 - high) * _log_normal_below(income, "low") + high * _log_normal_below(income, "high")


def band_shares(sex: str) -> tuple[float, float, float]:
    """P(income band | sex), in the order of `INCOME_BANDS`."""
    low, high = (income_below(edge, sex) for edge in INCOME_EDGES)
    return low, high - low, 1 - high


def approval_rate(sex: str) -> float:
    """P(approved | sex)."""
    return sum(share * rate for share, rate in zip(band_shares(sex), APPROVAL[sex], strict=True))


def records() -> Records:
    """All 10,000 applications, a table of 9 columns, with the groups `sex` and `region`."""
    frame = draw(ROWS, np.random.default_rng(SEED))
    attributes = {
        "sex": table_attribute(frame, "sex", names=tuple(SEX)),
        "region": table_attribute(frame, "region", names=tuple(REGION)),
    }
    return Records("tabular", frame, attributes)


def draw(n: int, rng: np.random.Generator) -> Any:
    """Draw n fresh applications as a `pandas.DataFrame`: a perfect generator, for comparison."""
    import pandas as pd

    sex, region, children = (_pick(shares, n, rng) for shares in (SEX, REGION, CHILDREN))
    span = OLDEST + 1 - YOUNGEST
    # The second smallest of four uniform numbers is Beta(2, 3).
    age = (YOUNGEST + np.floor(span * np.sort(rng.random((n, 4)), axis=1)[:, 1])).astype(np.int64)
    employment = np.where(
        age < RETIRING, _pick(EMPLOYMENT["before"], n, rng), _pick(EMPLOYMENT["after"], n, rng)
    )  # (n,)
    most = age - SCHOOL_LEAVING
    # The smaller of two different whole numbers out of 0 … most + 1 falls linearly.
    first, second = (np.floor(rng.random(n) * (most + extra)).astype(np.int64) for extra in (2, 1))
    years = np.minimum(first, second + (second >= first))
    years = np.where(employment == "unemployed", 0, years)
    rich = rng.random(n) < [HIGH_INCOME[s][e] for s, e in zip(sex, employment, strict=True)]
    median, spread = np.where(rich[:, None], INCOME["high"], INCOME["low"]).T
    income = np.round(median * np.exp(spread * rng.standard_normal(n)), 2)
    amount = np.round(income * AMOUNT[0] * np.exp(AMOUNT[1] * rng.standard_normal(n)), 2)
    rate = [APPROVAL[s][band] for s, band in zip(sex, np.searchsorted(INCOME_EDGES, income, "right"), strict=True)]
    columns = {
        "sex": sex,
        "region": region,
        "age": age,
        "employment": employment,
        "years_employed": years,
        "children": children,
        "income": income,
        "amount": amount,
        "approved": rng.random(n) < rate,
    }
    return pd.DataFrame({name: values.tolist() for name, values in columns.items()})


def _pick(shares: Mapping[Any, float], n: int, rng: np.random.Generator) -> NDArray[Any]:
    bounds = np.cumsum(list(shares.values()))[:-1]
    return np.array(list(shares))[np.searchsorted(bounds, rng.random(n), side="right")]


def _beta_below(x: float) -> float:
    """P(Beta(2, 3) < x)."""
    return 6 * x**2 - 8 * x**3 + 3 * x**4


def _log_normal_below(income: float, mode: str) -> float:
    median, spread = INCOME[mode]
    return 0.5 * (1 + math.erf(math.log(income / median) / spread / math.sqrt(2)))
