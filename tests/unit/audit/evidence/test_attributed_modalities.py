"""Attributions of models whose outputs are sounds or expected rows, and whose prior is their own."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from genai_audit.audit.attribution.latent_drivers.auditor import Drivers
from genai_audit.audit.evidence.attributions.collect import collect
from genai_audit.audit.evidence.attributions.kind import QUANTILES, Attributions
from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.unavailable import Unavailable, Unmeasured
from genai_audit.audit.finding import Finding

RATE = 8000


class Beeper:
    """z0 sets the loudness of a tone, z1 its frequency, and z2 nothing."""

    modality, latent_dim, sample_rate = "audio", 3, RATE

    def decode(self, z: Tensor) -> Tensor:
        t = torch.arange(400) / RATE
        frequency = 800 + 100 * torch.tanh(z[:, 1:2])
        return 0.1 * torch.exp(0.3 * z[:, :1]) * torch.sin(2 * math.pi * frequency * t)


class Clerk:
    """Expected rows: income follows z0, the share of women z1; latents are uniform, not normal."""

    modality, latent_dim = "tabular", 3
    decoded_columns = {"income": "", "sex = female": "share"}  # noqa: RUF012 – as a loader may write it

    def decode(self, z: Tensor) -> Tensor:
        return torch.stack([30000 + 1000 * z[:, 0], torch.sigmoid(z[:, 1])], dim=1)

    def draw_latents(self, n: int, *, generator: torch.Generator) -> Tensor:
        return 4 * torch.rand(n, 3, generator=generator) - 2


def collected(model: Any, reference: Any = None) -> Attributions:
    plan = Plan(modality=model.modality, source="toy", model=model)
    real = None if reference is None else Real(reference, len(reference), "toy", "toy", "0" * 64)
    evidence = Evidence(model.modality, Generated(np.zeros((1, 2)), 0, "toy"), reference=real)
    return collect(plan, evidence, lambda share: None)


def audited(model: Any, found: Attributions) -> Finding:
    evidence = Evidence(model.modality, Generated(np.zeros((1, 2)), 0, "toy"), attributions=found)
    return Drivers(rotations=39)(evidence, np.random.default_rng(0))


def test_what_a_latent_does_to_a_sound_is_found() -> None:
    found = collected(Beeper())
    assert found.readouts == ("loudness", "spectral centre", "duration")
    assert found.units == ("decibels", "hertz", "seconds")
    assert (found.completeness_error <= found.tolerance[:, None]).all()
    finding = audited(Beeper(), found)
    assert finding.estimate("share_of_effect", "z0 → loudness").value > 0.99
    assert finding.estimate("share_of_effect", "z1 → spectral centre").value > 0.99
    assert finding.estimate("effect_size", "loudness").unit == "decibels"
    # 20 log10 e^(0.3 z) = 2.606 z decibels, and the difference of two draws has the variance 2.
    interval = finding.estimate("effect_size", "loudness").interval(0.99)
    assert interval.low <= 20 * math.log10(math.e) * 0.3 * math.sqrt(2) <= interval.high
    assert finding.exhibits == ()
    assert found.maps.size == found.sample.size == found.traversals.size == 0


def test_what_a_latent_does_to_a_row_is_found() -> None:
    income = np.array([29000.0, 31000.0, 30000.0])
    found = collected(Clerk(), pd.DataFrame({"income": income, "sex": ["f", "m", "f"]}))
    assert found.readouts == ("income", "sex = female")
    assert found.material == pytest.approx([0.01 * income.std(ddof=1), 0.001])
    finding = audited(Clerk(), found)
    assert finding.estimate("share_of_effect", "z1 → sex = female").value == pytest.approx(1)
    assert finding.estimate("unused_dimensions").value == 1
    assert finding.settings["prior"] == "the model's own"


def test_the_models_own_prior_is_drawn_from_and_has_no_turned_axes() -> None:
    found = collected(Clerk())
    drawn = np.concatenate([found.latents, found.baselines])
    assert not found.standard_prior
    assert 1.9 < np.abs(drawn).max() <= 2
    tables = {table.name: table for table in audited(Clerk(), found).tables}
    assert not {"turned_axes", "entangled"} & set(tables)
    # Quantiles are those of the draws: of the uniform law from −2 to 2, ±1.8 at 5 and 95 %.
    rows = [row for row in tables["walks"].rows if row[:2] == ("z0", "income")]
    assert [(each - 30000) / 1000 for each in rows[0][3:]] == pytest.approx([-1.8, -1, 0, 1, 1.8], abs=0.25)
    assert len(tables["walks"].columns) == 3 + len(QUANTILES)


def made(model: type, **changes: Any) -> Any:
    return type("Changed", (model,), changes)()


@pytest.mark.parametrize(
    ("model", "error", "reason"),
    [
        (made(Beeper, sample_rate=None), Unmeasured, r"no sample_rate: give the samples of sound a second"),
        (made(Clerk, decoded_columns=None), Unmeasured, r"give decoded_columns, a mapping"),
        (made(Clerk, decoded_columns={"a": ""}), ValueError, r"expected decode\(z\) to give 1 numbers a row.*got 2"),
        (made(Beeper, decode=lambda self, z: z[:, :, None]), ValueError, r"to give sounds \(4, t\).*got \(4, 3, 1\)"),
        (made(Clerk, draw_latents=lambda self, n, generator: torch.zeros(n, 2)), ValueError, r"draw_latents\(256\)"),
        (made(Beeper, modality="text"), Unavailable, r"this model makes text records"),
        (type("Plain", (), {"modality": "tabular"})(), Unavailable, r"the model offers no decode\(z\)"),
    ],
    ids=["no rate", "no columns", "other columns", "shape", "prior", "text", "no decode"],
)
def test_what_cannot_be_explained_says_why(model: Any, error: type[Exception], reason: str) -> None:
    with pytest.raises(error, match=reason):
        collected(model)
