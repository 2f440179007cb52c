"""Do the intervals of GA307 hold their level, are sound generators left alone, and what defects are seen?

Texts come from a first-order Markov chain over invented words; the generated ones from the same chain with a planted
defect. Every estimate targets its own expectation at the sizes given, so the truth is the mean over all repeats.
Printed for every estimate: that mean, how often the 95 % interval held it, the mean width over the width that the true
standard deviation would give, how often p fell below 0.05 (a false alarm in a sound setting, power in a planted one),
how many scores fell in the band of a perfect generator, and the smallest departure said to be detectable.

    python benchmarks/sequence_intervals.py [--repeats 150] [--only sound,…] [--jobs 2] [--seed 0]
"""

import argparse
import multiprocessing
import os
from dataclasses import dataclass

import numpy as np

from genai_audit.audit.collapse.sequence_diversity.auditor import SequenceDiversity
from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.finding import Estimate


@dataclass(frozen=True)
class Setting:
    """Sizes and the planted defect.

    Args:
        generated: records.
        reference: records.
        holdout: records, 0 for none.
        vocabulary: words.
        letters: whether words are single letters written without blanks.
        temperature: below 1, likely words are more likely still.
        kept: share of the vocabulary that can be generated.
        looping: share of records that end in a loop of two words.
        repeating: share of records in which a word is said twice.
        copied: share of records drawn from a list of ten.
    """

    generated: int = 2000
    reference: int = 1000
    holdout: int = 0
    vocabulary: int = 400
    letters: bool = False
    temperature: float = 1.0
    kept: float = 1.0
    looping: float = 0.0
    repeating: float = 0.0
    copied: float = 0.0


SETTINGS = {
    "sound": Setting(),
    "sound_small": Setting(generated=200, reference=200),
    "sound_holdout": Setting(generated=1000, reference=2000, holdout=1000),
    "sound_letters": Setting(vocabulary=20, letters=True),
    "sound_wide_vocabulary": Setting(generated=1000, reference=1000, vocabulary=1500),
    "low_temperature": Setting(temperature=0.8),
    "half_of_vocabulary": Setting(kept=0.5),
    "loops": Setting(looping=0.05),
    "repeats": Setting(repeating=0.1),
    "copies": Setting(copied=0.2),
    "letters_low_temperature": Setting(vocabulary=20, letters=True, temperature=0.8),
}


class Chain:
    """Texts of 8 to 15 words, each drawn given the one before."""

    def __init__(self, setting: Setting, *, planted: bool) -> None:
        rng = np.random.default_rng(0)
        size = setting.vocabulary
        distribution = rng.gamma(0.15, size=(size, size)) / np.arange(1, size + 1)
        distribution /= distribution.sum(axis=1, keepdims=True)
        order = rng.permutation(size)
        self.setting = setting if planted else Setting(vocabulary=size, letters=setting.letters)
        if planted:
            distribution = distribution ** (1 / setting.temperature)
            distribution[:, order[int(setting.kept * size) :]] *= 1e-12
        self.steps = (distribution / distribution.sum(axis=1, keepdims=True)).cumsum(axis=1)
        self.names = [chr(ord("a") + at) for at in range(size)] if setting.letters else [f"w{at}" for at in range(size)]
        self.stock: list[str] = []
        self.stock = self(10, rng)  # from the chain itself, as long as there is no stock

    def __call__(self, n: int, rng: np.random.Generator) -> list[str]:
        """Draw n texts."""
        size, longest = self.setting.vocabulary, 15
        words = np.empty((n, longest), dtype=np.int64)
        words[:, 0] = np.minimum((rng.random((n, 1)) > self.steps[rng.integers(0, 5, n)]).sum(axis=1), size - 1)
        for at in range(1, longest):
            words[:, at] = np.minimum((rng.random((n, 1)) > self.steps[words[:, at - 1]]).sum(axis=1), size - 1)
        texts = [self._text(row, rng) for row in words.tolist()]
        some = rng.random(n) < self.setting.copied
        return [self.stock[at % 10] if copied and self.stock else texts[at] for at, copied in enumerate(some)]

    def _text(self, words: list[int], rng: np.random.Generator) -> str:
        words = words[: rng.integers(8, 16)]
        if rng.random() < self.setting.looping:
            words = words[:-6] + words[:2] * 3
        if rng.random() < self.setting.repeating:
            at = int(rng.integers(len(words)))
            words = [*words[: at + 1], *words[at:]]
        return ("" if self.setting.letters else " ").join(self.names[word] for word in words)


def real(texts: list[str]) -> Real:
    """Texts as real data."""
    return Real(texts, len(texts), "chain", "chain", "0" * 64)


def study(name: str, repeats: int, seed: int) -> list[str]:
    """The lines of one setting."""
    setting = SETTINGS[name]
    rng = np.random.default_rng([seed, list(SETTINGS).index(name)])
    sound, planted = Chain(setting, planted=False), Chain(setting, planted=True)
    found: dict[str, list[Estimate]] = {}
    for _ in range(repeats):
        evidence = Evidence(
            "text",
            Generated(planted(setting.generated, rng), 0, "chain"),
            reference=real(sound(setting.reference, rng)),
            holdout=real(sound(setting.holdout, rng)) if setting.holdout else None,
        )
        for estimate in SequenceDiversity(draws=200)(evidence, rng).estimates:
            found.setdefault(estimate.name, []).append(estimate)
    head = f"{name}: {setting.generated} generated, {setting.reference} reference, {setting.holdout} held out"
    return [head, *(line(each) for each in found.values())]


def _study(asked: tuple[str, int, int]) -> list[str]:
    return study(*asked)


def line(found: list[Estimate]) -> str:
    """How one estimate fared."""
    values = np.array([each.value for each in found])
    true, spread = float(values.mean()), float(values.std(ddof=1))
    intervals = [each.interval() for each in found]
    held = np.mean([each.low <= true <= each.high for each in intervals])
    width = np.mean([each.high - each.low for each in intervals])
    alarms = np.mean([each.p_value is not None and each.p_value < 0.05 for each in found])
    bands = [each.perfect for each in found if each.perfect is not None]
    inside = np.mean([band.low <= value <= band.high for band, value in zip(bands, values, strict=True)])
    perfect = np.mean([band.value for band in bands])
    detectable = np.mean([each.minimum_detectable or 0.0 for each in found])
    return (
        f"  {found[0].name:27} {true:8.4f}  {perfect:8.4f}  {held:6.1%}  {width:7.4f}"
        f"  {width / (3.92 * spread) if spread else float('inf'):5.2f}  {alarms:6.1%}  {inside:6.1%}  {detectable:7.4f}"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Calibration and power of GA307")
    parser.add_argument("--repeats", type=int, default=150)
    parser.add_argument("--only", default=",".join(SETTINGS))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print(f"  {'estimate':27} {'mean':>8}  {'perfect':>8}  {'held':>6}  {'width':>7}  {'ratio':>5}", end="")
    print(f"  {'p<0.05':>6}  {'band':>6}  {'detects':>7}")
    work = [(name, asked.repeats, asked.seed) for name in asked.only.split(",")]
    with multiprocessing.get_context("spawn").Pool(asked.jobs) as pool:
        for lines in pool.imap(_study, work):
            print("\n".join(lines), flush=True)


if __name__ == "__main__":
    main()
