"""Decoders with a known collapse of their latent space: the auditor must see it, say where, and be silent otherwise."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from genai_audit.audit.collapse.latent_health.auditor import LatentHealth
from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.evidence.latents.collect import collect_latents
from genai_audit.audit.finding import Finding, Outcome

LATENTS, EDGE = 8, 6
SEEDS = range(5)
PATTERNS = torch.linalg.qr(torch.randn(EDGE**2, LATENTS, generator=torch.Generator().manual_seed(3)))[0].T / 8


class Linear(nn.Module):
    """Each latent adds a pattern of its own; departures change the latents first."""

    modality, latent_dim = "image", LATENTS

    def prepare(self, z: Tensor) -> Tensor:
        return z

    def decode(self, z: Tensor) -> Tensor:
        return (0.5 + self.prepare(z) @ PATTERNS.to(z)).reshape(-1, 1, EDGE, EDGE)


class Ignoring(Linear):
    """Looks at the first five of eight latents only."""

    def prepare(self, z: Tensor) -> Tensor:
        return z * (torch.arange(LATENTS) < 5)


class HalfCollapsed(Linear):
    """Gives one output wherever the third latent is below 0."""

    def prepare(self, z: Tensor) -> Tensor:
        return torch.where(z[:, 2:3] > 0, z, torch.zeros_like(z))


class Narrow(Linear):
    """Moves in one direction of eight, whatever the latent."""

    def prepare(self, z: Tensor) -> Tensor:
        return z.mean(dim=1, keepdim=True) * torch.tensor([8.0] + [0.0] * (LATENTS - 1))


class Curved(Linear):
    """Sound and not linear: bends every pattern a little, and stretches some places more than others."""

    def prepare(self, z: Tensor) -> Tensor:
        return 1.5 * torch.tanh(z / 1.5) + 0.3 * torch.sin(z.roll(1, dims=1))


class Constant(Linear):
    """Gives the same output always."""

    def prepare(self, z: Tensor) -> Tensor:
        return 0 * z


def real(seed: int, n: int = 700) -> Real:
    z = torch.randn(n, LATENTS, generator=torch.Generator().manual_seed(1000 + seed))
    return Real(Linear().decode(z).numpy(), n, "real", "memory", "00")


def audit(model: nn.Module, seed: int = 0) -> Finding:
    evidence = Evidence(
        modality="image",
        generated=Generated(np.zeros((1, 1, EDGE, EDGE), np.float32), 0, "toy"),
        latents=collect_latents(model, real(seed), seed=seed),
    )
    finding = LatentHealth()(evidence, np.random.default_rng(seed))
    assert finding.outcome is Outcome.MEASURED
    return finding


def rows(finding: Finding, table: str) -> tuple[tuple[str | int | float | None, ...], ...]:
    return next((each.rows for each in finding.tables if each.name == table), ())


@pytest.mark.parametrize("model", [Linear(), Curved()], ids=["linear", "curved"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_sound_decoder_raises_no_alarm(model: nn.Module, seed: int) -> None:
    finding = audit(model, seed)
    units = finding.estimate("active_units").interval(0.99)
    assert (units.low, units.high) == (LATENTS, LATENTS)
    coinciding = finding.estimate("many_to_one_share")
    assert coinciding.value == 0
    assert coinciding.interval().high < 0.005
    assert coinciding.p_value == 1.0
    assert finding.estimate("effective_rank").interval().low > 5
    assert finding.estimate("log_condition_number").value < 1.5
    assert rows(finding, "regions") == ()
    assert [each.name for each in finding.exhibits] == ["many_to_one", "map_of_speed"]


@pytest.mark.parametrize("seed", SEEDS)
def test_ignored_latents_are_named(seed: int) -> None:
    finding = audit(Ignoring(), seed)
    units = finding.estimate("active_units").interval(0.99)
    assert (units.low, units.high) == (5, 5)
    assert finding.estimate("active_unit_share").value == pytest.approx(5 / 8)
    assert {row[0] for row in rows(finding, "dimensions") if row[1] == "inactive"} == {"z5", "z6", "z7"}
    # Five equal singular values and three of 0.
    assert finding.estimate("effective_rank").value == pytest.approx(5, abs=0.01)
    assert finding.estimate("log_condition_number").value == 4
    # Outputs differ as much as the five directions let expect: nothing else is wrong.
    assert finding.estimate("many_to_one_share").value == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_collapsed_half_is_found_and_located(seed: int) -> None:
    finding = audit(HalfCollapsed(), seed)
    coinciding = finding.estimate("many_to_one_share")
    assert coinciding.interval(0.99).low > 0.4
    assert coinciding.interval(0.99).high < 0.6
    assert coinciding.p_value is not None
    assert coinciding.p_value < 1e-4
    assert coinciding.perfect is not None
    assert coinciding.value > coinciding.perfect.high
    region = rows(finding, "regions")[0]
    assert region[2] <= 0.5 <= region[3]
    # The mean of a normal latent below 0 is −√(2/π); no other latent is named.
    assert isinstance(region[4], str)
    assert region[4].startswith("z2 -0.")
    assert "," not in region[4]
    still = rows(finding, "still")[0]
    assert still[1] == pytest.approx(0.5, abs=0.04)
    pictures = next(each for each in finding.exhibits if each.name == "many_to_one").pictures
    assert pictures[0].kind == "latents.shown"
    assert pictures[0].label.startswith("region 1, ")
    assert "map_of_coincidences" in [each.name for each in finding.exhibits]


def test_one_direction_has_an_effective_rank_of_one_although_all_latents_are_in_use() -> None:
    finding = audit(Narrow())
    assert finding.estimate("active_units").value == LATENTS
    assert finding.estimate("effective_rank").value == pytest.approx(1, abs=1e-3)


def test_a_constant_decoder_is_all_collapse() -> None:
    finding = audit(Constant())
    assert finding.estimate("active_units").interval(0.99).high == 0
    assert finding.estimate("effective_rank").value == 0
    assert finding.estimate("many_to_one_share").interval().low > 0.99
    assert rows(finding, "regions")[0][4] == "all over the prior"


def test_an_output_that_hardly_moves_leaves_no_unit_active() -> None:
    """The shape of the effect is sound and its size a thousandth of the data's."""

    class Faint(Linear):
        def prepare(self, z: Tensor) -> Tensor:
            return z / 1000

    finding = audit(Faint())
    assert finding.estimate("active_units").interval(0.99).high == 0
    assert finding.settings["spread_of_outputs_to_that_of_real_records"] == pytest.approx(1e-6, rel=0.2)


def test_shared_outputs_of_the_data_are_no_defect_of_the_model() -> None:
    """A distribution of forty images: a perfect decoder gives them too, so far-apart latents coincide."""
    outputs = torch.rand(40, 1, EDGE, EDGE, generator=torch.Generator().manual_seed(5))

    class Few(nn.Module):
        modality, latent_dim = "image", 2

        def decode(self, z: Tensor) -> Tensor:
            turn = (torch.atan2(z[:, 0], z[:, 1]) / (2 * torch.pi) + 0.5).clamp(0, 0.9999)
            return outputs[(40 * turn).long()]

    chosen: NDArray[np.int64] = np.random.default_rng(0).integers(40, size=900)
    evidence = Evidence(
        modality="image",
        generated=Generated(np.zeros((1, 1, EDGE, EDGE), np.float32), 0, "toy"),
        latents=collect_latents(Few(), Real(outputs.numpy()[chosen], 900, "real", "memory", "00")),
    )
    coinciding = LatentHealth()(evidence, np.random.default_rng(0)).estimate("many_to_one_share")
    assert coinciding.value > 0.5
    assert coinciding.perfect is not None
    assert coinciding.perfect.value > 0.99
    assert coinciding.p_value is not None
    assert coinciding.p_value > 0.05
