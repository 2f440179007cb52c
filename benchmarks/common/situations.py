"""Situations that users meet, with the truth known: perfect generators, and generators with one planted defect.

A perfect generator draws afresh from the distribution that the reference and the holdout were drawn from. Distributions
are written down here, or are real and bundled records dealt at random into disjoint parts.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from genai_audit.models.data.datasets import Dataset
from genai_audit.models.records import Attribute, digest, table_attribute

Rng = np.random.Generator
Floats = NDArray[np.float64]
Draw = Callable[[int, Rng], Dataset]
Spoil = Callable[[Dataset, Rng], Dataset]


@dataclass(frozen=True)
class Case:
    """One audit: real records, generated records and, where there are any, held-out ones."""

    real: Dataset
    generated: Dataset
    holdout: Dataset | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Situation:
    """A way of dealing cases.

    Args:
        about: what it is, in words.
        deal: makes one case.
        planted: whether the generator has a defect that the default policy is to fail.
    """

    about: str
    deal: Callable[[Rng], Case]
    planted: bool = False


def table(columns: dict[str, Any], *groups: str) -> Dataset:
    """A table as a data set, with groups read from some of its columns."""
    frame = pd.DataFrame(columns)
    attributes = {name: table_attribute(frame, name) for name in groups}
    return Dataset("table", "tabular", frame, "table", digest(frame, attributes), attributes)


def images(pixels: Any, labels: Any = None, names: tuple[str, ...] = ()) -> Dataset:
    """Images (n, h, w) in [0, 1] as a data set, with the class of each where it is known."""
    samples = np.clip(np.asarray(pixels, dtype=np.float32)[:, None], 0, 1)
    attributes = {} if labels is None else {"class": Attribute(names, np.asarray(labels, dtype=np.int64))}
    return Dataset("images", "image", samples, "images", digest(samples, attributes), attributes)


def texts(lines: list[str], kind: str = "text") -> Dataset:
    """Texts, or pieces of music, as a data set."""
    return Dataset(kind, kind, lines, kind, digest(lines, {}))


POOL = 8
"""Records from which a defect that leaves records out makes those that are generated, for each of them."""


def dealt(
    draw: Draw, n: int, *, drawn: int = 2000, holdout: int = 0, spoil: Spoil | None = None
) -> Callable[[Rng], Case]:
    """Cases whose real, held-out and generated records are independent draws; `spoil` plants the defect."""

    def deal(rng: Rng) -> Case:
        generated = draw(drawn, rng) if spoil is None else first(spoil(draw(POOL * drawn, rng), rng), drawn)
        return Case(draw(n, rng), generated, draw(holdout, rng) if holdout else None)

    return deal


def first(data: Dataset, n: int) -> Dataset:
    """The first n records."""
    return data.subset(np.arange(min(n, len(data))))


def parts(
    whole: Callable[[], Dataset], n: int, *, drawn: int, holdout: int = 0, spoil: Spoil | None = None
) -> Callable[[Rng], Case]:
    """Cases whose records are disjoint random parts of a finite set."""

    def deal(rng: Rng) -> Case:
        data = whole()
        order = rng.permutation(len(data))
        real, held, made = np.split(order[: n + holdout + drawn], [n, n + holdout])
        generated = data.subset(made)
        return Case(
            data.subset(real),
            generated if spoil is None else spoil(generated, rng),
            data.subset(held) if holdout else None,
        )

    return deal


# Distributions of tables.


def gaussian(d: int, correlation: float = 0.5) -> Draw:
    """Normal columns, neighbours correlated."""

    def draw(n: int, rng: Rng) -> Dataset:
        z = rng.standard_normal((n, d))
        for j in range(1, d):
            z[:, j] = correlation * z[:, j - 1] + np.sqrt(1 - correlation**2) * z[:, j]
        return table({f"x{j}": z[:, j] for j in range(d)})

    return draw


def heavy(d: int) -> Draw:
    """Columns with Student's t of 2 degrees of freedom, sharing their scale row by row."""

    def draw(n: int, rng: Rng) -> Dataset:
        values = rng.standard_normal((n, d)) / np.sqrt(rng.chisquare(2, (n, 1)) / 2)
        return table({f"x{j}": values[:, j] for j in range(d)})

    return draw


