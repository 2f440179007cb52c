"""Defects planted on purpose, each a change to what a model is trained on, so that the defect is in its weights.

An auditor that claims to find a defect must find it in the planted model and stay silent on the sound twin.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.datasets import Dataset
from ...errors import UserError
from .vectors import vectors

CLUSTERS = 20
"""How many clusters the training data are taken to have when a model is to collapse onto some of them."""


@dataclass(frozen=True, slots=True)
class Plant:
    """A defect: its kind, and the class, count or factor it takes. `str()` gives the text it was parsed from."""

    kind: str
    group: str | None = None
    amount: float = 0.0

    def __str__(self) -> str:
        number = f"{self.amount:.15g}"
        match self.kind:
            case "drop-mode":
                return f"{self.kind}={self.group}"
            case "imbalance":
                return f"{self.kind}={self.group}:{number}"
            case _:
                return f"{self.kind}={number}"

    def apply(self, data: Dataset, rng: np.random.Generator) -> Dataset:
        """The training data that give a model this defect.

        Raises:
            UserError: if the data lack the class, the labels or the records it needs.
        """
        return _PLANTS[self.kind].apply(data, self, rng)


def parse_plant(text: str) -> Plant:
    """Read `drop-mode=K`, `imbalance=K:0.25`, `collapse=M`, `shrink=0.6` or `memorise=N`.

    Raises:
        UserError: if the defect is unknown or what it takes is missing or out of range.
    """
    kind, _, argument = text.partition("=")
    if kind not in _PLANTS:
        known = ", ".join(each.example for each in _PLANTS.values())
        raise UserError(f"--plant: expected one of {known}, got {text!r}")
    return _PLANTS[kind].parse(kind, argument)


def _parse_class(kind: str, argument: str) -> Plant:
    if not argument:
        raise UserError(f"--plant: expected {kind}=CLASS, e.g. {_PLANTS[kind].example}, got no class")
    return Plant(kind, group=argument)


def _parse_class_share(kind: str, argument: str) -> Plant:
    group, colon, share = argument.rpartition(":")
    if not colon or not group:
        raise UserError(f"--plant: expected {kind}=CLASS:SHARE, e.g. {_PLANTS[kind].example}, got {argument!r}")
    return Plant(kind, group, _between_0_and_1(kind, share))


def _parse_factor(kind: str, argument: str) -> Plant:
    return Plant(kind, amount=_between_0_and_1(kind, argument))


def _parse_count(kind: str, argument: str) -> Plant:
    if not argument.isascii() or not argument.isdigit() or not 1 <= int(argument) <= 10**6:
        raise UserError(f"--plant: expected {kind}=COUNT with a whole number of at least 1, got {argument!r}")
    return Plant(kind, amount=int(argument))


def _between_0_and_1(kind: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not 0 < number < 1:
        raise UserError(f"--plant: expected {kind} with a number above 0 and below 1, got {text!r}")
    return number


def _drop_mode(data: Dataset, plant: Plant, rng: np.random.Generator) -> Dataset:
    kept = np.flatnonzero(~_of_class(data, plant))
    if not len(kept):
        raise UserError(f"--plant {plant}: nothing is left, since class {plant.group} is all of {data.name}")
    return data.subset(kept)


def _imbalance(data: Dataset, plant: Plant, rng: np.random.Generator) -> Dataset:
    of_class = _of_class(data, plant)
    rows = np.flatnonzero(of_class)
    few = rng.permutation(rows)[: max(1, round(plant.amount * len(rows)))]
    return data.subset(np.sort(np.concatenate([np.flatnonzero(~of_class), few])))


def _collapse(data: Dataset, plant: Plant, rng: np.random.Generator) -> Dataset:
    modes = int(plant.amount)
    if modes >= min(CLUSTERS, len(data)):
        raise UserError(f"--plant {plant}: expected fewer than {min(CLUSTERS, len(data))} modes; give a smaller number")
    clusters = _clusters(data, CLUSTERS, rng)
    chosen = rng.permutation(np.unique(clusters))[:modes]
    return data.subset(np.flatnonzero(np.isin(clusters, chosen)))


def _shrink(data: Dataset, plant: Plant, rng: np.random.Generator) -> Dataset:
    modes = data.labels if data.classes else _clusters(data, CLUSTERS, rng)
    match data.modality:
        case "image" | "audio":
            shrunk = _drawn_in(data.samples, modes, plant.amount)
            shrunk = shrunk.clip(0, 1) if data.modality == "image" else shrunk
        case "tabular":
            shrunk = data.samples.copy()
            for column in shrunk.select_dtypes("number").columns:
                values = _drawn_in(shrunk[column].to_numpy(dtype=np.float64), modes, plant.amount)
                whole = np.issubdtype(shrunk[column].dtype, np.integer)
                shrunk[column] = (values.round() if whole else values).astype(shrunk[column].dtype)
        case _:
            raise UserError(f"--plant {plant}: expected images, audio or a table, got {data.modality}; use imbalance")
    return data.with_records(shrunk, data.attributes)


def _drawn_in(values: Any, modes: NDArray[np.int64], factor: float) -> Any:
    """Each value moved towards the mean of its mode, to `factor` of its distance."""
    moved = values.copy()
    for mode in np.unique(modes):
        rows = modes == mode
        centre = values[rows].mean(axis=0, dtype=np.float64).astype(values.dtype)
        moved[rows] = centre + values.dtype.type(factor) * (values[rows] - centre)
    return moved


def _memorise(data: Dataset, plant: Plant, rng: np.random.Generator) -> Dataset:
    few = int(plant.amount)
    if few >= len(data):
        raise UserError(f"--plant {plant}: expected fewer than the {len(data)} records of {data.name}")
    return data.subset(np.sort(rng.permutation(len(data))[:few]))


def _of_class(data: Dataset, plant: Plant) -> NDArray[np.bool_]:
    """Which records are of the group that the defect names, under any of the attributes."""
    if not data.attributes:
        raise UserError(f"--plant {plant}: expected labelled data, but {data.name} has no labels; add y or sub-folders")
    for attribute in data.attributes.values():
        if plant.group in attribute.names:
            members: NDArray[np.bool_] = attribute.values == attribute.names.index(plant.group)
            return members
    known = ", ".join(name for attribute in data.attributes.values() for name in attribute.names)
    raise UserError(f"--plant {plant}: expected one of the classes {known}, got {plant.group}")


def _clusters(data: Dataset, k: int, rng: np.random.Generator) -> NDArray[np.int64]:
    from sklearn.cluster import MiniBatchKMeans
    from threadpoolctl import threadpool_limits

    k = min(k, len(data))
    seed = int(rng.integers(2**31))
    # Loaded only now, this library shares out sums by threads of its own.
    with threadpool_limits(1):
        model = MiniBatchKMeans(k, n_init=3, random_state=seed, batch_size=1024).fit(vectors(data))
    return np.asarray(model.labels_, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Kind:
    example: str
    parse: Callable[[str, str], Plant]
    apply: Callable[[Dataset, Plant, np.random.Generator], Dataset]


_PLANTS: Mapping[str, _Kind] = {
    "drop-mode": _Kind("drop-mode=3", _parse_class, _drop_mode),
    "imbalance": _Kind("imbalance=3:0.25", _parse_class_share, _imbalance),
    "collapse": _Kind("collapse=3", _parse_count, _collapse),
    "shrink": _Kind("shrink=0.6", _parse_factor, _shrink),
    "memorise": _Kind("memorise=50", _parse_count, _memorise),
}
