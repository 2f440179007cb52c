"""The options of `run` for a first gate, through the command line and through an audit."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from genai_audit import Record
from genai_audit.audit.cli import main
from genai_audit.audit.process.answer import Audited
from genai_audit.audit.request import Request
from genai_audit.audit.run import audit as audited
from unit.audit.over_time.records import audit
from unit.reports.example import evidence
from unit.reports.small_record import rule

BOUND = (rule("recall", "GA302", "support_recall"),)
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command line on an audit that is made up, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    shown = evidence(n=20, dimensions=1)

    def runs(record: Record, *words: str) -> Result:
        def made(request: Request, **_: object) -> Audited:
            return Audited(record, shown)

        return CliRunner().invoke(main, ["run", "m.safetensors", *words], obj=made)

    return runs


def test_baseline_mode_ends_with_what_is_worse(run: Run) -> None:
    first = run(audit(0.6, rules=BOUND), "--baseline-mode")
    assert first.exit_code == 0, first.output
    assert first.output.startswith("FAIL ✕")
    assert "Baseline: recorded in baseline.json" in first.output
    again = run(audit(0.4, samples="2", rules=BOUND), "--baseline", "baseline.json")
    assert again.exit_code == 1, again.output
    assert "Baseline: worse than baseline.json" in again.output
    # The verdict is the policy's, and without the mode it decides.
    assert Record.load(Path("audit-out/record.json")).verdict.outcome == "fail"
    assert run(audit(0.6, samples="3", rules=BOUND)).exit_code == 1


def test_a_baseline_that_is_none_is_refused_before_the_work(run: Run) -> None:
    Path("junk.json").write_text("{}", encoding="utf-8")
    result = run(audit(), "--baseline", "junk.json")
    assert result.exit_code == 2
    assert "junk.json: expected" in result.output
    assert not Path("audit-out").exists()


def test_a_profile_says_its_power_first(run: Run) -> None:
    result = run(audit(0.95, rules=BOUND), "--profile", "quick")
    assert result.exit_code == 0, result.output
    assert result.output.index("Profile quick: 2,000 samples") < result.output.index("PASS ✓")


def test_an_audit_says_whether_a_lock_was_kept(tmp_path: Path) -> None:
    rng, file, lock = np.random.default_rng(0), tmp_path / "made.npz", tmp_path / "l.json"
    np.savez(file, x=rng.integers(0, 16, (40, 8, 8), dtype=np.uint8))
    words = ["policy", "lock", "--reference", "digits", "--only", "GA501", "--out", str(lock)]
    assert CliRunner().invoke(main, words).exit_code == 0
    for seed, broken in ((0, ()), (1, ("seed: locked 0, asked 1",))):
        request = Request(str(file), reference="digits", only=("GA501",), seed=seed, lock=lock)
        record, _ = audited(request)
        assert record.lock is not None
        assert record.lock.broken == broken
