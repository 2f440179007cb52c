"""Copies of training records: false alarms and power of GA402 beside what others report, and the search's speed.

Real records of a bundled set are dealt at random into training data, holdout and sound generated records; of the
latter a share is replaced by near-copies of training records (noise on pixels, numbers moved a little, a character or a
note changed). Everything is computed on the same draws:

- ours: the label-permutation test of the closest matches, near-copies against the holdout's (Fisher), records called
  copies (conformal, Benjamini-Hochberg);
- the DCR share (share of records nearer to the training data than to the holdout, ties counted as the holdout's as
  SDMetrics does, tested as a binomial share against the training data's part), by formula: the package is not needed;
- C_T as published (an alarm below -3) and over its standard deviation (below -1.645);
- authenticity, against that of held-out records.

    python benchmarks/copying.py power [--repeats 200] [--records digits loans FILE.txt]
    python benchmarks/copying.py speed
"""

import argparse
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.audit.evidence.collect import collect
from genai_audit.audit.evidence.matches.kind import Distances, Found, Matches
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.privacy.copying.measure import Compared, compared
from genai_audit.models.data.datasets import load_data
from genai_audit.models.data.in_memory import data_in_memory
from genai_audit.models.records import take

Rows = NDArray[np.int64]

SIZES = {
    "digits": (500, 500, 797),
    "biographies": (800, 800, 1200),
    "loans": (800, 800, 1200),
    "melodies": (800, 800, 1200),
}
LINES = (800, 800, 1200)
SHORTEST = 20
"""Characters of a line of a file of text."""

WORDS = {"digits": "images", "biographies": "texts", "loans": "tables", "melodies": "music"}
RATES = (0.0, 0.005, 0.01, 0.02, 0.05)
COPIES = 0.05
TESTS = (
    "closest matches",
    "near-copies",
    "records called",
    "DCR share",
    "C_T < -3",
    "C_T corrected",
    "authenticity",
)


def near_copies(records: Any, rng: np.random.Generator) -> Any:
    """Records changed a little."""
    if isinstance(records, np.ndarray):
        return np.clip(records + rng.normal(0, 0.03, records.shape), 0, 1).astype(np.float32)
    if isinstance(records, list):
        return [_spoilt(each, rng) for each in records]
    moved = records.copy()
    for name in moved.select_dtypes("number").columns:
        values = moved[name].to_numpy(dtype=float)
        step = np.round(rng.normal(0, 0.005 * np.ptp(values), len(values)))
        whole = np.issubdtype(moved[name].dtype, np.integer)
        noise = step if whole else rng.normal(0, 0.005 * np.ptp(values), len(values))
        moved[name] = (values + noise).astype(moved[name].dtype)
    return moved


def _spoilt(record: Any, rng: np.random.Generator) -> Any:
    at = int(rng.integers(len(record)))
    if isinstance(record, str):
        return record[:at] + "x" + record[at + 1 :]
    return [*record[:at], int(record[at]) + 1, *record[at + 1 :]]


@cache
def lines(file: Path) -> list[str]:
    """The different lines of a text that are no mere exclamations."""
    told = (each.strip() for each in file.read_text(encoding="utf-8").splitlines())
    return list(dict.fromkeys(each for each in told if len(each) >= SHORTEST))


def joined(first: Any, second: Any) -> Any:
    """Two sets of records, one after the other."""
    if isinstance(first, np.ndarray):
        return np.concatenate([first, second])
    if isinstance(first, list):
        return first + second
    import pandas as pd

    return pd.concat([first, second], ignore_index=True)


def searched(name: str, seed: int) -> tuple[Matches, int, int]:
    """One deal: matches of sound records, followed by near-copies; how many there are of each."""
    rng = np.random.default_rng(seed)
    data = load_data(name) if name in SIZES else data_in_memory(lines(Path(name)), name)
    t, h, g = SIZES.get(name, LINES)
    order = rng.permutation(len(data.samples))
    training, holdout, sound = (take(data.samples, order[a:b]) for a, b in ((0, t), (t, t + h), (t + h, t + h + g)))
    k = math.ceil(COPIES * g)
    copies = near_copies(take(training, rng.choice(t, k, replace=False)), rng)
    sets = [
        data_in_memory(each, what) for each, what in ((joined(sound, copies), "made"), (training, "a"), (holdout, "b"))
    ]
    plan = Plan(data.modality, name, samples=sets[0], reference=sets[1], holdout=sets[2], seed=seed)
    found: Evidence = collect(
        plan, needs=("matches",), guard=lambda work: (work(), None), progress=lambda step, share: None
    )
    assert found.matches is not None
    return found.matches, g, k


def part(matches: Matches, rows: Rows) -> Matches:
    """The same of some of the generated records: nothing about a record depends on the others."""

    def some(found: Found | None) -> Found | None:
        return None if found is None else Found(found.distance[rows], found.row[rows], found.ties[rows])

    def of(each: Distances) -> Distances:
        made, held = some(each.generated_to_training), some(each.generated_to_holdout)
        assert made is not None
        return replace(each, generated_to_training=made, generated_to_holdout=held)

    return replace(
        matches,
        distances=tuple(map(of, matches.distances)),
        generated_rows=matches.generated_rows[rows],
        generated_cells=matches.generated_cells[rows],
        equal_training=matches.equal_training[rows],
    )


