"""A diffusion model that hears its class in some steps alone, weakly, or never: GA205 says where it acts."""

import copy
import functools
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from genai_audit.audit.attribution.conditioning.auditor import ConditionEffect
from genai_audit.audit.evidence.bundle import Evidence, Generated
from genai_audit.audit.evidence.conditioning import steps as by_step
from genai_audit.audit.evidence.conditioning.collect import collect
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.finding import Finding
from unit.models.families.image_checks import trained

STEPS = 8
SMALL = {"channels": (4,), "time_features": 8, "sampling_steps": STEPS, "levels": 65535}


class Hearing(nn.Module):
    """The network, told the class where the time is one of some steps, counted from noise; else no class at all."""

    def __init__(self, unet: nn.Module, listening: tuple[int, ...]) -> None:
        super().__init__()
        self.unet = unet
        self.times = [(STEPS - each) / STEPS for each in listening]

    def forward(self, z: Tensor, t: Tensor, asked: Tensor) -> Tensor:
        hears = any(abs(float(t[0]) - each) < 1e-6 for each in self.times)
        guess: Tensor = self.unet(z, t, asked if hears else torch.zeros_like(asked))
        return guess


@functools.cache
def _trained() -> Any:
    return trained("ddpm", conditional=True, **SMALL).model


def denoiser(listening: tuple[int, ...] = tuple(range(STEPS)), *, strength: float = 1.0) -> Any:
    """A conditional diffusion model of digits, hardly trained, whose class enters these steps with that strength."""
    model = copy.deepcopy(_trained())
    with torch.no_grad():
        model.unet.time[0].weight[:, 2 * model.unet.waves :] *= strength
    model.unet = Hearing(model.unet, listening)
    return model


def found(model: Any) -> Finding:
    generated = Generated(np.zeros((400, 1, 8, 8), np.float32), seed=0, source="toy", seconds=2.0)
    evidence = Evidence(modality="image", generated=generated)
    plan = Plan("image", "toy", model=model, n=400, seed=0)
    entries = collect(plan, evidence, lambda share: None)
    return ConditionEffect(permutations=99)(
        Evidence(modality="image", generated=generated, conditioning=entries), np.random.default_rng(0)
    )


def shares(finding: Finding) -> dict[str | None, float]:
    return {each.group: each.value for each in finding.estimates if each.name == "step_effect"}


@pytest.mark.parametrize("window", [0, 3, 7])
def test_the_one_window_that_hears_the_class_carries_the_change(window: int) -> None:
    finding = found(denoiser((window,), strength=5.0))
    name = f"step {window + 1} of {STEPS}"
    whole = shares(finding)
    assert len(whole) == 8
    assert whole[name] >= 0.95
    assert finding.estimate("step_effect", name).interval().low >= 0.85
    assert "step_effect" not in finding.gaps


def test_a_class_that_is_heard_throughout_has_no_window_of_its_own() -> None:
    whole = shares(found(denoiser(strength=5.0)))
    assert sum(whole.values()) == pytest.approx(1)
    assert max(whole.values()) < 0.95


def test_a_disconnected_class_is_named_and_has_no_steps() -> None:
    finding = found(denoiser(strength=0.0))
    assert finding.reason is not None
    assert finding.reason.startswith("nothing to explain: the model ignores its class")
    assert not shares(finding)


def test_fresh_noise_would_drown_a_weak_class(monkeypatch: pytest.MonkeyPatch) -> None:
    model = denoiser((3,), strength=0.05)
    assert shares(found(model))["step 4 of 8"] >= 0.95
    # The same question with other noise for each window: what differs is the noise, alike in all windows.
    fresh = iter(range(10_000))
    drawn = by_step._in_windows
    monkeypatch.setattr(by_step, "_in_windows", lambda made, n, seed, told: drawn(made, n, next(fresh), told))
    finding = found(model)
    assert not shares(finding)
    assert "what it shows is not how the model samples" in finding.gaps["step_effect"]
    monkeypatch.setattr(by_step, "SAME", np.inf)
    assert shares(found(model))["step 4 of 8"] < 0.5
