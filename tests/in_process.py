"""`genai-audit run` without its worker, for tests of what it says: a worker takes seconds to start.

What the worker is for is tested in `tests/faults/`, by real processes.
"""

from collections.abc import Callable

from genai_audit.audit.process.answer import Audited
from genai_audit.audit.request import Request
from genai_audit.audit.run import audit


def in_process(request: Request, *, memory: int | None, progress: Callable[[str, float], None]) -> Audited:
    """What `supervised` does, here; give it to `CliRunner.invoke` as `obj`."""
    assert memory is None
    return Audited(*audit(request, progress=progress))
