"""Imports point one way, files stay small, and nothing heavy loads before it is needed."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("audit", "models", "reports", "templates")
HEAVY = {"torch", "sklearn", "captum", "fairlearn", "pandas", "scipy", "PIL", "vl_convert", "matplotlib"}
MOST_LINES = 400

# The layer of each module; the longest name that fits counts.
LAYERS = {
    "audit.finding": "finding",
    "audit.pattern": "finding",
    "audit.statistics": "statistics",
    "audit.verdict": "verdict",
    "audit.pages": "pages",
    "audit.policy": "policy",
    "audit.judge": "policy",
    "audit.planning": "policy",
    "audit.evidence": "evidence",
    "audit.evidence.bundle": "bundle",
    "audit.evidence.storage": "bundle",
    "audit.fairness": "auditors",
    "audit.attribution": "auditors",
    "audit.collapse": "auditors",
    "audit.validity": "auditors",
    "audit.integrity": "auditors",
    "audit.catalogue": "catalogue",
    "audit.diagnosis": "diagnosis",
    "audit": "run",
    "audit.cli": "cli",
    "models": "models",
    "models.records": "records",
    "models.checkpoints.weight_facts": "records",
    "reports": "reports",
    "templates": "templates",
}

# What each layer may import, beside itself.
ALLOWED = {
    "finding": set(),
    "statistics": {"finding"},
    "verdict": {"finding", "statistics"},
    "pages": set(),
    "policy": {"finding", "statistics", "verdict"},
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
    "cli": {"finding", "verdict", "pages", "policy", "run", "models", "reports"},
}


@dataclass(frozen=True)
class Import:
    """One import statement: where it stands, what it names, and whether it runs when the module is loaded."""

    module: str
    target: str
    line: int
    eager: bool


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_files() -> list[Path]:
    return sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))


def imports(module: str, source: str, *, is_package: bool = False) -> Iterator[Import]:
    """Every import of a module; relative ones are resolved, imports of our own start with a package's name."""
    tree = ast.parse(source)
    lazy = {id(inner) for node in ast.walk(tree) if _defers(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        eager = id(node) not in lazy
        if isinstance(node, ast.Import):
            yield from (Import(module, alias.name, node.lineno, eager) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _resolve(module, node, is_package)
            for alias in node.names:
                yield Import(module, _deepest(base, alias.name), node.lineno, eager)


def _defers(node: ast.AST) -> bool:
    """Whether what stands inside does not run at import: a function, or what only type checkers read."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.dump(node.test)
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def _resolve(module: str, node: ast.ImportFrom, is_package: bool) -> str:
    if node.level == 0:
        return node.module or ""
    parts = module.split(".") if module else []
    kept = parts[: len(parts) - node.level + is_package]
    return ".".join([*kept, *([node.module] if node.module else [])])


def _deepest(base: str, name: str) -> str:
    """`from ..audit import finding` names a module, `from ..audit.finding import Estimate` a thing in one."""
    inside = ROOT.joinpath(*base.split("."), name) if base else ROOT / name
    return f"{base}.{name}".strip(".") if inside.is_dir() or inside.with_suffix(".py").exists() else base


def layer(module: str) -> str | None:
    """The layer of a module of ours; None for anybody else's."""
    names = [name for name in LAYERS if module == name or module.startswith(f"{name}.")]
    return LAYERS[max(names, key=len)] if names else None


def forbidden(found: Import) -> str | None:
    """Why an import may not stand; None if it may."""
    if found.target.split(".")[0] == "genai_audit":
        return f"{found.module}:{found.line} imports {found.target}: inside the package, import relatively"
    ours, theirs = layer(found.module), layer(found.target)
    if ours is None or theirs is None or ours == theirs or theirs in ALLOWED[ours]:
        return None
    return f"{found.module}:{found.line} ({ours}) imports {found.target} ({theirs})"


def all_imports() -> list[Import]:
    return [
        found
        for path in package_files()
        for found in imports(module_name(path), path.read_text(encoding="utf-8"), is_package=path.stem == "__init__")
    ]


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


def too_long(path: Path) -> bool:
    return len(path.read_text(encoding="utf-8").splitlines()) > MOST_LINES


def test_no_file_is_longer_than_a_person_reads() -> None:
    sources = [
        path
        for folder in (*PACKAGES, "tests", "benchmarks")
        for suffix in ("*.py", "*.j2", "*.css", "*.yaml", "*.md")
        for path in (ROOT / folder).rglob(suffix)
    ]
    assert len(sources) > 50
    assert [str(path.relative_to(ROOT)) for path in sources if too_long(path)] == []


def test_a_long_file_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "long.py"
    path.write_text("x = 1\n" * (MOST_LINES + 1), encoding="utf-8")
    assert too_long(path)


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
    assert broad == ["audit.cli", "audit.run"]


def test_a_broad_except_is_seen() -> None:
    body = "try:\n    x()\nexcept {}:\n    {}\n"
    assert list(broad_handlers(body.format("Exception", "pass")))
    assert list(broad_handlers(body.format("(ValueError, BaseException) as e", "y = 0")))
    assert not list(broad_handlers(body.format("Exception as e", "raise ValueError from e")))
    assert not list(broad_handlers(body.format("ValueError", "pass")))
