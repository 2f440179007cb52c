"""Readouts of sounds and of table rows, worked out by hand."""

import math

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from genai_audit.audit.evidence.attributions.other_readouts import (
    audio_panel,
    column_spreads,
    duration,
    loudness,
    spectral_centre,
    table_panel,
)

RATE = 8000


def tone(frequency: float, seconds: float = 0.1, length: float = 0.1, size: float = 0.5) -> Tensor:
    """A sine of so many seconds in a sound of that length."""
    t = torch.arange(round(length * RATE), dtype=torch.float64) / RATE
    return (size * torch.sin(2 * math.pi * frequency * t) * (t < seconds))[None]


def test_loudness_is_the_level_of_the_mean_power() -> None:
    # A sine of amplitude 0.5 has the power 1/8: 10 log10(1/8) = −9.03 decibels; half the size is 6.02 less.
    assert loudness(tone(1000)).item() == pytest.approx(10 * math.log10(1 / 8), abs=1e-6)
    assert (loudness(tone(1000)) - loudness(tone(1000, size=0.25))).item() == pytest.approx(6.0206, abs=1e-4)


def test_the_spectral_centre_of_a_sine_is_its_frequency_and_of_two_the_middle() -> None:
    assert spectral_centre(tone(1000), RATE).item() == pytest.approx(1000, rel=1e-5)
    assert spectral_centre(tone(500) + tone(1500), RATE).item() == pytest.approx(1000, rel=1e-5)


def test_duration_is_that_of_an_even_sound() -> None:
    assert duration(tone(1000, seconds=0.05), RATE).item() == pytest.approx(0.05, rel=1e-3)
    assert duration(0.01 * tone(1000, seconds=0.05), RATE).item() == pytest.approx(0.05, rel=1e-2)


@pytest.mark.parametrize("sound", [torch.zeros(2, 64), torch.full((2, 3), 1.0)], ids=["silence", "three samples"])
def test_degenerate_sounds_have_finite_values_and_gradients(sound: Tensor) -> None:
    x = sound.clone().requires_grad_()
    for readout, values in zip(audio_panel(RATE).readouts, audio_panel(RATE).measure(x), strict=True):
        assert bool(values.isfinite().all()), readout.name
        assert bool(torch.autograd.grad(values.sum(), x, retain_graph=True)[0].isfinite().all()), readout.name


def test_readouts_of_rows_are_their_numbers_with_what_is_material() -> None:
    panel = table_panel({"income": "", "sex = female": "share", "age": ""}, {"income": 2000.0})
    rows = torch.tensor([[30000.0, 0.25, 40.0], [20000.0, 0.75, 50.0]])
    assert [each.tolist() for each in panel.measure(rows)] == rows.T.tolist()
    assert [(each.name, each.unit, each.material) for each in panel.readouts] == [
        ("income", "", 20.0),
        ("sex = female", "share", 0.001),
        ("age", "", 0.0),
    ]
    assert panel.readouts[1].measure(rows).tolist() == [0.25, 0.75]


def test_spreads_of_columns_of_numbers() -> None:
    frame = pd.DataFrame({"a": [1.0, 3.0], "b": ["x", "y"], "c": [1, 1]})
    assert column_spreads(frame) == {"a": pytest.approx(math.sqrt(2)), "c": 0.0}
    assert column_spreads(np.zeros(3)) == {}
