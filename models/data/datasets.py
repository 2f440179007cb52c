"""Real records to train on and to compare with: bundled data, and the user's own."""

import os
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..adapters.unsupported import data_words
from ..checkpoints.formats import MODEL_SUFFIXES, matching
from ..errors import UserError
from ..reading.regular_file import check_file_or_folder
from ..records import Attribute, Records, digest, table_attribute, take, take_attributes
from .column_types import Types
from .readers.groups import below, check_names
from .units import OneEach

Part = Literal["train", "holdout"]


class Bundled(NamedTuple):
    """Data that come with the installation.

    Args:
        modality: what the records are.
        about: n, fields, groups and origin in one line.
        holdout_share: the part of each group held out of training.
    """

    modality: str
    about: str
    holdout_share: float = 0.2


BUNDLED: Mapping[str, Bundled] = {
    "digits": Bundled(
        "image",
        "1,797 real handwritten digits, 8×8 in 17 greys, of 13 writers (scikit-learn); groups: class; 30 % held out",
        0.3,
    ),
    "diabetes": Bundled(
        "tabular", "442 real patients, 11 columns of numbers and sex (scikit-learn); groups: sex, age; 20 % held out"
    ),
    "loans": Bundled(
        "tabular",
        "10,000 made-up loan applications, 9 mixed columns, of declared truth; groups: sex, region; 20 % held out",
    ),
    "tones": Bundled(
        "audio",
        "3,000 made-up sounds of 512 samples at 8 kHz, of declared truth; groups: timbre, pitch; 20 % held out",
    ),
    "biographies": Bundled(
        "text",
        "10,000 made-up short biographies of declared truth; groups: pronoun, occupation, region; 20 % held out",
    ),
    "melodies": Bundled(
        "music", "6,000 made-up melodies of 16 or 24 steps, of declared truth; groups: mode, register; 20 % held out"
    ),
}
"""One line and one module in `bundled/` each; the module's `records()` gives all of them."""

FILE_HOLDOUT_SHARE = 0.2
"""The part of a user's own data that is held out of training."""

MOST_GROUPS = 50
"""Values that a column may have to tell groups apart."""

FOLDERS = {
    ".png": "images",
    ".jpg": "images",
    ".jpeg": "images",
    ".mid": "music",
    ".midi": "music",
    ".wav": "audio",
}
FILES = {
    ".npz": "images",
    ".txt": "text",
    ".jsonl": "text",
    ".csv": "table",
    ".parquet": "table",
    ".json": "music",
}
"""Which module in `readers/` reads a format; its `read_file` or `read_folder` returns `Records`."""

FORMATS = (
    "a bundled name, .npz or a folder of PNG or JPEG (images), .txt or .jsonl (text), .csv or .parquet (tables), "
    ".json or a folder of .mid (music), or a folder of .wav (audio)"
)


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Real records with their identity.

    Args:
        name: a short name, e.g. `digits`.
        modality: what the records are; see `records` for the form each modality has.
        samples: the records.
        source: what `load_data` was given.
        sha256: digest of records and groups, so equal content has an equal digest wherever it lies.
        attributes: what tells groups apart, the main one first; empty if nothing is known.
        split: the part of the source that was taken; None is all of it.
        seed: the seed of that split.
        sample_rate: of audio, in Hz.
        population: declared to be all there is, rather than a sample of it.
        identifiers: further values of each record, by name, that may say what it belongs to.
        one_each: what one record of each was taken of; None where all were.
        types: of a table, what its columns were taken for.
        outcomes: what happens to each record, see `outcomes`.
    """

    name: str
    modality: str
    samples: Any
    source: str
    sha256: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    split: str | None = None
    seed: int = 0
    sample_rate: int | None = None
    population: bool = False
    identifiers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    one_each: OneEach | None = None
    types: Types = field(default_factory=dict)
    outcomes: Mapping[str, Attribute] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.samples)

    @property
    def labels(self) -> NDArray[np.int64]:
        """The main group of each record, (n,); length 0 if none is known."""
        return next((each.values for each in self.attributes.values()), np.zeros(0, dtype=np.int64))

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the main groups; empty if none is known."""
        return next((each.names for each in self.attributes.values()), ())

    def subset(self, rows: NDArray[np.int64]) -> "Dataset":
        """The records at `rows`, in that order, with a digest of their own."""
        return self.with_records(take(self.samples, rows), take_attributes(self.attributes, rows))

    def with_records(self, samples: Any, attributes: Mapping[str, Attribute]) -> "Dataset":
        """The same data set with other records, and their digest."""
        return replace(self, samples=samples, attributes=attributes, sha256=digest(samples, attributes), identifiers={})


