"""Wrong artefacts, made from trained models: GA601 sees each, and is silent on the sound twin."""

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.finding import Finding
from genai_audit.audit.integrity.weights_identity.auditor import Identity
from genai_audit.models.checkpoints.checkpoint import load_model, save_checkpoint
from genai_audit.models.checkpoints.inspection import inspect
from genai_audit.models.data.datasets import load_data
from genai_audit.models.families.parts.network import materialise
from genai_audit.models.families.training.fitting import train

STEPS = 300
BOUNDED = ("initial_weight_share", "broken_weight_share", "remark_count")
Tensors = dict[str, Tensor]


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("trained")
    data = load_data("digits", split="train", seed=0)
    for family in ("vae", "gan"):
        save_checkpoint(folder / f"{family}.safetensors", train(family, data, overrides={"steps": STEPS}))
    return {family: folder / f"{family}.safetensors" for family in ("vae", "gan")}


def audited(path: Path, model: Any = None) -> Finding:
    evidence = Evidence("image", Generated(np.zeros((1, 1, 1, 1), np.float32), 0, "toy"), weights=inspect(path, model))
    return Identity()(evidence, np.random.default_rng(0))


def scores(path: Path, model: Any = None) -> dict[str, float]:
    return {each.name: each.value for each in audited(path, model).estimates}


def said(path: Path) -> str:
    return " ".join(str(row[0]) for table in audited(path).tables if table.name == "remarks" for row in table.rows)


def part(tensors: Tensors, name: str) -> Tensors:
    return {key.removeprefix(f"{name}."): each for key, each in tensors.items() if key.startswith(f"{name}.")}


def untrained(checkpoint: Path) -> nn.Module:
    model, _ = load_model(checkpoint)
    assert isinstance(model, nn.Module)
    model.to("meta")
    materialise(model, torch.Generator().manual_seed(5))
    return model


@pytest.mark.parametrize("family", ["vae", "gan"])
def test_a_trained_model_is_silent(family: str, checkpoints: dict[str, Path]) -> None:
    model, _ = load_model(checkpoints[family])
    found = scores(checkpoints[family], model)
    assert found["initial_weight_share"] < 0.1
    assert not any(value for name, value in found.items() if name != "initial_weight_share")


@pytest.mark.parametrize("family", ["vae", "gan"])
def test_untrained_weights_are_seen(family: str, checkpoints: dict[str, Path], tmp_path: Path) -> None:
    save_file(untrained(checkpoints[family]).state_dict(), tmp_path / "m.safetensors")
    assert scores(tmp_path / "m.safetensors")["initial_weight_share"] > 0.9


def test_an_untrained_part_is_seen(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    tensors = load_file(checkpoints["vae"])
    fresh = untrained(checkpoints["vae"]).state_dict()
    save_file({**tensors, **{name: each for name, each in fresh.items() if name.startswith("decoder")}}, tmp_path / "m")
    finding = audited(tmp_path / "m")
    assert 0.3 < finding.estimate("initial_weight_share").value < 0.7
    keys = [column.key for column in finding.tables[0].columns]
    rows = [dict(zip(keys, row, strict=True)) for row in finding.tables[0].rows]
    assert {row["tensor"].split(".")[0] for row in rows if "±" in row["agrees"]} == {"decoder"}


def test_a_loader_that_ignores_the_file_is_seen(checkpoints: dict[str, Path]) -> None:
    assert scores(checkpoints["vae"], untrained(checkpoints["vae"]))["initial_weight_share"] > 0.4


def test_one_weight_that_is_not_a_number_is_seen(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    tensors = load_file(checkpoints["vae"])
    tensors["decoder.2.weight"][0, 0] = torch.nan
    save_file(tensors, tmp_path / "m.safetensors")
    assert scores(tmp_path / "m.safetensors")["broken_weight_share"] > 0


def two_networks(tensors: Tensors, folder: Path, *, copied: bool) -> None:
    torch.save(part(tensors, "generator"), folder / "G.pt")
    torch.save(part(tensors, "generator" if copied else "discriminator"), folder / "D.pt")


def two_halves(tensors: Tensors, folder: Path, *, alone: bool) -> None:
    for name in ("encoder",) if alone else ("encoder", "decoder"):
        torch.save(part(tensors, name), folder / f"{name}.pt")


def two_formats(tensors: Tensors, folder: Path, *, different: bool) -> None:
    save_file(tensors, folder / "model.safetensors")
    torch.save({name: each + 0.01 * different for name, each in tensors.items()}, folder / "model.bin")


def two_layers(tensors: Tensors, folder: Path, *, repeated: bool) -> None:
    first, second = (torch.randn(64, 64, generator=torch.Generator().manual_seed(seed)) for seed in (1, 2))
    layers = {"blocks.0.weight": first, "blocks.1.weight": first.clone() if repeated else second}
    torch.save({**tensors, **layers}, folder / "m.pt")


WRONG: dict[str, tuple[str, Callable[..., None], str, str]] = {
    "a discriminator that equals its generator": ("gan", two_networks, "copied", "The discriminator (D.pt) holds"),
    "an encoder without decoder": ("vae", two_halves, "alone", "There is an encoder (encoder.pt) but no decoder"),
    "two files of one name": ("vae", two_formats, "different", "model.bin and model.safetensors are of one name"),
    "a layer twice": ("gan", two_layers, "repeated", "Layers 0, 1 of m.pt: blocks hold the same weights"),
}


@pytest.mark.parametrize("artefact", WRONG)
def test_a_contradiction_is_seen_and_its_sound_twin_is_not(
    artefact: str, checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    family, write, defect, remark = WRONG[artefact]
    tensors = load_file(checkpoints[family])
    for planted in (True, False):
        folder = tmp_path / str(planted)
        folder.mkdir()
        write(tensors, folder, **{defect: planted})
        assert scores(folder)["remark_count"] == planted
        assert (remark in said(folder)) == planted


def test_half_precision_is_reported_and_blamed_for_nothing(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    tensors = load_file(checkpoints["vae"])
    save_file({name: each.half() for name, each in tensors.items()}, tmp_path / "m.safetensors")
    found = scores(tmp_path / "m.safetensors")
    assert found["half_precision_share"] == 1
    assert not any(found[name] for name in BOUNDED)


def test_tensors_saved_from_a_gpu_are_reported_without_one(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    torch.save(load_file(checkpoints["gan"]), tmp_path / "cpu.pt")
    with zipfile.ZipFile(tmp_path / "cpu.pt") as old, zipfile.ZipFile(tmp_path / "gpu.pt", "w") as new:
        for name in old.namelist():
            # In the pickle a text of up to 255 bytes is X, its length in four bytes, and the text.
            new.writestr(name, old.read(name).replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:0"))
    assert scores(tmp_path / "cpu.pt")["accelerator_tagged_share"] == 0
    found = scores(tmp_path / "gpu.pt")
    assert found["accelerator_tagged_share"] == 1
    assert not any(found[name] for name in BOUNDED)


def test_a_model_that_sampling_changed_is_seen(checkpoints: dict[str, Path]) -> None:
    weights = inspect(checkpoints["vae"], None)
    generated = Generated(np.zeros((1, 1, 1, 1), np.float32), 0, "toy")
    for after, changed in (("a", 0), ("b", 1)):
        around = replace(weights, state_before="a", state_after=after, file_before="c", file_after="c")
        finding = Identity()(Evidence("image", generated, weights=around), np.random.default_rng(0))
        assert finding.estimate("changed_by_audit").value == changed
