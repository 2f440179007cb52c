"""The recipe for an auditor in docs/architecture.md works as written: it is walked in a copy of the repository."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NOT_SOURCE = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info", "audit-out", "node_modules")

AUDITOR = '''"""GA399: are there as many generated samples as real ones?"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...evidence.bundle import Evidence
from ...finding import Better, Estimate, EstimateFacts, Finding, Outcome


@dataclass(frozen=True)
class Balance:
    """Counts both sides.

    Args:
        weight: what a generated sample counts for.
    """

    weight: float = 1.0

    code: ClassVar[str] = "GA399"
    title: ClassVar[str] = "Balance of numbers"
    question: ClassVar[str] = "Are there as many generated samples as real ones?"
    needs: ClassVar[tuple[str, ...]] = ("features",)
    estimates: ClassVar[tuple[EstimateFacts, ...]] = (
        EstimateFacts("balance_ratio", "generated over real samples", "ratio", Better.NEITHER, "How many for each."),
    )

    def __call__(self, evidence: Evidence, rng: np.random.Generator) -> Finding:
        """Count."""
        assert evidence.features is not None
        n, m = len(evidence.features.generated), len(evidence.features.reference)
        ratio = Estimate("balance_ratio", self.weight * n / m, (), n, "count", "ratio", Better.NEITHER)
        return Finding(self.code, self.title, self.question, Outcome.MEASURED, estimates=(ratio,))
'''

PAGE = """# GA399 Balance of numbers

## Question

Are there as many generated samples as real ones?

## Method

**balance_ratio** is the number of generated samples over that of real ones.

## What a perfect model scores

Whatever number of samples was asked for.

## What it cannot see

Anything about the samples themselves.

## How to act

Ask for another number of samples.

## References

- Nobody 2026, doi:10.1000/182
"""

CATALOGUE = ("from .collapse.detectability.auditor import", "    Detectability,\n")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with one auditor more: its folder, its lines in the catalogue and in pyproject.toml."""
    there = tmp_path_factory.mktemp("recipe") / "genai_audit"
    shutil.copytree(ROOT, there, ignore=NOT_SOURCE)
    folder = there / "audit" / "collapse" / "balance"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "auditor.py").write_text(AUDITOR, encoding="utf-8")
    (folder / "GA399.md").write_text(PAGE, encoding="utf-8")
    catalogue = there / "audit" / "catalogue.py"
    text = catalogue.read_text(encoding="utf-8")
    assert all(text.count(each) == 1 for each in CATALOGUE)
    text = text.replace(CATALOGUE[0], f"from .collapse.balance.auditor import Balance\n{CATALOGUE[0]}")
    catalogue.write_text(text.replace(CATALOGUE[1], f"{CATALOGUE[1]}    Balance,\n"), encoding="utf-8")
    project = there / "pyproject.toml"
    line = '    "genai_audit.audit.collapse",\n'
    text = project.read_text(encoding="utf-8")
    assert text.count(line) == 1
    project.write_text(text.replace(line, f'{line}    "genai_audit.audit.collapse.balance",\n'), encoding="utf-8")
    return there


def python(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A run of Python in the copy, whose package is the copy and not the checkout."""
    environ = {**os.environ, "PYTHONPATH": str(copy.parent), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=copy, env=environ, capture_output=True, text=True, check=False, timeout=240)


def audit(copy: Path, *words: str) -> str:
    done = python(copy, "-c", "from genai_audit.audit.cli import main; main()", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_copy_is_what_runs(copy: Path) -> None:
    assert Path(python(copy, "-c", "import genai_audit; print(genai_audit.__file__)").stdout).parent == copy


def test_the_new_auditor_is_listed_and_explained(copy: Path) -> None:
    assert "GA399  Balance of numbers" in audit(copy, "list", "auditors")
    said = audit(copy, "explain", "ga399")
    assert said.startswith(PAGE.rstrip())
    assert "- `balance_ratio` (ratio; neither direction is better): How many for each." in said
    assert "- `weight` (1.0): what a generated sample counts for." in said


@pytest.mark.slow
def test_the_checks_of_documentation_and_architecture_ask_for_no_more(copy: Path) -> None:
    chosen = "auditor or estimate or explain or documentation or sideways or layer or one_way or folder"
    tests = ("tests/test_docs.py", "tests/test_architecture.py", "tests/test_packaging.py")
    pytest_ = ("-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", "-k")
    # Before `make docs`, the README and the guide do not know the new auditor, and a test says so.
    before = python(copy, *pytest_, "stands_in_the_documentation", tests[0])
    assert before.returncode == 1
    assert "run `make docs`" in before.stdout
    assert python(copy, "docs/sections.py").returncode == 0
    assert "| [GA399](audit/collapse/balance/GA399.md) |" in (copy / "README.md").read_text(encoding="utf-8")
    after = python(copy, *pytest_, f"({chosen}) and not wheel", *tests)
    assert after.returncode == 0, after.stdout[-3000:]
