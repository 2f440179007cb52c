"""The memory of an audit does not grow with the number of large pictures."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = """
import sys
from pathlib import Path
from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.request import Request
from genai_audit.audit.run import audit
from genai_audit.reports.html import render

def peak():
    # Not getrusage, whose peak is at first that of the process which started this one.
    line = next(each for each in Path("/proc/self/status").read_text().splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) * 1024

def audited(part):
    folder = Path(sys.argv[1]) / part
    reference = str(folder / "reference.npz")
    for given in (Request(str(folder / "generated.npz"), reference=reference, only=ONLY),
                  Request(str(folder), loader=f"{sys.argv[1]}/loader.py:{part}", reference=reference, samples=100,
                          only=ONLY)):
        record, evidence = audit(given)
        assert not record.coverage.error
        evidence.save(folder / "evidence")
        render(record, Evidence.load(folder / "evidence"))

ONLY = ("GA302", "GA304", "GA310", "GA501")
audited("small")
before = peak()
audited("large")
print(peak() - before)
"""

LOADER = """
import torch

class Noise:
    modality = "image"

    def __init__(self, size):
        self.size = size

    def sample(self, n, *, generator, condition=None):
        return torch.rand(n, 3, self.size, self.size, generator=generator)

def small(path):
    return Noise(8)

def large(path):
    return Noise(256)
"""

PICTURES, EDGE = 100, 256
AS_FLOATS = 4 * 3 * PICTURES * EDGE**2
"""Bytes of one set, of which each audit has two: 79 MB."""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of one process is read as Linux tells it")
def test_two_hundred_pictures_leave_no_trace_in_memory(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for part, size in (("small", 8), ("large", EDGE)):
        (tmp_path / part).mkdir()
        for name in ("generated", "reference"):
            x = rng.integers(0, 256, (PICTURES, size, size, 3), dtype=np.uint8)
            np.savez(tmp_path / part / f"{name}.npz", x=x)
    (tmp_path / "loader.py").write_text(LOADER)
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    # 1.6 sets as floats, for one call of the model, and 50 pictures with what is read of them at once for each of the
    # two auditors that work at a time. All held in memory: 16 sets.
    assert int(ended.stdout) < 4 * AS_FLOATS
