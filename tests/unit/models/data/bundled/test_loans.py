"""The bundled applications follow their declared truth: shares, distributions and constraints."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import beta, binomtest, chisquare, kstest

from genai_audit.models.data.bundled import loans
from genai_audit.models.data.datasets import load_data

FRAME = load_data("loans").samples
LEAST_P = 1e-3
"""About 20 tests of true hypotheses: all pass with a chance of 98 %; the data never change."""


def test_size_types_and_groups() -> None:
    data = load_data("loans")
    assert FRAME.shape == (10_000, 9)
    numbers = {name: str(FRAME[name].dtype) for name in FRAME.select_dtypes(["number", "bool"])}
    assert numbers == {
        "age": "int64", "years_employed": "int64", "children": "int64", "income": "float64", "amount": "float64",
        "approved": "bool",
    }  # fmt: skip
    assert [(name, each.names) for name, each in data.attributes.items()] == [
        ("sex", ("female", "male")), ("region", ("north", "south", "west", "island")),
    ]  # fmt: skip


@pytest.mark.parametrize("column", ["sex", "region", "children"])
def test_independent_columns_have_their_shares(column: str) -> None:
    shares = {"sex": loans.SEX, "region": loans.REGION, "children": loans.CHILDREN}[column]
    observed = [int((FRAME[column] == value).sum()) for value in shares]
    assert sum(observed) == len(FRAME)
    assert chisquare(observed, np.array(list(shares.values())) * len(FRAME)).pvalue > LEAST_P


def test_ages_are_beta_distributed() -> None:
    ages = np.arange(loans.YOUNGEST, loans.OLDEST + 1)
    shares = [loans.age_share(age) for age in ages]
    assert sum(shares) == pytest.approx(1, abs=1e-12)
    assert shares == pytest.approx(np.diff(beta.cdf(np.arange(51) / 50, 2, 3)), abs=1e-12)
    bounds = [21, 28, 35, 42, 49, 56, 63, 71]
    observed = np.histogram(FRAME["age"], bounds)[0]
    expected = [sum(loans.age_share(age) for age in range(a, b)) for a, b in pairwise(bounds)]
    assert chisquare(observed, np.array(expected) * len(FRAME)).pvalue > LEAST_P


@pytest.mark.parametrize(("late", "line"), [(False, "before"), (True, "after")])
def test_employment_given_age(late: bool, line: str) -> None:
    some = FRAME[(FRAME["age"] >= loans.RETIRING) == late]
    shares = {name: share for name, share in loans.EMPLOYMENT[line].items() if share}
    observed = [int((some["employment"] == name).sum()) for name in shares]
    assert sum(observed) == len(some)
    assert chisquare(observed, np.array(list(shares.values())) * len(some)).pvalue > LEAST_P


def test_employment_shares_add_up_over_ages() -> None:
    assert sum(loans.employment_share(name) for name in loans.EMPLOYMENT["before"]) == pytest.approx(1, abs=1e-12)
    by_hand = sum(
        loans.age_share(age) * loans.EMPLOYMENT["after" if age >= 60 else "before"]["retired"] for age in range(21, 71)
    )
    assert loans.employment_share("retired") == pytest.approx(by_hand, abs=1e-12)


def test_years_employed_keep_their_bound_and_law() -> None:
    most = FRAME["age"] - loans.SCHOOL_LEAVING
    assert (FRAME["years_employed"] <= most).all()
    assert (FRAME.loc[FRAME["employment"] == "unemployed", "years_employed"] == 0).all()
    assert sum(loans.years_share(years, 40) for years in range(25)) == pytest.approx(1, abs=1e-12)
    assert loans.years_share(25, 40) == 0
    # The rank of a discrete variable within its distribution, spread evenly over its own share, is uniform.
    busy = FRAME[FRAME["employment"] != "unemployed"]
    u = np.random.default_rng(0).random(len(busy))
    ranks = [
        sum(loans.years_share(year, age) for year in range(years)) + u * loans.years_share(years, age)
        for years, age, u in zip(busy["years_employed"], busy["age"], u, strict=True)
    ]
    assert kstest(ranks, "uniform").pvalue > LEAST_P


@pytest.mark.parametrize("sex", ["female", "male"])
def test_income_has_two_modes_and_the_declared_law(sex: str) -> None:
    incomes = FRAME.loc[FRAME["sex"] == sex, "income"]
    assert kstest(incomes, np.vectorize(lambda income: loans.income_below(income, sex))).pvalue > LEAST_P
    counts = np.histogram(np.log(incomes), np.log([20_000, 28_000, 39_000, 55_000, 80_000]))[0]
    assert counts[0] > 2 * counts[2] < counts[3]


def test_amounts_are_log_normal_shares_of_income() -> None:
    ratio = np.log(FRAME["amount"] / FRAME["income"])
    assert kstest(ratio, "norm", args=(math.log(loans.AMOUNT[0]), loans.AMOUNT[1])).pvalue > LEAST_P


@pytest.mark.parametrize("sex", ["female", "male"])
def test_approval_follows_sex_and_income_band(sex: str) -> None:
    of_sex = FRAME[FRAME["sex"] == sex]
    bands = np.searchsorted(loans.INCOME_EDGES, of_sex["income"], side="right")
    observed = np.bincount(bands)
    assert sum(loans.band_shares(sex)) == pytest.approx(1, abs=1e-12)
    assert chisquare(observed, np.array(loans.band_shares(sex)) * len(of_sex)).pvalue > LEAST_P
    for band, rate in enumerate(loans.APPROVAL[sex]):
        some = of_sex["approved"][bands == band]
        assert binomtest(int(some.sum()), len(some), rate).pvalue > LEAST_P
    assert binomtest(int(of_sex["approved"].sum()), len(of_sex), loans.approval_rate(sex)).pvalue > LEAST_P


def test_women_are_approved_twelve_points_less_often() -> None:
    # By hand: P(high mode | sex) from the tables, then three bands times three rates.
    assert loans.approval_rate("female") == pytest.approx(0.5346, abs=1e-4)
    assert loans.approval_rate("male") == pytest.approx(0.6575, abs=1e-4)


def test_region_tells_nothing_about_approval() -> None:
    rate = sum(loans.SEX[sex] * loans.approval_rate(sex) for sex in loans.SEX)
    for _, some in FRAME.groupby("region"):
        assert binomtest(int(some["approved"].sum()), len(some), rate).pvalue > LEAST_P


def test_fresh_draws_differ_and_repeat() -> None:
    first, again, other = (loans.draw(50, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)
    assert (first.dtypes == FRAME.dtypes).all()
