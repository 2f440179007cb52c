"""Leaving out tokens: how much faster than captum's wrapper, and do the intervals of GA207 hold their level?

    python benchmarks/attribution_tokens.py [--repeats 1000] [--contexts 12] [--rounds 5] [--seed 1]

Speed: for each model the processor seconds of captum's `LLMAttribution` with `FeatureAblation` over those of ours, on
the same contexts in one process, and the largest difference of their values. Ours twice: whole contexts in batched
passes, and what contexts have in common read once. The three take turns in `rounds` rounds; printed are the median
and, of the ratios, the least and the largest. Intervals, left out with `--repeats 0`: the share of repeats in which
the nominal 95 % interval holds the truth, which is computed from 400,000 records.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from common.captum_tokens import captum_ablation
from numpy.typing import NDArray

from genai_audit.audit.evidence.contexts.ablation import ablated
from genai_audit.audit.evidence.contexts.next_token import NextToken
from genai_audit.audit.statistics.attribution.positions import (
    context_range,
    distance_profile,
    share_change,
    share_of_last,
    sink_excess,
)
from genai_audit.models.families.gpt import GPT, GPTConfig
from genai_audit.models.families.text_lstm import TextLSTM, TextLSTMConfig

Floats = NDArray[np.float64]
LETTERS = tuple("abcdefghijklmnopqrstuvwxyz .,;")
WIDTH = 20


def models() -> dict[str, Any]:
    """Networks of the reference models' size; weights do not matter for speed."""
    torch.manual_seed(0)
    made = {
        "text-lstm": TextLSTM(TextLSTMConfig(LETTERS, "character", 200)),
        "gpt": GPT(GPTConfig(LETTERS, "character", 200)),
    }
    return {name: model.eval().requires_grad_(False) for name, model in made.items()}


def speed(contexts: int, rounds: int, rng: np.random.Generator) -> None:
    """The table of ratios."""
    print(f"{'model':<10} {'tokens':>6} {'captum, s':>10}", end="")
    print(f" {'whole, s':>9} {'ratio':>17} {'shared, s':>10} {'ratio':>17} {'difference':>11}")
    for name, model in models().items():
        for length in (12, 50):
            ids = rng.integers(1, len(LETTERS) + 1, (contexts, length))
            targets = rng.integers(1, len(LETTERS) + 1, contexts)
            found: list[Floats] = []
            seconds = np.zeros((rounds + 1, 3))
            for row in seconds:
                found = []
                for at, work in enumerate(ways(model, ids, targets)):
                    started = time.process_time()
                    found.append(work())
                    row[at] = time.process_time() - started
            # The first round loads.
            quick = seconds[1:]
            captum, whole, shared = np.median(quick, axis=0)
            apart = max(float(np.abs(each - found[0]).max()) for each in found[1:])
            print(f"{name:<10} {length:>6} {captum:>10.3f} {whole:>9.3f} {ratios(quick, 1):>17}", end="")
            print(f" {shared:>10.3f} {ratios(quick, 2):>17} {apart:>11.1e}")


def ways(model: Any, ids: NDArray[np.int64], targets: NDArray[np.int64]) -> list[Callable[[], Floats]]:
    """What each token adds to the log-probability of the target: captum's way, ours of whole contexts, and ours."""
    fill = np.full((1, *ids.shape), 3, dtype=np.int64)

    def peer() -> Floats:
        return np.stack([captum_ablation(model, row, int(after), 3) for row, after in zip(ids, targets, strict=True)])

    def own(ask: NextToken) -> Callable[[], Floats]:
        return lambda: ask.nats(ids, targets)[:, None] - ablated(ask, ids, targets, fill)[0]

    vocabulary = len(LETTERS) + 1
    return [peer, own(NextToken(model, vocabulary, sharing=False)), own(NextToken(model, vocabulary))]


