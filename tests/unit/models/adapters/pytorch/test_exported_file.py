"""Programs of torch.export: refused without trust; with it, generators open with or without a fixed batch."""

import logging
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from genai_audit.models.checkpoints.checkpoint import identify, load_model
from genai_audit.models.errors import UserError
from unit.models.adapters.opening import TRUST, draw, refused


@pytest.fixture(autouse=True)
def _weights() -> None:
    torch.manual_seed(0)


def network(*last: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(), nn.Linear(8, 64), *last).eval()


def save(net: nn.Module, folder: Path, *, shape: tuple[int, ...] = (3, 4), open_batch: bool = True) -> Path:
    dynamic = ({0: torch.export.Dim("n")},) if open_batch else None
    dtype = next((each.dtype for each in net.parameters()), torch.float32)
    program = torch.export.export(net, (torch.zeros(shape, dtype=dtype),), dynamic_shapes=dynamic)
    torch.export.save(program, folder / "model.pt2")
    return folder / "model.pt2"


def test_without_trust_it_is_refused_with_the_reason(tmp_path: Path) -> None:
    path = save(network(nn.Sigmoid()), tmp_path)
    assert identify(path).format == "torch.export"
    with pytest.raises(UserError, match=r"can run code of the file's \(pickle, .*; --trust loads and runs it"):
        load_model(path)


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path(self.place),))

    def __init__(self, place: str) -> None:
        self.place = place


def test_reading_one_can_run_code_so_trust_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason for `--trust`: sample inputs that plain reading refuses are unpickled without restriction."""
    source, target = save(network(nn.Sigmoid()), tmp_path), tmp_path / "bad.pt2"
    torch.save((Bomb(str(tmp_path / "ran")),), tmp_path / "inputs.pt")
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as out:
        for name in archive.namelist():
            planted = name.endswith("data/sample_inputs/model.pt")
            out.writestr(name, (tmp_path / "inputs.pt").read_bytes() if planted else archive.read(name))
    with pytest.raises(UserError, match="--trust"):
        load_model(target)
    assert not (tmp_path / "ran").exists()
    # Its warning of the fallback has a mistake in its format.
    monkeypatch.setattr(logging.getLogger("torch._export.serde.serialize"), "disabled", True)
    with target.open("rb") as file:
        torch.export.load(file)
    # Should torch close this door one day, programs may be opened without trust.
    assert (tmp_path / "ran").exists()


@pytest.mark.parametrize("open_batch", [True, False])
def test_a_generator_in_tanh(tmp_path: Path, open_batch: bool) -> None:
    net = network(nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))
    model: Any
    model, checkpoint = load_model(save(net, tmp_path, open_batch=open_batch), options=TRUST)
    assert (checkpoint.format, checkpoint.family, checkpoint.modality) == (
        "torch.export",
        "torch.export program",
        "image",
    )
    assert checkpoint.parameters == sum(each.numel() for each in net.parameters())
    assert any("could run code of the file's, which the user trusted" in note for note in checkpoint.notes)
    assert any("ends in tanh" in note for note in checkpoint.notes)
    z = torch.randn(7, 4, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(draw(model, 7, seed=1), (net(z).detach() + 1) / 2)
    z.requires_grad_()
    expected = torch.autograd.grad(net(z).sum() / 2, z)[0]
    torch.testing.assert_close(torch.autograd.grad(model.decode(z).sum(), z)[0], expected)
    model.network.eval()


def test_convolutions_over_latents_of_one_pixel(tmp_path: Path) -> None:
    net = nn.Sequential(nn.ConvTranspose2d(4, 3, 8), nn.Sigmoid())
    model: Any
    model, _ = load_model(save(net, tmp_path, shape=(2, 4, 1, 1)), options=TRUST)
    z = torch.randn(5, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(draw(model, 5), net(z[:, :, None, None]).detach())


def test_half_precision_is_said(tmp_path: Path) -> None:
    model, checkpoint = load_model(save(nn.Sequential(nn.Linear(4, 64), nn.Sigmoid()).half(), tmp_path), options=TRUST)
    assert draw(model, 3).dtype == torch.float32
    assert any("computes in float16" in note for note in checkpoint.notes)


class Noisy(nn.Module):
    def forward(self, z: Tensor) -> Tensor:
        return torch.rand(z.shape[0], 64) + 0 * z.sum()


class Two(nn.Module):
    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return z, z


def test_what_is_no_generator_is_refused(tmp_path: Path) -> None:
    refused(save(Noisy(), tmp_path), "expected equal images from equal latents, got different ones")
    refused(save(Two(), tmp_path), r"one output of images, got \(s\d+, 4\) → \(s\d+, 4\) and \(s\d+, 4\)")
    refused(save(nn.Linear(4, 1), tmp_path), r"got \(8, 1\) from n = 8: a discriminator")
    refused(save(nn.Linear(4, 64), tmp_path), r"expected pixels in \[0, 1\], got -")
    images = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.Sigmoid())
    refused(
        save(images, tmp_path, shape=(2, 3, 8, 8)), r"one input of latents.*got \(s\d+, 3, 8, 8\) → \(s\d+, 3, 8, 8\)"
    )


def test_training_mode_is_seen(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Linear(4, 8), nn.Dropout(), nn.Linear(8, 64), nn.Sigmoid()).train()
    refused(save(net, tmp_path), "dropout of its training mode.*save it for inference")


def test_damaged_and_compiled_packages(tmp_path: Path) -> None:
    path = save(network(nn.Sigmoid()), tmp_path)
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(tmp_path / "bad.pt2", "w") as out:
        for name in archive.namelist():
            out.writestr(name, b"{}" if name.endswith("models/model.json") else archive.read(name))
    refused(tmp_path / "bad.pt2", r"loading it with torch\.export\.load failed with")
    with zipfile.ZipFile(tmp_path / "compiled.pt2", "w") as out:
        out.writestr("c/archive_format", "pt2")
        out.writestr("c/data/aotinductor/model/a.so", "")
    refused(tmp_path / "compiled.pt2", r"got a compiled package \(AOTInductor\), which holds machine code")
