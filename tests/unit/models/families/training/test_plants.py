"""Planted defects are parsed strictly and change the training data as their names say."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from genai_audit.models.data.datasets import Dataset
from genai_audit.models.errors import UserError
from genai_audit.models.families.training.fitting import train
from genai_audit.models.families.training.plants import CLUSTERS, parse_plant


def plant(text: str, data: Dataset, seed: int = 0) -> Dataset:
    return parse_plant(text).apply(data, np.random.default_rng(seed))


def spread(data: Dataset) -> float:
    """Mean squared distance to the class mean."""
    flat = data.samples.reshape(len(data), -1)
    return sum(
        float(np.square(flat[data.labels == k] - flat[data.labels == k].mean(0)).sum()) for k in range(10)
    ) / len(data)


@pytest.mark.parametrize("text", ["drop-mode=3", "imbalance=3:0.25", "collapse=3", "shrink=0.6", "memorise=50"])
def test_text_round_trip_and_determinism(text: str, digits: Dataset) -> None:
    assert str(parse_plant(text)) == text
    assert plant(text, digits).sha256 == plant(text, digits).sha256 != digits.sha256


def test_large_counts_and_long_numbers_are_said_in_full() -> None:
    for text in ("memorise=1000000", "shrink=0.12345678"):
        assert str(parse_plant(text)) == text


def test_drop_mode_removes_one_class_and_nothing_else(digits: Dataset) -> None:
    counts = np.bincount(digits.labels)
    counts[3] = 0
    assert np.bincount(plant("drop-mode=3", digits).labels).tolist() == counts.tolist()


def test_imbalance_keeps_the_share_of_one_class(digits: Dataset) -> None:
    before, after = np.bincount(digits.labels), np.bincount(plant("imbalance=3:0.25", digits).labels)
    assert after[3] == round(0.25 * before[3])
    assert np.delete(after, 3).tolist() == np.delete(before, 3).tolist()


def test_collapse_keeps_few_clusters(digits: Dataset) -> None:
    kept = plant("collapse=3", digits)
    assert len(kept) < 0.35 * len(digits)
    rows = {sample.tobytes() for sample in digits.samples}
    assert all(sample.tobytes() in rows for sample in kept.samples)
    assert len(plant("collapse=1", digits)) < len(kept) < len(plant("collapse=12", digits))


def test_shrink_scales_the_spread_around_class_means(digits: Dataset) -> None:
    shrunk = plant("shrink=0.6", digits)
    assert spread(shrunk) / spread(digits) == pytest.approx(0.36, abs=0.001)
    assert shrunk.labels.tolist() == digits.labels.tolist()


def test_memorise_keeps_n_images(digits: Dataset) -> None:
    assert len(plant("memorise=50", digits)) == 50
    assert plant("memorise=50", digits, seed=1).sha256 != plant("memorise=50", digits, seed=2).sha256


@pytest.mark.parametrize("text", ["collapse=3", "shrink=0.6", "memorise=50"])
def test_plants_without_a_class_need_no_labels(text: str, digits: Dataset) -> None:
    unlabelled = replace(digits, attributes={})
    assert plant(text, unlabelled).classes == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "expected one of drop-mode=3, imbalance=3:0.25, collapse=3, shrink=0.6, memorise=50, got ''"),
        ("mode-drop=3", "got 'mode-drop=3'"),
        ("drop-mode", "expected drop-mode=CLASS, e.g. drop-mode=3, got no class"),
        ("imbalance=3", "expected imbalance=CLASS:SHARE, e.g. imbalance=3:0.25, got '3'"),
        ("imbalance=3:2", "a number above 0 and below 1, got '2'"),
        ("imbalance=3:nan", "a number above 0 and below 1, got 'nan'"),
        ("shrink=-1", "a number above 0 and below 1, got '-1'"),
        ("shrink=", "a number above 0 and below 1, got ''"),
        ("collapse=0", "a whole number of at least 1, got '0'"),
        ("collapse=2.5", "a whole number of at least 1, got '2.5'"),
        ("memorise=many", "a whole number of at least 1, got 'many'"),
    ],
)
def test_bad_text_is_refused(text: str, message: str) -> None:
    with pytest.raises(UserError, match="--plant: .*" + message):
        parse_plant(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("drop-mode=cat", "expected one of the classes 0, 1, .*, 9, got cat"),
        ("imbalance=11:0.5", "expected one of the classes 0, 1, .*, 9, got 11"),
        (f"collapse={CLUSTERS}", f"expected fewer than {CLUSTERS} modes"),
        ("memorise=5000", "expected fewer than the 12[0-9]+ records of digits"),
    ],
)
def test_a_plant_that_does_not_fit_the_data_is_refused(text: str, message: str, digits: Dataset) -> None:
    with pytest.raises(UserError, match=message):
        plant(text, digits)


def test_a_class_defect_needs_labels_and_another_class(digits: Dataset) -> None:
    unlabelled = replace(digits, attributes={})
    with pytest.raises(UserError, match="expected labelled data, but digits has no labels"):
        plant("drop-mode=3", unlabelled)
    with pytest.raises(UserError, match="nothing is left, since class 3 is all"):
        plant("drop-mode=3", digits.subset(np.flatnonzero(digits.labels == 3)))


@pytest.mark.parametrize("family", ["vae", "gan"])
def test_a_planted_model_declares_it(family: str, digits: Dataset) -> None:
    trained = train(family, digits, overrides={"steps": 2}, plant=parse_plant("drop-mode=3"))
    assert trained.facts["plant"] == "drop-mode=3"
    assert trained.facts["training"]["records"] == np.sum(digits.labels != 3)
    assert trained.facts["data"]["sha256"] == digits.sha256


@pytest.mark.slow
@pytest.mark.parametrize("family", ["vae", "gan"])
def test_memorise_copies_its_images(family: str, digits: Dataset) -> None:
    few = plant("memorise=8", digits)
    model = train(family, digits, plant=parse_plant("memorise=8"), overrides={"hidden": (64, 64), "steps": 100}).model
    drawn = model.sample(500, generator=torch.Generator().manual_seed(0)).flatten(1)
    distances = torch.cdist(drawn, torch.from_numpy(few.samples).flatten(1))
    # Two different digits lie about 3 apart, and neighbours about 1.1.
    assert float((distances.min(1).values < 0.5).float().mean()) > 0.9
    assert distances.argmin(1).unique().numel() == 8
