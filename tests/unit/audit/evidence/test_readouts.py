"""Readouts: values that can be worked out by hand, and gradients that are never undefined."""

import math

import pytest
import torch
from torch import Tensor

from genai_audit.audit.evidence.attributions.readouts import SHAPES, facts, ink, log_odds, score_readouts, size, slant


def picture(*rows: str) -> Tensor:
    """A 0/1 image (1, 1, h, w) from rows of `.` and `#`."""
    return torch.tensor([[float(mark == "#") for mark in row] for row in rows], dtype=torch.float64)[None, None]


def test_ink_is_the_mean_over_channels_and_pixels() -> None:
    images = torch.tensor([[[[0.0, 1.0]], [[0.5, 0.5]]], [[[1.0, 1.0]], [[1.0, 1.0]]]])
    assert ink(images).tolist() == [0.5, 1.0]


def test_size_of_a_full_frame_is_that_of_a_rectangle() -> None:
    # A 4 × 6 rectangle of unit pixels has the variances 16/12 and 36/12.
    assert size(torch.ones(1, 1, 4, 6, dtype=torch.float64)).item() == pytest.approx(math.sqrt((16 + 36) / 12))


def test_size_does_not_depend_on_place_or_brightness() -> None:
    left, right = picture("##....", "##....", "......"), picture("......", "...##.", "...##.")
    assert size(left).item() == pytest.approx(size(right).item(), rel=0.02)
    # The veil is a faint frame that weighs more beside a fainter picture.
    assert size(left).item() == pytest.approx(size(0.5 * left).item(), rel=0.03)


def test_slant_is_positive_where_the_top_leans_right() -> None:
    leaning = picture("....#", "...#.", "..#..", ".#...", "#....")
    # Five pixels on the diagonal: covariance 2, variance 2 + 1/12; the veil pulls a little towards zero.
    assert slant(leaning).item() == pytest.approx(2 / (2 + 1 / 12), rel=0.01)
    assert slant(leaning.flip(3)).item() == pytest.approx(-slant(leaning).item())
    assert slant(picture("..#..", "..#..", "..#..")).item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("blank", [torch.zeros(2, 1, 5, 5), torch.full((2, 3, 1, 1), 0.3), -torch.ones(1, 1, 4, 4)])
@pytest.mark.parametrize("readout", SHAPES, ids=lambda readout: readout.name)
def test_degenerate_images_have_finite_values_and_gradients(readout: object, blank: Tensor) -> None:
    images = blank.clone().requires_grad_()
    values = readout.measure(images)  # type: ignore[attr-defined]  # parametrised as object
    (gradient,) = torch.autograd.grad(values.sum(), images)
    assert values.shape == (len(blank),)
    assert bool(values.isfinite().all())
    assert bool(gradient.isfinite().all())


def test_log_odds_of_normalised_and_raw_scores_agree() -> None:
    scores = torch.randn(5, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    p = scores.softmax(1)[:, 2]
    assert torch.allclose(log_odds(scores, 2), (p / (1 - p)).log())
    assert torch.allclose(log_odds(scores, 2), log_odds(scores.log_softmax(1), 2))


def test_log_odds_do_not_saturate() -> None:
    scores = torch.tensor([[200.0, 0.0]]).log_softmax(1).requires_grad_()
    odds = log_odds(scores, 0)
    assert odds.item() == pytest.approx(200)
    assert torch.autograd.grad(odds.sum(), scores)[0].abs().sum() > 1


def test_log_odds_of_a_single_class_are_its_score() -> None:
    assert log_odds(torch.tensor([[-0.5]]), 0).item() == -0.5


def test_scores_are_named_after_the_classes() -> None:
    readouts = score_readouts(lambda images: images.flatten(1), ("cat", "dog"))
    assert [each.name for each in readouts] == ["score cat", "score dog"]
    assert {each.unit for each in readouts} == {"log-odds"}
    images = torch.tensor([[[[1.0, 3.0]]]])
    assert [each.measure(images).item() for each in readouts] == [-2.0, 2.0]


def test_scores_of_another_shape_are_refused() -> None:
    (readout,) = score_readouts(lambda images: images.flatten(1), ("cat",))
    with pytest.raises(
        ValueError, match=r"expected the group classifier's scores as \(1, 1\).*got \(1, 2\); pass `classes`"
    ):
        readout.measure(torch.ones(1, 1, 1, 2))


def test_facts_are_known_by_name() -> None:
    assert facts("size") == ("pixels", 0.02)
    assert facts("score 3")[0] == "log-odds"
    assert facts("something else") == ("", 0.0)
