"""The situations of the study of whole audits, by name."""

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np

from genai_audit.models.data.datasets import Dataset, load_data

from .situations import (
    ONE_RARE,
    RACES,
    UNEVEN,
    Case,
    Situation,
    categorical,
    column,
    dealt,
    few_labels,
    gaussian,
    grouped,
    heavy,
    identified,
    images,
    kept,
    mixed,
    moved,
    noisy,
    parts,
    people,
    permuted,
    repeated,
    replayed,
    rewritten,
    rounded,
    shapes,
    texts,
    thinned,
    unnamed,
    zipf_texts,
)

__all__ = ["SITUATIONS", "Case"]

SHARED = Path(__file__).parents[3] / "shared" / "data"
"""Real data that are not part of the repository; situations that need them are left out where they are absent."""


@cache
def bundled(name: str) -> Dataset:
    """A bundled set, whole."""
    return load_data(name)


def loaded(name: str) -> Callable[[], Dataset]:
    """A function that gives a bundled set."""
    return lambda: bundled(name)


@cache
def mnist() -> Dataset:
    """MNIST in squares of 2 × 2 averaged, unlabelled classes kept for planting."""
    with np.load(SHARED / "mnist" / "train.npz", allow_pickle=False) as stored:
        x, y = stored["x"][:20_000] / 255.0, stored["y"][:20_000]
    pooled = x.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))
    return images(pooled, y, tuple(map(str, range(10))))


@cache
def shakespeare() -> Dataset:
    """Lines of tiny Shakespeare, each once."""
    path = next(SHARED.glob("text/*hakespeare*"))
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    return texts(list(dict.fromkeys(line for line in lines if len(line) > 15)))


def unlabelled(deal: Callable[[np.random.Generator], Case]) -> Callable[[np.random.Generator], Case]:
    """Cases without labels, which were there for planting only."""

    def made(rng: np.random.Generator) -> Case:
        case = deal(rng)
        return Case(
            *(
                None if each is None else each.with_records(each.samples, {})
                for each in (case.real, case.generated, case.holdout)
            )
        )

    return made


SOUND: dict[str, Situation] = {
    "tiny": Situation("5 normal columns, n = 150", dealt(gaussian(5), 150)),
    "normal": Situation("5 normal columns, n = 1,000, holdout", dealt(gaussian(5), 1000, holdout=500)),
    "wide": Situation("100 normal columns, n = 600", dealt(gaussian(100), 600)),
    "heavy": Situation("6 heavy-tailed columns, n = 600", dealt(heavy(6), 600)),
    "rounded": Situation("counts with many ties, n = 600", dealt(rounded, 600)),
    "categories": Situation("6 categorical columns, n = 500", dealt(categorical, 500)),
    "mixed": Situation(
        "mixed columns with missing values and groups, n = 1,000, holdout", dealt(mixed, 1000, holdout=400)
    ),
    "ids": Situation("a column of account numbers, n = 600", dealt(identified, 600)),
    "ten-groups": Situation("10 equal groups, n = 150", dealt(grouped(np.ones(10)), 150)),
    "forty-groups": Situation("40 uneven groups, n = 1,000", dealt(grouped(UNEVEN), 1000, drawn=4000)),
    "one-rare": Situation("a group of 1 %, n = 1,000", dealt(grouped(ONE_RARE), 1000, drawn=4000)),
    "races": Situation(
        "groups with the shares of races in a census, n = 1,000", dealt(grouped(RACES), 1000, drawn=4000)
    ),
    "people": Situation("600 records of 200 people, unit not named, n = 600", unnamed(people(0.1), "person")),
    "people-unit": Situation("600 records of 200 people, unit named", people(0.1)),
    "shapes": Situation("8 × 8 images of 5 labelled shapes, n = 500, holdout", dealt(shapes(), 500, holdout=300)),
    "shapes-tiny": Situation("8 × 8 images of shapes, n = 150", dealt(shapes(labelled=False), 150, drawn=1000)),
    "few-labels": Situation("images of two classes, one of them rare, n = 500", dealt(few_labels, 500, drawn=1000)),
    "digits": Situation(
        "real digits given as samples, n = 800, holdout 400", parts(loaded("digits"), 800, drawn=590, holdout=400)
    ),
    "biographies": Situation(
        "texts with groups, n = 600, holdout", parts(loaded("biographies"), 600, drawn=2000, holdout=300)
    ),
    "biographies-tiny": Situation("texts, n = 150", parts(loaded("biographies"), 150, drawn=1000)),
    "zipf": Situation("lines of words with Zipf frequencies, n = 800", dealt(zipf_texts, 800, drawn=1600)),
    "melodies": Situation(
        "melodies with groups, n = 600, holdout", parts(loaded("melodies"), 600, drawn=2000, holdout=300)
    ),
    "melodies-tiny": Situation("melodies, n = 150", parts(loaded("melodies"), 150, drawn=1000)),
    "loans": Situation(
        "a mixed table of loans, n = 1,500, holdout", parts(loaded("loans"), 1500, drawn=3000, holdout=500)
    ),
    "tones": Situation("sounds, n = 400", parts(loaded("tones"), 400, drawn=1000)),
}


