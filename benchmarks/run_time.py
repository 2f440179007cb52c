"""Where does the time of an audit go: each kind of evidence, each auditor, on MNIST?

Held-out real pictures are given as samples, so that nothing is drawn and what is timed is the tool's own. Times are
seconds of the wall clock and of the processor, the fastest of the repeats, without the loading of libraries. On a
machine that others use too, the processor's are the ones to compare, and parts that no version changed show how much
is noise. Where a measurement of another version is given, both stand side by side with their ratio, and whether they
found the same: how far apart the numbers are, and what else differs.

    python benchmarks/run_time.py [--reference 10000] [--generated 5000] [--holdout 0] [--repeats 1] [--only GA302,…]
                                  [--data FOLDER] [--save FILE.json] [--against FILE.json]

A file that is saved to again gathers the repeats of all its runs, so that two versions can take turns.
"""

import argparse
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genai_audit.audit.encoding import kinds
from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.collect import collect
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.finding import Finding
from genai_audit.audit.pipeline.auditing import chosen_of, configured, guarded, run_auditors
from genai_audit.audit.policy import Policy
from genai_audit.models.data.datasets import Dataset, load_data
from genai_audit.models.errors import UserError
from genai_audit.models.threads import one_thread

DATA = Path(__file__).parents[2] / "shared" / "data" / "mnist"
# Below this, a number is what rounding leaves of 0.
NOTHING = 1e-12
SHOWN, WARM = 12, 300

Times = dict[str, list[list[float]]]
"""By part: the repeats, each its seconds of the wall clock and of the processor."""


class Stopwatch:
    """Told what begins and what is done, it keeps the seconds of each part."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self.began = now()

    def __call__(self, part: str, share: float) -> None:
        """Note that a share of a part is done; at 0 the part begins, at 1 it ends."""
        if share == 0.0:
            self.began = now()
        elif share == 1.0:
            self.seconds[part] = [b - a for a, b in zip(self.began, now(), strict=True)]


def now() -> tuple[float, float]:
    """Seconds of the wall clock and of this process on the processor."""
    return time.perf_counter(), time.process_time()


def part_of(file: Path, size: int, *, skip: int = 0) -> Dataset:
    """So many random pictures with their labels, none of the first `skip` in that order."""
    data = load_data(str(file))
    rows = np.random.default_rng(0).permutation(len(data.samples))[skip : skip + size]
    if len(rows) < size:
        raise SystemExit(f"expected at most {len(data.samples) - skip:,} pictures of {file.name}, got {size:,}")
    return data.subset(rows)


def measured(reference: Dataset, samples: Dataset, holdout: Dataset | None, only: str | None) -> tuple[Any, ...]:
    """Seconds of all parts, the evidence and the findings of one audit."""
    watch = Stopwatch()
    auditors = configured(Policy.load())
    chosen = chosen_of(auditors, only.split(",") if only else ())
    plan = Plan("image", "MNIST", samples=samples, reference=reference, holdout=holdout)
    needs = kinds((kind for each in chosen for kind in each.needs), plan)
    with one_thread():
        evidence = collect(plan, needs=needs, guard=guarded, progress=watch)
        findings = run_auditors(auditors, evidence, seed=0, only={each.code for each in chosen}, progress=watch)
    titles = {each.code: each.title for each in auditors}
    named = {f"{part} {titles[part]}" if part in titles else part: each for part, each in watch.seconds.items()}
    return named, evidence, findings


def facts_of(evidence: Evidence, findings: tuple[Finding, ...]) -> dict[str, Any]:
    """All that an audit found, one name for each number or word."""
    found: dict[str, Any] = {}
    for groups in evidence.groups or ():
        told = {"predicted": groups.predicted, "confusion": groups.confusion, "parameters": groups.parameters}
        found |= flat(f"groups of {groups.attribute}", {**told, "names": groups.names})
    for each in findings:
        kept = {name: value for name, value in asdict(each).items() if name not in ("seconds", "facts")}
        found |= flat(each.code, kept)
    return found


def flat(name: str, value: Any) -> dict[str, Any]:
    """A nested value by the paths to its parts."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    if isinstance(value, np.ndarray):
        # A sum for each row tells enough of thousands of numbers; whole numbers are kept as they are.
        value = value.tolist() if value.dtype.kind in "iub" or value.ndim < 2 else np.abs(value).sum(1).tolist()
    if isinstance(value, Mapping):
        parts = {f"{name} · {key}": each for key, each in value.items()}
    elif isinstance(value, list | tuple):
        parts = {f"{name} · {at}": each for at, each in enumerate(value)}
    else:
        return {name: value if value is None or isinstance(value, bool | int | float | str) else str(value)}
    return {path: leaf for key, each in parts.items() for path, leaf in flat(key, each).items()}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[tuple[float, str]]:
    """How far two numbers of one name are apart, relative to the larger; infinitely where they are no numbers."""
    for name in dict.fromkeys((*before, *after)):
        first, second = before.get(name), after.get(name)
        if first == second:
            continue
        numbers = all(isinstance(each, float | int) and not isinstance(each, bool) for each in (first, second))
        if not numbers:
            yield float("inf"), f"{name}: {first} before, {second} now"
            continue
        size = max(abs(first), abs(second), NOTHING)
        if not (np.isnan(first) and np.isnan(second)):
            yield abs(first - second) / size, f"{name}: {first!r} before, {second!r} now"


