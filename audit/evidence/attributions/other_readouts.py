"""Named scalars of sounds and of table rows: what a latent dimension may move where no image comes out."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from .readouts import Panel, Readout

if TYPE_CHECKING:
    from torch import Tensor

FAINT = 1e-10
"""Power added to sounds, 100 decibels below full scale: silence gets a level and a centre, not −∞ and 0/0."""

FRAME = 0.005
"""Seconds within which the energy of a sound is added up before its duration is taken."""

MATERIAL_PART = 0.01
"""Of a column's standard deviation in the reference, from which a difference in its mean is material."""

MATERIAL_SHARE = 0.001


def audio_panel(rate: float) -> Panel:
    """The readouts of sounds (n, t) of so many samples a second: loudness, spectral centre and duration."""
    readouts = (
        Readout("loudness", "decibels", 0.1, loudness),
        Readout("spectral centre", "hertz", 5.0, lambda sounds: spectral_centre(sounds, rate)),
        Readout("duration", "seconds", 0.0005, lambda sounds: duration(sounds, rate)),
    )
    return Panel(readouts, lambda sounds: [each.measure(sounds) for each in readouts])


def loudness(sounds: "Tensor") -> "Tensor":
    """Level of the mean power, in decibels of full scale: sounds (n, t) to (n,)."""
    return 10 * (sounds.square().mean(dim=1) + FAINT).log10()


def spectral_centre(sounds: "Tensor", rate: float) -> "Tensor":
    """Mean frequency weighted by power, in hertz: sounds (n, t) to (n,)."""
    import torch

    length = sounds.shape[1]
    power = torch.fft.rfft(sounds).abs().square() / length + FAINT
    frequencies = torch.fft.rfftfreq(length, 1 / rate).to(power)
    centre: Tensor = (power * frequencies).sum(dim=1) / power.sum(dim=1)
    return centre


def duration(sounds: "Tensor", rate: float) -> "Tensor":
    """How long a sound of even energy would be that is as concentrated in time, in seconds: sounds (n, t) to (n,).

    The participation ratio of the energy of frames, (Σe)² / Σe², times their length: no threshold says what is sound.
    """
    import torch

    frame = max(1, min(sounds.shape[1], round(FRAME * rate)))
    energy = torch.nn.functional.avg_pool1d((sounds.square() + FAINT)[:, None], frame, ceil_mode=True)[:, 0]
    return energy.sum(dim=1).square() / energy.square().sum(dim=1) * frame / rate


def table_panel(columns: Mapping[str, str], spreads: Mapping[str, float]) -> Panel:
    """One readout for each number that a table's decode expects.

    Args:
        columns: names of the d numbers, with their units.
        spreads: standard deviations of the columns of numbers in the reference, by name, as far as they are known.
    """

    def readout(place: int, name: str, unit: str) -> Readout:
        material = MATERIAL_SHARE if unit == "share" else MATERIAL_PART * spreads.get(name, 0.0)
        return Readout(name, unit, material, lambda rows: rows[:, place])

    readouts = tuple(readout(place, *each) for place, each in enumerate(columns.items()))
    return Panel(readouts, lambda rows: [rows[:, place] for place in range(len(readouts))])


def column_spreads(frame: object) -> dict[str, float]:
    """Standard deviations of the columns of numbers of a `pandas.DataFrame`; of anything else, none."""
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        return {}
    numeric = frame.select_dtypes("number").std()
    return {str(name): float(value) for name, value in numeric.items() if np.isfinite(value)}
