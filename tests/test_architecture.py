"""Imports point one way, files stay small, and nothing heavy loads before it is needed."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from package_layers import LAYERS, PACKAGES, ROOT, Import, all_imports, imports, layer, module_name, package_files

HEAVY = {"torch", "sklearn", "captum", "fairlearn", "pandas", "scipy", "PIL", "vl_convert", "matplotlib"}

# Python files of a folder without __init__.py; lines of a file and a function of the package, and of any other file.
MOST_FILES, MOST_LINES, MOST_OF_A_FUNCTION, MOST_ELSEWHERE = 12, 300, 40, 400

# Where a limit does not hold, and why. A test refuses an entry that is no longer needed.
WIDER_FOLDERS = {
    "audit": "the spine: one file a noun, and the runner that knows their order",
    "audit/commands": "one file a command, beside the options and outputs that they share",
    "reports": "one file an output, beside the parts of the page that they share",
}
LONGER_FILES: dict[str, str] = {}
LONGER_FUNCTIONS = {
    "audit/attribution/latent_drivers/tables.py:readouts_table": "a list of columns",
    "audit/api.py:audit_checkpoint": "one parameter an option of the audit",
    "audit/cli.py:run": "one parameter an option of the command",
    "audit/fairness/group_representation/auditor.py:_found": "a finding, field by field",
    "audit/fairness/group_representation/group_shares.py:measure_shares": "a result, field by field",
    "audit/statistics/neighbours/local_quality.py:local_quality": "a result, field by field",
}

# What each layer may import, beside itself.
ALLOWED = {
    "finding": set(),
    "statistics": {"finding"},
    "verdict": {"finding", "statistics"},
    "pages": set(),
    "policy": {"finding", "statistics", "verdict", "records"},
    "records": set(),
    "bundle": {"finding", "records"},
    "evidence": {"finding", "statistics", "bundle", "records"},
    "auditors": {"finding", "statistics", "evidence", "bundle", "records"},
    "catalogue": {"finding", "evidence", "bundle", "auditors"},
    "diagnosis": {"finding", "statistics"},
    "models": {"records"},
    "reports": {"finding", "verdict", "diagnosis", "pages", "bundle", "records"},
    "templates": set(),
    "run": {
        "finding",
        "statistics",
        "verdict",
        "diagnosis",
        "pages",
        "policy",
        "evidence",
        "bundle",
        "catalogue",
        "models",
        "records",
        "reports",
    },
    "cli": {"finding", "verdict", "pages", "policy", "records", "run", "models", "reports"},
}


def forbidden(found: Import) -> str | None:
    """Why an import may not stand; None if it may."""
    if found.target.split(".")[0] == "genai_audit":
        return f"{found.module}:{found.line} imports {found.target}: inside the package, import relatively"
    ours, theirs = layer(found.module), layer(found.target)
    if ours is None or theirs is None or ours == theirs or theirs in ALLOWED[ours]:
        return None
    return f"{found.module}:{found.line} ({ours}) imports {found.target} ({theirs})"


def test_imports_point_one_way() -> None:
    assert [reason for found in all_imports() if (reason := forbidden(found))] == []


def test_auditors_are_pure_functions_of_evidence() -> None:
    # The promise behind `judge` and `report` years later, spelled out although the table above implies it.
    for found in all_imports():
        if layer(found.module) == "auditors":
            assert layer(found.target) not in {"models", "reports", "run", "policy", "verdict"}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("audit.fairness.group_representation.auditor", "from ....models.base import GenerativeModel"),
        ("audit.fairness.group_representation.auditor", "def f():\n    from .... import reports"),
        ("audit.finding", "from .statistics import multiplicity"),
        ("audit.statistics.shares.corrected", "from ...evidence.bundle import Groups"),
        ("audit.evidence.collect", "from ..fairness import group_representation"),
        ("audit.judge", "from .catalogue import AUDITORS"),
        ("audit.run", "from .cli import main"),
        ("reports.html", "from ..audit.catalogue import AUDITORS"),
        ("reports.html", "from ..audit.evidence.collect import collect"),
        ("reports.words", "from ..audit.policy import Policy"),
        ("models.families.vae", "from ...audit.collapse import shared"),
        ("models.families.vae", "import genai_audit.audit.finding"),
        (
            "models.families.vae",
            "if TYPE_CHECKING:\n    from ...reports.record import Record",
        ),
    ],
)
def test_a_wrong_import_is_seen(module: str, source: str) -> None:
    assert any(forbidden(found) for found in imports(module, source))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        (
            "audit.fairness.group_representation.auditor",
            "from ...finding import Finding\nfrom ...statistics import x",
        ),
        ("reports.html", "from ..audit.evidence.bundle import Evidence\nimport jinja2"),
        ("audit.cli", "from .run import audit"),
    ],
)
def test_a_right_import_is_let_through(module: str, source: str) -> None:
    assert not any(forbidden(found) for found in imports(module, source))


@cache
def homes() -> set[str]:
    """The folders of auditors, as modules."""
    return {module_name(path).removesuffix(".auditor") for path in (ROOT / "audit").rglob("auditor.py")}


def sideways(found: Import) -> str | None:
    """Why an import may not stand within its layer: what an auditor's folder or a theme's `shared/` holds is theirs."""
    home = next((each for each in homes() if f"{found.target}.".startswith(f"{each}.")), None)
    if home and not f"{found.module}.".startswith(f"{home}.") and found.module != "audit.catalogue":
        return f"{found.module}:{found.line} imports {found.target}: what several auditors need lies in shared/"
    theme, shared, _ = found.target.partition(".shared")
    if shared and not found.module.startswith(f"{theme}."):
        return f"{found.module}:{found.line} imports {found.target}: it belongs to {theme}"
    return None


def test_no_auditor_reaches_into_another_nor_anybody_into_a_theme() -> None:
    assert len(homes()) > 10
    assert [reason for found in all_imports() if (reason := sideways(found))] == []


@pytest.mark.parametrize(
    ("module", "source", "wrong"),
    [
        ("audit.collapse.latent_health.estimates", "from ..neighbour_fidelity.estimates import scored", True),
        ("audit.fairness.group_representation.tables", "from ...collapse.latent_health import tables", True),
        ("audit.validity.output_validity.auditor", "from ...collapse.shared.compared import compared", True),
        ("audit.run", "from .collapse.latent_health.auditor import LatentHealth", True),
        ("audit.catalogue", "from .collapse.latent_health.auditor import LatentHealth", False),
        ("audit.collapse.latent_health.estimates", "from ..shared.coverage import coverage_estimates", False),
        ("audit.collapse.latent_health.auditor", "from .estimates import use_of", False),
    ],
)
def test_a_sideways_import_is_seen(module: str, source: str, wrong: bool) -> None:
    assert any(sideways(found) for found in imports(module, source)) is wrong


def test_every_module_has_a_layer() -> None:
    assert [path for path in package_files() if layer(module_name(path)) is None] == []
    # A layer that no file is in would guard nothing.
    assert {layer(module_name(path)) for path in package_files()} == set(LAYERS.values())


def test_nothing_heavy_is_imported_outside_the_functions_that_need_it() -> None:
    # Reference models read like a textbook page, so models/ may import torch at the top; nobody loads it eagerly.
    eager = [found for found in all_imports() if found.eager and not found.module.startswith("models.")]
    slow = HEAVY - {"PIL"}
    assert [f"{each.module}:{each.line} {each.target}" for each in eager if each.target.split(".")[0] in slow] == []


def test_the_command_line_loads_nothing_heavy() -> None:
    by_module: dict[str, list[Import]] = {}
    for found in all_imports():
        by_module.setdefault(found.module, []).append(found)
    loaded: set[str] = set()
    waiting = ["audit.cli", ""]
    while waiting:
        module = waiting.pop()
        loaded.add(module)
        targets = {found.target for found in by_module.get(module, []) if found.eager}
        assert {target.split(".")[0] for target in targets} & HEAVY == set(), module
        waiting += [target for target in targets if layer(target) and target not in loaded]
    assert "audit.cli" in loaded


def test_lazy_and_eager_imports_are_told_apart() -> None:
    source = "import a\nif TYPE_CHECKING:\n    import b\ndef f():\n    import c\n"
    source += "class K:\n    import d\ntry:\n    import e\nexcept ImportError:\n    pass\n"
    assert {found.target: found.eager for found in imports("audit.cli", source)} == {
        "a": True,
        "b": False,
        "c": False,
        "d": True,
        "e": True,
    }


def lines_of(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def crowded(folder: Path) -> bool:
    return sum(path.name != "__init__.py" for path in folder.glob("*.py")) > MOST_FILES


def long_functions(source: str) -> Iterator[str]:
    """Functions of too many lines; a docstring does not count, as it is read instead of the code."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            said = ast.get_docstring(node) is not None and first.end_lineno is not None
            told = first.end_lineno - first.lineno + 1 if said and first.end_lineno else 0
            assert node.end_lineno
            if node.end_lineno - node.lineno + 1 - told > MOST_OF_A_FUNCTION:
                yield node.name