def fastest(repeats: list[list[float]]) -> list[float]:
    """Of the wall clock and of the processor, each by itself."""
    return [min(each) for each in zip(*repeats, strict=True)]


def show(times: Times, before: Times | None) -> None:
    """A table of all parts, with those of the earlier measurement beside them."""
    rows = {part: fastest(each) for part, each in times.items()}
    rows["all of these"] = [sum(each) for each in zip(*rows.values(), strict=True)]
    if before is None:
        print("| part | wall clock, s | processor, s |\n|---|---|---|")
        for part, (wall, cpu) in rows.items():
            print(f"| {part} | {wall:.2f} | {cpu:.2f} |")
        return
    old = {part: fastest(each) for part, each in before.items() if part in times}
    if len(old) == len(times):
        old["all of these"] = [sum(each) for each in zip(*old.values(), strict=True)]
    print("| part | wall clock before, s | now, s | ratio | processor before, s | now, s | ratio |")
    print("|---|---|---|---|---|---|---|")
    for part, now_ in rows.items():
        cells = [part]
        for first, second in zip(old.get(part, (None, None)), now_, strict=True):
            ratio = "–" if first is None else f"{second / max(first, 1e-9):.2f}"
            cells += ["–" if first is None else f"{first:.2f}", f"{second:.2f}", ratio]
        print(f"| {' | '.join(cells)} |")


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """What both found, and where they differ."""
    apart = sorted(differences(before, after), reverse=True)
    furthest = f"{apart[0][0]:.1e}" if apart else "0"
    print(f"\n{len(after):,} numbers and words: {len(apart):,} differ, by {furthest} of the larger at most")
    for size, words in apart[:SHOWN]:
        print(f"  {size:.1e}  {words}")


def main() -> None:
    """Print the times, beside earlier ones if there are any."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA, help="folder with train.npz and test.npz")
    parser.add_argument("--reference", type=int, default=10_000, help="pictures of the training set")
    parser.add_argument("--generated", type=int, default=5_000, help="others of it, given as samples")
    parser.add_argument("--holdout", type=int, default=0, help="pictures of the test set, for the controls")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--only", help="codes of auditors, with the evidence that they need")
    parser.add_argument("--save", type=Path, help="keep the measurement, or add its repeats to what is there")
    parser.add_argument("--against", type=Path, help="a measurement to compare with")
    asked = parser.parse_args()
    sizes = {"reference": asked.reference, "generated": asked.generated, "holdout": asked.holdout}
    before = None if asked.against is None else _kept(asked.against, sizes)
    times: Times = {}
    if asked.save is not None and asked.save.is_file():
        times = _kept(asked.save, sizes)["times"]
    reference = part_of(asked.data / "train.npz", asked.reference)
    samples = part_of(asked.data / "train.npz", asked.generated, skip=asked.reference)
    holdout = part_of(asked.data / "test.npz", asked.holdout) if asked.holdout else None
    given = (reference, samples, holdout)
    # Once with few, so that nobody's time is that of loading libraries.
    measured(*(None if each is None else each.subset(np.arange(min(WARM, len(each)))) for each in given), asked.only)
    for _ in range(asked.repeats):
        seconds, evidence, findings = measured(*given, asked.only)
        for part, each in seconds.items():
            times.setdefault(part, []).append(each)
    found = facts_of(evidence, findings)
    if asked.save is not None:
        asked.save.write_text(json.dumps({"sizes": sizes, "times": times, "found": found}), encoding="utf-8")
    print(", ".join(f"{name} {size:,}" for name, size in sizes.items()))
    show(times, None if before is None else before["times"])
    if before is not None:
        wanted = {name.split(" · ")[0] for name in found}
        compare({name: each for name, each in before["found"].items() if name.split(" · ")[0] in wanted}, found)


def _kept(file: Path, sizes: Mapping[str, int]) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        same = kept["sizes"] == sizes and {"times", "found"} <= set(kept)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{file}: expected a measurement saved by this script, got {type(error).__name__}") from None
    if not same:
        raise SystemExit(f"{file}: expected a measurement of {dict(sizes)}, got one of {kept['sizes']}")
    return kept


if __name__ == "__main__":
    try:
        main()
    except UserError as mistake:
        raise SystemExit(str(mistake)) from None
