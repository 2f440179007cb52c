"""Attributions whose values follow from a formula; the derivation stands beside each."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genai_audit.audit.evidence.attributions.collect import collect_attributions
from genai_audit.audit.evidence.attributions.paths import integrate

Function = Callable[[Tensor], Tensor]


def explained(function: Function, at: list[float], baseline: list[float] | None = None) -> list[float]:
    point = torch.tensor([at], dtype=torch.float64)
    start = torch.zeros_like(point) if baseline is None else torch.tensor([baseline], dtype=torch.float64)
    found = integrate(lambda points: [function(points)], point, start, tolerance=torch.tensor([1e-9]))
    assert found.errors.item() <= 1e-9
    return found.attributions[0, 0].tolist()


@pytest.mark.parametrize(
    ("function", "at", "expected"),
    [
        # x1·x2: along t·(2, 3) the gradients are 3t and 2t; their integrals 3/2 and 1 times the inputs 2 and 3.
        (lambda x: x[:, 0] * x[:, 1], [2.0, 3.0], [3.0, 3.0]),
        # max(x1, x2): on the whole path x2 is the larger one, so only it has a gradient.
        (lambda x: x.amax(dim=1), [2.0, 3.0], [0.0, 3.0]),
        # min(x1 + x2, 1): the gradient is (1, 1) until t = 1/2 and nothing after, although it is nothing at the end.
        (lambda x: x.sum(dim=1).clamp(max=1.0), [1.0, 1.0], [0.5, 0.5]),
    ],
    ids=["product", "maximum", "saturation"],
)
def test_functions_of_two_inputs(function: Function, at: list[float], expected: list[float]) -> None:
    assert explained(function, at) == pytest.approx(expected, abs=1e-6)


def test_a_linear_function_gives_weight_times_difference() -> None:
    w = torch.tensor([0.5, -2.0, 0.0], dtype=torch.float64)
    found = explained(lambda x: x @ w, [1.0, 2.0, 3.0], [0.0, -1.0, 5.0])
    # w (x − b) = (0.5·1, −2·3, 0·(−2))
    assert found == pytest.approx([0.5, -6.0, 0.0], abs=1e-6)


class Linear(nn.Module):
    """Images 0.5 + W z."""

    latent_dim = 4

    def __init__(self) -> None:
        super().__init__()
        weights = torch.randn(9, 4, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
        self.weights = nn.Parameter(0.01 * weights)

    def decode(self, z: Tensor) -> Tensor:
        return (0.5 + z @ self.weights.T).reshape(-1, 1, 3, 3)


def test_a_linear_decoder_gives_weight_times_difference_of_the_draws() -> None:
    model = Linear()
    evidence = collect_attributions(model, n=32)
    # Ink is the mean over the 9 pixels, so its weights are the column means of W.
    weights = model.weights.detach().numpy().mean(axis=0)
    expected = weights * (evidence.latents.astype(np.float64) - evidence.baselines)
    ink = evidence.readouts.index("ink")
    assert evidence.attributions[ink] == pytest.approx(expected, abs=1e-8)
    # The map of dimension k is column k of W, everywhere; those of random directions are d·Wᵀ with |d| = 1.
    assert evidence.maps.reshape(4, 9) == pytest.approx(model.weights.detach().numpy().T, abs=1e-7)
    directions = np.linalg.lstsq(model.weights.detach().numpy(), evidence.null_maps.reshape(-1, 9).T, rcond=None)[0]
    assert np.linalg.norm(directions, axis=0) == pytest.approx(1, abs=1e-4)


def test_agrees_with_a_quadrature_of_our_own() -> None:
    generator = torch.Generator().manual_seed(5)
    first, second = (torch.randn(4, 12, generator=generator).double(), torch.randn(12, generator=generator).double())

    def function(x: Tensor) -> Tensor:
        return torch.tanh(x @ first) @ second

    ends, starts = torch.randn(2, 10, 4, generator=generator).double()
    found = integrate(lambda points: [function(points)], ends, starts, tolerance=torch.tensor([1e-3]), cells=1000)
    # The gradient in closed form, integrated by Simpson's rule on 400 intervals of the path.
    t = torch.linspace(0, 1, 401, dtype=torch.float64)
    weights = torch.ones(401, dtype=torch.float64)
    weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
    points = starts + t[:, None, None] * (ends - starts)
    gradients = (second * (1 - torch.tanh(points @ first) ** 2)) @ first.T
    expected = (ends - starts) * (weights[:, None, None] * gradients).sum(dim=0) / 1200
    assert found.attributions[0].numpy() == pytest.approx(expected.numpy(), abs=1e-5)
    assert found.errors.max() <= 1e-5


def test_captum_agrees_on_several_readouts_of_a_smooth_model() -> None:
    from captum.attr import IntegratedGradients

    generator = torch.Generator().manual_seed(6)
    first, second = (torch.randn(4, 12, generator=generator).double(), torch.randn(12, 3, generator=generator).double())

    def function(x: Tensor) -> list[Tensor]:
        hidden = torch.tanh(0.5 * x @ first)
        return [*(hidden @ second).T, hidden.square().sum(dim=1)]

    ends, starts = torch.randn(2, 10, 4, generator=generator).double()
    found = integrate(function, ends, starts, tolerance=torch.full((4,), 1e-3), cells=1000)
    for readout, each in enumerate(found.attributions):
        oracle = IntegratedGradients(lambda x, readout=readout: function(x)[readout])
        expected = oracle.attribute(ends, baselines=starts, n_steps=256)
        assert each.numpy() == pytest.approx(expected.numpy(), abs=1e-5)


class Blocks(nn.Module):
    """z0 brightens the left half, z1 the right half, z2 does nothing."""

    latent_dim = 3

    def decode(self, z: Tensor) -> Tensor:
        left, right = (torch.sigmoid(each)[:, None, None].expand(-1, 4, 3) for each in (z[:, 0], 2 * z[:, 1]))
        return torch.cat([left, right], dim=2)[:, None]


def test_jacobian_mass_of_a_block_generator() -> None:
    maps = np.abs(collect_attributions(Blocks(), n=16).maps)[:, 0]
    left, right = maps[:, :, :3].sum(axis=(1, 2)), maps[:, :, 3:].sum(axis=(1, 2))
    assert left[0] / (left[0] + right[0]) == 1.0
    assert right[1] / (left[1] + right[1]) == 1.0
    assert left[2] + right[2] == 0.0


class ReadsSome(nn.Module):
    """An MLP that reads latents 1 and 4 of 7."""

    latent_dim, read = 7, (1, 4)

    def __init__(self, seed: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.first = nn.Parameter(torch.randn(2, 16, generator=generator))
        self.second = nn.Parameter(torch.randn(16, 16, generator=generator))

    def decode(self, z: Tensor) -> Tensor:
        return torch.sigmoid(torch.relu(z[:, self.read] @ self.first) @ self.second).reshape(-1, 1, 4, 4)


@pytest.mark.parametrize("seed", range(3))
def test_all_mass_lies_on_what_an_mlp_reads(seed: int) -> None:
    evidence = collect_attributions(ReadsSome(seed), n=32)
    mass = np.abs(evidence.attributions).sum(axis=1)
    assert (mass[:, [1, 4]].sum(axis=1) / mass.sum(axis=1)).tolist() == [1.0] * len(evidence.readouts)
    assert (mass[:, [1, 4]] > 0).all()