def test_no_folder_holds_more_files_than_a_person_surveys() -> None:
    folders = {path.parent for path in package_files()}
    assert {name_of(folder) for folder in folders if crowded(folder)} == set(WIDER_FOLDERS)


def test_no_file_is_longer_than_a_person_reads() -> None:
    assert {name_of(path) for path in package_files() if lines_of(path) > MOST_LINES} == set(LONGER_FILES)
    others = [
        path
        for folder in (*PACKAGES, "tests", "benchmarks", "docs")
        for suffix in ("*.py", "*.j2", "*.css", "*.yaml", "*.md")
        for path in (ROOT / folder).rglob(suffix)
    ]
    assert len(others) > 50
    assert [name_of(path) for path in others if lines_of(path) > MOST_ELSEWHERE] == []


def test_no_function_is_longer_than_a_screen() -> None:
    # Reference models read like a textbook page: there, a network stands as a whole.
    long = {
        f"{name_of(path)}:{name}"
        for path in package_files()
        if not name_of(path).startswith("models/families/")
        for name in long_functions(path.read_text(encoding="utf-8"))
    }
    assert long == set(LONGER_FUNCTIONS)


def test_long_files_folders_and_functions_are_seen(tmp_path: Path) -> None:
    for index in range(MOST_FILES):
        (tmp_path / f"f{index}.py").write_text("x = 1\n" * 3, encoding="utf-8")
    (tmp_path / "__init__.py").touch()
    assert not crowded(tmp_path)
    (tmp_path / "one_more.py").touch()
    assert crowded(tmp_path)
    assert lines_of(tmp_path / "f0.py") == 3
    fits = 'def f():\n    """One.\n\n    Two.\n    """\n' + "    x = 1\n" * (MOST_OF_A_FUNCTION - 1)
    assert list(long_functions(fits)) == []
    assert list(long_functions(f"async {fits}    y = 2\n")) == ["f"]


