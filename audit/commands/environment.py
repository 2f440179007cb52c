"""Where a run happened: versions and platform."""

import platform
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
