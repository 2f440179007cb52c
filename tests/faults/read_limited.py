"""Reads hostile files in a process whose memory is limited, and reports of each what became of it.

A line is written before each file and after it, so that a file which ends the process cannot hide the others.
"""

import json
import sys
import time
from pathlib import Path

from genai_audit.models.checkpoints.checkpoint import load_model
from genai_audit.models.checkpoints.stored_tensors import stored_tensors
from genai_audit.models.data.datasets import load_data
from genai_audit.models.errors import UserError


def read(kind: str, path: str) -> None:
    """Read one file as what it is meant for."""
    match kind:
        case "data":
            load_data(path)
        case "model":
            load_model(path)
        case "weights":
            for each in stored_tensors(Path(path)):
                each.tensor.contiguous()


def tell(*report: object) -> None:
    """Write a line that is there whatever comes next."""
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()


def peak() -> int:
    """The most memory that this process had in use, in bytes, since it was last asked."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    size = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return size * 1024


def main() -> None:
    """Read every file that is named on a line of standard input."""
    import resource

    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    for line in sys.stdin:
        name, kind, path = json.loads(line)
        tell(name, "begun", "", 0, 0)
        started = time.monotonic()
        peak()
        try:
            read(kind, path)
            ended, said = "read", ""
        except UserError as error:
            ended, said = "refused", str(error)
        except BaseException as error:  # Whatever else it raises is a failure of this file alone.
            ended, said = type(error).__name__, str(error)
        tell(name, ended, said, time.monotonic() - started, peak())


if __name__ == "__main__":
    main()
