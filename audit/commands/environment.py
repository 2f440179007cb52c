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


def processor() -> str:
    """Which instructions torch, and the libraries of linear algebra under numpy, use here.

    Another choice sums in another order, so that the last bits of a number differ.
    """
    import scipy.linalg  # noqa: F401  # only libraries that are loaded can be asked
    import torch
    from threadpoolctl import threadpool_info

    kinds = {str(each["architecture"]) for each in threadpool_info() if each.get("architecture")}
    return ", ".join((torch.backends.cpu.get_cpu_capability(), *sorted(kinds)))


def machine() -> str:
    """Operating system and processor family."""
    return f"{platform.system()} {platform.machine()}"
