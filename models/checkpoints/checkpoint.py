"""Checkpoints are data: told apart by their bytes, hashed, and loaded without running anything that they contain."""

import hashlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..adapters.loader import load_with
from ..adapters.opened import Opened, Options, is_training_state, refuse_unused
from ..adapters.pytorch.safetensors_file import METADATA_KEY, read_header, read_names, read_tensors, tensor_bytes
from ..adapters.pytorch.torch_file import read_torch
from ..adapters.unsupported import describe_path, lfs_pointer
from ..base import FillsIn, GenerativeModel
from ..digests import fingerprint, identities
from ..errors import UserError
from ..families.catalogue import FAMILIES
from ..families.training.fitting import Trained
from .formats import FORMATS, MODEL_SUFFIXES, Format, adapter, check_contained, matching, own_format
from .known_kinds import of_weights
from .weights import build
from .whole_file import write_whole


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint is, without its weights.

    Args:
        path: where it lies.
        name: its file name.
        sha256: digest of the file, or of names and contents of all files of a folder.
        format: `safetensors`, `torch`, `torch (old pickle)`, `numpy archive`, `folder`, `unknown` or a foreign format
            of `formats.FORMATS`, by content.
        family: the reference family it declares, `loader` where the user's code built the model, what an adapter found
            in a foreign format, else None.
        modality: what the model makes, where known.
        parameters: how many numbers its weights are, where known.
        declared: what it says about itself: configuration, data, training, library versions.
        notes: what a reviewer must know of how it was opened, one sentence each.
        base: the model that an adapter changes, whose digest `sha256` covers too.
        signing_sha256: the digest that OpenSSF model signing knows its files by; None where it has none.
    """

    path: Path
    name: str
    sha256: str
    format: str
    family: str | None
    modality: str | None
    parameters: int | None
    declared: Mapping[str, Any]
    notes: tuple[str, ...] = ()
    base: Path | None = None
    signing_sha256: str | None = None

    @property
    def inspected(self) -> Path | None:
        """Where weights lie that say something by themselves: of an adapter's factors little can be said."""
        return self.path if self.base is None else None


def identify(path: str | Path, told: Callable[[int, int], None] | None = None) -> Checkpoint:
    """Say what lies at `path` by its content, whatever its name; nothing is unpickled and no weight is loaded.

    Args:
        path: a file or folder.
        told: is told how many bytes of a file were digested, and how many there are.

    Raises:
        UserError: if nothing is there, if it is empty, or if it is a safetensors file with a damaged header.
    """
    path = Path(path)
    if not path.exists():
        raise UserError(f"{path}: expected a checkpoint, but no file is there; check the path")
    if path.is_dir():
        kind = foreign.name if (foreign := matching(path)) else "folder"
        sha256, signing = identities(path, told)
        return Checkpoint(path, path.resolve().name, sha256, kind, None, None, None, {}, signing_sha256=signing)
    try:
        if path.stat().st_size == 0:
            raise UserError(f"{path}: expected a checkpoint, got an empty file; copy it again")
        sha256, signing = identities(path, told)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); check its permissions") from error
    kind = foreign.name if (foreign := matching(path)) else own_format(path)
    checkpoint = Checkpoint(path, path.name, sha256, kind, None, None, None, {}, signing_sha256=signing)
    if kind != "safetensors":
        return checkpoint
    declared, parameters = read_header(path)
    name = declared.get("family")
    known = FAMILIES.get(name) if isinstance(name, str) else None
    return replace(
        checkpoint,
        family=name if isinstance(name, str) else None,
        modality=known.modality if known else None,
        parameters=parameters,
        declared=declared,
    )


def load_model(
    path: str | Path,
    loader: str | None = None,
    options: Options | None = None,
    told: Callable[[int, int], None] | None = None,
) -> tuple[GenerativeModel | FillsIn, Checkpoint]:
    """Load a model in evaluation mode, by `loader` (`FILE.py:FUNCTION`, the user's code) if given, else as pure data.

    Args:
        path: a file, a folder, or an address.
        loader: the user's code that builds the model.
        options: what the user says about how to open it.
        told: is told how many bytes of a file were digested, and how many there are.

    Raises:
        UserError: if the checkpoint is not sound data of a known family or format, or the loader's object is not a
            model.
    """
    options = options or Options()
    if "://" in str(path) and loader is None:
        refuse_unused(options, ("prompts",), path, "a model behind an address")
        return _load_endpoint(str(path), options)
    path = Path(path)
    if loader is not None or path.is_dir():
        check_contained(path)
    pointer = lfs_pointer(path) if loader is None and path.is_dir() else None
    if pointer is not None:
        raise UserError(f"{pointer}: expected a file of the model, got a pointer of Git LFS to it; run `git lfs pull`")
    if loader is None and path.is_dir() and matching(path) is None:
        path = model_in(path)
    if loader is None:
        _refuse_unknown(path)
    checkpoint = identify(path, told)
    if loader is not None:
        refuse_unused(options, (), path, "a model that a loader builds")
        return _load_by_loader(checkpoint, loader)
    foreign = next((each for each in FORMATS if each.name == checkpoint.format), None)
    if foreign is not None:
        return _load_foreign(checkpoint, foreign, options)
    refuse_unused(options, (), path, "a checkpoint of a reference model")
    match checkpoint.format:
        case "safetensors":
            return _load_safetensors(checkpoint)
        case "torch" | "torch (old pickle)":
            return _load_torch(checkpoint)
        case _:
            unsupported = describe_path(checkpoint.path)
            raise UserError(f"{path}: expected a checkpoint, got {unsupported.what}; {unsupported.way}")


