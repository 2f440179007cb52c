"""Whether memory ran out, and whether this process has a limit on it."""

import sys

from .errors import one_line

OUT_OF_MEMORY = ("allocate memory", "out of memory", "bad_alloc", "memoryerror", "unable to allocate")
"""How libraries say it, in small letters."""


def ran_out(error: BaseException | None) -> bool:
    """Whether memory ran out somewhere in the chain of causes."""
    seen: set[int] = set()
    # An exception of somebody else's may be its own cause, and may have no words.
    while error is not None and id(error) not in seen:
        if isinstance(error, MemoryError) or any(words in one_line(error).lower() for words in OUT_OF_MEMORY):
            return True
        seen.add(id(error))
        error = error.__cause__
    return False


def limited() -> bool:
    """Whether the system limits the memory of this process, by `--memory` or otherwise."""
    if sys.platform == "win32":
        return False
    import resource

    kinds = (resource.RLIMIT_DATA, resource.RLIMIT_AS)
    return any(resource.getrlimit(kind)[0] != resource.RLIM_INFINITY for kind in kinds)