def _drop(text: str, rng: np.random.Generator) -> str:
    return text.replace("m", "n")


def _blanks(text: str, rng: np.random.Generator) -> str:
    return text.replace(" ", "    ", 2) if rng.random() < 0.3 else text


def _late(word: str) -> Callable[[Dataset], np.ndarray]:
    def spoil(data: Dataset) -> np.ndarray:
        return np.array([0.17 if word in text.split() else 1.0 for text in data.samples])

    return spoil


def _looped(piece: list[int], rng: np.random.Generator) -> list[int]:
    return (piece[:2] * len(piece))[: len(piece)] if rng.random() < 0.3 else piece


def _no_note(piece: list[int], rng: np.random.Generator) -> list[int]:
    return [note + 1 if note % 12 == 7 else note for note in piece]


def _top_missing(data: Dataset) -> np.ndarray:
    values = data.samples["x0"].to_numpy()
    return (values < np.quantile(values, 0.75)).astype(float)


PLANTED: dict[str, Situation] = {
    "broken-correlation": Situation(
        "8 columns, one correlation of 0.95 broken, n = 1,000",
        dealt(gaussian(8, 0.95), 1000, spoil=column("x7", permuted)),
        True,
    ),
    "independent-category": Situation(
        "a category that depends on nothing, n = 1,000", dealt(categorical, 1000, spoil=column("c3", permuted)), True
    ),
    "top-missing": Situation(
        "the top quarter of a column missing, n = 600", dealt(gaussian(5), 600, spoil=kept(_top_missing)), True
    ),
    "shifted": Situation(
        "a column shifted by one deviation, n = 600",
        dealt(gaussian(5), 600, spoil=column("x0", lambda values, rng: values + values.std())),
        True,
    ),
    "constant": Situation(
        "a column that is constant, n = 600",
        dealt(gaussian(5), 600, spoil=column("x0", lambda values, rng: np.full(len(values), np.median(values)))),
        True,
    ),
    "narrow": Situation(
        "all columns at half their spread, n = 600",
        dealt(
            lambda n, rng: gaussian(5)(n, rng), 600, spoil=lambda data, rng: data.with_records(data.samples * 0.5, {})
        ),
        True,
    ),
    "group-at-half": Situation(
        "a group of 15 % at half its share, n = 1,500",
        dealt(grouped(np.array([0.15, 0.45, 0.4])), 1500, drawn=4000, spoil=kept(lambda data: thinned(data, {0: 0.5}))),
        True,
    ),
    "group-missing": Situation(
        "a group of 5 % never generated, n = 1,000",
        dealt(grouped(np.array([0.05, 0.5, 0.45])), 1000, drawn=4000, spoil=kept(lambda data: thinned(data, {0: 0.0}))),
        True,
    ),
    "class-at-half": Situation(
        "labelled images, a class of 20 % at half its share, n = 1,000",
        dealt(shapes(), 1000, drawn=4000, spoil=kept(lambda data: thinned(data, {2: 0.5}))),
        True,
    ),
    "shape-missing": Situation(
        "images, a shape of 10 % never generated, unlabelled, n = 800",
        unlabelled(dealt(shapes(), 800, spoil=kept(lambda data: thinned(data, {4: 0.0})))),
        True,
    ),
    "shape-thrice": Situation(
        "images, a shape of 10 % three times too often, unlabelled, n = 800",
        unlabelled(dealt(shapes(), 800, spoil=kept(lambda data: thinned(data, {4: 3.0})))),
        True,
    ),
    "shrunk-images": Situation(
        "images drawn half way to their mean, n = 600", dealt(shapes(False), 600, spoil=moved(0.5)), True
    ),
    "bright-images": Situation(
        "images brighter by 0.15, n = 600", dealt(shapes(False), 600, spoil=moved(1.0, 0.15)), True
    ),
    "junk-images": Situation(
        "a quarter of the images is noise, n = 600", dealt(shapes(False), 600, spoil=noisy(0.25)), True
    ),
    "repeated": Situation("50 records again and again, n = 600", dealt(gaussian(5), 600, spoil=repeated(50)), True),
    "lost-letter": Situation(
        "texts in which the letter m never appears, n = 600",
        parts(loaded("biographies"), 600, drawn=2000, spoil=rewritten(_drop)),
        True,
    ),
    "blank-runs": Situation(
        "texts with runs of blanks in 30 %, n = 600",
        parts(loaded("biographies"), 600, drawn=2000, spoil=rewritten(_blanks)),
        True,
    ),
    "shuffled-words": Situation(
        "texts with their words in random order, n = 600",
        parts(
            loaded("biographies"),
            600,
            drawn=2000,
            spoil=rewritten(lambda text, rng: " ".join(rng.permutation(text.split()))),
        ),
        True,
    ),
    "repeated-texts": Situation(
        "30 texts again and again, n = 600", parts(loaded("biographies"), 600, drawn=2000, spoil=repeated(30)), True
    ),
    "lost-note": Situation(
        "melodies in which one note of the scale never appears, n = 600",
        parts(loaded("melodies"), 600, drawn=2000, spoil=replayed(_no_note)),
        True,
    ),
    "looped": Situation(
        "30 % of the melodies repeat their first two notes, n = 600",
        parts(loaded("melodies"), 600, drawn=2000, spoil=replayed(_looped)),
        True,
    ),
    "invalid": Situation(
        "5 % of the rows lack an age, which no real row does, n = 600",
        dealt(
            mixed,
            600,
            spoil=column("age", lambda values, rng: np.where(rng.random(len(values)) < 0.05, np.nan, values)),
        ),
        True,
    ),
    "dependence-gone": Situation(
        "income that does not depend on sex or age, n = 1,500",
        dealt(mixed, 1500, drawn=4000, spoil=column("debt", permuted)),
        True,
    ),
}

if (SHARED / "mnist" / "train.npz").exists():
    SOUND["mnist"] = Situation(
        "real MNIST digits given as samples, n = 2,000, holdout 1,000",
        unlabelled(parts(mnist, 2000, drawn=2000, holdout=1000)),
    )
    PLANTED["mnist-thrice"] = Situation(
        "MNIST, digit 3 three times too often, unlabelled, n = 2,000",
        unlabelled(parts(mnist, 2000, drawn=16_000, spoil=kept(lambda data: thinned(data, {3: 3.0})))),
        True,
    )
if any(SHARED.glob("text/*hakespeare*")):
    SOUND["shakespeare"] = Situation(
        "real lines of Shakespeare given as samples, n = 1,000, holdout 500",
        parts(shakespeare, 1000, drawn=2000, holdout=500),
    )

SITUATIONS: Mapping[str, Situation] = {**SOUND, **PLANTED}
