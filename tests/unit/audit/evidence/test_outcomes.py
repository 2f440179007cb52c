"""Outcomes of a table are read from all of its reference; those of texts are told, and by pairs with their groups."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from genai_audit import audit_checkpoint
from genai_audit.audit.cli import main
from genai_audit.audit.evidence.bundle import DECLARED, Evidence
from genai_audit.audit.real_data import real_data
from genai_audit.audit.request import Request
from genai_audit.models.data.bundled import biographies
from genai_audit.models.errors import UserError


def table(n: int, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    sex, race = rng.choice(["f", "m"], n), rng.choice(["x", "y", "z"], n)
    paid = np.where(rng.random(n) < np.where(sex == "f", 0.2, 0.4), ">50K", "<=50K")
    return pd.DataFrame({"sex": sex, "race": race, "paid": paid, "age": rng.integers(20, 80, n), "one": "a"})


def audited(folder: Path, made: Any, real: Any, **options: Any) -> Evidence:
    audit_checkpoint(made, reference=real, out=folder, **({"only": ["GA102", "GA108"]} | options))
    return Evidence.load(folder / "evidence")


def test_outcomes_and_combinations_are_counted_in_the_whole_reference(tmp_path: Path) -> None:
    real, made = table(12_000), table(500, seed=1)
    found = audited(tmp_path, made, real, groups=["sex", "race"], outcome=["paid", "age"])
    assert found.reference is not None
    assert len(found.reference.samples) == 10_000
    assert found.crossed is not None
    assert found.crossed.counts.sum() == 12_000
    assert found.outcomes is not None
    paid, age = found.outcomes
    assert paid.levels.names == ("<=50K", ">50K")
    assert paid.levels.classifier == DECLARED
    np.testing.assert_array_equal(paid.levels.predicted == 1, made["paid"] == ">50K")
    assert paid.crossed is not None
    women_paid = (paid.crossed.cells[:, 0] == 0) & (paid.crossed.cells[:, -1] == 1)
    assert paid.crossed.counts[women_paid].sum() == ((real["sex"] == "f") & (real["paid"] == ">50K")).sum()
    # A number of more than ten values is split at the reference's median.
    middle = float(real["age"].median())
    assert age.edges == (middle,)
    assert age.levels.names == (f"below {middle:g}", f"{middle:g} and above")
    np.testing.assert_array_equal(age.levels.predicted == 1, made["age"] >= middle)


def test_a_saved_audit_is_judged_again_without_its_data(tmp_path: Path) -> None:
    from genai_audit.audit.fairness.outcome_gaps.auditor import OutcomeGap

    found = audited(tmp_path, table(800, seed=1), table(900), groups="sex", outcome="paid", only="GA108")
    again = OutcomeGap(repeats=200)(found, np.random.default_rng(0))
    assert again.settings["compared"] == "paid by sex"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"outcomes": ("pay",)},
            r"--outcome pay: expected a column of .*\(sex, race, paid, age, one, once, text\); name one of them",
        ),
        (
            {"outcomes": ("one",)},
            r"--outcome one: expected at least two values that 2 records or more have, got a \(300\)",
        ),
        ({"outcomes": ("once",)}, r"--outcome once: expected at least two values .*, got no \(299\), yes \(1\)"),
        ({"outcomes": ("text",)}, r"--outcome text: expected numbers or at most 10 different values, got 300 in"),
        (
            {"outcomes": ("sex",)},
            r"--outcome sex: expected an outcome that is no group, got one that --groups names as well",
        ),
        (
            {"outcomes": ("paid",), "groups": ()},
            r"--outcome paid: expected groups whose outcomes are compared, got none",
        ),
        (
            {"outcomes": ("paid",), "groups": ("one",)},
            r"--groups one: expected at least two values that 2 records or more have, got a \(300\)",
        ),
        (
            {"outcomes": ("paid",), "groups": ("once",)},
            r"--groups once: expected at least two values .*, got no \(299\), yes \(1\)",
        ),
        ({"groups": ("text",)}, r"--groups text: expected a column with at most 50 values, got 300"),
        ({"groups": ("nothing",)}, r"--groups nothing: expected an attribute of"),
    ],
)
def test_columns_that_tell_nothing_are_refused_before_anything_is_drawn(
    options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    real = table(300).assign(once=["yes", *["no"] * 299], text=[f"remark {i}" for i in range(300)])
    real.to_csv(tmp_path / "real.csv", index=False)
    request = Request(
        str(tmp_path / "made.csv"), reference=str(tmp_path / "real.csv"), **({"groups": ("sex",)} | options)
    )
    with pytest.raises(UserError, match=said) as caught:
        real_data(request, {})
    assert "\n" not in str(caught.value)


def test_an_outcome_needs_a_reference() -> None:
    with pytest.raises(UserError, match=r"--outcome paid: expected reference data that have it, got none; give --ref"):
        real_data(Request("made.csv", outcomes=("paid",)), {})


def test_a_bad_outcome_is_a_usage_error_of_one_line(tmp_path: Path) -> None:
    table(100).to_csv(tmp_path / "made.csv", index=False)
    asked = [str(tmp_path / "made.csv"), "--reference", str(tmp_path / "made.csv"), "--groups", "sex"]
    result = CliRunner().invoke(main, ["run", *asked, "--outcome", "pay", "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert "--outcome pay: expected a column of" in result.output
    assert "Traceback" not in result.output
    assert not (tmp_path / "out").exists()


def test_the_outcome_of_texts_is_told_by_a_classifier_whose_errors_are_counted_by_pairs(tmp_path: Path) -> None:
    """The declared P(occupation | pronoun) of the bundled biographies, from texts alone."""
    records = biographies.records()
    path, parts = tmp_path / "real.jsonl", np.arange(10_000)
    names = {name: each.names for name, each in records.attributes.items()}
    lines = [
        {"text": records.samples[i], **{name: names[name][records.attributes[name].values[i]] for name in names}}
        for i in parts[:1_500]
    ]
    pd.DataFrame(lines).drop(columns="region").to_json(path, orient="records", lines=True)
    made = records.take(parts[3_000:5_000].astype(np.int64)).samples
    found = audited(tmp_path / "out", made, str(path), groups="pronoun", outcome="occupation", only="GA108")
    assert found.outcomes is not None
    assert found.outcomes[0].crossed is None
    assert len(found.outcomes[0].levels.out_of_fold) == 1_500
    from genai_audit.audit.fairness.outcome_gaps.auditor import OutcomeGap

    finding = OutcomeGap(repeats=200, shown=50)(found, np.random.default_rng(0))
    joint, pronoun = biographies.joint(), biographies.marginal("pronoun")
    held = []
    for occupation in biographies.OCCUPATIONS:
        for each in ("she", "he"):
            truth = sum(joint[each, occupation, region] for region in biographies.REGIONS) / pronoun[each]
            interval = finding.estimate("outcome_rate", f"occupation {occupation}, pronoun {each}").interval(0.99)
            held.append(interval.low <= truth <= interval.high)
    assert sum(held) >= 14  # of 16 at 99 %, of fixed records