def broad_handlers(source: str) -> Iterator[ast.ExceptHandler]:
    """Handlers that catch everything and go on; those that end in a `raise` only say it in other words."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ExceptHandler) and not isinstance(node.body[-1], ast.Raise):
            names = set() if node.type is None else {n.id for n in ast.walk(node.type) if isinstance(n, ast.Name)}
            if node.type is None or names & {"Exception", "BaseException"}:
                yield node


def test_only_the_runner_and_the_last_line_of_defence_swallow_everything() -> None:
    # A broad except elsewhere could turn a crash into a clean result.
    broad = [module_name(path) for path in package_files() for _ in broad_handlers(path.read_text(encoding="utf-8"))]
    # The worker tells what it caught to the process that decides; `exits` makes an exit code of it.
    # What a model's exception says of itself may raise, too: then its name has to do.
    # What a request raises in a thread of its own is raised again by the thread that waits for it.
    assert broad == [
        "audit.commands.exits",
        "audit.pipeline.auditing",
        *["audit.process.worker"] * 2,
        "models.adapters.server.deadline",
        "models.errors",
    ]


def test_a_broad_except_is_seen() -> None:
    body = "try:\n    x()\nexcept {}:\n    {}\n"
    assert list(broad_handlers(body.format("Exception", "pass")))
    assert list(broad_handlers(body.format("(ValueError, BaseException) as e", "y = 0")))
    assert not list(broad_handlers(body.format("Exception as e", "raise ValueError from e")))
    assert not list(broad_handlers(body.format("ValueError", "pass")))
