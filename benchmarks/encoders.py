"""Which encoder finds which defect? Pictures of MNIST and texts, real ones against real ones with one planted defect.

Records are dealt afresh for every repeat; generated records are other real ones with the defect. Found means that a
p-value of the panel (lost mass, support precision and recall, strays, Fréchet distance, detectability) is significant
at 5 % after Holm's adjustment over the panel; of sound records that is the share of false alarms. Every record is
encoded once, and nothing else differs between the encoders.

    python benchmarks/encoders.py [--n 600] [--repeats 8] [--worlds mnist,wiki,lives] [--encoders NAME,…]
"""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from genai_audit.audit.collapse.mode_coverage.auditor import ModeCoverage
from genai_audit.audit.evidence.bundle import Evidence, Features, Generated, Real
from genai_audit.audit.pipeline.auditing import configured, run_auditors
from genai_audit.audit.policy import Policy
from genai_audit.audit.statistics.shares.binomial import clopper_pearson
from genai_audit.models.data.datasets import load_data
from genai_audit.models.encoders.catalogue import open_encoders

DATA = Path(__file__).parents[2] / "shared" / "data"
LEVEL = 0.05
PANEL = (
    ("GA301", "lost_mass"),
    ("GA302", "support_precision"),
    ("GA302", "support_recall"),
    ("GA302", "stray_share"),
    ("GA303", "frechet_distance"),
    ("GA308", "auc"),
)

Ints = NDArray[np.int64]
Choose = Callable[[Ints, int, np.random.Generator], Ints]
"""Which n of the records, given their kinds, are generated."""

Change = Callable[[Any, np.random.Generator], Any]
"""What is done to a record."""


@dataclass(frozen=True)
class Defect:
    """Which records are generated, and what is done to a share of them."""

    choose: Choose
    change: Change | None = None
    share: float = 0.0


@dataclass(frozen=True)
class World:
    """Records with kinds, the encoders that take them, and defects."""

    modality: str
    encoders: tuple[str, ...]
    records: Callable[[], tuple[Any, Ints]]
    defects: Mapping[str, Defect]


def plainly(kinds: Ints, n: int, rng: np.random.Generator) -> Ints:
    """Any n records."""
    return rng.permutation(len(kinds))[:n]


def weighed(part: float, kinds: Ints, n: int, rng: np.random.Generator) -> Ints:
    """One kind at a part of its share."""
    weights = np.where(kinds == rng.integers(kinds.max() + 1), part, 1.0)
    if part > 1:
        # The others make room, so that its share is `part` times what it was.
        share = (weights > 1).mean()
        weights = np.where(weights > 1, part, (1 - part * share) / (1 - share))
    return rng.choice(len(kinds), n, replace=False, p=weights / weights.sum())


def few(number: int, kinds: Ints, n: int, rng: np.random.Generator) -> Ints:
    """So many records, over and over."""
    return rng.choice(rng.permutation(len(kinds))[:number], n)


def noise(image: Any, rng: np.random.Generator) -> Any:
    """Pixels anywhere in their range."""
    return rng.random(image.shape).astype(np.float32)


def shifted(image: Any, rng: np.random.Generator) -> Any:
    """The picture two pixels lower and one to the right."""
    return np.roll(image, (2, 1), axis=(1, 2))


