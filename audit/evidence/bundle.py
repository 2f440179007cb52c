"""Evidence: everything that was drawn or computed from the model and the data, as plain arrays.

Each kind of evidence is one frozen dataclass of numpy arrays and plain values. Auditors and reports read only this, so
a saved folder is enough to judge, render and verify years later without weights or GPU.
"""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32] | NDArray[np.float64]
Ints = NDArray[np.int64]

NARROWED = "@float64"
"""Marks a float64 array stored as float32 because every value survives that: half the size, the same bits back."""


@dataclass(frozen=True, slots=True)
class Generated:
    """One draw of samples. Sample i depends on the seed and i alone, so a longer draw extends a shorter one.

    `samples` are images, float32 (n, c, h, w); values are as the model gave them.
    """

    samples: NDArray[np.float32]
    seed: int
    source: str
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Real:
    """Real data. `samples` float32 (n, c, h, w) in [0, 1]; `labels` int64 (n,) index `classes`, empty if unlabelled.

    `total` is how many records the source holds and `class_counts` their classes, where `samples` is a random part.
    """

    samples: NDArray[np.float32]
    labels: Ints
    class_counts: Ints
    classes: tuple[str, ...]
    total: int
    name: str
    source: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Features:
    """The same map applied to generated, reference and holdout samples: float64 (n, d) each; holdout may be (0, d).

    The map does not depend on the data, so that a perfect generator's samples and the reference stay exchangeable.
    """

    generated: NDArray[np.float64]
    reference: NDArray[np.float64]
    holdout: NDArray[np.float64]
    extractor: str


@dataclass(frozen=True, slots=True)
class Groups:
    """Which group each generated sample belongs to, as a judge sees it, and how often the judge errs.

    Args:
        names: the K groups.
        predicted: int64 (n,), the judge's group of each generated sample.
        confusion: int64 (K, K), out-of-fold counts on labelled reference samples; row = true group, column = predicted.
        reference_counts: int64 (K,), true groups in the whole reference.
        judge: what judged, in words.
        parameters: the fitted judge as named arrays, enough to repeat its predictions without unpickling.
    """

    names: tuple[str, ...]
    predicted: Ints
    confusion: Ints
    reference_counts: Ints
    judge: str
    parameters: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Attributions:
    """What moves the model's output: attributions from latent dimensions to named readouts.

    Args:
        readouts: the R named scalars that were explained.
        latents: float32 (n, L), the explained latent draws.
        baselines: float32 (n, L), what each was compared with.
        attributions: float64 (R, n, L); row sums equal `differences` up to `completeness_error`.
        differences: float64 (R, n), readout(latent) − readout(baseline).
        completeness_error: float64 (R, n), |sum of attributions − difference|.
        tolerance: float64 (R,), the largest error accepted for each readout.
        steps: int64 (R,), integration steps that reached it.
        maps: float32 (L, c, h, w), mean signed change of each output value per unit of each latent dimension.
        null_maps: float32 (k, c, h, w), the same for random directions of equal length.
        sample: float32 (1, c, h, w), the decoded mean latent, to lay the maps over.
    """

    readouts: tuple[str, ...]
    latents: NDArray[np.float32]
    baselines: NDArray[np.float32]
    attributions: NDArray[np.float64]
    differences: NDArray[np.float64]
    completeness_error: NDArray[np.float64]
    tolerance: NDArray[np.float64]
    steps: Ints
    maps: NDArray[np.float32]
    null_maps: NDArray[np.float32]
    sample: NDArray[np.float32]


KINDS: Mapping[str, type] = {
    "generated": Generated,
    "reference": Real,
    "holdout": Real,
    "features": Features,
    "groups": Groups,
    "attributions": Attributions,
}


@dataclass(frozen=True)
class Evidence:
    """All kinds that were collected.

    `absent` says why each of the others could not be had; `crashed` holds the traceback where collecting one broke,
    which is another matter: an auditor in need of it ends in error, not as not applicable.
    """

    modality: str
    generated: Generated
    reference: Real | None = None
    holdout: Real | None = None
    features: Features | None = None
    groups: Groups | None = None
    attributions: Attributions | None = None
    absent: Mapping[str, str] = field(default_factory=dict)
    crashed: Mapping[str, str] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write one .npz (arrays, never pickled) and one .json (plain values) a kind."""
        folder.mkdir(parents=True, exist_ok=True)
        for kind in KINDS:
            item = getattr(self, kind)
            if item is not None:
                _save_kind(folder, kind, item)
            else:  # An earlier run in this folder may have had it.
                for leaving in (folder / f"{kind}.npz", folder / f"{kind}.json"):
                    leaving.unlink(missing_ok=True)
        manifest = {"modality": self.modality, "absent": dict(self.absent), "crashed": dict(self.crashed)}
        (folder / "evidence.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Evidence":
        """Read what `save` wrote.

        Raises:
            FileNotFoundError: if the folder holds no evidence.
        """
        manifest = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))
        kinds = {kind: _load_kind(folder, kind) for kind in KINDS if (folder / f"{kind}.json").exists()}
        return cls(**manifest, **kinds)


def _save_kind(folder: Path, kind: str, item: Any) -> None:
    arrays: dict[str, NDArray[Any]] = {}
    values: dict[str, Any] = {}
    for each in fields(item):
        value = getattr(item, each.name)
        if isinstance(value, np.ndarray):
            arrays[each.name] = value
        elif isinstance(value, Mapping):
            arrays |= {f"{each.name}.{key}": array for key, array in value.items()}
        else:
            values[each.name] = value
    _write_arrays(folder / f"{kind}.npz", arrays)
    (folder / f"{kind}.json").write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def _write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write an .npz that numpy reads, at the fastest compression and with the same bytes for the same arrays."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            with np.errstate(over="ignore"):  # what is too large for float32 is kept as it is
                narrow = array.astype(np.float32) if array.dtype == np.float64 else array
            if array.dtype == np.float64 and array.size and np.array_equal(narrow, array):
                name, array = name + NARROWED, narrow
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(entry, "w", force_zip64=True) as stream:
                np.lib.format.write_array(stream, np.asarray(array, order="C"), allow_pickle=False)


def _load_kind(folder: Path, kind: str) -> Any:
    values = json.loads((folder / f"{kind}.json").read_text(encoding="utf-8"))
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    nested: dict[str, dict[str, NDArray[Any]]] = {}
    with np.load(folder / f"{kind}.npz", allow_pickle=False) as arrays:
        for name in arrays.files:
            array = arrays[name]
            name, narrowed, _ = name.partition(NARROWED)
            owner, dot, key = name.partition(".")
            array = array.astype(np.float64) if narrowed else array
            if dot:
                nested.setdefault(owner, {})[key] = array
            else:
                values[name] = array
    return KINDS[kind](**values, **nested)
