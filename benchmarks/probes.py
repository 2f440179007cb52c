"""How much longer does it take to score paired sentences than to pass them through the network?

The 1,508 pairs of CrowS-Pairs (outside this repository) by a small GPT over characters with random weights: the whole
collection of evidence (reading the file, token ids, batches by length, sums) beside the bare forward passes over the
same batches, in one process, in turns. Ratios are ours over bare, with the least and the most over the repeats.

    python benchmarks/probes.py CROWS_PAIRS.csv [--repeats 5] [--width 256] [--layers 4]
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.probes import collect
from genai_audit.audit.evidence.probes.files import read_probes
from genai_audit.audit.fairness.paired_sentences.auditor import PairedSentences
from genai_audit.models.families.gpt import GPT, GPTConfig


def seconds(call: Callable[[], object]) -> float:
    """Of one call."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def watched(model: GPT) -> list[torch.Tensor]:
    """The batches of ids that the model is given from now on."""
    batches: list[torch.Tensor] = []
    logits = model.logits

    def noted(ids: torch.Tensor) -> torch.Tensor:
        batches.append(ids)
        return logits(ids)

    model.logits = noted  # type: ignore[method-assign,assignment] # for this study only
    return batches


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=4)
    asked = parser.parse_args()
    (file,) = read_probes([asked.file])
    texts = [text for item in file.items for text in item.texts.values()]
    alphabet = tuple(sorted({letter for text in texts for letter in text}))
    torch.manual_seed(0)
    longest = max(map(len, texts))
    model = GPT(GPTConfig(alphabet, "character", longest, width=asked.width, layers=asked.layers)).eval()
    plan = Plan("text", "a GPT", model=model, probes=(asked.file,))
    evidence = Evidence("text", Generated(["a"], 0, "a GPT"))

    def ours() -> object:
        return collect.collect(plan, evidence, lambda share: None)

    batches = watched(model)
    probes = collect.collect(plan, evidence, lambda share: None)
    del model.logits
    kept = list(batches)

    def bare() -> None:
        with torch.no_grad():
            for ids in kept:
                model.logits(ids)

    bare()
    times = np.array([[seconds(bare), seconds(ours)] for _ in range(asked.repeats)])
    ratios = times[:, 1] / times[:, 0]
    judged = Evidence("text", Generated(["a"], 0, "a GPT"), probes=probes)
    auditing = seconds(lambda: PairedSentences()(judged, np.random.default_rng(0)))
    print(
        "| Sentences | Passes | Bare passes, s | Scored, s | Ratio (least–most) | GA106, s |\n|---|---|---|---|---|---|"
    )
    ends = f"{np.median(ratios):.2f} ({ratios.min():.2f}–{ratios.max():.2f})"
    middle = np.median(times, axis=0)
    print(f"| {len(texts):,} | {len(kept)} | {middle[0]:.2f} | {middle[1]:.2f} | {ends} | {auditing:.2f} |")


if __name__ == "__main__":
    main()
