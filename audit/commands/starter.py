"""`genai-audit init`: files to start from, which work as they are and are meant to be changed."""

import os
from pathlib import Path

from ...models.errors import UserError

TEMPLATES = Path(__file__).parents[2] / "templates" / "init"
POLICY = Path(__file__).parents[1] / "policies" / "default.yaml"

NAMES = {
    "types": "types.yaml",
    "loader": "loader.py",
    "policy": "policy.yaml",
    "workflow": ".github/workflows/audit.yml",
}
"""What can be started, and where it is written by default."""


def start(what: str, *, modality: str, out: Path | None, reference: str | None = None) -> tuple[Path, str]:
    """Write a file to start from; returns where it is, and what to do next.

    Args:
        what: one of `NAMES`.
        modality: of a loader, what its model makes.
        out: the file; by default as `NAMES` has it.
        reference: for types, the table whose columns they are of.

    Raises:
        UserError: if the file exists, or cannot be written.
    """
    target = out or Path(NAMES[what])
    if os.path.lexists(target):
        raise UserError(f"{target}: exists already; move it away, or choose another name with --out")
    text = _types(reference) if what == "types" else _text(what, modality, target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({error.strerror}); choose another place with --out") from error
    return target, _next(what, target)


def _types(reference: str | None) -> str:
    from ...models.data.suggested_types import suggested

    if reference is None:
        raise UserError("init types: expected --reference DATA, the table whose columns it is about, got none; name it")
    return suggested(Path(reference))


def _text(what: str, modality: str, target: Path) -> str:
    if what == "policy":
        return POLICY.read_text(encoding="utf-8")
    name = f"loader_{modality}.py.txt" if what == "loader" else "workflow.yml.txt"
    return (TEMPLATES / name).read_text(encoding="utf-8").replace("{file}", target.name)


def _next(what: str, target: Path) -> str:
    match what:
        case "loader":
            return f"put your network there, then: genai-audit run CHECKPOINT --loader {target}:load --reference DATA"
        case "types":
            return f"look at what each column is taken for, then: genai-audit run CHECKPOINT --types {target}"
        case "policy":
            return f"change its rules, then: genai-audit run CHECKPOINT --policy {target}"
        case _:
            return "name your checkpoint and your data there, and commit it"