def load_data(
    spec: str,
    *,
    split: str | None = None,
    seed: int = 0,
    groups: tuple[str, ...] = (),
    types: Types | None = None,
    generated: bool = False,
) -> Dataset:
    """Read a bundled data set by name, or a user's own file or folder.

    A split is random within each main group, keeps the order of the source, and depends on `seed` alone.

    Args:
        spec: a name in `BUNDLED`, or a path; see `FORMATS`.
        split: `train` or `holdout`, or None for everything.
        seed: seed of the split.
        groups: attributes to keep, in this order; of a table also columns. None named: those that are known.
        types: of a table, what columns are, as declared or as another data set has them.
        generated: the records are a generator's, so that what cannot be true of them is kept, as evidence.

    Raises:
        UserError: if the data are missing, unreadable or not what their format promises; the message says which.
    """
    if split not in (None, "train", "holdout"):
        raise UserError(f"split: expected train or holdout, got {split!r}")
    name, records = _read(spec, types, generated=generated)
    rows = None if split is None else _part(records, name, split, seed)
    if rows is not None:
        records = records.take(rows)
        if not len(rows):
            raise UserError(f"{spec}: the {split} part is empty; give more records, or separate files for each part")
    content = digest(records.samples, records.attributes)
    data = Dataset(
        name=name,
        modality=records.modality,
        samples=records.samples,
        source=spec,
        sha256=content,
        attributes=records.attributes,
        split=split,
        seed=seed,
        sample_rate=records.sample_rate,
        identifiers=records.identifiers,
        types=records.types or _types(records),
    )
    return with_groups(data, groups)


def with_groups(data: Dataset, groups: tuple[str, ...]) -> Dataset:
    """The same data, told apart by these attributes or columns alone; by those that it declares where none is named.

    Its digest stays: which groups somebody looks at does not change what the data are.

    Raises:
        UserError: if the data have no such attribute or column, or one that has too many values.
    """
    return replace(data, attributes={group: _attribute(data, group) for group in groups}) if groups else data


def is_data(path: Path) -> bool:
    """Whether there is a file or folder at `path` that looks like records rather than a model, by its names.

    A folder with a model holds no records to audit: the pictures or sounds beside a model show how its training went.
    """
    if os.path.isdir(path):
        return _near(path, FOLDERS) and not _near(path, MODEL_SUFFIXES) and matching(path) is None
    return path.suffix.lower() in FILES and os.path.isfile(path)


def _read(spec: str, types: Types | None, *, generated: bool) -> tuple[str, Records]:
    if spec in BUNDLED:
        records: Records = import_module(f".bundled.{spec}", __package__).records()
        return spec, records
    path = Path(spec)
    check_file_or_folder(path, f"{', '.join(BUNDLED)} or a file or folder")
    reader = _folder_reader(path) if path.is_dir() else FILES.get(path.suffix.lower())
    if reader is None:
        raise UserError(f"{spec}: expected {FORMATS}; got {data_words(path)}")
    module = import_module(f".readers.{reader}", __package__)
    read = module.read_folder if path.is_dir() else module.read_file
    options = {"types": types} if reader == "table" else {}
    records = read(path, generated=generated, **options)
    check_names(records.attributes, spec)
    return path.resolve().name if path.is_dir() else path.stem, records


def _types(records: Records) -> Types:
    """Of a table that was made in memory, its columns' own types."""
    if records.modality != "tabular":
        return {}
    from .readers.table import types_of

    return types_of(records.samples)


def _folder_reader(path: Path) -> str | None:
    """The reader of the records in a folder and below it; None if there are none.

    Raises:
        UserError: if there are records of several kinds.
    """
    files = (file for pattern in ("*", "*/**/*") for file in below(path, FOLDERS, pattern))
    counts = Counter(FOLDERS[file.suffix.lower()] for file in files)
    if len(counts) > 1:
        got = " and ".join(f"{counts[kind]} of {kind}" for kind in sorted(counts))
        raise UserError(f"{path}: expected files of one kind, got {got}; put each kind into a folder of its own")
    return next(iter(counts), None)


def _near(folder: Path, suffixes: Container[str]) -> bool:
    """Whether files with these suffixes lie in a folder or its sub-folders."""
    return any(True for pattern in ("*", "*/*") for _ in below(folder, suffixes, pattern))


def _part(records: Records, name: str, split: str, seed: int) -> NDArray[np.int64]:
    rng = np.random.default_rng(seed)
    share = BUNDLED[name].holdout_share if name in BUNDLED else FILE_HOLDOUT_SHARE
    n = len(records.samples)
    held_out = np.zeros(n, dtype=bool)
    strata = next((each.values for each in records.attributes.values()), np.zeros(n, dtype=np.int64))
    for stratum in np.unique(strata):
        rows = rng.permutation(np.flatnonzero(strata == stratum))
        held_out[rows[: round(share * len(rows))]] = True
    return np.flatnonzero(held_out if split == "holdout" else ~held_out)


def _attribute(data: Dataset, name: str) -> Attribute:
    if name in data.attributes:
        return data.attributes[name]
    if data.modality == "tabular" and name in data.samples.columns:
        attribute: Attribute = table_attribute(data.samples, name)
        if len(attribute.names) <= MOST_GROUPS:
            return attribute
        raise UserError(
            f"--groups {name}: expected a column with at most {MOST_GROUPS} values, got {len(attribute.names)} in "
            f"{data.source}; add a column with bands of it"
        )
    known = [*data.attributes, *(map(str, data.samples.columns) if data.modality == "tabular" else ())]
    raise UserError(
        f"--groups {name}: expected an attribute of {data.source} ({', '.join(known) or 'it has none'}); "
        "name one of them, or give data that have it"
    )
