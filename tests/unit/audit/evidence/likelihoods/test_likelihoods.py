"""Likelihoods and reconstructions: the model's own numbers for records chosen at random, checked before use."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from genai_audit import UserError
from genai_audit.audit.evidence.bundle import DECLARED, Evidence, Generated, Groups, Real
from genai_audit.audit.evidence.likelihoods import chosen
from genai_audit.audit.evidence.likelihoods.collect import collect
from genai_audit.audit.evidence.likelihoods.reconstructions import collect as reconstruct
from genai_audit.audit.evidence.plan import Plan
from genai_audit.audit.evidence.unavailable import Unavailable, Unmeasured


class Brightness:
    """Likely as bright as it is; gives back half of the brightness."""

    modality = "image"
    log_prob_kind = "exact"

    def __init__(self) -> None:
        self.asked = 0

    def log_prob(self, samples: torch.Tensor) -> torch.Tensor:
        self.asked += len(samples)
        return samples.flatten(1).sum(1)

    def encode(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x.flatten(1), x.flatten(1)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        return z.reshape(-1, 1, 2, 2) / 2


def evidence(n: int = 3_000) -> Evidence:
    rng = np.random.default_rng(0)
    pictures = rng.random((n, 1, 2, 2)).astype(np.float32)
    groups = Groups(
        ("a", "b"),
        np.zeros(n, dtype=np.int64),
        np.zeros((2, 2), dtype=np.int64),
        np.ones(2, dtype=np.int64),
        DECLARED,
        {},
        np.zeros(50, dtype=np.int64),
    )
    real = Real(pictures[:50], 50, "r", "r", "")
    return Evidence("image", Generated(pictures, 0, "m"), real, replace(real, samples=pictures[:20]), groups=(groups,))


def plan(model: Any) -> Plan:
    return Plan("image", "m", model=model, seed=5)


def nothing(share: float) -> None:
    pass


def test_each_record_chosen_gets_its_own_number() -> None:
    given = evidence()
    found = collect(plan(Brightness()), given, nothing)
    assert (found.kind, found.unit) == ("exact", "pixel value")
    assert len(found.generated.rows) == chosen.MOST
    assert (np.diff(found.generated.rows) > 0).all()
    sums = given.generated.samples[found.generated.rows].sum(axis=(1, 2, 3))
    assert found.generated.values == pytest.approx(sums, rel=1e-6)
    assert found.generated.per_unit == pytest.approx(sums / 4, rel=1e-6)
    assert (found.reference.rows == np.arange(50)).all()
    assert found.holdout is not None
    assert len(found.holdout.values) == 20
    again = collect(plan(Brightness()), given, nothing)
    assert (again.generated.rows == found.generated.rows).all()


def test_a_slow_model_is_asked_about_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(1_000))
    monkeypatch.setattr(chosen.time, "process_time", lambda: float(next(ticks)))
    model = Brightness()
    found = collect(plan(model), evidence(), nothing)
    # 16 records took a second, so 4 s are enough for 64 records: the fewest are asked about.
    assert len(found.generated.rows) == chosen.FEWEST
    assert model.asked == 2 * chosen.TRIED + chosen.FEWEST + 50 + 20


def test_impossible_records_are_counted() -> None:
    model = Brightness()
    model.log_prob = lambda samples: torch.where(samples.flatten(1)[:, 0] < 0.5, -torch.inf, 0.0)  # type: ignore[method-assign]  # a user's model may be put together so
    found = collect(plan(model), evidence(), nothing)
    assert 0.4 < found.generated.impossible < 0.6


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda x: x.flatten(1).sum(1)[:-1], r"expected a tensor \(16,\) of nats, finite or −inf, got shape \(15,\)"),
        (lambda x: x.flatten(1).sum(1) * torch.nan, r"got NaN or infinity"),
        (lambda x: x.flatten(1).sum(1) + torch.inf, r"got NaN or infinity"),
        (lambda x: "likely", r"expected 16 numbers for 16 records"),
    ],
)
def test_what_is_no_number_a_record_is_the_models_mistake(given: Any, said: str) -> None:
    model = Brightness()
    model.log_prob = given
    with pytest.raises(UserError, match=f"log_prob: .*{said}"):
        collect(plan(model), evidence(), nothing)


def test_models_without_a_likelihood_are_not_asked() -> None:
    with pytest.raises(Unavailable, match="gives no likelihood"):
        collect(plan(object()), evidence(), nothing)
    with pytest.raises(Unavailable, match="gives no likelihood"):
        collect(plan(None), evidence(), nothing)
    model = Brightness()
    model.log_prob_kind = "rough"
    with pytest.raises(Unavailable, match="exact or a lower bound, but 'rough'"):
        collect(plan(model), evidence(), nothing)
    with pytest.raises(Unavailable, match="of which there are none"):
        collect(plan(Brightness()), replace(evidence(), groups=None), nothing)


def test_reconstructions_are_mean_squared_errors() -> None:
    given = evidence()
    found = reconstruct(plan(Brightness()), given, nothing)
    halves = (given.reference.samples / 2) ** 2 if given.reference is not None else np.empty(0)
    assert found.reference.values == pytest.approx(halves.mean(axis=(1, 2, 3)), rel=1e-5)


def test_reconstructions_that_cannot_be_had() -> None:
    model = Brightness()
    model.classes = ("a", "b")  # type: ignore[attr-defined]  # a capability that is found by attribute
    with pytest.raises(Unmeasured, match="the encoder is told a class"):
        reconstruct(plan(model), evidence(), nothing)
    with pytest.raises(Unavailable, match="does not encode records and decode them"):
        reconstruct(plan(object()), evidence(), nothing)
    model = Brightness()
    model.decode = lambda z: z  # type: ignore[method-assign]  # as above
    with pytest.raises(UserError, match=r"decode\(encode\(x\)\): expected finite records of shape \(16, 1, 2, 2\)"):
        reconstruct(plan(model), evidence(), nothing)
