"""`genai-audit init`: files to start from, which work as they are and are meant to be changed."""

import os
from collections.abc import Sequence
from pathlib import Path

from ...models.checkpoints.whole_file import write_new
from ...models.errors import UserError

TEMPLATES = Path(__file__).parents[2] / "templates" / "init"
POLICY = Path(__file__).parents[1] / "policies" / "default.yaml"

CI = Path(__file__).parents[2] / "templates" / "ci"

NAMES = {
    "card": "model-card.yaml",
    "gitlab": ".gitlab-ci.yml",
    "pre-commit": ".pre-commit-config.yaml",
    "types": "types.yaml",
    "loader": "loader.py",
    "policy": "policy.yaml",
    "workflow": ".github/workflows/audit.yml",
}
"""What can be started, and where it is written by default."""


FILES = {
    "card": TEMPLATES / "card.yaml.txt",
    "gitlab": CI / "gitlab.yml.txt",
    "policy": POLICY,
    "pre-commit": CI / "pre-commit.yaml.txt",
    "workflow": TEMPLATES / "workflow.yml.txt",
}
"""What is written as it stands."""


def check_free(names: Sequence[str]) -> None:
    """Refuse to write several files where one of them exists.

    Raises:
        UserError: naming those that do.
    """
    taken = [NAMES[each] for each in names if os.path.lexists(NAMES[each])]
    if len(names) > 1 and taken:
        raise UserError(f"{', '.join(taken)}: exists already; move it away, or write the others one by one")


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
        write_new(target, text.encode())
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({error.strerror}); choose another place with --out") from error
    return target, _next(what, target)


def _types(reference: str | None) -> str:
    from ...models.data.suggested_types import suggested

    if reference is None:
        raise UserError("init types: expected --reference DATA, the table whose columns it is about, got none; name it")
    return suggested(Path(reference))


def _text(what: str, modality: str, target: Path) -> str:
    if what in FILES:
        return FILES[what].read_text(encoding="utf-8").replace("{file}", target.name)
    return (TEMPLATES / f"loader_{modality}.py.txt").read_text(encoding="utf-8").replace("{file}", target.name)


def _next(what: str, target: Path) -> str:
    match what:
        case "loader":
            return f"put your network there, then: genai-audit run CHECKPOINT --loader {target}:load --reference DATA"
        case "types":
            return f"look at what each column is taken for, then: genai-audit run CHECKPOINT --types {target}"
        case "card":
            return "fill in what you know, and leave out what nobody does"
        case "pre-commit":
            return "put a released version into `rev`, then: pre-commit install"
        case "policy":
            return f"change its rules, then: genai-audit run CHECKPOINT --policy {target}"
        case _:
            return "name your checkpoint and your data there, and commit it"
