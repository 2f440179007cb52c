"""A denoiser whose class acts in one block of steps alone: all energy lies there (section 6 of the reference)."""

from dataclasses import replace

import numpy as np
import pytest

from genai_audit.audit.attribution.conditioning.auditor import ConditionEffect
from genai_audit.audit.evidence.conditioning.collect import collect
from unit.audit.attribution.conditional_models import Steps, evidence_of, plan_of


@pytest.mark.parametrize("window", range(8))
def test_the_planted_block_of_steps_carries_all_energy(window: int) -> None:
    # A step that listens adds a constant of the class told; with the same noise all else cancels exactly, so windows
    # without one have a change of 0 and the planted one a share of 1.
    model = Steps(listening=(2 * window, 2 * window + 1))
    evidence = evidence_of(model)
    asked = collect(plan_of(model), evidence, lambda share: None)
    found = ConditionEffect(permutations=99)(replace(evidence, conditioning=asked), np.random.default_rng(0))
    shares = [each.value for each in found.estimates if each.name == "step_effect"]
    assert shares == pytest.approx(np.eye(8)[window], abs=1e-9)


def test_two_equal_blocks_share_the_energy_evenly() -> None:
    # Each of two steps adds half of the pattern, so telling another class in either moves as much.
    model = Steps(listening=(0, 15), strength=0.05)
    evidence = evidence_of(model)
    asked = collect(plan_of(model), evidence, lambda share: None)
    found = ConditionEffect(permutations=99)(replace(evidence, conditioning=asked), np.random.default_rng(0))
    shares = [each.value for each in found.estimates if each.name == "step_effect"]
    assert shares == pytest.approx([0.5, 0, 0, 0, 0, 0, 0, 0.5], abs=0.01)
