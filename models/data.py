"""Labelled images to train on and to compare with: bundled data, and the user's own."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .errors import UserError
from .readers import Records, read_folder, read_npz

Part = Literal["train", "holdout"]

BUNDLED = {"digits": "1,797 real handwritten digits, 8×8 in 17 greys, of 13 writers (scikit-learn)"}
"""Data that come with the installation: name and what they are."""

HOLDOUT_SHARE = {"digits": 0.3}
"""The part of each class held out of training, for bundled data; `FILE_HOLDOUT_SHARE` of a user's own."""
FILE_HOLDOUT_SHARE = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Real records with their identity.

    Args:
        name: a short name, e.g. `digits`.
        modality: what the records are; images are float32 (n, c, h, w) in [0, 1].
        labels: int64 (n,), indices into `classes`; length 0 if unlabelled.
        classes: the names of the classes; empty if unlabelled.
        source: what `load_data` was given.
        sha256: digest of samples, labels and class names, so equal content has an equal digest wherever it lies.
        split: the part of the source that was taken; None is all of it.
        seed: the seed of that split.
    """

    name: str
    samples: NDArray[np.float32]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]
    source: str
    sha256: str
    split: str | None = None
    seed: int = 0
    modality: str = "image"

    def __len__(self) -> int:
        return len(self.samples)

    def subset(self, rows: NDArray[np.int64]) -> "Dataset":
        """The records at `rows`, in that order, with a digest of their own."""
        labels = self.labels[rows] if self.classes else self.labels
        samples = self.samples[rows]
        return replace(self, samples=samples, labels=labels, sha256=digest(samples, labels, self.classes))


def load_data(spec: str, *, split: str | None = None, seed: int = 0) -> Dataset:
    """Read a bundled data set by name, a `.npz` file or a folder of images.

    A split is random within each class, keeps the order of the source, and depends on `seed` alone.

    Args:
        spec: `digits`, or the path of a `.npz` (`x`, optional `y`) or of a folder of PNG or JPEG files.
        split: `train` or `holdout` (30 % of digits, 20 % of a user's data), or None for everything.
        seed: seed of the split.

    Raises:
        UserError: if the data are missing, unreadable or not images in [0, 1]; the message says which.
    """
    if split not in (None, "train", "holdout"):
        raise UserError(f"split: expected train or holdout, got {split!r}")
    name, records = _read(spec)
    if split is not None:
        records = _take(records, _part(records.labels, len(records.samples), name, split, seed))
        if not len(records.samples):
            raise UserError(f"{spec}: the {split} part is empty; give more records, or separate files for each part")
    content = digest(records.samples, records.labels, records.classes)
    return Dataset(name, records.samples, records.labels, records.classes, spec, content, split, seed)


def digest(samples: NDArray[np.float32], labels: NDArray[np.int64], classes: tuple[str, ...]) -> str:
    """SHA-256 of shapes, values and class names, in hexadecimal."""
    state = hashlib.sha256(repr((samples.shape, labels.shape, classes)).encode())
    state.update(np.ascontiguousarray(samples, dtype="<f4").data)
    state.update(np.ascontiguousarray(labels, dtype="<i8").data)
    return state.hexdigest()


def _read(spec: str) -> tuple[str, Records]:
    if spec in BUNDLED:
        return spec, _digits()
    path = Path(spec)
    if not path.exists():
        raise UserError(f"{spec}: expected digits, a .npz file or a folder of images, but nothing is there")
    if path.is_dir():
        return path.resolve().name, read_folder(path)
    if path.suffix.lower() == ".npz":
        return path.stem, read_npz(path)
    raise UserError(
        f"{spec}: expected digits, a .npz file or a folder of PNG or JPEG, got a {path.suffix or 'bare'} file"
    )


def _digits() -> Records:
    from sklearn.datasets import load_digits

    bundle = load_digits()
    # Each pixel counts the dark ones among 16, so 16 is full ink.
    samples = (bundle.images[:, None] / 16).astype(np.float32)
    return Records(samples, bundle.target.astype(np.int64), tuple(str(digit) for digit in range(10)))


def _part(labels: NDArray[np.int64], n: int, name: str, split: str, seed: int) -> NDArray[np.int64]:
    rng = np.random.default_rng(seed)
    share = HOLDOUT_SHARE.get(name, FILE_HOLDOUT_SHARE)
    held_out = np.zeros(n, dtype=bool)
    strata = labels if len(labels) else np.zeros(n, dtype=np.int64)
    for stratum in np.unique(strata):
        rows = rng.permutation(np.flatnonzero(strata == stratum))
        held_out[rows[: round(share * len(rows))]] = True
    return np.flatnonzero(held_out if split == "holdout" else ~held_out)


def _take(records: Records, rows: NDArray[np.int64]) -> Records:
    labels = records.labels[rows] if records.classes else records.labels
    return Records(records.samples[rows], labels, records.classes)
