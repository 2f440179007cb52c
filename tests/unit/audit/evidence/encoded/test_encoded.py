"""The collector of what the encoder looks at: its contract, its guards, and errors by region."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from genai_audit import UserError
from genai_audit.audit.evidence.bundle import Evidence, Generated, Real
from genai_audit.audit.evidence.encoded import collect as collecting
from genai_audit.audit.evidence.encoded.codes import Encoder
from genai_audit.audit.evidence.encoded.collect import collect
from genai_audit.audit.evidence.encoded.kind import Encoded
from genai_audit.audit.evidence.unavailable import Unavailable, Unmeasured
from unit.audit.attribution.region_examples import Coder, evidence, nothing, pictures, plan

PROJECTION = torch.randn(64, 3, generator=torch.Generator().manual_seed(0)) / 8


def project(x: Tensor) -> Tensor:
    return x.flatten(1) @ PROJECTION


def asked(mean: Callable[[Tensor], Tensor] = project, decode: Callable[[Tensor], Tensor] | None = None) -> Encoded:
    return collect(plan(Coder(mean, decode)), evidence(pictures(9, 0), pictures(50, 1)), nothing)


def test_contract() -> None:
    found = asked(decode=lambda z: torch.full((len(z), 1, 8, 8), 0.5))
    assert found.means.shape == found.log_variances.shape == (50, 3)
    assert found.attributions.shape == found.effects.shape == (50, 64)
    assert (found.completeness_error <= found.tolerance).all()
    assert found.errors.shape == (50, 64)
    assert found.spread.sum() == pytest.approx(1)
    assert found.maps.shape == found.null_maps.shape == found.error_maps.shape == (1, 1, 8, 8)
    [map_] = found.checked
    assert map_.violations == ()
    assert map_.values.shape == map_.other_values.shape == (24, 64)
    assert found.remarks == ()


def test_errors_are_those_of_each_region() -> None:
    real = pictures(50, 1)
    found = asked(decode=lambda z: torch.full((len(z), 1, 8, 8), 0.5))
    assert found.errors == pytest.approx(np.square(real[found.rows].reshape(50, 64) - 0.5), abs=1e-5)


def test_without_a_decoder_there_are_no_errors() -> None:
    found = asked()
    assert found.errors.shape == (0, 64)
    assert found.error_maps.size == 0
    assert "does not decode" in found.remarks[0]


def test_without_an_encoder_there_is_nothing_to_explain() -> None:
    with pytest.raises(Unavailable, match=r"offers no encode\(x\)"):
        collect(plan(object()), evidence(pictures(9, 0), pictures(50, 1)), nothing)
    texts = Evidence("text", Generated(["a"], 0, "m"), Real(["b"], 1, "r", "r", ""))
    with pytest.raises(Unavailable, match="images, sounds or tables"):
        collect(plan(Coder(project), "text"), texts, nothing)


def test_a_random_encoder_is_refused() -> None:
    with pytest.raises(Unmeasured, match="different codes for the same record"):
        asked(lambda x: project(x) + torch.rand(len(x), 1))


def test_an_encoder_that_looks_at_the_batch_is_refused() -> None:
    with pytest.raises(Unmeasured, match="depends on the other records"):
        asked(lambda x: project(x - x.mean(0)))


@pytest.mark.parametrize(
    ("mean", "said"),
    [
        (lambda x: project(x)[:, None], "expected a mean and a log-variance"),
        (lambda x: project(x)[:1], "expected a mean and a log-variance"),
        (lambda x: project(x) * torch.nan, "expected finite numbers"),
    ],
)
def test_wrong_codes_get_one_line(mean: Callable[[Tensor], Tensor], said: str) -> None:
    with pytest.raises(UserError, match=said):
        asked(mean)


@pytest.mark.parametrize(
    ("decode", "said"),
    [
        (lambda z: torch.zeros(len(z), 1, 4, 4), r"got shape \(50, 1, 4, 4\)"),
        (lambda z: torch.full((len(z), 1, 8, 8), torch.inf), "not finite"),
    ],
)
def test_what_is_decoded_must_be_like_what_was_encoded(decode: Callable[[Tensor], Tensor], said: str) -> None:
    with pytest.raises(UserError, match=said):
        asked(decode=decode)


def test_without_a_gradient_occlusion_remains() -> None:
    found = asked(lambda x: project(x.detach()))
    assert len(found.attributions) == 0
    assert "passes no gradient" in " ".join(found.remarks)
    assert np.array_equal(found.map_of_records, found.effects)
    assert found.checked[0].method == "occlusion of regions"


def test_work_in_place_changes_nothing_of_ours() -> None:
    real = pictures(50, 1)
    kept = real.copy()
    found = collect(plan(Coder(lambda x: project(x.mul_(2)))), evidence(pictures(9, 0), real), nothing)
    assert np.array_equal(real, kept)
    assert found.attributions == pytest.approx(4 * asked().attributions, rel=1e-3, abs=1e-5)


def test_eval_mode_inside_and_the_former_mode_after() -> None:
    body = nn.Sequential(nn.Flatten(), nn.Linear(64, 3), nn.Dropout(0.5)).train()
    model = Coder(body)
    found = collect(plan(model), evidence(pictures(9, 0), pictures(50, 1)), nothing)
    assert body.training
    assert found.attributions.any()


class Recurrent(nn.Module):
    """A recurrent encoder of sounds; its backward pass on a graphics card needs cuDNN off in eval mode."""

    modality = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.rnn = nn.LSTM(1, 4, batch_first=True)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean = self.rnn(x[..., None])[0][:, -1]
        return mean, torch.zeros_like(mean)


def test_a_recurrent_encoder_is_explained_with_cudnn_off(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    model = Recurrent()
    own = model.rnn.forward

    def forward(*given: Any) -> Any:
        if torch.is_grad_enabled():
            seen.append(bool(torch.backends.cudnn.enabled))
        return own(*given)

    monkeypatch.setattr(model.rnn, "forward", forward)
    sounds = np.random.default_rng(0).standard_normal((40, 32)).astype(np.float32)
    data = Evidence("audio", Generated(sounds, 0, "m", sample_rate=80), Real(sounds, 40, "r", "r", ""))
    before = torch.backends.cudnn.enabled
    found = collect(plan(model, "audio"), data, nothing)
    assert found.attributions.shape == (40, 16)
    assert any(not each for each in seen)
    assert torch.backends.cudnn.enabled == before


@dataclass
class Told:
    """An encoder that must be told the class."""

    classes: tuple[str, ...] = ("a", "b")
    modality: str = "image"

    def encode(self, x: Tensor, condition: Any = None) -> tuple[Tensor, Tensor]:
        assert condition is not None
        sides = torch.tensor([each == "a" for each in condition])
        half = torch.where(sides[:, None], x[..., :4].flatten(1), x[..., 4:].flatten(1))
        return half, torch.zeros_like(half)


def test_an_encoder_is_told_the_class_of_each_record() -> None:
    x, rows = torch.from_numpy(pictures(3, 0)), np.array([1, 0, 1])
    codes = Encoder(Told(), ["b", "a"]).codes(x, rows)
    assert torch.equal(codes.means[0], x[0, :, :, :4].flatten())
    assert torch.equal(codes.means[1], x[1, :, :, 4:].flatten())


def test_an_encoder_that_is_told_an_unknown_class_is_not_guessed_for() -> None:
    with pytest.raises(Unmeasured, match="told a class"):
        collect(plan(Told()), evidence(pictures(9, 0), pictures(50, 1)), nothing)


def test_columns_of_a_table_are_occluded() -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"age": rng.integers(20, 60, 60), "sex": rng.choice(["f", "m"], 60)})

    class Columns:
        modality = "tabular"

        def encode(self, x: pd.DataFrame) -> tuple[Tensor, Tensor]:
            mean = torch.tensor(x[["age"]].to_numpy() / 10)
            return mean, torch.zeros_like(mean)

    found = collect(
        plan(Columns(), "tabular"),
        Evidence("tabular", Generated(table, 0, "m"), Real(table, 60, "r", "r", "")),
        nothing,
    )
    assert found.effects[:, 0].any()
    assert not found.effects[:, 1].any()
    assert found.sample.size == found.maps.size == 0


def test_a_slow_encoder_is_asked_about_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collecting, "PATIENCE", 0.0)
    assert len(asked().explained) == collecting.FEWEST