def rounded(n: int, rng: Rng) -> Dataset:
    """Counts and coarse readings: every value occurs many times, and many rows are equal."""
    base = rng.gamma(2, 2, n)
    return table(
        {
            "visits": rng.poisson(base),
            "age": 5 * np.round(rng.normal(45, 15, n) / 5),
            "paid": np.round(base, 0) * (rng.random(n) < 0.5),
        }
    )


def categorical(n: int, rng: Rng) -> Dataset:
    """Six columns of categories, each depending on the one before."""
    columns, last = {}, np.zeros(n, dtype=int)
    for j, k in enumerate((2, 3, 5, 8, 12, 4)):
        shares = 1 / np.arange(1, k + 1)
        free = rng.choice(k, n, p=shares / shares.sum())
        last = np.where(rng.random(n) < 0.4, last % k, free)
        columns[f"c{j}"] = [f"v{value}" for value in last]
    return table(columns)


def mixed(n: int, rng: Rng) -> Dataset:
    """Numbers, categories and missing values that depend on each other; groups by sex and region."""
    sex = rng.choice(["f", "m"], n)
    region = rng.choice(["north", "south", "east", "west"], n, p=[0.4, 0.3, 0.2, 0.1])
    age = rng.normal(40, 12, n).clip(18, 80)
    income = np.exp(rng.normal(10, 0.4, n) + 0.01 * age + 0.2 * (sex == "m"))
    debt = np.where(rng.random(n) < 0.1, np.nan, income * rng.beta(2, 5, n))
    return table({"sex": sex, "region": region, "age": age, "income": income, "debt": debt}, "sex", "region")


def identified(n: int, rng: Rng) -> Dataset:
    """Three columns of numbers, and one in which every row has a value of its own."""
    z = gaussian(3)(n, rng).samples
    return table(
        {**{name: z[name] for name in z}, "account": [f"a{value:09d}" for value in rng.integers(10**9, size=n)]}
    )


def grouped(shares: Floats) -> Draw:
    """Groups of known shares in a column, and three columns of numbers that depend on them."""
    names = [f"g{k:02d}" for k in range(len(shares))]

    def draw(n: int, rng: Rng) -> Dataset:
        group = rng.choice(len(shares), n, p=shares / np.sum(shares))
        z = rng.standard_normal((n, 3)) + 0.5 * (group[:, None] % 3)
        return table({"group": np.array(names)[group], **{f"x{j}": z[:, j] for j in range(3)}}, "group")

    return draw


UNEVEN = 1 / np.arange(1, 41)
RACES = np.array([0.722, 0.127, 0.056, 0.0095, 0.0855])
ONE_RARE = np.array([0.01, 0.33, 0.33, 0.33])


def people(noise: float) -> Callable[[Rng], Case]:
    """Three near-equal records of each of 200 people; the generator draws new people."""

    def deal(rng: Rng) -> Case:
        z = np.repeat(rng.standard_normal((200, 4)), 3, axis=0) + noise * rng.standard_normal((600, 4))
        generated = np.sqrt(1 + noise**2) * rng.standard_normal((2000, 4))
        person = np.repeat(np.arange(200), 3)
        order = rng.permutation(600)
        real = table({**{f"x{j}": z[order, j] for j in range(4)}, "person": [f"p{value}" for value in person[order]]})
        made = table({**{f"x{j}": generated[:, j] for j in range(4)}, "person": [f"q{value}" for value in range(2000)]})
        return Case(real, made, unit="person")

    return deal


def unnamed(deal: Callable[[Rng], Case], column: str) -> Callable[[Rng], Case]:
    """The same cases without the column that names the unit."""

    def without(data: Dataset) -> Dataset:
        return data.with_records(data.samples.drop(columns=[column]), {})

    def made(rng: Rng) -> Case:
        case = deal(rng)
        return Case(without(case.real), without(case.generated))

    return made


# Distributions of images, texts and melodies.


