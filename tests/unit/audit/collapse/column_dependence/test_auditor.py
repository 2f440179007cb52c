"""GA309: broken dependences are found and named, sound twins are left alone, odd tables stay finite."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from genai_audit.audit.collapse.column_dependence.auditor import ColumnDependence
from genai_audit.audit.collapse.column_dependence.columns import choose
from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.finding import LEVELS, Finding, Inconclusive, NotApplicable
from genai_audit.audit.pages import page


def table(n: int, seed: int, *, correlation: float = 0.95) -> pd.DataFrame:
    """Eight columns: two numbers that go together, a category that goes with a third, whole numbers, gaps."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 5))
    height = values[:, 0]
    weight = correlation * height + math.sqrt(1 - correlation**2) * values[:, 1]
    kind = np.where(values[:, 2] + 0.5 * rng.normal(size=n) > 0.3, "tall", "short")
    return pd.DataFrame(
        {
            "height": height,
            "weight": weight,
            "age": values[:, 2],
            "kind": np.where(rng.random(n) < 0.2, "none", kind),
            "rooms": rng.poisson(2, n),
            "wage": np.where(rng.random(n) < 0.7, 0.0, np.exp(values[:, 3])),
            "score": np.where(rng.random(n) < 0.2, np.nan, values[:, 4]),
            "town": rng.choice(["a", "b", "c"], n),
        }
    )


def ask(generated: Any, reference: Any, modality: str = "tabular", **settings: Any) -> Finding:
    real = None if reference is None else Real(reference, len(reference), "real", "real", "")
    evidence = Evidence(modality, Generated(generated, 0, "toy"), reference=real)
    return ColumnDependence(**settings)(evidence, np.random.default_rng(0))


def test_a_sound_twin_is_left_alone() -> None:
    finding = ask(table(3000, 1), table(1500, 2))
    gap, error = finding.estimate("association_gap"), finding.estimate("association_error")
    assert gap.interval().low == 0
    assert gap.interval().high < 0.2
    assert error.interval().low == 0
    for each in finding.estimates:
        assert [interval.level for interval in each.curve] == list(LEVELS)
        p_value = each.p_value if each.p_adjusted is None else each.p_adjusted
        assert p_value is not None
        assert p_value > 0.01
        assert each.perfect is not None
        assert each.perfect.low <= 0 <= each.perfect.high
        assert each.minimum_detectable is not None
        assert 0 < each.minimum_detectable < 0.3


def test_one_broken_correlation_of_eight_columns_is_found_and_named() -> None:
    finding = ask(table(1000, 1, correlation=0.0), table(1000, 2))
    assert finding.estimate("association_gap").interval().low > 0.7
    assert finding.estimate("association_gap").interval().high < 1.1
    worst = finding.estimates[2]
    assert (worst.name, worst.group) == ("association_difference", "height × weight")
    assert worst.p_adjusted is not None
    assert worst.p_adjusted < 1e-6
    first = finding.tables[0].rows[0]
    assert first[:2] == ("height", "weight")
    assert first[2] == pytest.approx(0.95, abs=0.03)
    assert first[3] == pytest.approx(0, abs=0.1)


def test_a_weakened_correlation_is_found_at_a_thousand_rows() -> None:
    found = [
        ask(table(1000, 2 * seed, correlation=0.3), table(1000, 2 * seed + 1, correlation=0.6)) for seed in range(8)
    ]
    assert all(each.estimate("association_gap").p_value < 0.01 for each in found)  # type: ignore[operator] # always given
    assert all(each.estimate("association_gap").interval().low > 0 for each in found)


def test_a_category_drawn_on_its_own_is_found() -> None:
    generated = table(1000, 1)
    generated["kind"] = np.random.default_rng(0).permutation(generated["kind"])
    finding = ask(generated, table(1000, 2))
    assert finding.estimate("association_gap").interval().low > 0.25
    assert finding.estimates[2].group is not None
    assert finding.estimates[2].group.startswith("age × kind = ")


def test_numbers_do_not_depend_on_their_units_or_on_the_number_of_rows() -> None:
    generated, real = table(2000, 1), table(600, 2)
    scaled = generated.assign(height=np.exp(3 * generated["height"]))
    assert ask(scaled, real).estimates[0] == ask(generated, real).estimates[0]
    assert (
        choose(generated, real, most_scores=64).columns[0].labels
        == choose(generated[:100], real, most_scores=64).columns[0].labels
    )


def test_columns_that_tell_nothing_are_left_out_and_said() -> None:
    def odd(n: int, seed: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        found = table(n, seed)
        return found.assign(
            name=[f"name {at}" for at in rng.permutation(n)],
            same="x",
            none=np.nan,
            rare=np.where(rng.random(n) < 0.01, "odd", "usual"),
            day=pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D"),
            flag=rng.random(n) < 0.5,
        )

    finding = ask(odd(400, 1), odd(300, 2))
    left_out = dict(finding.tables[1].rows)
    assert set(left_out) == {"name", "same", "none"}
    assert left_out["name"] == "an identifier: 300 different values in 300 records"
    assert finding.settings["columns_compared"] == 11


def test_many_columns_get_fewer_scores_each() -> None:
    rng = np.random.default_rng(0)
    wide = pd.DataFrame({f"x{at}": rng.normal(size=400) for at in range(40)})
    wide["kind"] = rng.choice(list("abcdefgh"), 400)
    labels = [label for each in choose(wide, wide, most_scores=64).columns for label in each.labels]
    assert len(labels) == 43
    assert not [label for label in labels if "distance" in label]
    few = choose(wide, wide, most_scores=10)
    assert len(few.columns) == 10
    assert few.left_out["x10"] == "too many columns"


def test_awkward_generated_tables_stay_finite() -> None:
    real = table(300, 2)
    generated = table(200, 1)
    generated["height"] = 1.0
    generated["weight"] = "heavy"
    generated["kind"] = "new"
    generated["score"] = np.nan
    generated["town"] = None
    finding = ask(generated, real)
    assert all(math.isfinite(each.value) for each in finding.estimates)
    assert finding.estimate("association_gap").interval().low > 0.5


def test_equal_seeds_give_equal_findings() -> None:
    first, second = (ask(table(400, 1), table(300, 2)) for _ in range(2))
    assert first == second


def test_it_says_why_it_cannot_answer() -> None:
    with pytest.raises(NotApplicable, match="columns are in tables, but these are text records"):
        ask(["a"] * 60, ["b"] * 60, "text")
    with pytest.raises(NotApplicable, match="there is no reference data"):
        ask(table(60, 1), None)
    with pytest.raises(Inconclusive, match="49 generated records are too few: at least 50 are needed"):
        ask(table(49, 1), table(60, 2))
    with pytest.raises(NotApplicable, match="fewer than two columns can be compared: the table has one column"):
        ask(table(60, 1)[["age"]], table(60, 2)[["age"]])
    with pytest.raises(ValueError, match="expected max_each of at least 50, got 10"):
        ColumnDependence(max_each=10)


def test_its_page_names_the_estimates() -> None:
    text = page("GA309").text
    assert all(f"**{each.name}**" in text for each in ColumnDependence.estimates)
