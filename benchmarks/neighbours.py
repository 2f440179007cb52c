"""How fast are the neighbour statistics, and how much memory do they take?

Against the prdc package, in one process, on the same float64 arrays, in turns: seconds of both, and of the three matrix
products that any such method contains, in double precision (as prdc multiplies) and in single (as we do; what single
precision cannot decide is computed again in double). Each ratio is one of neighbouring runs; printed are the median
and the extremes. Peak memory is what a child process holds at most above its inputs (resident set, Linux only). Where
prdc would need more memory than there is, its need is computed: four dense matrices of n² eight-byte numbers.

Then the cost of GA302 with all its intervals. How cost grows is in growth.py.

    python benchmarks/neighbours.py [--part compare,large,auditor] [--repeats 3] [--threads 2]
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from genai_audit.audit.collapse.neighbour_fidelity.auditor import Neighbours
from genai_audit.audit.evidence.bundle import Evidence, Features, Generated
from genai_audit.audit.statistics.neighbours.prdc import Prdc, prdc

K = 5
Matrix = NDArray[np.float64]


def sets(n: int, d: int) -> tuple[Matrix, Matrix]:
    """A reference and a slightly shifted and narrower generated set."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, d)), rng.normal(size=(n, d))
    y *= 0.98  # In place: a copy would raise the peak against which memory is measured.
    y += 0.02
    return x, y


def ours(x: Matrix, y: Matrix) -> Prdc:
    """The plain measurement, without intervals."""
    return prdc(generated=y, reference=x, k=K, rng=np.random.default_rng(0))


def theirs(x: Matrix, y: Matrix) -> Prdc:
    """The peer."""
    from prdc import compute_prdc

    return Prdc(**compute_prdc(real_features=x, fake_features=y, nearest_k=K))


def products(x: Matrix, y: Matrix, dtype: torch.dtype) -> None:
    """Three products, blockwise."""
    a, b = (torch.as_tensor(each).to(dtype) for each in (x, y))
    step = 512
    for first, second in ((a, a), (b, b), (a, b)):
        for start in range(0, len(x), step):
            torch.mm(first[start : start + step], second.T)


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak(name: str, n: int, d: int, threads: int) -> tuple[float, float]:
    """Seconds and megabytes above the inputs of one measurement in a fresh process."""
    command = [sys.executable, __file__, "--child", name, "--size", str(n), str(d), "--threads", str(threads)]
    seconds, megabytes = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
    )
    return seconds, megabytes


def child(name: str, n: int, d: int) -> None:
    """What `peak` starts."""
    work = {"ours": ours, "prdc": theirs}[name]
    x, y = sets(n, d)
    work(x[:100], y[:100])  # Loads what is loaded late.
    before = resident("VmRSS")
    seconds = timed(lambda: work(x, y))
    print(json.dumps([seconds, resident("VmHWM") - before]))


def resident(name: str) -> float:
    """Megabytes of this process in memory, now (VmRSS) or at most (VmHWM), as Linux counts them.

    getrusage would do on other systems, but on this one its peak starts from that of the parent process.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return float(status.split(f"{name}:")[1].split()[0]) / 1024


def spread(values: list[float]) -> str:
    """Median and extremes."""
    return f"{np.median(values):6.2f} [{min(values):.2f}, {max(values):.2f}]"


def compare(n: int, d: int, repeats: int, threads: int) -> None:
    """Against prdc and against the products alone."""
    x, y = sets(n, d)
    ours(x[:200], y[:200])
    runs: dict[str, list[float]] = {"ours": [], "prdc": [], "float64": [], "float32": []}
    found: list[Prdc] = []
    for _ in range(repeats):
        runs["ours"].append(timed(lambda: found.append(ours(x, y))))
        runs["float32"].append(timed(lambda: products(x, y, torch.float32)))
        runs["prdc"].append(timed(lambda: found.append(theirs(x, y))))
        runs["float64"].append(timed(lambda: products(x, y, torch.float64)))
    apart = max(abs(a - b) for a, b in zip(found[0], found[1], strict=True))
    print(f"n = m = {n:,}, d = {d}, {threads} threads, {repeats} repeats; largest difference of results {apart:.1e}")
    for name, seconds in runs.items():
        print(f"  {name:8} {spread(seconds)} s")
    for label, top, bottom in (
        ("prdc / ours", "prdc", "ours"),
        ("ours / three products in float64", "ours", "float64"),
        ("ours / three products in float32", "ours", "float32"),
    ):
        ratios = [a / b for a, b in zip(runs[top], runs[bottom], strict=True)]
        print(f"  {label:34} {spread(ratios)}; of the fastest runs {min(runs[top]) / min(runs[bottom]):.2f}")
    memory = {name: peak(name, n, d, threads)[1] for name in ("ours", "prdc")}
    print(f"  peak above the inputs: ours {memory['ours']:,.0f} MB, prdc {memory['prdc']:,.0f} MB")


def large(n: int, d: int, threads: int) -> None:
    """Where prdc does not fit."""
    seconds, megabytes = peak("ours", n, d, threads)
    needed = 4 * n * n * 8 / 1e9
    print(f"n = m = {n:,}, d = {d}: ours {seconds:.0f} s, {megabytes:,.0f} MB above inputs; prdc needs {needed:.0f} GB")


def auditor(threads: int) -> None:
    """GA302 with all its intervals."""
    print(f"GA302 whole, with intervals and 128 splits, {threads} threads")
    for n, d, many in ((500, 64, 16), (2000, 512, 4), (5000, 512, 1), (5000, 512, 4)):
        rng = np.random.default_rng(0)
        features = Features(rng.normal(size=(n * many, d)), rng.normal(size=(n, d)), np.empty((0, d)), "normal")
        evidence = Evidence("image", Generated(np.zeros((1, 1, 1, 1), np.float32), 0, "none"), features=features)
        seconds = timed(lambda given=evidence: Neighbours()(given, np.random.default_rng(0)))  # type: ignore[misc]  # a default argument binds the loop variable
        print(f"  n = {n:,}, d = {d}, {many} generated sets: {seconds:.1f} s")


def main() -> None:
    """Print what was asked for."""
    parser = argparse.ArgumentParser(description="Speed and memory of the neighbour statistics")
    parser.add_argument("--part", default="compare,large,auditor")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--child", choices=("ours", "prdc"))
    parser.add_argument("--size", type=int, nargs=2, default=(10_000, 2048))
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    if asked.child:
        return child(asked.child, *asked.size)
    parts = asked.part.split(",")
    if "compare" in parts:
        compare(*asked.size, asked.repeats, asked.threads)
    if "large" in parts:
        large(50_000, 512, asked.threads)
    if "auditor" in parts:
        auditor(asked.threads)
    return None


if __name__ == "__main__":
    main()
