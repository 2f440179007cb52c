"""The collector of attributions: its contract, its accuracy, and that it leaves the model as it was."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genai_audit.audit.evidence.attributions import paths
from genai_audit.audit.evidence.attributions.collect import SHARED_OUT, collect_attributions
from genai_audit.audit.evidence.attributions.paths import CELLS, gradients_at, integrate
from genai_audit.audit.evidence.attributions.readouts import image_panel
from genai_audit.audit.evidence.unavailable import Unavailable, Unmeasured

LATENTS, EDGE = 5, 6


class Decoder(nn.Module):
    """A small decoder; `body` is called on the latents before the last layer."""

    latent_dim = LATENTS

    def __init__(self, *middle: nn.Module, seed: int = 0) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(LATENTS, 24), *(middle or (nn.Tanh(),)), nn.Linear(24, EDGE**2), nn.Sigmoid()
        )
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in self.net.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.7)

    def decode(self, z: Tensor) -> Tensor:
        images: Tensor = self.net(z)
        return images.reshape(-1, 1, EDGE, EDGE)


class Wrapped:
    """A plain object around a function, as a loader may return it."""

    latent_dim = LATENTS

    def __init__(self, decode: Callable[[Tensor], Tensor], **state: nn.Module) -> None:
        self.decode = decode
        self.__dict__.update(state)


def group_classifier(images: Tensor) -> Tensor:
    weights = torch.linspace(-1, 1, 3 * EDGE**2, dtype=images.dtype).reshape(EDGE**2, 3)
    return (images.flatten(1) @ weights).log_softmax(1)


def test_contract() -> None:
    evidence = collect_attributions(Decoder(), panel=image_panel(group_classifier, ("a", "b", "c")), n=40)
    assert evidence.readouts == ("ink", "size", "slant", "score a", "score b", "score c")
    assert evidence.latents.shape == evidence.baselines.shape == (40, LATENTS)
    assert evidence.attributions.shape == (6, 40, LATENTS)
    assert evidence.attributions.dtype == np.float64
    assert evidence.differences.shape == evidence.completeness_error.shape == (6, 40)
    assert evidence.maps.shape == (LATENTS, 1, EDGE, EDGE)
    assert evidence.null_maps.shape[1:] == evidence.sample.shape[1:] == (1, EDGE, EDGE)
    assert evidence.steps.dtype == np.int64
    assert (evidence.steps >= CELLS).all()
    assert (evidence.completeness_error <= evidence.tolerance[:, None]).all()
    error = np.abs(evidence.attributions.sum(axis=2) - evidence.differences)
    assert np.allclose(error, evidence.completeness_error, atol=1e-5)


def test_tolerance_is_a_hundredth_of_the_spread() -> None:
    evidence = collect_attributions(Decoder(), n=200)
    # For two independent draws the mean square difference is twice the variance.
    spread = np.sqrt((evidence.differences**2).mean(axis=1) / 2)
    assert evidence.tolerance == pytest.approx(0.01 * spread, rel=0.15)


def test_repeats_exactly_and_leaves_global_randomness_alone() -> None:
    model = Decoder()
    state = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 – to see that it is not used
    first, second, other = (collect_attributions(model, n=8, seed=seed) for seed in (3, 3, 4))
    for name in ("latents", "attributions", "maps", "null_maps", "sample"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
    assert not np.array_equal(first.latents, other.latents)
    assert torch.equal(torch.random.get_rng_state(), state[0])
    assert np.array_equal(np.random.get_state()[1], state[1])  # noqa: NPY002 – as above


def test_progress_goes_from_nothing_to_all() -> None:
    shares: list[float] = []
    collect_attributions(Decoder(), n=4, progress=shares.append)
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_model_is_left_as_it_was() -> None:
    model = Decoder(nn.BatchNorm1d(24), nn.Tanh(), nn.Dropout(0.5))
    model.net[1].requires_grad_(False)
    model.train()
    model.net[3].eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modes = [module.training for module in model.modules()]
    flags = [parameter.requires_grad for parameter in model.parameters()]
    collect_attributions(model, n=8)
    assert [module.training for module in model.modules()] == modes
    assert [parameter.requires_grad for parameter in model.parameters()] == flags
    assert all(parameter.grad is None for parameter in model.parameters())
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_frozen_parameters_make_no_difference() -> None:
    free, frozen = Decoder(), Decoder().requires_grad_(False)
    assert np.array_equal(collect_attributions(free, n=8).attributions, collect_attributions(frozen, n=8).attributions)


def test_inference_mode_of_the_caller_is_left_and_restored() -> None:
    model = Decoder()
    with torch.inference_mode():
        inside = collect_attributions(model, n=8)
        assert torch.is_inference_mode_enabled()
    assert np.array_equal(inside.attributions, collect_attributions(model, n=8).attributions)


def test_work_in_place_changes_nothing() -> None:
    model = Decoder()
    careless = Wrapped(lambda z: model.decode(z.mul_(2.0)), net=model)
    careful = Wrapped(lambda z: model.decode(2.0 * z), net=model)
    first, second = collect_attributions(careless, n=8), collect_attributions(careful, n=8)
    assert np.array_equal(first.attributions, second.attributions)
    assert np.array_equal(first.latents, second.latents)


def test_double_precision_is_kept() -> None:
    evidence = collect_attributions(Decoder().double(), n=8)
    single = collect_attributions(Decoder(), n=8)
    assert np.abs(evidence.completeness_error - single.completeness_error).max() < 1e-3
    assert np.allclose(evidence.attributions, single.attributions, atol=1e-3)
    assert evidence.maps.dtype == np.float32


def test_kinks_are_refined_until_every_draw_is_nearly_complete() -> None:
    model = Decoder(nn.ReLU())
    draws = torch.randn(2, 64, LATENTS, generator=torch.Generator().manual_seed(1))

    def function(points: Tensor) -> list[Tensor]:
        return list(model.decode(points).flatten(1)[:, :3].T)

    coarse = integrate(function, draws[0], draws[1], tolerance=torch.full((3,), 10.0))
    found = integrate(function, draws[0], draws[1], tolerance=torch.full((3,), 2e-3))
    assert coarse.missed.max() > 2e-3 >= found.missed.max()
    assert found.steps.min() == CELLS < found.steps.max()
    finer = integrate(function, draws[0], draws[1], tolerance=torch.full((3,), 1e-5))
    # A sum that is right does not prove its parts, so they are held to the tolerance on average and loosely each.
    assert (found.attributions - finer.attributions).abs().mean() < 2e-3
    assert (found.attributions - finer.attributions).abs().max() < 2e-2


def test_a_small_miss_is_shared_out_and_a_large_one_is_left() -> None:
    # Twice the slope: the quadrature misses by the difference itself, whatever the mesh.
    def function(points: Tensor) -> list[Tensor]:
        exact = points[:, 0] + 0.0 * points[:, 1]
        return [2 * exact - exact.detach()]

    ends, starts = torch.tensor([[0.01, 3.0], [1.0, 3.0]]).double(), torch.zeros(2, 2).double()
    found = integrate(function, ends, starts, tolerance=torch.tensor([0.1]))
    assert found.missed[0].tolist() == pytest.approx([0.01, 1.0])
    # The dimension without a slope gets nothing of what is shared out.
    assert found.attributions[0].flatten().tolist() == pytest.approx([0.01, 0.0, 2.0, 0.0])
    assert found.errors[0].tolist() == pytest.approx([0.0, 1.0], abs=1e-12)


def test_where_no_dimension_contributes_a_miss_stays() -> None:
    def function(points: Tensor) -> list[Tensor]:
        return [(points[:, 0] > 0.5).double() + 0.0 * points[:, 0]]

    found = integrate(function, torch.ones(1, 2).double(), torch.zeros(1, 2).double(), tolerance=torch.tensor([2.0]))
    assert found.errors.item() == found.missed.item() == 1.0
    assert not found.attributions.any()


def test_gradients_of_readouts_are_each_their_own() -> None:
    points = torch.tensor([[1.0, 2.0], [3.0, -1.0]])
    found = gradients_at(lambda x: [x[:, 0] * x[:, 1], x[:, 1], torch.ones(len(x))], points, rows=1)
    assert found.tolist() == [[[2.0, 1.0], [0.0, 1.0], [0.0, 0.0]], [[-1.0, 3.0], [0.0, 1.0], [0.0, 0.0]]]


@pytest.mark.parametrize("held", [1, 2**26], ids=["a few paths at a time", "all together"])
def test_results_do_not_depend_on_what_is_computed_at_once(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "HELD", held)
    model = Decoder(nn.ReLU()).double()
    draws = torch.randn(2, 50, LATENTS, generator=torch.Generator().manual_seed(1)).double()
    one, other = (
        integrate(
            lambda z: [model.decode(z).flatten(1).sum(1), model.decode(z)[:, 0, 2, 2]],
            draws[0],
            draws[1],
            tolerance=torch.tensor([0.01, 0.001]),
            rows=rows,
        )
        for rows in (7, 512)
    )
    assert torch.allclose(one.attributions, other.attributions, atol=1e-9)
    assert torch.equal(one.steps, other.steps)


def test_readouts_taken_together_are_those_taken_apart() -> None:
    panel = image_panel(group_classifier, ("a", "b", "c"))
    images = torch.rand(7, 2, EDGE, EDGE // 2, generator=torch.Generator().manual_seed(0))
    for readout, values in zip(panel.readouts, panel.measure(images), strict=True):
        assert torch.allclose(readout.measure(images), values, atol=1e-6)


def test_gradients_that_do_not_belong_to_the_output_are_found_out() -> None:
    model = Decoder()
    # Rounding passes no gradient, and the faint smooth part keeps the graph whole.
    rounded = Wrapped(lambda z: (model.decode(z) * 4).round() / 4 + 1e-3 * model.decode(z), net=model)
    evidence = collect_attributions(rounded, n=16)
    assert (evidence.completeness_error.max(axis=1) > evidence.tolerance).all()
    assert (evidence.missed.max(axis=1) > SHARED_OUT / 0.01 * evidence.tolerance).all()


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (type("NoSize", (), {"decode": lambda self, z: z})(), r"its latent_dim is None: give the number of latents"),
        (Wrapped(lambda z: torch.rand(len(z), 1, 2, 2)), r"different outputs for the same z"),
        (Wrapped(lambda z: (z - z.mean(0)).reshape(-1, 1, 1, 5)), r"depends on the other latents of the batch"),
        (Wrapped(torch.no_grad()(Decoder().decode)), r"passes no gradient to z: remove no_grad or detach"),
    ],
    ids=["no size", "random", "batch", "no gradient"],
)
def test_models_that_cannot_be_explained(model: object, reason: str) -> None:
    with pytest.raises(Unmeasured, match=reason):
        collect_attributions(model, n=8)


def test_without_latents_there_is_no_question() -> None:
    with pytest.raises(Unavailable, match=r"the model offers no decode\(z\): nothing to attribute to"):
        collect_attributions(object(), n=8)


def test_outputs_of_the_wrong_shape_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected decode\(z\) to give images \(4, c, h, w\).*got \(4, 5\)"):
        collect_attributions(Wrapped(lambda z: z), n=8)


def test_readouts_that_are_not_finite_are_refused() -> None:
    model = Decoder()
    with pytest.raises(ValueError, match=r"expected a finite 'score a' of every output, got 16 of 16"):
        collect_attributions(
            model,
            n=8,
            panel=image_panel(lambda x: torch.stack([x.sum((1, 2, 3)) * torch.inf] * 2, 1), ("a", "b")),
        )


def test_a_decode_that_changes_the_model_is_an_error() -> None:
    class Counting(Decoder):
        calls: Tensor

        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("calls", torch.zeros(()))

        def decode(self, z: Tensor) -> Tensor:
            self.calls += 1
            return super().decode(z)

    with pytest.raises(RuntimeError, match="a parameter or buffer changed"):
        collect_attributions(Counting(), n=4)


def test_a_constant_output_has_no_attributions_and_no_errors() -> None:
    evidence = collect_attributions(Wrapped(lambda z: torch.full((len(z), 1, 3, 3), 0.5)), n=8)
    assert not evidence.attributions.any()
    assert not evidence.differences.any()
    assert not evidence.maps.any()


def test_many_latents() -> None:
    evidence = collect_attributions(Wide(), n=16)
    assert evidence.maps.shape == (300, 1, 4, 4)
    assert (evidence.completeness_error <= evidence.tolerance[:, None]).all()


class Wide(nn.Module):
    latent_dim = 300

    def __init__(self) -> None:
        super().__init__()
        weights = torch.randn(300, 16, generator=torch.Generator().manual_seed(0))
        self.weights = nn.Parameter(0.1 * weights)

    def decode(self, z: Tensor) -> Tensor:
        return torch.sigmoid(z @ self.weights).reshape(-1, 1, 4, 4)
