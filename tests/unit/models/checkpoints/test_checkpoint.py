"""Checkpoints round-trip byte for byte, are told apart by content, and whatever is wrong with one is refused."""

import hashlib
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from genai_audit.models import digests
from genai_audit.models.checkpoints.checkpoint import identify, load_model, save_checkpoint
from genai_audit.models.digests import fingerprint
from genai_audit.models.errors import UserError
from genai_audit.models.families.training.fitting import Trained

Tiny = Callable[..., Trained]


@pytest.fixture(scope="module")
def sound(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "gan.safetensors"
    save_checkpoint(path, tiny("gan", seed=3))
    return path


def contents(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Tensors and metadata, to be changed and written again."""
    return load_file(path), dict(identify(path).declared)


def write(path: Path, tensors: dict[str, torch.Tensor], metadata: object) -> Path:
    text = metadata if isinstance(metadata, str) else json.dumps(metadata)
    save_file(tensors, path, {"genai_audit": text})
    return path


@pytest.mark.parametrize("family", ["vae", "gan"])
def test_round_trip_gives_the_same_model_and_declares_everything(family: str, tiny: Tiny, tmp_path: Path) -> None:
    trained = tiny(family, seed=3)
    save_checkpoint(tmp_path / "m.safetensors", trained)
    model, checkpoint = load_model(tmp_path / "m.safetensors")
    draws = [each.sample(4, generator=torch.Generator().manual_seed(1)) for each in (trained.model, model)]
    assert torch.equal(*draws)
    assert not model.training
    assert model.config == trained.model.config
    assert (checkpoint.family, checkpoint.modality, checkpoint.format) == (family, "image", "safetensors")
    assert checkpoint.parameters == sum(each.numel() for each in trained.model.parameters())
    assert checkpoint.sha256 == hashlib.sha256((tmp_path / "m.safetensors").read_bytes()).hexdigest()
    assert checkpoint.declared["data"] == trained.facts["data"]
    assert checkpoint.declared["training"] == trained.facts["training"]
    assert checkpoint.declared["versions"]["torch"]
    assert checkpoint == identify(tmp_path / "m.safetensors")


def test_equal_trainings_give_equal_bytes(tiny: Tiny, tmp_path: Path) -> None:
    for name in ("a", "b"):
        save_checkpoint(tmp_path / name, tiny("vae", seed=3))
    save_checkpoint(tmp_path / "c", tiny("vae", seed=4))
    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c


def test_loading_leaves_global_random_numbers_alone(sound: Path) -> None:
    before = torch.get_rng_state()
    load_model(sound)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_failed_write_leaves_nothing(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be written .*; choose a folder that exists"):
        save_checkpoint(tmp_path / "none" / "m.safetensors", tiny("gan"))
    (tmp_path / "taken").mkdir()
    with pytest.raises(UserError, match="cannot be written"):
        save_checkpoint(tmp_path / "taken", tiny("gan"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["taken"]


def test_format_is_told_by_content_not_by_name(sound: Path, tmp_path: Path) -> None:
    disguised = tmp_path / "model.pt"
    disguised.write_bytes(sound.read_bytes())
    assert identify(disguised).format == "safetensors"
    assert load_model(disguised)[1].family == "gan"
    torch.save({"a": torch.zeros(1)}, tmp_path / "x.safetensors")
    torch.save({"a": torch.zeros(1)}, tmp_path / "y.bin", _use_new_zipfile_serialization=False)
    np.savez(tmp_path / "z.npz", x=np.zeros(3))
    (tmp_path / "z.npz").rename(tmp_path / "z.pt")
    formats = [identify(tmp_path / name).format for name in ("x.safetensors", "y.bin", "z.pt")]
    assert formats == ["torch", "torch (old pickle)", "numpy archive"]


@pytest.mark.parametrize("zipped", [True, False])
def test_torch_file_of_a_family_is_loaded_as_data(zipped: bool, tiny: Tiny, tmp_path: Path) -> None:
    trained = tiny("vae")
    config = {"image_shape": (1, 8, 8), "hidden": [16], "latent_dim": 4, "levels": 16}
    content = {"family": "vae", "config": config, "state_dict": trained.model.state_dict(), "note": "mine"}
    torch.save(content, tmp_path / "m.pt", _use_new_zipfile_serialization=zipped)
    model, checkpoint = load_model(tmp_path / "m.pt")
    draws = [each.sample(4, generator=torch.Generator().manual_seed(1)) for each in (trained.model, model)]
    assert torch.equal(*draws)
    assert (checkpoint.family, checkpoint.declared["note"]) == ("vae", "mine")


def test_a_folder_with_one_model_is_that_model(sound: Path, tmp_path: Path) -> None:
    (tmp_path / "m.safetensors").write_bytes(sound.read_bytes())
    (tmp_path / "README.md").write_text("mine")
    assert identify(tmp_path).format == "folder"
    assert load_model(tmp_path)[1] == identify(tmp_path / "m.safetensors")
    (tmp_path / "n.pt").write_bytes(sound.read_bytes())
    with pytest.raises(UserError, match=r"expected one model, got m.safetensors, n.pt; name one"):
        load_model(tmp_path)


def test_a_large_model_in_a_folder_is_read_for_its_digest_once(
    sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m.safetensors").write_bytes(sound.read_bytes())
    digested: list[Path] = []
    digest = digests.file_sha256
    monkeypatch.setattr(digests, "file_sha256", lambda path, told=None: digested.append(path) or digest(path, told))
    _, checkpoint = load_model(tmp_path)
    assert digested == [tmp_path / "m.safetensors"]
    assert checkpoint.sha256 == fingerprint(tmp_path / "m.safetensors")
    assert fingerprint(tmp_path) == identify(tmp_path).sha256 != checkpoint.sha256
    assert fingerprint(tmp_path / "gone") == ""


Broken = Callable[[Path, Path], Path]
"""Makes a broken checkpoint in a folder, from a sound one."""


def changed(change: Callable[[dict[str, torch.Tensor], dict[str, Any]], object]) -> Broken:
    def make(folder: Path, sound: Path) -> Path:
        tensors, metadata = contents(sound)
        replaced = change(tensors, metadata)
        return write(folder / "m.safetensors", tensors, metadata if replaced is None else replaced)

    return make


def tensor(change: Callable[[torch.Tensor], torch.Tensor]) -> Broken:
    def make(tensors: dict[str, torch.Tensor], metadata: dict[str, Any]) -> None:
        tensors["generator.0.weight"] = change(tensors["generator.0.weight"]).contiguous()

    return changed(make)


def config(**values: object) -> Broken:
    return changed(lambda tensors, metadata: metadata["config"].update(values))


def poisoned(weight: torch.Tensor) -> torch.Tensor:
    weight = weight.clone()
    weight[0, 0] = float("nan")
    return weight


def cut(share: float) -> Broken:
    def make(folder: Path, sound: Path) -> Path:
        content = sound.read_bytes()
        (folder / "m.safetensors").write_bytes(content[: int(share * len(content))])
        return folder / "m.safetensors"

    return make


def cut_torch(folder: Path, sound: Path) -> Path:
    torch.save({"w": torch.zeros(1000)}, folder / "m.pt")
    (folder / "m.pt").write_bytes((folder / "m.pt").read_bytes()[:2000])
    return folder / "m.pt"


def cut_pickle(folder: Path, sound: Path) -> Path:
    torch.save({"w": torch.zeros(1000)}, folder / "m.pt", _use_new_zipfile_serialization=False)
    (folder / "m.pt").write_bytes((folder / "m.pt").read_bytes()[:300])
    return folder / "m.pt"


def torch_file(content: object) -> Broken:
    def make(folder: Path, sound: Path) -> Path:
        torch.save(content, folder / "m.pt")
        return folder / "m.pt"

    return make


def file(content: bytes) -> Broken:
    def make(folder: Path, sound: Path) -> Path:
        (folder / "m.safetensors").write_bytes(content)
        return folder / "m.safetensors"

    return make


def foreign(folder: Path, sound: Path) -> Path:
    save_file(contents(sound)[0], folder / "m.safetensors")
    return folder / "m.safetensors"


def damaged_archive(folder: Path, sound: Path) -> Path:
    path = folder / "m.pt"
    torch.save({"weight": torch.ones(3)}, path)
    content = bytearray(path.read_bytes())
    # The mark at the end stays whole, but the list that it leads to does not.
    place = content.index(b"PK\x01\x02")
    content[place : place + 4] = b"????"
    path.write_bytes(content)
    assert zipfile.is_zipfile(path)
    return path


def npz(folder: Path, sound: Path) -> Path:
    np.savez(folder / "m.npz", x=np.zeros(3))
    return folder / "m.npz"


def script(folder: Path, sound: Path) -> Path:
    # What marks a TorchScript archive is its folder of code.
    with zipfile.ZipFile(folder / "m.pt", "w") as archive:
        archive.writestr("m/data.pkl", b"\x80\x02}.")
        archive.writestr("m/code/__torch__.py", "")
    return folder / "m.pt"


HEADER = b'{"w": {"dtype": "F32", "shape": 7, "data_offsets": [0, 4]}}'

BROKEN: dict[str, tuple[Broken, str]] = {
    "not there": (lambda folder, sound: folder / "none.pt", "no file is there; check the path"),
    "empty file": (file(b""), "got an empty file"),
    "empty folder": (lambda folder, sound: folder, "expected a folder with a model .*, got a folder with nothing"),
    "text": (file(b"hello world, this is text"), "expected a checkpoint, got a text that starts with 'hello world"),
    "header cut": (cut(0.02), "the safetensors file is truncated or damaged"),
    "weights cut": (cut(0.7), "the safetensors file is truncated or damaged"),
    "header not JSON": (file(struct.pack("<Q", 20) + b"{" + b"x" * 40), "header is not JSON"),
    "header absurd": (file(struct.pack("<Q", len(HEADER)) + HEADER + b"0000"), "header is damaged"),
    "torch cut": (cut_torch, "truncated or damaged"),
    "list of the archive damaged": (damaged_archive, "the torch file is truncated or damaged"),
    "pickle cut": (cut_pickle, "truncated or damaged"),
    "no metadata": (foreign, "expected metadata 'genai_audit' with family and config, .* got none; .*--loader"),
    "metadata not JSON": (changed(lambda t, m: "{nonsense"), "expected the metadata 'genai_audit' as a JSON object"),
    "metadata not a dict": (changed(lambda t, m: "[1]"), "expected the metadata 'genai_audit' as a JSON object"),
    "unknown family": (changed(lambda t, m: m.update(family="flow")), "among vae, gan, .*, got 'flow'; .*--loader"),
    "family not a name": (
        changed(lambda t, m: m.update(family=[1])),
        r"expected the name of a model family, got \[1\]",
    ),
    "no config": (changed(lambda t, m: {"family": "gan"}), "expected a config with image_shape, .*, got None"),
    "unknown setting": (config(depth=3), "expected a config with image_shape, .*, got also depth"),
    "negative size": (config(latent_dim=-1), "latent_dim as a whole number from 1 to 65536, got -1"),
    "huge size": (config(hidden=[10**12]), "a hidden width as a whole number from 1 to 65536, got 1000000000000"),
    "large but possible size": (config(hidden=[65536] * 32), "expected 132 tensors, 1[0-9]+ missing"),
    "text for a size": (config(hidden="wide"), "hidden as 1 to 32 layer widths, got 'wide'"),
    "missing tensor": (changed(lambda t, m: t.__delitem__("generator.0.weight")), "1 missing: generator.0.weight"),
    "unexpected tensor": (changed(lambda t, m: t.update(extra=torch.zeros(1))), "got 1 unexpected: extra"),
    "wrong shape": (tensor(lambda w: w.T), r"expected generator.0.weight of shape \(16, 4\), got \(4, 16\)"),
    "wrong type": (tensor(torch.Tensor.half), "generator.0.weight as torch.float32, got torch.float16; convert"),
    "not finite": (tensor(poisoned), "got 1 NaN or infinite in generator.0.weight"),
    "numpy archive": (npz, "expected a model, got a numpy archive of data"),
    "TorchScript": (script, "got a TorchScript archive, which holds code"),
    "plain state_dict": (torch_file({"w": torch.zeros(2)}), "a plain state_dict, which does not say how .*--loader"),
    "other dict": (torch_file({"epoch": 3}), "family, config and state_dict, got other entries; .*--loader"),
    "list": (torch_file([torch.zeros(2)]), "expected a dict with family, config and state_dict, got list"),
    "no tensors": (torch_file({"family": "gan", "state_dict": 3}), "state_dict to map names to tensors, got int"),
    "unknown family in torch": (torch_file({"family": "flow", "state_dict": {}}), "among vae, gan, .*, got 'flow'"),
    "whole module": (
        torch_file(torch.nn.Linear(2, 2)),
        r"would run code \(it asks for torch.nn.modules.linear.Linear\)",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_checkpoints_are_refused_in_one_line(name: str, sound: Path, tmp_path: Path) -> None:
    make, message = BROKEN[name]
    with pytest.raises(UserError, match=message) as refusal:
        load_model(make(tmp_path, sound))
    assert str(tmp_path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


class Evil:
    """Would write a file when unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return (eval, (f"open({str(self.marker)!r}, 'w').close()",))


@pytest.mark.parametrize("form", ["zip", "old", "bare"])
def test_code_in_a_pickle_never_runs(form: str, tmp_path: Path) -> None:
    path, marker = tmp_path / "m.pt", tmp_path / "ran"
    if form == "bare":
        path.write_bytes(pickle.dumps(Evil(marker)))
    else:
        torch.save({"w": Evil(marker)}, path, _use_new_zipfile_serialization=form == "zip")
    with pytest.raises(UserError, match=r"would run code \(it asks for builtins.eval\); save .*safetensors.*--loader"):
        load_model(path)
    identify(path)
    assert not marker.exists()
    # The same bytes do run where unpickling is not restricted, so the assertion above can fail.
    torch.load(path, weights_only=False) if form != "bare" else pickle.loads(path.read_bytes())
    assert marker.exists()