def ratios(seconds: Floats, at: int) -> str:
    """The median of captum's time over another, with the least and the largest."""
    each = seconds[:, 0] / seconds[:, at]
    return f"{np.median(each):.1f} ({each.min():.1f}–{each.max():.1f})"


Maps = Callable[[NDArray[np.int64], np.random.Generator], Floats]


def recent(lengths: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """A profile that falls off by half every three tokens, each record with a strength of its own."""
    n = len(lengths)
    fall = 0.5 ** (np.arange(WIDTH, 0, -1) / 3)
    return _cut(fall * rng.standard_normal((n, WIDTH)) * np.exp(0.7 * rng.standard_normal((n, 1))), lengths)


def one_token(lengths: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """In most records the last token alone matters, in one of seven one further back, and strongly."""
    n = len(lengths)
    values = 0.01 * rng.standard_normal((n, WIDTH))
    values[:, -1] += np.abs(rng.standard_normal(n))
    far = rng.random(n) < 1 / 7
    values[far, rng.integers(4, 12, n)[far]] += 2 * np.abs(rng.standard_normal(far.sum()))
    return _cut(values, lengths)


def heavy(lengths: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """A few records carry most of the attribution, and these look back further."""
    n = len(lengths)
    strength = rng.pareto(3.0, (n, 1)) + 0.1
    fall = np.exp(-np.arange(WIDTH, 0, -1) / (1.5 + np.minimum(strength, 4)))
    return _cut(strength * fall * np.abs(rng.standard_normal((n, WIDTH))), lengths)


def _cut(values: Floats, lengths: NDArray[np.int64]) -> Floats:
    values[np.arange(WIDTH)[None] < WIDTH - lengths[:, None]] = 0.0
    return values


def drawn(n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Lengths of contexts."""
    return rng.integers(WIDTH // 2, WIDTH + 1, n)


def truth(maps: Maps, rng: np.random.Generator) -> tuple[float, float, int, float]:
    """Share of the last token, of the last four, range, and what the first gets beyond its place."""
    lengths = drawn(400_000, rng)
    values = maps(lengths, rng)
    within = distance_profile(values, lengths).cumsum()
    size = np.abs(values)
    starts = WIDTH - lengths
    rows = np.arange(len(values))
    others = np.mean([size[rows, starts + step] for step in range(1, 5)], axis=0)
    excess = float((size[rows, starts] - others).sum() / size.sum())
    return float(within[0]), float(within[3]), int((within < 0.9).sum()) + 1, excess


def intervals(repeats: int, rng: np.random.Generator) -> None:
    """The table of coverages, and the level of the test of a shift."""
    print(f"{'maps':<10} {'n':>4} {'last 1':>7} {'last 4':>7} {'range':>7} {'sink':>7} {'shift':>7} {'p < 0.05':>9}")
    for maps in (recent, one_token, heavy):
        first, fourth, reach, excess = truth(maps, rng)
        for n in (32, 96):
            held = np.zeros((repeats, 6))
            for row in held:
                lengths = drawn(n, rng)
                values, other = maps(lengths, rng), maps(lengths, rng)
                change = share_change(share_of_last(values, lengths, 4), share_of_last(other, lengths, 4))
                found = (
                    (share_of_last(values, lengths, 1).curve, first),
                    (share_of_last(values, lengths, 4).curve, fourth),
                    (context_range(values, lengths, share=0.9).curve, reach),
                    (sink_excess(values, lengths, beside=4).curve, excess),
                    (change.curve, 0.0),
                )
                row[:5] = [curve[3].low <= value <= curve[3].high for curve, value in found]
                row[5] = change.p_value < 0.05
            print(f"{maps.__name__:<10} {n:>4} " + " ".join(f"{each:>7.1%}" for each in held.mean(axis=0)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=1000)
    parser.add_argument("--contexts", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(1)
    speed(given.contexts, given.rounds, np.random.default_rng(given.seed))
    if given.repeats:
        intervals(given.repeats, np.random.default_rng(given.seed))
