"""GA501: planted impossible records are counted exactly, sound ones left alone, and soft limits keep their null."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.finding import Finding, Inconclusive, NotApplicable
from genai_audit.audit.validity.output_validity.auditor import OutputValidity
from genai_audit.audit.validity.output_validity.constraints import columns_of, kept, parse_constraint
from genai_audit.audit.validity.output_validity.relations import relations
from genai_audit.audit.validity.output_validity.support import outside


def people(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, n)
    grade = rng.integers(0, 4, n)
    return pd.DataFrame(
        {
            "age": age,
            "years": (rng.random(n) * (age - 16)).astype(int),
            "grade": [f"g{each}" for each in grade],
            "grade code": grade * 10,
            "income": rng.lognormal(10, 1, n),
        }
    )


def real(samples: Any) -> Real:
    return Real(samples, len(samples), "real", "real", "0" * 64)


def ask(modality: str, samples: Any, reference: Any = None, holdout: Any = None, **settings: Any) -> Finding:
    evidence = Evidence(
        modality,
        Generated(samples, 0, "model"),
        reference=None if reference is None else real(reference),
        holdout=None if holdout is None else real(holdout),
    )
    return OutputValidity(**settings)(evidence, np.random.default_rng(0))


def value(finding: Finding, name: str, group: str | None = None) -> float:
    return finding.estimate(name, group).value


def test_pixels_that_are_undefined_or_out_of_range_are_counted_once_each() -> None:
    images = np.random.default_rng(0).random((1000, 1, 4, 4), dtype=np.float32)
    images[3, 0, 0, 0] = np.nan
    images[4, 0, 1, 1] = np.inf
    images[5, 0, 2, 2] = 1.01
    images[6, 0, 2, 2] = -0.5
    images[6, 0, 0, 0] = np.nan
    images[7, 0, 0, 0] = 1 + 1e-7
    finding = ask("image", images)
    assert value(finding, "invalid_share") == 4 / 1000
    assert value(finding, "invalid_share", "NaN or infinite values") == 3 / 1000
    assert value(finding, "invalid_share", "values outside [0, 1]") == 2 / 1000
    assert finding.exhibits[0].pictures[0].indices == (3, 4, 5, 6)


def test_sound_records_of_every_modality_break_nothing() -> None:
    rng = np.random.default_rng(0)
    sound = {
        "image": rng.random((50, 1, 4, 4), dtype=np.float32),
        "audio": rng.uniform(-1, 1, (50, 30)).astype(np.float32),
        "text": ["a line", "two\nlines\twith – dashes é"] * 25,
        "music": [[60, -1, 127, 0]] * 50,
        "tabular": people(50),
    }
    for modality, samples in sound.items():
        estimate = ask(modality, samples).estimate("invalid_share")
        assert (estimate.value, estimate.interval().low) == (0.0, 0.0)
        # No failure in n bounds the share by 1 − 0.025^(1/n) at 95 % (Clopper–Pearson).
        assert estimate.interval().high == pytest.approx(1 - 0.025 ** (1 / 50))
        assert estimate.minimum_detectable == pytest.approx(1 - 0.2 ** (1 / 50))


@pytest.mark.parametrize(
    ("modality", "samples", "rule"),
    [
        ("text", ["fine", "  ", "ok"], "an empty text"),
        ("text", ["fine", "bro\x00ken", "ok"], "characters that are no text"),
        ("text", ["fine", "bro\ufffdken", "ok"], "characters that are no text"),
        ("music", [[60], [], [61]], "an empty piece"),
        ("music", [[60], [128], [61]], "a pitch outside −1 … 127"),
        ("music", [[60], [-2], [61]], "a pitch outside −1 … 127"),
        ("audio", np.array([[0.0], [1.5], [-1.0]], np.float32), "values outside [-1, 1]"),
        ("tabular", pd.DataFrame({"a": [1.0, np.inf, np.nan]}), "infinite numbers"),
    ],
)
def test_each_rule_finds_its_one_record(modality: str, samples: Any, rule: str) -> None:
    assert value(ask(modality, samples), "invalid_share", rule) == pytest.approx(1 / 3)


def test_a_declared_constraint_counts_as_a_rule() -> None:
    table = people(500)
    table.loc[:24, "years"] = table.loc[:24, "age"] + 1
    finding = ask("tabular", table, constraints=["years <= age - 16"])
    assert value(finding, "invalid_share", "years <= age - 16") == 25 / 500
    assert value(finding, "invalid_share") == 25 / 500


def test_values_no_real_record_has_are_named() -> None:
    reference, generated = people(2000), people(1000, seed=1)
    generated.loc[:9, "grade"] = "g9"
    generated.loc[:4, "age"] = 500
    generated.loc[20:21, "income"] = np.nan
    finding = ask("tabular", generated, reference, people(500, seed=2))
    assert value(finding, "unsupported_share", "grade: a value that no real record has") == 10 / 1000
    assert value(finding, "unsupported_share", "age: beyond the least or largest real value") == 5 / 1000
    assert value(finding, "unsupported_share", "income: missing, as in no real record") == 2 / 1000
    (table,) = (each for each in finding.tables if each.name == "outside")
    assert {"'g9'", "500, real 18 to 79"} <= {row[-1] for row in table.rows}


def test_values_between_the_steps_of_all_real_ones_are_named() -> None:
    reference, generated = people(2000), people(1000, seed=1)
    generated["age"] = generated["age"].astype(float)
    generated.loc[:6, "age"] += 0.5
    finding = ask("tabular", generated, reference, people(500, seed=2))
    assert value(finding, "unsupported_share", "age: between the steps of 1 of all real values") == 7 / 1000


def test_a_relation_of_all_real_records_is_found_and_its_breaches_counted() -> None:
    reference, generated = people(3000), people(1000, seed=1)
    generated.loc[:99, "grade code"] = (generated.loc[:99, "grade code"] + 10) % 40
    generated.loc[200:204, "years"] = generated.loc[200:204, "age"] + 5
    finding = ask("tabular", generated, reference, people(500, seed=2))
    assert value(finding, "broken_relation_share", "grade decides grade code") == 100 / 1000
    assert value(finding, "broken_relation_share", "years ≤ age") == 5 / 1000
    assert value(finding, "broken_relation_share") == 105 / 1000
    assert value(finding, "invalid_share") == 0
    (table,) = (each for each in finding.tables if each.name == "relations")
    assert all(row[2] == 0 for row in table.rows)


def test_numbers_that_are_none_are_counted_and_stop_nothing() -> None:
    reference, generated = people(3000), people(1000, seed=1)
    generated["years"] = generated["years"].astype(object)
    generated.loc[:9, "years"] = "many"
    generated.loc[20:24, "years"] = generated.loc[20:24, "age"] + 5
    finding = ask("tabular", generated, reference, people(500, seed=2))
    assert value(finding, "broken_relation_share", "years ≤ age") == 5 / 1000
    # Of a relation that one column decides the other, values that no real record has break nothing.
    assert value(finding, "broken_relation_share") == 5 / 1000


def test_a_column_decides_where_every_pair_of_values_is_one() -> None:
    reference = pd.DataFrame({"a": ["x", "y", "z", "x"] * 20, "b": ["1", "2", "2", "1"] * 20, "c": range(80)})
    generated = pd.DataFrame({"a": ["x", "x", "new", "y"], "b": ["1", "2", "2", None], "c": [1, 2, 3, 4]})
    found = {each.text: each for each in relations(generated, reference, None)}
    # b does not decide a, since "2" goes with y and with z; nothing repeats enough to be decided by c.
    assert set(found) == {"a decides b"}
    assert found["a decides b"].generated.tolist() == [False, True, False, True]
    assert found["a decides b"].holdout.shape == (0,)


def test_the_perfect_share_is_what_fresh_records_show() -> None:
    # 400 categories of unequal frequency, so that each reference lacks some: leave-one-out against fresh draws.
    rng = np.random.default_rng(0)
    distribution = rng.dirichlet(np.full(400, 0.3))
    inside, expected, seen = 0, [], []
    for _ in range(60):
        reference = pd.DataFrame({"c": rng.choice(400, 1500, p=distribution).astype(str), "d": ["x", "y"] * 750})
        fresh = pd.DataFrame({"c": rng.choice(400, 1000, p=distribution).astype(str), "d": ["x", "y"] * 500})
        estimate = ask("tabular", fresh, reference).estimate("unsupported_share")
        assert estimate.perfect is not None
        expected.append(estimate.perfect.value)
        seen.append(estimate.value)
        inside += estimate.perfect.low <= estimate.value <= estimate.perfect.high
    # Leaving one out is unbiased but for one record; 60 runs give the mean to ±0.001.
    assert np.mean(expected) == pytest.approx(np.mean(seen), abs=0.003)
    # 95 % of sound runs lie in the range: at most 8 of 60 outside has p < 0.01 at 5 %.
    assert inside >= 60 - 8


def test_texts_are_compared_by_characters_and_length() -> None:
    found = {
        each.what: each
        for each in outside(
            "text", generated=["abc", "abz", "a" * 50], reference=["abc", "cba", "abcabc"], holdout=None
        )
    }
    assert found["a character that no real text has"].generated.tolist() == [False, True, False]
    assert found["shorter or longer than any real text"].generated.tolist() == [False, False, True]
    # "abcabc" alone is the longest.
    assert found["shorter or longer than any real text"].left_out.tolist() == [False, False, True]


def test_the_example_is_the_first_value_outside_in_the_order_of_the_record() -> None:
    # Seven letters of a set come in another order in every process; those of the text do not.
    (letters, _) = outside("text", generated=["abc", "zyxwvut"], reference=["abc"] * 3, holdout=None)
    assert letters.example == "'z'"
    (pitches, _) = outside("music", generated=[[60, 71, 70]], reference=[[60, 62]] * 3, holdout=None)
    assert pitches.example == "71"
    (grade, _) = outside(
        "tabular", generated=pd.DataFrame({"g": ["a", ""]}), reference=pd.DataFrame({"g": ["a", "b"]}), holdout=None
    )
    assert grade.example == "''"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("__import__('os').system('x')", "__import__"),
        ("a.b < 1", "a.b"),
        ("a[0] < 1", r"a\[0\]"),
        ("a <", "cannot be read"),
        ("a + 1", "a \\+ 1"),
        ("(lambda: a)() < 1", "lambda"),
        ("a in (1, 2)", "a in"),
        ("a ** 9 < 1", r"a \*\* 9"),
    ],
)
def test_what_is_no_comparison_of_columns_is_refused(text: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        parse_constraint(text)
    with pytest.raises(ValueError, match=wrong):
        OutputValidity(constraints=(text,))


def test_constraints_mean_what_they_say() -> None:
    table = pd.DataFrame({"a": [1, 2, 3, 4], "b c": [2.0, 2.0, np.nan, 1.0], "s": ["x", "y", "x", "z"]})
    assert kept("a <= `b c`", table).tolist() == [True, True, True, False]
    assert kept("s == 'x' or a > 3", table).tolist() == [True, False, True, True]
    assert kept("not s == 'x' and 1 <= a * 2 - 1 < 7", table).tolist() == [False, True, False, False]
    assert columns_of("a <= `b c` and s != 'q'") == ("a", "b c", "s")
    with pytest.raises(ValueError, match="expected columns among a, b c, s, got d"):
        kept("d < 1", table)
    with pytest.raises(ValueError, match="cannot be compared so"):
        kept("s < 1", table)


def test_what_is_missing_is_never_compared() -> None:
    table = pd.DataFrame(
        {
            "n": pd.array([1, None, 9], dtype="Int64"),
            "s": ["b", None, "x"],
            "mixed": pd.Series([1, None, 3], dtype=object),
            "zero": pd.Series([0, 0, 0], dtype=object),
        }
    )
    for text in ("n < 5", "s < 'm'", "mixed < 2", "n < 5 and s < 'm'", "not n > 5"):
        assert kept(text, table).tolist() == [True, True, False]
    with pytest.raises(ValueError, match=r"cannot be compared so \(.*division"):
        kept("1 / zero < 2", table)


def test_a_constraint_that_does_not_fit_leaves_the_question_open() -> None:
    with pytest.raises(Inconclusive, match="got wages"):
        ask("tabular", people(50), constraints=["wages > 0"])
    with pytest.raises(NotApplicable, match="columns of a table"):
        ask("text", ["a"], constraints=["wages > 0"])


def test_without_records_nothing_is_said() -> None:
    with pytest.raises(Inconclusive, match="draw samples"):
        ask("text", [])
