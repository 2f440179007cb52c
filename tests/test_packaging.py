"""What users install: the wheel holds everything, and works in a clean environment far from the checkout."""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VERSION = PROJECT["project"]["version"]
FOLDERS = ("audit", "models", "reports", "templates")
NOT_SOURCE = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info", "audit-out", "node_modules")


def source_files() -> set[str]:
    """Every file of the package, by the name it must have in the wheel."""
    inside = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    files = [path.relative_to(ROOT) for path in inside if "__pycache__" not in path.parts]
    return {
        f"genai_audit/{path.as_posix()}"
        for path in [*files, Path("__init__.py"), Path("__main__.py"), Path("py.typed")]
    }


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy: what an earlier build left in the checkout must not slip in."""
    copy = tmp_path_factory.mktemp("source") / "genai-audit"
    shutil.copytree(ROOT, copy, ignore=NOT_SOURCE)
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation", "--quiet"]
    subprocess.run([*command, "--wheel-dir", str(out), str(copy)], check=True, capture_output=True, timeout=120)
    (made,) = out.glob("*.whl")
    return made


def in_wheel(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if not name.endswith("/")}


def test_the_top_level_is_genai_audit_alone(wheel: Path) -> None:
    # `models` at the top level would shadow the user's own package and break unpickling in projects we audit.
    assert {name.split("/")[0] for name in in_wheel(wheel)} == {"genai_audit", f"genai_audit-{VERSION}.dist-info"}


def test_the_wheel_holds_every_file_of_the_package_and_no_other(wheel: Path) -> None:
    found = {name for name in in_wheel(wheel) if name.startswith("genai_audit/")}
    assert found == source_files()
    kinds = {Path(name).suffix for name in found}
    assert {".py", ".j2", ".css", ".yaml", ".md", ".typed"} <= kinds


def test_every_folder_of_the_package_is_listed() -> None:
    folders = {Path(name).parent.as_posix().replace("/", ".") for name in source_files()}
    assert folders == set(PROJECT["tool"]["setuptools"]["packages"])


def test_the_licence_is_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"genai_audit-{VERSION}.dist-info/licenses/LICENSE").decode()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_every_dependency_is_pinned_in_the_constraints() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines if line and not line.startswith("#")}
    extras = [each for group in PROJECT["project"]["optional-dependencies"].values() for each in group]
    named = [each.split(">")[0].lower().replace("_", "-") for each in [*PROJECT["project"]["dependencies"], *extras]]
    # `formats` is this package with all extras of foreign formats; an extra of another package is pinned with it.
    wanted = {each.split("[")[0] for each in named if not each.startswith("genai-audit[")}
    assert wanted <= pinned
    assert all("==" in line and "+" not in line for line in lines if line and not line.startswith("#"))


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of a fresh environment with the wheel; dependencies are borrowed from this one."""
    venv = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True, timeout=60)
    commands = venv / ("Scripts" if os.name == "nt" else "bin")
    install = ["install", "--no-deps", "--no-index", "--quiet", str(wheel)]
    pip = [sys.executable, "-m", "pip", "--python", str(commands / "python"), "--disable-pip-version-check"]
    subprocess.run([*pip, *install], check=True, capture_output=True, timeout=120)
    (packages,) = venv.glob("lib/python*/site-packages")
    # A path added this way comes last and its own .pth files are not read, so no link to the checkout can win.
    (packages / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return commands


def run(environment: Path, cwd: Path, *command: str) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "GITHUB_"))}
    program = [str(environment / command[0]), *command[1:]]
    return subprocess.run(program, cwd=cwd, env=clean, capture_output=True, text=True, timeout=240)


def test_the_installed_package_is_not_the_checkout(environment: Path, tmp_path: Path) -> None:
    done = run(environment, tmp_path, "python", "-c", "import genai_audit; print(genai_audit.__file__)")
    where = Path(done.stdout.strip()).resolve()
    assert where.is_relative_to(environment.parent.resolve()), done.stdout + done.stderr
    assert not where.is_relative_to(ROOT)


def test_the_top_level_folders_are_no_import_names(environment: Path, tmp_path: Path) -> None:
    for name in FOLDERS:
        done = run(environment, tmp_path, "python", "-c", f"import {name}")
        assert f"No module named '{name}'" in done.stderr


def test_the_installed_command_lists_its_models(environment: Path, tmp_path: Path) -> None:
    done = run(environment, tmp_path, "genai-audit", "list", "models")
    assert done.returncode == 0, done.stderr
    assert {"vae", "gan"} <= {line.split()[0] for line in done.stdout.splitlines()}
    assert run(environment, tmp_path, "genai-audit", "--version").stdout.strip().endswith(VERSION)


def test_the_installed_command_audits(environment: Path, tmp_path: Path) -> None:
    train = run(environment, tmp_path, "genai-audit", "train", "vae", "--steps", "20", "--out", "m.safetensors")
    assert train.returncode == 0, train.stderr
    done = run(environment, tmp_path, "genai-audit", "run", "m.safetensors", "--samples", "600", "--out", "out")
    # After twenty steps the model cannot be good; what counts is that every auditor found all that it needs.
    assert done.returncode in (1, 3), done.stderr
    record = json.loads((tmp_path / "out" / "record.json").read_text(encoding="utf-8"))
    assert record["coverage"]["error"] == []
    assert record["environment"]["versions"]["genai-audit"] == VERSION
    left = {path.name for path in (tmp_path / "out").iterdir()}
    files = {"record.json", "report.html", "junit.xml", "summary.md", "attestation.json", "manifest.json"}
    assert left == {*files, "evidence"}
    # Each takes a process, so one of each theme.
    measured = {code[:3]: code for code in record["coverage"]["measured"]}
    for code in measured.values():
        assert run(environment, tmp_path, "genai-audit", "explain", code).stdout.startswith("# ")