def _refuse_unknown(path: Path) -> None:
    """Refuse what is no checkpoint before it is digested, which takes hours where it is large."""
    try:
        foreign = not path.is_file() or not path.stat().st_size or matching(path) is not None
        kind = "" if foreign else own_format(path)
    except OSError:
        return  # What comes next says so.
    if kind == "numpy archive":
        raise UserError(f"{path}: expected a model, got a numpy archive of data; a model comes as safetensors")
    if kind == "unknown":
        unsupported = describe_path(path)
        raise UserError(f"{path}: expected a checkpoint, got {unsupported.what}; {unsupported.way}")
    if kind == "safetensors":
        read_header(path)


def save_checkpoint(path: str | Path, trained: Trained) -> None:
    """Write one safetensors file that holds weights and metadata; equal models give equal bytes.

    It is written beside its place and moved there, so that a broken run leaves no half file.

    Raises:
        UserError: if the folder does not exist or cannot be written.
    """
    path = Path(path)
    try:
        write_whole(path, serialised(trained))
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror}); choose a folder that exists") from error


def serialised(trained: Trained) -> bytes:
    """The file of `save_checkpoint`."""
    metadata = {
        "family": trained.family,
        "config": asdict(trained.model.config),
        **trained.facts,
        "versions": installed_versions(),
    }
    return tensor_bytes(trained.model.state_dict(), json.dumps(metadata, sort_keys=True))


def installed_versions() -> dict[str, str]:
    """The versions of Python and of the libraries that decide a model's numbers; `unknown` where not installed."""
    versions = {"python": ".".join(str(part) for part in sys.version_info[:3])}
    for name in ("genai-audit", "torch", "numpy", "scikit-learn", "safetensors"):
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "unknown"
    return versions


def _load_safetensors(checkpoint: Checkpoint) -> tuple[GenerativeModel | FillsIn, Checkpoint]:
    path = checkpoint.path
    if "family" not in checkpoint.declared:
        known = of_weights(read_names(path))
        if known is not None:
            raise UserError(f"{path}: expected a checkpoint, got {known.what}; {known.way}")
        raise UserError(
            f"{path}: expected metadata {METADATA_KEY!r} with family and config, as `genai-audit train` writes it, "
            f"got none; name code that builds the model by --loader FILE.py:FUNCTION"
        )
    family, config = checkpoint.declared["family"], checkpoint.declared.get("config")
    return build(family, config, read_tensors(path), path), checkpoint


def _load_torch(checkpoint: Checkpoint) -> tuple[GenerativeModel | FillsIn, Checkpoint]:
    content = read_torch(checkpoint.path)
    model = build(content.family, content.config, content.tensors, checkpoint.path)
    described = replace(
        checkpoint,
        family=content.family,
        modality=model.modality,
        parameters=_count(model),
        declared={**content.declared, "family": content.family, "config": content.config},
    )
    return model, described


def _load_by_loader(checkpoint: Checkpoint, loader: str) -> tuple[GenerativeModel | FillsIn, Checkpoint]:
    model = load_with(checkpoint.path, loader)
    return model, replace(checkpoint, family="loader", modality=model.modality, parameters=_count(model))


def _load_foreign(
    checkpoint: Checkpoint, foreign: Format, options: Options
) -> tuple[GenerativeModel | FillsIn, Checkpoint]:
    module = adapter(foreign)
    refuse_unused(options, getattr(module, "TAKES", ()), checkpoint.path, foreign.what)
    base = options.base_model
    if base is not None and base.is_dir():
        check_contained(base)
        checkpoint = replace(checkpoint, base=base, sha256=fingerprint(checkpoint.path, base))
    opened: Opened = module.open_model(checkpoint.path, options)
    described = replace(
        checkpoint,
        family=opened.family,
        modality=opened.model.modality,
        parameters=opened.parameters,
        declared=opened.declared,
        notes=opened.notes,
    )
    return opened.model, described


def _load_endpoint(url: str, options: Options) -> tuple[GenerativeModel | FillsIn, Checkpoint]:
    from ..adapters.server.endpoint import open_endpoint

    opened = open_endpoint(url, options)
    # There is no file, so what is identified is the name that was asked: nobody can say that its weights stay the same.
    digest = hashlib.sha256(url.encode()).hexdigest()
    return opened.model, Checkpoint(
        path=Path(url),
        name=url,
        sha256=digest,
        format="endpoint",
        family=opened.family,
        modality=opened.model.modality,
        parameters=None,
        declared=opened.declared,
        notes=opened.notes,
    )


def _count(model: object) -> int | None:
    from torch import nn

    return sum(each.numel() for each in model.parameters()) if isinstance(model, nn.Module) else None


def model_in(folder: Path) -> Path:
    """The one model that a folder of other files holds."""
    models = sorted(file for file in folder.iterdir() if file.suffix.lower() in MODEL_SUFFIXES and file.is_file())
    # What a training needs to go on is no second model.
    models = [file for file in models if not is_training_state(file.stem)] or models
    if len(models) == 1:
        return models[0]
    if models:
        names = ", ".join(file.name for file in models)
        raise UserError(f"{folder}: expected one model, got {names}; name one of them")
    unsupported = describe_path(folder)
    raise UserError(
        f"{folder}: expected a folder with a model ({', '.join(MODEL_SUFFIXES)}), got {unsupported.what}; "
        f"{unsupported.way}"
    )