def alarms(found: Compared, matches: Matches) -> list[bool]:
    """Which of `TESTS` raise an alarm at the 5 % level."""
    from scipy.stats import binomtest

    to_training, to_holdout = matches.distances[0].generated_to_training, matches.distances[0].generated_to_holdout
    assert to_holdout is not None
    n = len(to_training.distance)
    nearer = int((to_training.distance < to_holdout.distance).sum())
    (made, held), m = found.authentic, found.near.m
    pooled = (made * n + held * m) / (n + m)
    error = math.sqrt(max(pooled * (1 - pooled), 1e-12) * (1 / n + 1 / m))
    regions = found.regions
    return [
        found.p_value <= 0.05,
        found.near.p_value() <= 0.05,
        len(found.copied) > 0,
        binomtest(nearer, n, found.whole.chance, alternative="greater").pvalue <= 0.05,
        regions is not None and regions.value < -3,
        regions is not None and regions.standardised < -1.645,
        (made - held) / error < -1.645,
    ]


def study(names: Sequence[str], rates: Sequence[float], repeats: int, seed: int) -> None:
    """Print how often each test raises an alarm, and how often the interval of the copies holds their share."""
    print(f"| records | copies | {' | '.join(TESTS)} | interval holds it | rule fails (above 0.01) |")
    print("|---" * (len(TESTS) + 4) + "|")
    for name in names:
        seen = {rate: np.zeros(len(TESTS) + 2) for rate in rates}
        for repeat in range(repeats):
            matches, sound, copies = searched(name, seed + repeat)
            for rate in rates:
                k = round(rate * sound)
                rows = np.concatenate([np.arange(sound - k), sound + np.arange(min(k, copies))])
                chosen = part(matches, rows)
                found = compared(chosen.distances[0], chosen, np.random.default_rng([seed, repeat]))
                interval = found.found.limits(0.95)
                told = [*alarms(found, chosen), interval.low <= k / len(rows) <= interval.high, interval.low > 0.01]
                seen[rate] += np.array(told, dtype=float)
        for rate, counts in seen.items():
            print(
                f"| {WORDS.get(name, 'lines')} | {rate:.1%} | "
                + " | ".join(f"{each / repeats:.0%}" for each in counts)
                + " |",
                flush=True,
            )


def speed() -> None:
    """The search against SDMetrics' way of computing DCR, and against the products that it contains."""
    import pandas as pd
    import torch

    from genai_audit.audit.statistics.copying.mixed import mixed_rows, nearest_rows
    from genai_audit.audit.statistics.copying.nearest import nearest_points
    from genai_audit.audit.statistics.neighbours.cloud import cloud, origin

    rng = np.random.default_rng(0)
    numbers, kinds = rng.random((2, 4000, 6)), rng.integers(0, 8, (2, 4000, 6))
    tables = [
        pd.DataFrame({**{f"n{at}": a[:, at] for at in range(6)}, **{f"c{at}": b[:, at].astype(str) for at in range(6)}})
        for a, b in zip(numbers, kinds, strict=True)
    ]
    ours, found = timed(
        lambda: nearest_rows(*mixed_rows(list(numbers), list(kinds), scale_by=(1,)), itself=False, rng=rng).distance
    )
    theirs, expected = timed(lambda: cross_joined(tables[0].iloc[:1000], tables[1]))
    assert np.allclose(found[:1000], expected, atol=1e-6)
    print(
        f"tables, 4,000 × 4,000 × 12: {ours:.2f} s; cross-join in chunks: {4 * theirs:.1f} s; {4 * theirs / ours:.0f} ×"
    )
    pictures = rng.random((2, 4000, 784))
    clouds = [cloud(each, origin(pictures[1])) for each in pictures]
    ours, _ = timed(lambda: nearest_points(clouds[0], clouds[1], itself=False, rng=rng))
    first, second = (torch.as_tensor(each, dtype=torch.float32) for each in pictures)
    product, _ = timed(lambda: [first[at : at + 384] @ second.T for at in range(0, 4000, 384)])
    print(f"images, 4,000 × 4,000 × 784: {ours:.2f} s; its matrix product: {product:.2f} s; {ours / product:.2f} ×")


def timed(work: Callable[[], Any], repeats: int = 3) -> tuple[float, Any]:
    """The least processor seconds of a few calls, and the last result."""
    best, result = math.inf, None
    for _ in range(repeats):
        started = time.process_time()
        result = work()
        best = min(best, time.process_time() - started)
    return best, result


def cross_joined(made: Any, real: Any, chunk: int = 1000) -> NDArray[np.float64]:
    """The distance to the closest record as SDMetrics computes it: pandas frames joined crosswise, chunk by chunk."""
    import pandas as pd

    ranges = {name: np.ptp(real[name]) for name in real.select_dtypes("number").columns}
    result = []
    for start in range(0, len(made), chunk):
        some = made.iloc[start : start + chunk].reset_index(names="row")
        least = []
        for other in range(0, len(real), chunk):
            pairs = some.merge(real.iloc[other : other + chunk], how="cross", suffixes=("", "_real"))
            total = pd.Series(0.0, index=pairs.index)
            for name in real.columns:
                if name in ranges:
                    total += (pairs[name] - pairs[f"{name}_real"]).abs() / ranges[name]
                else:
                    total += (pairs[name] != pairs[f"{name}_real"]).astype(float)
            pairs["distance"] = total / len(real.columns)
            least.append(pairs.groupby("row")["distance"].min())
        result.append(pd.concat(least, axis=1).min(axis=1).to_numpy())
    return np.concatenate(result)


def main() -> None:
    """Run one study."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", choices=("power", "speed"))
    parser.add_argument("--repeats", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--records", nargs="+", default=tuple(SIZES), help="bundled sets, or files of text")
    arguments = parser.parse_args()
    if arguments.study == "speed":
        speed()
    else:
        study(arguments.records, RATES, arguments.repeats, arguments.seed)


if __name__ == "__main__":
    main()