def shapes(labelled: bool = True, edge: int = 8) -> Draw:
    """Five soft blobs at places of their own, of varying size and brightness."""
    places = np.array([(2, 2), (2, 5.5), (4, 4), (5.5, 2), (5.5, 5.5)]) * edge / 8
    names = tuple("abcde")
    at = np.stack(np.meshgrid(np.arange(edge), np.arange(edge), indexing="ij"), axis=-1)

    def draw(n: int, rng: Rng) -> Dataset:
        kind = rng.choice(5, n, p=[0.3, 0.25, 0.2, 0.15, 0.1])
        centre = places[kind] + 0.4 * rng.standard_normal((n, 2))
        width = rng.uniform(0.8, 1.4, n)[:, None, None]
        squared = np.square(at[None] - centre[:, None, None]).sum(-1)
        pixels = rng.uniform(0.6, 1.0, n)[:, None, None] * np.exp(-squared / (2 * width**2))
        pixels += 0.03 * rng.standard_normal(pixels.shape)
        return images(pixels, kind, names) if labelled else images(pixels)

    return draw


def few_labels(n: int, rng: Rng) -> Dataset:
    """Shapes of two classes of which one has few members."""
    data = shapes()(3 * n, rng)
    kept = np.flatnonzero((data.labels == 0) | (rng.random(3 * n) < 0.05))[:n]
    return images(data.samples[kept, 0], (data.labels[kept] > 0).astype(int), ("a", "other"))


def zipf_texts(n: int, rng: Rng) -> Dataset:
    """Lines of words with Zipf frequencies in which every word depends a little on the one before."""
    size = 400
    words = np.array([_word(rank) for rank in range(size)])
    shares = 1 / np.arange(1, size + 1)
    shares /= shares.sum()
    lengths = 4 + rng.poisson(6, n)
    drawn = rng.choice(size, int(lengths.sum()), p=shares)
    follow = rng.random(len(drawn)) < 0.3
    drawn[1:] = np.where(follow[1:], (drawn[:-1] * 7 + 1) % size, drawn[1:])
    ends = np.cumsum(lengths)[:-1]
    return texts([" ".join(words[each]) for each in np.split(drawn, ends)])


def _word(rank: int) -> str:
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    text, left = "", rank + 5
    while left:
        text, left = text + letters[left % 26], left // 7
    return text


# Defects.


def column(name: str, change: Callable[[Any, Rng], Any]) -> Spoil:
    """One column of a table changed."""

    def spoil(data: Dataset, rng: Rng) -> Dataset:
        frame = data.samples.copy()
        frame[name] = change(frame[name].to_numpy(), rng)
        attributes = {each: table_attribute(frame, each) for each in data.attributes}
        return data.with_records(frame, attributes)

    return spoil


def permuted(values: Any, rng: Rng) -> Any:
    """The values dealt anew, so that they depend on nothing."""
    return rng.permutation(values)


def kept(chance: Callable[[Dataset], Floats]) -> Spoil:
    """Only some records, each with a chance of its own; the chances are relative."""

    def spoil(data: Dataset, rng: Rng) -> Dataset:
        weights = chance(data)
        return data.subset(np.flatnonzero(rng.random(len(data)) < weights / weights.max()))

    return spoil


def thinned(data: Dataset, parts_of: dict[int, float]) -> Floats:
    """Chances that leave some groups at a part of their share."""
    return np.array([parts_of.get(int(label), 1.0) for label in data.labels])


def moved(factor: float, shift: float = 0.0) -> Spoil:
    """Images drawn towards the mean image (below 1) or away from it, and brightened."""

    def spoil(data: Dataset, rng: Rng) -> Dataset:
        middle = data.samples.mean(axis=0)
        pixels = middle + factor * (data.samples - middle) + shift
        return replace(data, samples=np.clip(pixels, 0, 1).astype(np.float32))

    return spoil


def noisy(share: float) -> Spoil:
    """Some images replaced by noise."""

    def spoil(data: Dataset, rng: Rng) -> Dataset:
        pixels = data.samples.copy()
        rows = np.flatnonzero(rng.random(len(pixels)) < share)
        pixels[rows] = rng.random(pixels[rows].shape, dtype=np.float32)
        return replace(data, samples=pixels)

    return spoil


def repeated(number: int) -> Spoil:
    """A few records again and again."""
    return lambda data, rng: data.subset(rng.integers(number, size=len(data)))


def rewritten(change: Callable[[str, Rng], str]) -> Spoil:
    """Every text changed."""
    return lambda data, rng: texts([change(text, rng) for text in data.samples])


def replayed(change: Callable[[list[int], Rng], list[int]]) -> Spoil:
    """Every melody changed."""
    return lambda data, rng: texts([change(list(piece), rng) for piece in data.samples], "music")
