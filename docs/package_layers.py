"""Which layer each module belongs to, and who imports whom: for the drawing, and for the test of the directions."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("audit", "models", "reports", "templates")

LAYERS = {
    "audit.finding": "finding",
    "audit.pattern": "finding",
    "audit.doubts": "finding",
    "audit.statistics": "statistics",
    "audit.verdict": "verdict",
    "audit.pages": "pages",
    "audit.policy": "policy",
    "audit.judge": "policy",
    "audit.planning": "policy",
    "audit.baseline": "policy",
    "audit.comparable": "policy",
    "audit.policy_reading": "policy",
    "audit.rule_estimates": "policy",
    "audit.evidence": "evidence",
    "audit.evidence.bundle": "bundle",
    "audit.evidence.storage": "bundle",
    "audit.fairness": "auditors",
    "audit.attribution": "auditors",
    "audit.collapse": "auditors",
    "audit.validity": "auditors",
    "audit.integrity": "auditors",
    "audit.privacy": "auditors",
    "audit.catalogue": "catalogue",
    "audit.diagnosis": "diagnosis",
    "audit": "run",
    "audit.cli": "cli",
    "models": "models",
    "models.api_key": "records",
    "models.errors": "records",
    "models.held_pictures": "records",
    "models.data.identifier_columns": "records",
    "models.encoders.builtin": "records",
    "models.encoders.encoder": "records",
    "models.records": "records",
    "models.reading": "records",
    "models.checkpoints.cache": "records",
    "models.checkpoints.weight_facts": "records",
    "models.checkpoints.whole_file": "records",
    "reports": "reports",
    "templates": "templates",
}
"""The layer of each module; the longest name that fits counts.

The kinds of evidence, which lie beside their collectors, are found by their name.
"""

for _kind in sorted((ROOT / "audit" / "evidence").glob("*/kind*.py")):
    LAYERS[f"audit.evidence.{_kind.parent.name}.{_kind.stem}"] = "bundle"


@dataclass(frozen=True)
class Import:
    """One import statement: where it stands, what it names, and whether it runs when the module is loaded."""

    module: str
    target: str
    line: int
    eager: bool


def module_name(path: Path) -> str:
    """The name of a file's module, without that of the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_files() -> list[Path]:
    """Every Python file of the package."""
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


@cache
def all_imports() -> list[Import]:
    """Every import in the package."""
    return [
        found
        for path in package_files()
        for found in imports(module_name(path), path.read_text(encoding="utf-8"), is_package=path.stem == "__init__")
    ]
