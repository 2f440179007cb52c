"""Does GA404 see copies of training records, stay silent on sound generators, and read 10 MB in ten seconds?

Small simulated audits of every modality: a sound generator draws afresh from the distribution of the training data; a
copying one gives back some training records. And the time of the suffix pass on 1, 2, 5 and 10 MB of text.

    python benchmarks/reproduction.py [--audits 200] [--modality text …] [--megabytes 1 2 5 10]
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from genai_audit.audit.evidence.reproductions.tokens import tokenised
from genai_audit.audit.privacy.verbatim.auditor import VerbatimReproduction
from genai_audit.audit.statistics.reproduction.runs import shared_runs
from genai_audit.audit.statistics.shares.binomial import clopper_pearson

SHARES = (0.0, 0.005, 0.01, 0.02, 0.05)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audits", type=int, default=200, help="sound ones of each modality, a quarter with copies")
    parser.add_argument("--modality", nargs="*", default=["text", "music", "image", "tabular"], help="of the audits")
    parser.add_argument("--megabytes", type=float, nargs="*", default=[1, 2, 5, 10], help="of training text")
    arguments = parser.parse_args()
    if arguments.audits:
        power(arguments.audits, arguments.modality)
    if arguments.megabytes:
        speed(arguments.megabytes)


def power(most: int, modalities: Sequence[str]) -> None:
    """The share of audits in which the lower limit of `reproduction_excess` lies above 0, and with p < 0.05."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from unit.audit.privacy.reproduced import audited

    print("| Modality | Copies | Audits | Interval above 0 | 95 % | p ≤ 0.05 | near: p ≤ 0.05 |")
    print("|---|---|---|---|---|---|---|")
    for modality in modalities:
        for share in SHARES:
            audits = most if not share else max(1, most // 4)
            counts = np.zeros(3, dtype=int)
            for seed in range(audits):
                evidence = audited(modality, copies=round(share * N), n=N, training=TRAINING, holdout=HELD, seed=seed)
                finding = VerbatimReproduction()(evidence, np.random.default_rng(seed))
                exact, near = (finding.estimate(f"{name}reproduction_excess") for name in ("", "near_"))
                assert exact.p_value is not None
                assert near.p_value is not None
                counts += [exact.interval().low > 0, exact.p_value <= 0.05, near.p_value <= 0.05]
            ends = clopper_pearson(successes=counts[0], trials=audits, level=0.95)
            shown = [f"{each / audits:.1%}" for each in counts]
            band = f"{float(ends.low):.1%}–{float(ends.high):.1%}"
            print(
                f"| {modality} | {share:.1%} | {audits} | {shown[0]} | {band} | {shown[1]} | {shown[2]} |", flush=True
            )


N, TRAINING, HELD = 2_000, 1_000, 1_000
"""Generated, training and held-out records of one audit."""


def speed(sizes: Sequence[float]) -> None:
    """Seconds of the processor to read tokens and find all runs of 2,000 texts, by the size of the training text."""
    rng = np.random.default_rng(0)
    weights = 1 / np.arange(1, 50_001)
    words = np.array(["".join(rng.choice(list("aeioubcdfglmnprst"), size)) for size in rng.integers(1, 11, 50_000)])
    print("\n| Training text | Words | Reading tokens | Finding runs | Characters, both |")
    print("|---|---|---|---|---|")
    for size in sizes:
        drawn = words[rng.choice(50_000, int(size * 230_000), p=weights / weights.sum())]
        texts = [" ".join(each) for each in np.array_split(drawn, max(1, len(drawn) // 20))]
        megabytes = sum(map(len, texts)) / 1e6
        times = []
        for unit in ("word", "character"):
            started = time.process_time()
            tokens = tokenised(unit, [*texts[:2_000], *texts])
            read = time.process_time()
            shared_runs(tokens=tokens.tokens, lengths=tokens.lengths, among=2_000, differences=3)
            times += [read - started, time.process_time() - read]
        shown = " | ".join(f"{each:.1f} s" for each in (*times[:2], sum(times[2:])))
        print(f"| {megabytes:.1f} MB | {len(drawn):,} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
