"""Collecting scores of membership: each record gets its own, higher for a member, by what the model offers."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from genai_audit import UserError
from genai_audit.audit.evidence.bundle import DECLARED, Evidence, Features, Generated, Groups, Real
from genai_audit.audit.evidence.likelihoods.kind import Likelihoods, Scored
from genai_audit.audit.evidence.membership import chosen
from genai_audit.audit.evidence.membership.closeness import closeness
from genai_audit.audit.evidence.membership.collect import collect
from genai_audit.audit.evidence.membership.offered import TIMES, offers, settled
from genai_audit.audit.evidence.plan import Base, Plan
from genai_audit.audit.evidence.unavailable import Unavailable, Unmeasured
from genai_audit.models.data.in_memory import data_in_memory

N, HELD = 60, 40
RNG = np.random.default_rng(0)
PICTURES = RNG.random((N, 1, 2, 2), dtype=np.float32)
HOLDOUT = RNG.random((HELD, 1, 2, 2), dtype=np.float32)
MADE = RNG.random((30, 1, 2, 2), dtype=np.float32)


class Bright:
    """Likely as bright as it is."""

    modality = "image"
    log_prob_kind = "exact"

    def __init__(self, by: float = 1.0) -> None:
        self.by, self.asked = by, 0

    def log_prob(self, samples: Any) -> torch.Tensor:
        self.asked += len(samples)
        return self.by * samples.flatten(1).sum(1)


class Diffusion:
    """Undoes noise the worse the brighter the picture."""

    modality = "image"
    log_prob_kind = "lower_bound"

    def __init__(self) -> None:
        self.told: list[tuple[torch.Tensor, torch.Tensor]] = []

    def log_prob(self, samples: Any) -> torch.Tensor:
        raise AssertionError("a diffusion model is asked for its denoising loss")

    def denoising_loss(self, x: torch.Tensor, *, t: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        self.told.append((t, noise))
        return x.flatten(1).sum(1) * t


class Critic:
    modality = "image"

    def critic(self, x: torch.Tensor) -> torch.Tensor:
        return -x.flatten(1).sum(1)


def seen(modality: str = "image", **more: Any) -> Evidence:
    real = Real(PICTURES, N, "r", "r", "")
    points = [each.reshape(len(each), -1).astype(np.float64) for each in (MADE, PICTURES, HOLDOUT)]
    return Evidence(
        modality,
        Generated(MADE, 0, "m"),
        real,
        replace(real, samples=HOLDOUT, total=HELD),
        features=Features(*points, "pixels"),
        **more,
    )


def plan(model: Any, **more: Any) -> Plan:
    return Plan("image", "m", model=model, reference=data_in_memory(PICTURES[:, 0], "reference"), seed=5, **more)


def nothing(share: float) -> None:
    pass


def test_every_record_gets_its_own_score() -> None:
    found = collect(plan(Bright()), seen(), nothing)
    (score,) = found.scores
    assert (score.name, score.kind) == ("log-likelihood", "likelihood")
    assert score.training.values == pytest.approx(PICTURES.sum(axis=(1, 2, 3)), rel=1e-6)
    assert score.holdout.values == pytest.approx(HOLDOUT.sum(axis=(1, 2, 3)), rel=1e-6)
    assert len(score.generated.values) == 30
    assert not score.has_base
    assert (found.training_numbers == np.arange(N)).all()
    assert (found.training_total, found.thinned, found.base, found.groups) == (N, False, "", ())


def test_what_is_known_already_is_not_asked_for_again() -> None:
    known = Likelihoods(
        "exact",
        "pixel value",
        Scored(np.arange(30), np.full(30, 7.0), np.full(30, 4)),
        Scored(np.arange(N), np.full(N, 8.0), np.full(N, 4)),
        Scored(np.arange(10), np.full(10, 9.0), np.full(10, 4)),
    )
    model = Bright()
    score = collect(plan(model), seen(likelihoods=known), nothing).scores[0]
    assert (score.training.values == 8).all()
    assert (score.holdout.values[:10] == 9).all()
    assert score.holdout.values[10:] == pytest.approx(HOLDOUT[10:].sum(axis=(1, 2, 3)), rel=1e-6)
    # Beside the trials of 4, 16 and all records, twice each, only 30 of the holdout are asked about.
    assert model.asked == 2 * 4 + 2 * 16 + 2 * N + 30


def test_a_diffusion_model_is_asked_with_common_noise() -> None:
    model = Diffusion()
    (score,) = collect(plan(model), seen(), nothing).scores
    assert score.kind == "denoising"
    assert score.training.values == pytest.approx(-PICTURES.sum(axis=(1, 2, 3)) * np.mean(TIMES), rel=1e-5)
    rounds = [(float(t[0]), noise) for t, noise in model.told if len(t) == HELD]
    assert [time for time, _ in rounds] == pytest.approx(list(TIMES))
    for _, noise in rounds:
        assert (noise == noise[:1]).all()  # The same for every record.
    assert not torch.equal(rounds[0][1], rounds[1][1])


def test_a_critic_comes_with_the_closeness_of_generated_records() -> None:
    first, second = collect(plan(Critic()), seen(), nothing).scores
    assert (first.kind, second.kind) == ("critic", "closeness")
    assert first.training.values == pytest.approx(-PICTURES.sum(axis=(1, 2, 3)), rel=1e-6)
    distances = np.linalg.norm((PICTURES[:, None] - MADE[None]).reshape(N, 30, -1), axis=2).min(axis=1)
    assert second.training.values == pytest.approx(-distances, rel=1e-5)
    only = collect(replace(plan(None), samples=data_in_memory(MADE[:, 0], "samples")), seen(), nothing).scores
    assert [each.kind for each in only] == ["closeness"]


def test_a_copy_is_at_distance_zero_and_no_record_is_near_itself() -> None:
    points = RNG.random((5, 3))
    assert closeness(points[:1], points).tolist() == [0.0]
    own = closeness(points, points, own=np.arange(5))
    assert (own < 0).all()


def test_a_base_model_scores_the_same_records() -> None:
    found = collect(plan(Bright(), base=Base(Bright(2.0), "other")), seen(), nothing)
    assert found.base == "other"
    assert found.scores[0].base_training == pytest.approx(2 * found.scores[0].training.values, rel=1e-6)
    with pytest.raises(UserError, match=r"--base-model: expected a model that offers the same score"):
        collect(plan(Bright(), base=Base(Critic(), "other")), seen(), nothing)
    with pytest.raises(UserError, match=r"got one whose best score is the critic's score; leave it out"):
        collect(plan(Critic(), base=Base(Critic(), "other")), seen(), nothing)


def test_groups_of_both_sets_are_told_alike() -> None:
    table = pd.DataFrame({"sex": ["f", "m"] * 30})
    groups = Groups(
        ("f", "m"),
        np.zeros(30, dtype=np.int64),
        np.zeros((2, 2), dtype=np.int64),
        np.array([30, 30]),
        DECLARED,
        {},
        np.arange(60) % 2,
        attribute="sex",
    )
    real = Real(table, N, "r", "r", "")
    held = replace(real, samples=table[:HELD])
    given = replace(seen(groups=(groups,)), reference=real, holdout=held, modality="tabular")

    class Uniform:
        modality, log_prob_kind = "tabular", "exact"

        def log_prob(self, samples: Any) -> torch.Tensor:
            return torch.zeros(len(samples))

    made = replace(given.generated, samples=table[:10])
    asked = replace(plan(Uniform()), modality="tabular", reference=data_in_memory(table, "reference"))
    found = collect(asked, replace(given, generated=made), nothing)
    assert (found.attribute, found.groups) == ("sex", ("f", "m"))
    assert (found.holdout_members == np.arange(HELD) % 2).all()


def test_texts_are_also_scored_by_their_compressed_size() -> None:
    texts = [f"{'ab' * (at % 7 + 1)} {at}" for at in range(N)]

    class Writer:
        modality, log_prob_kind = "text", "exact"

        def log_prob(self, samples: Any) -> torch.Tensor:
            return torch.tensor([-2.0 * len(each) for each in samples])

    real = Real(texts, N, "r", "r", "")
    given = replace(seen(), modality="text", reference=real, holdout=replace(real, samples=texts[:HELD]))
    given = replace(given, generated=replace(given.generated, samples=texts[:5]))
    asked = replace(plan(Writer()), modality="text", reference=data_in_memory(texts, "reference"))
    first, second = collect(asked, given, nothing).scores
    assert first.name == "log-likelihood per character"
    assert (first.training.values == -2).all()
    assert second.name == "log-likelihood per compressed byte"
    assert len(set(second.training.values)) > 5


def test_scores_that_are_not_the_records_own_are_not_used() -> None:
    class Mixing(Critic):
        def critic(self, x: torch.Tensor) -> torch.Tensor:
            return x.flatten(1).sum(1) - x.sum()

    (offer,) = offers(Mixing(), "image", PICTURES)
    assert not settled(offer, PICTURES)
    found = collect(plan(Mixing()), seen(), nothing)
    assert [each.kind for each in found.scores] == ["closeness"]
    assert "among other records" in found.remarks[0]


def test_a_slow_model_is_asked_about_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(100))
    monkeypatch.setattr(chosen.time, "process_time", lambda: float(next(ticks)))
    monkeypatch.setattr(chosen, "FEWEST", 25)
    found = collect(plan(Bright()), seen(), nothing)
    assert [len(each.rows) for each in (found.scores[0].training, found.scores[0].holdout)] == [25, 25]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda x, t, noise: torch.zeros(2), r"expected a tensor \(4,\) of finite losses, got shape \(2,\)"),
        (lambda x, t, noise: torch.full((len(x),), torch.nan), "got NaN or infinity"),
        (lambda x, t, noise: "low", "expected 4 numbers for 4 records"),
    ],
)
def test_losses_that_are_no_numbers_are_the_models_mistake(given: Any, said: str) -> None:
    model = Diffusion()
    model.denoising_loss = lambda x, t, noise: given(x, t, noise)  # type: ignore[method-assign]  # a user's model may be put together so
    with pytest.raises(UserError, match=f"denoising_loss: .*{said}"):
        collect(plan(model), seen(), nothing)


def test_without_both_sets_there_is_nothing_to_tell() -> None:
    with pytest.raises(Unavailable, match="--holdout"):
        collect(plan(Bright()), replace(seen(), holdout=None), nothing)
    with pytest.raises(Unavailable, match="--reference"):
        collect(plan(Bright()), replace(seen(), reference=None), nothing)
    few = replace(seen(), holdout=Real(HOLDOUT[:19], 19, "h", "h", ""))
    with pytest.raises(Unmeasured, match="19 records on one side are too few"):
        collect(plan(Bright()), few, nothing)
    with pytest.raises(Unmeasured, match="no score of membership can be had"):
        collect(plan(None), replace(seen(), features=None), nothing)
