"""Where a run happened: versions, platform, commit."""

import platform
import subprocess
from importlib import metadata

PACKAGES = ("genai-audit", "torch", "numpy", "scipy", "scikit-learn", "captum", "pandas", "safetensors", "pydantic")


def versions() -> dict[str, str]:
    """Versions of Python and of the packages whose code made the numbers."""
    installed = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            installed[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            installed[name] = "not installed as a package"
    return installed


def machine() -> str:
    """Operating system and processor family."""
    return f"{platform.system()} {platform.machine()}"


def git_commit() -> str | None:
    """Commit of the working folder; `+` is added where tracked files were changed; None outside a repository."""
    commit = _git("rev-parse", "HEAD")
    if commit is None:
        return None
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return f"{commit}+" if changed else commit


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