def blurred(image: Any, rng: np.random.Generator) -> Any:
    """Each pixel the mean of nine."""
    parts = [np.roll(image, (dy, dx), axis=(1, 2)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return np.mean(parts, axis=0, dtype=np.float32)


def halved(image: Any, rng: np.random.Generator) -> Any:
    """Left and right half exchanged."""
    return np.roll(image, image.shape[2] // 2, axis=2)


def shuffled(text: str, rng: np.random.Generator) -> str:
    """The words in random order."""
    return " ".join(rng.permutation(text.split()))


def mistyped(text: str, rng: np.random.Generator) -> str:
    """One pair of neighbouring letters in fifteen exchanged."""
    letters = list(text)
    for at in rng.choice(max(1, len(letters) - 1), len(letters) // 15, replace=False):
        letters[at : at + 2] = letters[at : at + 2][::-1]
    return "".join(letters)


def foreign(text: str, rng: np.random.Generator) -> str:
    """A speech of Shakespeare in its place."""
    lines = (DATA / "text" / "tinyshakespeare.txt").read_text(encoding="utf-8").split("\n\n")
    return " ".join(lines[rng.integers(len(lines))].split())[:200]


def mnist() -> tuple[Any, Ints]:
    """Digits."""
    data = load_data(str(DATA / "mnist" / "train.npz"))
    return data.samples, data.labels


def lives() -> tuple[Any, Ints]:
    """Short biographies, by occupation."""
    data = load_data("biographies", groups=("occupation",))
    return data.samples, data.labels


def wiki() -> tuple[Any, Ints]:
    """Sentences of WikiText-2, of one kind."""
    (file,) = sorted((DATA / "text").glob("wiki*valid*"))
    sentences = [each.strip() for each in file.read_text(encoding="utf-8").replace("\n", " . ").split(" . ")]
    kept = [each for each in sentences if 40 <= len(each) <= 250 and not each.startswith("=")]
    return kept, np.zeros(len(kept), dtype=np.int64)


WORLDS = {
    "mnist": World(
        "image",
        ("pixels", "efficientnet-lite0"),
        mnist,
        {
            "none (false alarms)": Defect(plainly),
            "one digit never": Defect(partial(weighed, 0.0)),
            "one digit three times its share": Defect(partial(weighed, 3.0)),
            "60 pictures over and over": Defect(partial(few, 60)),
            "noise, 5 %": Defect(plainly, noise, 0.05),
            "shifted by 2 pixels, 20 %": Defect(plainly, shifted, 0.2),
            "blurred, 20 %": Defect(plainly, blurred, 0.2),
            "halves exchanged, 10 %": Defect(plainly, halved, 0.1),
        },
    ),
    "wiki": World(
        "text",
        ("hashed-ngrams", "wordllama"),
        wiki,
        {
            "none (false alarms)": Defect(plainly),
            "60 sentences over and over": Defect(partial(few, 60)),
            "words shuffled, 20 %": Defect(plainly, shuffled, 0.2),
            "mistyped, 20 %": Defect(plainly, mistyped, 0.2),
            "sentences of Shakespeare, 10 %": Defect(plainly, foreign, 0.1),
        },
    ),
    "lives": World(
        "text",
        ("hashed-ngrams", "wordllama"),
        lives,
        {
            "none (false alarms)": Defect(plainly),
            "one occupation never": Defect(partial(weighed, 0.0)),
            "one occupation three times its share": Defect(partial(weighed, 3.0)),
        },
    ),
}


class Remembered:
    """Features by one encoder, each record encoded once."""

    def __init__(self, name: str, modality: str, records: Any) -> None:
        (self.encoder,) = open_encoders([name], modality=modality, records=records)
        self.records, self.rows = records, {}  # type: ignore[var-annotated]  # features by row

    def of(self, rows: Ints) -> NDArray[np.float64]:
        """Features of these records."""
        missing = [row for row in dict.fromkeys(rows.tolist()) if row not in self.rows]
        if missing:
            for row, each in zip(missing, self.fresh([self.records[row] for row in missing]), strict=True):
                self.rows[row] = each
        return np.stack([self.rows[row] for row in rows.tolist()]).astype(np.float64)

    def fresh(self, records: list[Any]) -> NDArray[np.float32]:
        """Features of records that are not among the known ones."""
        whole = records if isinstance(records[0], str) else np.stack(records)
        vectors = self.encoder.encode([whole], reference=0, progress=lambda share: None).vectors[0]
        return np.asarray(vectors)


def found(world: World, defect: Defect, encoder: Remembered, kinds: Ints, n: int, seed: int) -> dict[str, bool]:
    """Which tests of the panel are significant by themselves, and whether any is after Holm's adjustment."""
    rng = np.random.default_rng([seed, 5])
    order = rng.permutation(len(kinds))
    real, pool = order[:n], order[n:]
    rows = pool[defect.choose(kinds[pool], n, rng)]
    generated = encoder.of(rows)
    if defect.change is not None:
        changed = np.flatnonzero(rng.random(n) < defect.share)
        generated[changed] = encoder.fresh([defect.change(encoder.records[rows[at]], rng) for at in changed])
    features = Features(generated, encoder.of(real), np.empty((0, 0)), "", encoder.encoder.facts)
    marks = np.zeros((n, 1, 1, 1), np.float32)
    evidence = Evidence("image", Generated(marks, seed, "b"), Real(marks, n, "b", "b", ""), features=features)
    auditors = [
        replace(each, planted=0) if isinstance(each, ModeCoverage) else each for each in configured(Policy.load())
    ]
    findings = run_auditors(auditors, evidence, seed=seed, only={code for code, _ in PANEL})
    p_values = {
        f"{code} {name}": next(
            (e.p_value for each in findings if each.code == code for e in each.estimates if e.name == name), None
        )
        for code, name in PANEL
    }
    alone = {name: p is not None and p <= LEVEL for name, p in p_values.items()}
    smallest = min((p for p in p_values.values() if p is not None), default=1.0)
    return {"any": smallest * len(PANEL) <= LEVEL, **alone}


def main() -> None:
    """Print a table of each world: how often each encoder found each defect, and by which tests."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=600, help="real records, and as many generated ones")
    parser.add_argument("--repeats", type=int, default=8)
    parser.add_argument("--worlds", default=",".join(WORLDS))
    parser.add_argument("--encoders", help="other encoders, e.g. folders; with one world")
    asked = parser.parse_args()
    for name in asked.worlds.split(","):
        world = WORLDS[name]
        records, kinds = world.records()
        encoders = tuple(asked.encoders.split(",")) if asked.encoders else world.encoders
        opened = {each: Remembered(each, world.modality, records) for each in encoders}
        print(f"\n{name}: {asked.n} real and {asked.n} generated records, {asked.repeats} repeats", flush=True)
        for about, defect in world.defects.items():
            for each, encoder in opened.items():
                seen = [found(world, defect, encoder, kinds, asked.n, seed) for seed in range(asked.repeats)]
                hits = sum(one["any"] for one in seen)
                low, high = clopper_pearson(successes=hits, trials=len(seen), level=0.95)
                by = ", ".join(
                    f"{test} {sum(one[test] for one in seen)}"
                    for test in seen[0]
                    if test != "any" and any(o[test] for o in seen)
                )
                print(
                    f"| {about} | {each} | {hits} of {len(seen)} ({low:.0%}–{high:.0%}) | {by or 'none'} |", flush=True
                )


if __name__ == "__main__":
    main()
