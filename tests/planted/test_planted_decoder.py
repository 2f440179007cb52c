"""A decoder that draws a stroke from chosen latents: the auditor must find which do what, and which do nothing."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genai_audit.audit.attribution.latent_drivers.auditor import Drivers
from genai_audit.audit.evidence.attributions.collect import collect_attributions
from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.finding import Finding

LATENTS, EDGE = 9, 12
SEEDS = range(6)


class Stroke(nn.Module):
    """A slanted Gaussian stroke whose total ink, length and slant each follow one latent; the others do nothing.

    Args:
        roles: the latents that set the ink, the length and the slant.
        turn: mixes the latents first, so that no single one has a role.
        strength: of every effect; 0 makes the output constant.
    """

    latent_dim = LATENTS

    def __init__(self, roles: tuple[int, int, int], turn: Tensor | None = None, strength: float = 1.0) -> None:
        super().__init__()
        self.roles, self.strength = roles, strength
        self.register_buffer("turn", torch.eye(LATENTS) if turn is None else turn)

    def decode(self, z: Tensor) -> Tensor:
        mixed = self.strength * (z @ self.turn)
        ink, length, slant = (torch.tanh(0.6 * mixed[:, each])[:, None, None] for each in self.roles)
        at = torch.arange(EDGE, dtype=z.dtype) - (EDGE - 1) / 2
        up, right = -at[:, None], at[None, :] - 0.4 * slant * -at[:, None]
        # A shear keeps the area, and the length is taken out of the height, so that ink depends on its latent alone.
        tall, wide = 1.6 * torch.exp(0.25 * length), 0.9
        stroke = torch.exp(-0.5 * (up / tall) ** 2 - 0.5 * (right / wide) ** 2) / tall
        return (stroke * (0.9 + 0.4 * ink))[:, None]


def audit(model: nn.Module, seed: int) -> Finding:
    evidence = Evidence(
        modality="image",
        generated=Generated(np.zeros((1, 1, EDGE, EDGE), np.float32), 0, "stroke"),
        attributions=collect_attributions(model, n=200, seed=seed),
    )
    return Drivers(rotations=39)(evidence, np.random.default_rng(seed))


def roles(seed: int) -> tuple[int, int, int]:
    first, second, third, *_ = (int(each) for each in np.random.default_rng(100 + seed).permutation(LATENTS))
    return first, second, third


@pytest.mark.parametrize("seed", SEEDS)
def test_planted_roles_are_found(seed: int) -> None:
    ink, length, slant = roles(seed)
    finding = audit(Stroke((ink, length, slant)), seed)
    assert finding.estimate("share_of_effect", f"z{ink} → ink").interval(0.99).low > 0.9
    assert finding.estimate("share_of_effect", f"z{slant} → slant").interval(0.99).low > 0.9
    # A slanted stroke is longer too, so the size has two drivers; the larger is the length.
    assert finding.estimate("share_of_effect", f"z{length} → size").interval(0.99).low > 0.5
    unused = finding.estimate("unused_dimensions").interval(0.99)
    assert (unused.low, unused.high) == (LATENTS - 3, LATENTS - 3)
    assert 2 < finding.estimate("effective_dimensions").value <= 3
    assert finding.estimate("completeness_error").value < 0.02
    table = next(each for each in finding.tables if each.name == "dimensions")
    assert {row[0] for row in table.rows if row[-1] == "used"} == {f"z{each}" for each in (ink, length, slant)}
    assert concentration(finding) == pytest.approx(1 / 40)


@pytest.mark.parametrize("seed", SEEDS)
def test_dimensions_without_a_role_have_no_effect(seed: int) -> None:
    used = roles(seed)
    finding = audit(Stroke(used), seed)
    for dimension in set(range(LATENTS)) - set(used):
        estimate = finding.estimate("share_of_effect", f"z{dimension}")
        assert estimate.value < 1e-6
        assert estimate.interval(0.99).high < 0.1 / LATENTS


@pytest.mark.parametrize("seed", SEEDS)
def test_the_sound_twin_with_mixed_latents_has_no_roles(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    turn = torch.linalg.qr(torch.randn(LATENTS, LATENTS, generator=generator))[0]
    finding = audit(Stroke(roles(seed), turn=turn), seed)
    assert finding.estimate("largest_share").interval(0.99).high < 0.5
    assert finding.estimate("unused_dimensions").interval(0.99).low == 0
    # The same outputs as the planted twin, but its axes are like any others.
    assert concentration(finding) > 1 / 40


@pytest.mark.parametrize("seed", SEEDS)
def test_a_constant_output_leaves_nothing_to_explain(seed: int) -> None:
    finding = audit(Stroke(roles(seed), strength=0.0), seed)
    assert finding.reason is not None
    assert finding.reason.startswith("no effect to explain")
    assert all(each.name == "effect_size" and each.value == 0 for each in finding.estimates)


def concentration(finding: Finding) -> float:
    """How many of the turned models are at least as concentrated as this one, itself included."""
    table = next(each for each in finding.tables if each.name == "turned_axes")
    value = table.rows[0][-1]
    assert isinstance(value, float)
    return value
