"""`genai-audit init`: files to start from, which work as they are and are meant to be changed."""

from pathlib import Path

from ...models.errors import UserError

TEMPLATES = Path(__file__).parents[2] / "templates" / "init"
POLICY = Path(__file__).parents[1] / "policies" / "default.yaml"

NAMES = {"loader": "loader.py", "policy": "policy.yaml", "workflow": ".github/workflows/audit.yml"}
"""What can be started, and where it is written by default."""


def start(what: str, *, modality: str, out: Path | None) -> tuple[Path, str]:
    """Write a file to start from; returns where it is, and what to do next.

    Raises:
        UserError: if the file exists, or cannot be written.
    """
    target = out or Path(NAMES[what])
    if target.exists():
        raise UserError(f"{target}: exists already; move it away, or choose another name with --out")
    text = _text(what, modality, target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UserError(f"{target}: cannot be written ({error.strerror}); choose another place with --out") from error
    return target, _next(what, target)


def _text(what: str, modality: str, target: Path) -> str:
    if what == "policy":
        return POLICY.read_text(encoding="utf-8")
    name = f"loader_{modality}.py.txt" if what == "loader" else "workflow.yml.txt"
    return (TEMPLATES / name).read_text(encoding="utf-8").replace("{file}", target.name)


def _next(what: str, target: Path) -> str:
    match what:
        case "loader":
            return f"put your network there, then: genai-audit run CHECKPOINT --loader {target}:load --reference DATA"
        case "policy":
            return f"change its rules, then: genai-audit run CHECKPOINT --policy {target}"
        case _:
            return "name your checkpoint and your data there, and commit it"
