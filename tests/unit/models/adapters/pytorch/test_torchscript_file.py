"""TorchScript archives: refused without trust; with it, generators open and everything else says what it is."""

import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from genai_audit.models.checkpoints.checkpoint import identify, load_model
from genai_audit.models.errors import UserError
from unit.models.adapters.opening import TRUST, draw, refused


class Decoder(nn.Module):
    """A VAE's decoder under its own method; `forward` wants images."""

    latent_dim: int

    def __init__(self) -> None:
        super().__init__()
        self.latent_dim = 3
        self.first = nn.Linear(16, 3)
        self.second = nn.Linear(3, 16)

    @torch.jit.export
    def decode(self, z: Tensor) -> Tensor:
        return self.second(z).sigmoid().view(-1, 1, 4, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.first(x.flatten(1)))


def dense(*more: nn.Module) -> nn.Module:
    return nn.Sequential(nn.Linear(5, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.5), nn.Linear(8, 48), *more)


def save(net: nn.Module, folder: Path, *, traced: Tensor | None = None, name: str = "model.pt") -> Path:
    with warnings.catch_warnings():
        # torch advises against TorchScript; these are the files that people have.
        warnings.filterwarnings("ignore", r"`torch\.jit\.", DeprecationWarning)
        script = torch.jit.script(net) if traced is None else torch.jit.trace(net, traced)
        script.save(str(folder / name))
    return folder / name


@pytest.fixture(autouse=True)
def _weights() -> None:
    torch.manual_seed(0)


def test_without_trust_nothing_of_it_runs(tmp_path: Path) -> None:
    path = save(dense(nn.Sigmoid()), tmp_path)
    assert identify(path).format == "torchscript"
    with pytest.raises(UserError, match="which runs code of its own; --trust loads and runs it, and the record will"):
        load_model(path)
    # Not even reading: a damaged archive is refused in the same words.
    with zipfile.ZipFile(tmp_path / "odd.pt", "w") as archive:
        for member in ("a/constants.pkl", "a/code/x.py"):
            archive.writestr(member, b"")
    with pytest.raises(UserError, match="--trust"):
        load_model(tmp_path / "odd.pt")
    refused(tmp_path / "odd.pt", r"loading it with torch\.jit\.load failed with RuntimeError")


@pytest.mark.parametrize("traced", [True, False])
def test_a_dense_generator_in_tanh(tmp_path: Path, traced: bool) -> None:
    net = dense(nn.Tanh(), nn.Unflatten(1, (3, 4, 4)))
    # A scripted module takes its mode with it; loading sets it to evaluation.
    net.eval() if traced else net.train()
    path = save(net, tmp_path, traced=torch.zeros(2, 5) if traced else None)
    net.eval()
    model: Any
    model, checkpoint = load_model(path, options=TRUST)
    assert (checkpoint.format, checkpoint.family, checkpoint.modality) == (
        "torchscript",
        "torchscript Sequential",
        "image",
    )
    assert "the file's own TorchScript code ran, because the user trusted it" in checkpoint.notes
    assert any("ends in tanh" in note for note in checkpoint.notes)
    assert checkpoint.parameters == sum(each.numel() for each in net.parameters())
    z = torch.randn(4, 5, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(draw(model, 4, seed=2), (net(z).detach() + 1) / 2)
    z.requires_grad_()
    expected = torch.autograd.grad(net(z).sum() / 2, z)[0]
    torch.testing.assert_close(torch.autograd.grad(model.decode(z).sum(), z)[0], expected)


def test_a_method_decode_and_an_attribute_latent_dim(tmp_path: Path) -> None:
    net = Decoder().eval()
    model: Any
    model, checkpoint = load_model(save(net, tmp_path), options=TRUST)
    assert checkpoint.declared == {"class": "Decoder", "entry": "decode", "latent_dim": 3}
    z = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(draw(model, 4), net.decode(z).detach())


def test_convolutions_over_latents_of_one_pixel(tmp_path: Path) -> None:
    net = nn.Sequential(nn.ConvTranspose2d(6, 4, 4), nn.ReLU(), nn.ConvTranspose2d(4, 1, 4, 2, 1), nn.Sigmoid())
    model: Any
    model, _ = load_model(save(net, tmp_path), options=TRUST)
    z = torch.randn(4, 6, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(draw(model, 4), net(z[:, :, None, None]).detach())


def test_half_precision_is_converted_and_said(tmp_path: Path) -> None:
    net = nn.Sequential(nn.Linear(4, 64), nn.Sigmoid())
    path = save(nn.Sequential(nn.Linear(4, 64), nn.Sigmoid()).half(), tmp_path)
    model, checkpoint = load_model(path, options=TRUST)
    assert draw(model, 2).dtype == torch.float32
    assert "its weights were converted from float16 to float32" in checkpoint.notes
    assert checkpoint.parameters == sum(each.numel() for each in net.parameters())


class Noisy(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 64)

    def forward(self, z: Tensor) -> Tensor:
        return (self.layer(z) + torch.randn(len(z), 64)).sigmoid()


class Pair(Noisy):
    def forward(self, z: Tensor) -> tuple[Tensor, Tensor]:
        return self.layer(z), self.layer(z)


class Bare(nn.Module):
    def forward(self, z: Tensor) -> Tensor:
        return z.sigmoid()


class Whitened(Noisy):
    def forward(self, z: Tensor) -> Tensor:
        x = self.layer(z)
        return (x - x.mean(0)).sigmoid()


class NotFinite(Noisy):
    def forward(self, z: Tensor) -> Tensor:
        return self.layer(z) / 0


REFUSED: dict[str, tuple[nn.Module, str]] = {
    "noise": (
        Noisy(),
        "expected equal images from equal latents, got different ones: the network draws random numbers",
    ),
    "pair": (Pair(), "expected one tensor of images from latents, got tuple"),
    "no size": (Bare(), "expected an int attribute latent_dim, or a first layer that tells the size"),
    "batch": (Whitened(), "depend on its own latent, but it changes with the others of its batch"),
    "infinite": (NotFinite(), "expected finite pixels, got NaN or infinity on 8 latents; check the weights"),
    "range": (nn.Sequential(nn.Linear(4, 64)), r"expected pixels in \[0, 1\], got -"),
    "critic": (nn.Sequential(nn.Linear(64, 8), nn.Linear(8, 1)), r"got \(8, 1\) from n = 8: a discriminator, encoder"),
    "autoencoder": (
        nn.Sequential(nn.Linear(64, 2), nn.Linear(2, 64)),
        r"got \(8, 64\) from n = 8: .*autoencoder is no",
    ),
    "image input": (
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sigmoid()),
        r"forward, tried on latents \(n, 3\), failed with RuntimeError: .*give it an int attribute latent_dim",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_generator_is_refused(name: str, tmp_path: Path) -> None:
    net, message = REFUSED[name]
    refused(save(net.eval(), tmp_path), message)
