"""Several records a person: a perfect generator never fails for it, and with --unit it is judged."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from genai_audit.audit.cli import main
from genai_audit.audit.commands.exits import INCONCLUSIVE, PASS, USAGE
from genai_audit.reports.record import Record
from in_process import in_process


def people(rng: np.random.Generator, n: int, each: int, name: str) -> pd.DataFrame:
    values = np.repeat(rng.normal(size=(n, 8)), each, axis=0) + 0.1 * rng.normal(size=(n * each, 8))
    frame = pd.DataFrame(values).add_prefix("x")
    return frame.assign(person=[f"{name}{at}" for at in range(n) for _ in range(each)])


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 records of 200 people, 300 of 120 others and of 20 of the same, and 1,500 new people of a perfect model."""
    folder, rng = tmp_path_factory.mktemp("people"), np.random.default_rng(0)
    real = people(rng, 200, 3, "r")
    real.to_csv(folder / "real.csv", index=False)
    real.drop(columns="person").to_csv(folder / "unnamed.csv", index=False)
    pd.concat([people(rng, 120, 3, "h"), real[:60]]).to_csv(folder / "held.csv", index=False)
    people(rng, 1500, 1, "g").drop(columns="person").to_csv(folder / "made.csv", index=False)
    return folder


def audited(data: Path, out: Path, *more: str) -> tuple[int, str, Record | None]:
    result = CliRunner().invoke(main, ["run", str(data / "made.csv"), "--out", str(out), *more], obj=in_process)
    record = Record.load(out / "record.json") if (out / "record.json").exists() else None
    return result.exit_code, result.output, record


def test_without_the_unit_the_rules_are_open(data: Path, tmp_path: Path) -> None:
    code, said, record = audited(data, tmp_path / "out", "--reference", str(data / "unnamed.csv"))
    assert code == INCONCLUSIVE
    assert "Records are not independent, as near-duplicates show in reference (p < 0.0001)" in said
    assert record is not None
    assert record.finding("GA502").doubts is not None


def test_with_the_unit_the_model_is_judged(data: Path, tmp_path: Path) -> None:
    out, real = tmp_path / "out", str(data / "real.csv")
    code, said, record = audited(
        data, out, "--reference", real, "--holdout", str(data / "held.csv"), "--unit", "person"
    )
    assert code in (PASS, INCONCLUSIVE)
    assert "Reference: one record of each of 200 units (person), of 600 given" in said
    assert record is not None
    assert record.data.reference is not None
    assert record.data.holdout is not None
    assert (record.data.reference.n, record.data.reference.units, record.data.reference.given) == (200, 200, 600)
    assert (record.data.holdout.n, record.data.holdout.shared) == (120, 60)
    assert record.finding("GA502").doubts is None
    for each in (out / "report.html", out / "summary.md"):
        assert "200 units" in each.read_text(encoding="utf-8")
    # The column is in no auditor's view.
    assert "person" not in (out / "evidence" / "reference.samples.jsonl").read_text(encoding="utf-8")


def test_a_unit_that_the_reference_lacks_is_refused(data: Path, tmp_path: Path) -> None:
    code, said, record = audited(data, tmp_path / "out", "--reference", str(data / "real.csv"), "--unit", "patient")
    assert code == USAGE
    assert "Error: --unit patient: expected a column or attribute of" in said
    assert record is None
