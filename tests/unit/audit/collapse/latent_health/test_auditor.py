"""The collector of latents and GA306: their contract, what they refuse, and models that were trained."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genai_audit.audit import pages
from genai_audit.audit.collapse.latent_health.auditor import LatentHealth
from genai_audit.audit.collapse.latent_health.estimates import coincidence_estimate
from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.evidence.latents.collect import BLOCKS, MOST_IN_BLOCK, SLOPES, collect_latents
from genai_audit.audit.evidence.latents.kind import Latents
from genai_audit.audit.evidence.unavailable import Unavailable, Unmeasured
from genai_audit.audit.finding import LEVELS, Finding, Inconclusive, NotApplicable
from genai_audit.models.data.datasets import load_data
from genai_audit.models.families.training.fitting import train

LATENTS, EDGE = 5, 6


class Decoder(nn.Module):
    """A small smooth decoder, and an encoder whose aggregate posterior is known."""

    modality, latent_dim = "image", LATENTS

    def __init__(self, seed: int = 0, latents: int = LATENTS) -> None:
        super().__init__()
        self.latent_dim = latents
        self.net = nn.Sequential(nn.Linear(latents, 24), nn.Tanh(), nn.Linear(24, EDGE**2), nn.Sigmoid())
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for parameter in self.net.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.5)

    def decode(self, z: Tensor) -> Tensor:
        images: Tensor = self.net(z)
        return images.reshape(-1, 1, EDGE, EDGE)


class Encoding(Decoder):
    """Reads the latents that are written in the first pixels; the last latent is never used."""

    shift = 0.0

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean = 0.8 * x.flatten(1)[:, :LATENTS] + self.shift
        log_variance = torch.full_like(mean, float(np.log(1 - 0.64)))
        mean[:, -1], log_variance[:, -1] = 0, 0
        return mean, log_variance


class Wrapped:
    """A plain object around a function, as a loader may return it."""

    modality, latent_dim = "image", LATENTS

    def __init__(self, decode: Callable[[Tensor], Tensor], **rest: Any) -> None:
        self.decode = decode
        self.__dict__.update(rest)


def real(n: int = 600, seed: int = 0) -> Real:
    pixels = np.random.default_rng(seed).normal(size=(n, 1, EDGE, EDGE)).astype(np.float32)
    return Real(pixels, n, "real", "memory", "00")


def ask(latents: Latents | None, *, seed: int = 0, absent: str = "no latents", **parameters: Any) -> Finding:
    evidence = Evidence(
        modality="image",
        generated=Generated(np.zeros((1, 1, EDGE, EDGE), np.float32), 0, "toy"),
        latents=latents,
        absent={} if latents is not None else {"latents": absent},
    )
    return LatentHealth(**parameters)(evidence, np.random.default_rng(seed))


def test_contract() -> None:
    found = collect_latents(Encoding(), real(), seed=1)
    n, m = BLOCKS * MOST_IN_BLOCK, 512
    assert m < SLOPES // LATENTS
    assert found.draws.shape == (n, LATENTS)
    assert found.gap.shape == found.partner.shape == found.region.shape == found.speed.shape == (n,)
    assert found.singular_values.shape == found.column_norms.shape == (m, LATENTS)
    assert (np.diff(found.singular_values, axis=1) <= 0).all()
    assert found.posterior_means.shape == found.posterior_log_variances.shape == (600, LATENTS)
    assert found.reference_gap.shape == (512,)
    assert found.plane.shape == (n, 2)
    assert found.maps.shape[:2] == (2, 1)
    assert found.shown.shape == (len(found.shown_draws), 1, EDGE, EDGE)
    assert (found.partner // found.block == np.arange(n) // found.block).all()
    assert 0 < found.resolution < 1e-3
    assert found.remarks == ()


def test_the_jacobian_is_the_one_of_autograd() -> None:
    model = Decoder()
    found = collect_latents(model)
    for at in (0, 7, 100):
        exact = torch.autograd.functional.jacobian(
            lambda z: model.decode(z[None]).flatten(), torch.from_numpy(found.draws[at])
        ).detach()
        assert found.singular_values[at] == pytest.approx(torch.linalg.svdvals(exact).numpy(), abs=1e-3)
        assert found.column_norms[at] == pytest.approx(exact.norm(dim=0).numpy(), abs=1e-3)


def test_repeats_exactly_and_leaves_model_and_global_randomness_alone() -> None:
    model = Encoding().train()
    state = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 – to see that it is not used
    first, second, other = (collect_latents(model, real(), seed=seed) for seed in (3, 3, 4))
    for name in ("draws", "gap", "partner", "region", "singular_values", "maps", "shown", "posterior_means"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
    assert not np.array_equal(first.draws, other.draws)
    assert model.training
    assert torch.equal(state[0], torch.random.get_rng_state())
    assert np.array_equal(state[1], np.random.get_state()[1])  # noqa: NPY002 – as above
    assert repr(ask(first).estimates) == repr(ask(second).estimates)


def test_comes_back_from_disk(tmp_path: Path) -> None:
    found = collect_latents(Encoding(), real())
    evidence = Evidence("image", Generated(np.zeros((1, 1, EDGE, EDGE), np.float32), 0, "toy"), latents=found)
    evidence.save(tmp_path)
    again = Evidence.load(tmp_path).latents
    assert again is not None
    assert repr(ask(again).estimates) == repr(ask(found).estimates)


@pytest.mark.parametrize("size", [1, 2, 40, 600])
def test_every_number_of_latents(size: int) -> None:
    found = collect_latents(Decoder(latents=size), real())
    finding = ask(found)
    assert len(found.points) == int(np.clip(SLOPES // size, 8, 512))
    assert finding.estimate("effective_rank").value <= min(size, EDGE**2)
    assert [table.name for table in finding.tables] == ["dimensions", "still", "spectrum"]
    assert all(len(each.curve) == len(LEVELS) for each in finding.estimates)


def test_large_outputs_take_fewer_draws() -> None:
    def decode(z: Tensor) -> Tensor:
        return z.sum(dim=1)[:, None, None, None].expand(-1, 3, 128, 128).contiguous() / 10

    found = collect_latents(Wrapped(decode))
    assert found.block == 64
    assert len(found.points) == 2**26 // (3 * 128 * 128) // LATENTS
    assert ask(found).estimate("effective_rank").value == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (Wrapped(torch.sin, latent_dim=None), "latent_dim is None"),
        (Wrapped(torch.sin, latent_dim=5000), "5,000 latent dimensions"),
        (Wrapped(lambda z: torch.rand(len(z), 1, 4, 4)), "different outputs for the same z"),
        (Wrapped(lambda z: (z - z.mean(dim=0)).reshape(-1, 1, 1, LATENTS)), "the other latents of the batch"),
    ],
)
def test_latent_spaces_that_cannot_be_looked_at(model: Any, reason: str) -> None:
    with pytest.raises(Unmeasured, match=reason):
        collect_latents(model)


def test_without_a_latent_space_there_is_no_question() -> None:
    with pytest.raises(Unavailable, match="offers no decode"):
        collect_latents(nn.Linear(2, 2))


@pytest.mark.parametrize(
    ("decode", "message"),
    [
        (lambda z: z, "expected decode.z. to give images"),
        (lambda z: z.reshape(-1, 1, 1, LATENTS) / 0, "expected decode.z. to give finite images"),
    ],
)
def test_broken_outputs_are_errors(decode: Callable[[Tensor], Tensor], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        collect_latents(Wrapped(decode))


@pytest.mark.parametrize(
    ("encode", "message"),
    [
        (lambda x: (x.flatten(1), x.flatten(1)), r"expected means \(600, 5\)"),
        (lambda x: (x.flatten(1)[:, :5], x.flatten(1)[:, :5] * torch.nan), "expected finite log-variances"),
    ],
)
def test_broken_encoders_are_errors(encode: Callable[[Tensor], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        collect_latents(Wrapped(Decoder().decode, encode=encode), real())


def test_a_decoder_that_changes_the_model_is_refused() -> None:
    model = Decoder()

    def decode(z: Tensor) -> Tensor:
        model.net[0].bias.data += 1
        return z.reshape(-1, 1, 1, LATENTS)

    with pytest.raises((RuntimeError, Unmeasured)):
        collect_latents(Wrapped(decode, net=model))


def test_works_on_a_model_that_passes_no_gradient() -> None:
    model = Decoder()
    assert np.isfinite(ask(collect_latents(Wrapped(torch.no_grad()(model.decode)))).estimate("effective_rank").value)


def test_an_encoder_without_data_or_classes_is_remarked() -> None:
    assert "no reference data" in collect_latents(Encoding()).remarks[0]
    told = Encoding()
    told.classes = ("a", "b")
    found = collect_latents(told, real())
    assert "told a class" in found.remarks[0]
    assert len(found.posterior_means) == 0
    assert "told a class" in str(ask(found).settings["left_out"])


def test_a_conditional_encoder_is_told_each_record_s_class() -> None:
    seen: list[str] = []

    class Told(Encoding):
        classes = ("a", "b")

        def encode(self, x: Tensor, condition: Any = None) -> tuple[Tensor, Tensor]:
            seen.extend(condition)
            return super().encode(x)

    names = ["a" if row % 3 else "b" for row in range(600)]
    found = collect_latents(Told(), real(), conditions=names)
    assert seen == names
    assert len(found.posterior_means) == 600


def test_an_encoder_tells_which_units_are_active() -> None:
    finding = ask(collect_latents(Encoding(), real()))
    assert finding.estimate("active_units").value == LATENTS - 1
    rows = finding.tables[0].rows
    assert {row[0]: row[1] for row in rows}["z4"] == "inactive"
    # KL(N(0.8 x, 0.36) ‖ N(0, 1)) with E x² = 1 is −½ log 0.36 = 0.5108 on average.
    assert finding.estimate("posterior_kl_per_unit", "z4").value == 0
    divergence = finding.estimate("posterior_kl_per_unit", "z0").interval(0.99)
    assert divergence.low < 0.5108 < divergence.high


def test_an_aggregate_posterior_off_the_prior_is_seen_and_one_on_it_is_not() -> None:
    sound = ask(collect_latents(Encoding(), real()))
    distance = sound.estimate("aggregate_posterior_distance")
    assert distance.perfect is not None
    assert distance.p_value is not None
    assert distance.p_value > 0.05
    assert sound.estimate("prior_coverage_ratio").interval().high > 1
    moved = Encoding()
    moved.shift = 1.0
    finding = ask(collect_latents(moved, real()))
    shifted = finding.estimate("aggregate_posterior_distance")
    assert shifted.interval(0.99).low > distance.perfect.high
    assert shifted.p_value is not None
    assert shifted.p_value < 1e-4
    assert finding.estimate("prior_coverage_ratio").interval().high < 1


def test_too_few_encoded_records_are_inconclusive() -> None:
    with pytest.raises(Inconclusive, match="20 real records are too few"):
        ask(collect_latents(Encoding(), real(20)))


def test_without_latents_it_does_not_apply() -> None:
    with pytest.raises(NotApplicable, match="only samples were given"):
        ask(None, absent="only samples were given")


def test_without_reference_nothing_is_said_of_a_perfect_model() -> None:
    estimate = ask(collect_latents(Decoder())).estimate("many_to_one_share")
    assert estimate.perfect is None
    assert estimate.p_value is None


@pytest.mark.parametrize(
    "settings", [{"active_above": 0.0}, {"idle_below": 1.0}, {"k": 0}, {"splits": 100}, {"active_above": 2.0}]
)
def test_settings_are_checked(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        LatentHealth(**settings)


def test_the_interval_of_the_share_holds_its_level() -> None:
    """Blocks of independent draws of 400 outputs: the share has the expectation 1 − (1 − 1/400)^63."""
    base, truth = collect_latents(Decoder()), 1 - (399 / 400) ** 63
    rng = np.random.default_rng(0)
    held, widths, values = 0, [], []
    for _ in range(300):
        drawn = rng.integers(400, size=(16, 64))
        alone = np.array([(row[:, None] == row[None, :]).sum(axis=1) == 1 for row in drawn]).reshape(-1)
        found = replace(base, gap=np.where(alone, 1.0, 0.0).astype(np.float32), block=64)
        estimate = coincidence_estimate(found)
        interval = estimate.interval()
        held += interval.low <= truth <= interval.high
        widths.append(interval.high - interval.low)
        values.append(estimate.value)
    assert held >= 0.92 * 300
    assert np.mean(widths) < 1.35 * 2 * 1.96 * np.std(values)


def test_every_estimate_is_announced_and_described() -> None:
    finding = ask(collect_latents(Encoding(), real()))
    assert {each.name for each in finding.estimates} == {each.name for each in LatentHealth.estimates}
    text = pages.page("GA306").text
    assert all(f"`{each.name}`" in text or f"**{each.name}**" in text for each in LatentHealth.estimates)


@pytest.fixture(scope="module")
def digits() -> Any:
    return load_data("digits", split="train", seed=0)


@pytest.mark.parametrize(
    ("family", "overrides"),
    [
        ("vae", {"steps": 400, "hidden": (64,), "latent_dim": 6, "kl_weight": 0.5}),
        ("gan", {"steps": 150, "hidden": (64,), "latent_dim": 6}),
    ],
)
def test_trained_models_do_not_coincide(digits: Any, family: str, overrides: dict[str, Any]) -> None:
    model = train(family, digits, seed=0, overrides=overrides).model
    data = Real(digits.samples, len(digits.samples), "digits", "bundled", "00")
    finding = ask(collect_latents(model, data))
    assert finding.estimate("active_units").value >= 4
    assert finding.estimate("many_to_one_share").interval(0.99).high < 0.01
    assert finding.estimate("effective_rank").interval(0.99).low > 1.5


def test_a_huge_weight_of_the_divergence_collapses_the_posterior(digits: Any) -> None:
    overrides = {"steps": 400, "hidden": (64,), "latent_dim": 6, "kl_weight": 50.0}
    model = train("vae", digits, seed=0, overrides=overrides).model
    data = Real(digits.samples, len(digits.samples), "digits", "bundled", "00")
    finding = ask(collect_latents(model, data))
    assert finding.estimate("active_units").interval(0.99).high == 0
    assert finding.estimate("posterior_kl_per_unit", "z0").interval(0.99).high < 0.01
    # A collapsed posterior is the prior: this distance sees nothing of it.
    assert finding.estimate("aggregate_posterior_distance").p_value > 0.001
