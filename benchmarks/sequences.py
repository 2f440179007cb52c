"""How fast are the statistics of GA307, beside their peers in one process on the same data?

- self-BLEU of 500 texts of 30 tokens, beside `nltk` (the same scores to 1e-12);
- the frontier score of 2,000 against 2,000 records on the same features, beside the published algorithm written down
  plainly (principal components, k-means with five restarts, one bin for ten records, 25 points of the curve), and
  beside `mauve-text`, used through its public function only;
- the whole audit of 20,000 generated and 10,000 real records of 15 words.

Ratios are peer time over ours, with the least and the most over the repeats. A peer that is not installed is left out.

    python benchmarks/sequences.py [--repeats 5]
"""

import argparse
import importlib
import time
from collections.abc import Callable
from functools import partial
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from genai_audit.audit.collapse.sequence_diversity.auditor import SequenceDiversity
from genai_audit.audit.collapse.sequence_diversity.words import hashed, tokenize
from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.statistics.sequences.frontier import frontier_area
from genai_audit.audit.statistics.sequences.ngrams import tallies
from genai_audit.audit.statistics.sequences.quantise import quantise
from genai_audit.audit.statistics.sequences.self_bleu import self_bleu

Floats = NDArray[np.float64]


def words(n: int, length: int, rng: np.random.Generator, *, flatter: float = 1.0) -> list[list[str]]:
    """Texts of Zipf-distributed words, each of one of 20 subjects with favourite words."""
    distribution = 1 / np.arange(1, 2001) ** flatter
    subjects = np.random.default_rng(0).permutation(2000)[:400].reshape(20, 20)
    drawn = rng.choice(2000, size=(n, length), p=distribution / distribution.sum())
    subject = rng.integers(20, size=n)
    favourite = rng.random((n, length)) < 0.3
    mine = np.repeat(subject[:, None], length, axis=1)[favourite]
    drawn[favourite] = subjects[mine, rng.integers(20, size=len(mine))]
    return [[f"w{word}" for word in row] for row in drawn.tolist()]


def peer(name: str) -> ModuleType | None:
    """A package that may be missing."""
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"{name} is not installed: left out")
        return None


def seconds(call: Callable[[], object]) -> float:
    """Of one call."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def report(name: str, theirs: list[float], ours: list[float], aim: float) -> None:
    """One line: the median ratio with its spread."""
    ratios = np.array(theirs) / np.array(ours)
    print(
        f"{name}: peer {np.median(theirs):.3f} s, ours {np.median(ours):.4f} s, "
        f"{np.median(ratios):.1f}× [{ratios.min():.1f}, {ratios.max():.1f}] (aim: {aim:g}×)",
        flush=True,
    )


def bleu(repeats: int, rng: np.random.Generator) -> None:
    """The peer scores a fifth of the records each time, its time counts five times."""
    translate = peer("nltk.translate.bleu_score")
    if translate is None:
        return
    records = words(500, 30, rng)
    smooth = translate.SmoothingFunction().method1

    def own() -> Floats:
        found = tokenize("music", [records], real=0).sets[0]  # tokens as they are, numbered
        return self_bleu(tallies(found, 4), lengths=found.lengths)[1]

    own()
    theirs, ours, scores = [], [], []
    for repeat in range(repeats):
        part = range(100 * (repeat % 5), 100 * (repeat % 5) + 100)
        started = time.perf_counter()
        scores = [
            translate.sentence_bleu(records[:at] + records[at + 1 :], records[at], smoothing_function=smooth)
            for at in part
        ]
        theirs.append(5 * (time.perf_counter() - started))
        ours.append(seconds(own))
        gap = float(np.abs(np.array(scores) - own()[list(part)]).max())
    report(f"self-BLEU, 500 texts of 30 tokens, beside nltk (largest gap {gap:.0e})", theirs, ours, 20)


def plain(p: Floats, q: Floats, seed: int) -> float:
    """The published algorithm with the public tools at hand."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import PCA

    points = np.vstack([p, q])
    points = points / np.linalg.norm(points, axis=1, keepdims=True)
    points = PCA(0.9, svd_solver="full").fit_transform(points)
    label = KMeans(len(p) // 10, n_init=5, max_iter=500, random_state=seed).fit_predict(points)
    counts = [np.bincount(each, minlength=label.max() + 1) / len(p) for each in (label[: len(p)], label[len(p) :])]
    curve = [(0.0, 1.0)]
    for share in np.linspace(1 - 1e-6, 1e-6, 25):
        mixture = share * counts[0] + (1 - share) * counts[1]
        ends = []
        for distribution in (counts[1], counts[0]):
            some = distribution > 0
            ends.append(float(np.exp(-5 * (distribution[some] * np.log(distribution[some] / mixture[some])).sum())))
        curve.append((ends[0], ends[1]))
    x, y = np.array([*curve, (1.0, 0.0)]).T
    return float(np.trapezoid(y, x))


def frontier(repeats: int, rng: np.random.Generator) -> None:
    """The same features, the same number of bins."""
    p, q = (
        hashed(found, each.names)
        for each in [tokenize("music", [words(2000, 15, rng), words(2000, 15, rng, flatter=1.1)], real=0)]
        for found in each.sets
    )
    values: dict[str, list[float]] = {"ours": [], "plain": [], "mauve": []}

    def own(seed: int) -> None:
        label = quantise(np.vstack([p, q]), bins=200, rng=np.random.default_rng(seed))
        counts = [np.bincount(each, minlength=label.max() + 1) for each in label.reshape(2, -1)]
        values["ours"].append(float(frontier_area(generated=counts[0], reference=counts[1])))

    mauve = peer("mauve")

    def theirs(seed: int) -> None:
        if mauve is not None:
            found = mauve.compute_mauve(p_features=p, q_features=q, num_buckets=200, seed=seed, verbose=False)
            values["mauve"].append(float(found.mauve))

    calls = {"ours": own, "plain": lambda seed: values["plain"].append(plain(p, q, seed)), "mauve": theirs}
    times: dict[str, list[float]] = {name: [] for name in calls}
    own(0)
    theirs(0)
    # In turns, so that whatever else the machine does falls on all of them.
    for seed in range(repeats):
        for name, call in calls.items():
            times[name].append(seconds(partial(call, seed)))
    report("frontier, 2,000 + 2,000 records, beside k-means with restarts", times["plain"], times["ours"], 3)
    if mauve is not None:
        report("frontier, the same, beside mauve-text", times["mauve"], times["ours"], 3)
    for name, found in values.items():
        if found:
            print(f"  score by {name}: {np.mean(found):.4f} ± {np.std(found):.4f} over seeds")


def audit(rng: np.random.Generator) -> None:
    """All of GA307 at the size of a usual run."""
    generated, reference = ([" ".join(each) for each in words(n, 15, rng)] for n in (20_000, 10_000))
    evidence = Evidence(
        "text",
        Generated(generated, 0, "benchmark"),
        reference=Real(reference, len(reference), "benchmark", "benchmark", "0" * 64),
    )
    taken = seconds(lambda: SequenceDiversity()(evidence, rng))
    print(f"the audit of 20,000 generated and 10,000 real records of 15 words: {taken:.1f} s (aim: 15 s)")


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Speed of GA307 beside its peers")
    parser.add_argument("--repeats", type=int, default=5)
    asked = parser.parse_args()
    rng = np.random.default_rng(0)
    audit(rng)
    bleu(asked.repeats, rng)
    frontier(asked.repeats, rng)


if __name__ == "__main__":
    main()
