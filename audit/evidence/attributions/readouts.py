"""Named scalars of an image that a person can picture, differentiable, so that they can be explained.

An attribution explains one number. Single pixels mean nothing to a reader, so these say how much ink there is, how far
it spreads, how it leans, and which class a group classifier sees.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

Measure = Callable[["Tensor"], "Tensor"]

VEIL = 1e-3
"""Intensity added everywhere before moments are taken: a blank image gets the moments of the whole frame, not 0/0."""

PIXEL_VARIANCE = 1 / 12
"""Variance of a unit square along one axis. A pixel has extent, so no image has size 0 and no gradient is infinite."""

SCORE = "score "
"""Readouts of a group classifier are named by this and the class."""


@dataclass(frozen=True, slots=True)
class Readout:
    """A named scalar of an image.

    Args:
        unit: what it is measured in.
        material: the smallest difference between two outputs that is worth explaining, in that unit.
        measure: images (n, c, h, w) to values (n,); differentiable, and finite for every finite image.
    """

    name: str
    unit: str
    material: float
    measure: Measure


def ink(images: "Tensor") -> "Tensor":
    """Mean intensity over channels and pixels: images (n, c, h, w) to (n,), 0 for black and 1 for white."""
    return images.flatten(1).mean(dim=1)


def size(images: "Tensor") -> "Tensor":
    """Root-mean-square distance of the intensity from its centroid, in pixels: images (n, c, h, w) to (n,)."""
    across, up, _ = _moments(images)
    return (across + up).sqrt()


def slant(images: "Tensor") -> "Tensor":
    """How far the intensity shifts to the right per pixel of height: images (n, c, h, w) to (n,).

    Zero for an upright stroke, positive where the top leans to the right, 1 at 45 degrees: the covariance of the
    horizontal and the upward position over the variance of the upward position, weighted by intensity.
    """
    _, up, covariance = _moments(images)
    return covariance / up


def log_odds(log_scores: "Tensor", index: int) -> "Tensor":
    """Log-odds of one class against all others: log-scores (n, K) to (n,).

    Unlike a probability this does not saturate: gradients do not vanish where the classifier is sure, a difference
    means the same at 0.5 as at 0.99, and log-scores that were not normalised give the same answer.
    """
    import torch

    if log_scores.shape[1] == 1:
        return log_scores[:, 0]
    others = torch.cat([log_scores[:, :index], log_scores[:, index + 1 :]], dim=1)
    return log_scores[:, index] - others.logsumexp(dim=1)


SHAPES = (
    Readout("ink", "intensity", 0.001, ink),
    Readout("size", "pixels", 0.02, size),
    Readout("slant", "pixels right per pixel up", 0.002, slant),
)
"""Readouts that need no group classifier. A quarter of a grey level of 255, or a fiftieth of a pixel, is material."""


@dataclass(frozen=True, slots=True)
class Panel:
    """Readouts that are taken together.

    Args:
        readouts: the R of them.
        measure: outputs to the values (n,) of each, the same as theirs; what they have in common is computed once.
    """

    readouts: tuple[Readout, ...]
    measure: Callable[["Tensor"], Sequence["Tensor"]]


def image_panel(classifier_scores: Measure | None = None, classes: Sequence[str] = ()) -> Panel:
    """The readouts of images (n, c, h, w), and one a class where a classifier tells groups; arguments as there."""
    scored = () if classifier_scores is None else score_readouts(classifier_scores, classes)

    def measure(images: "Tensor") -> list["Tensor"]:
        across, up, covariance = _moments(images)
        shapes = [ink(images), (across + up).sqrt(), covariance / up]
        if classifier_scores is None:
            return shapes
        log_scores = _scores(classifier_scores, len(classes), images)
        return shapes + [log_odds(log_scores, index) for index in range(len(classes))]

    return Panel(SHAPES + scored, measure)


def score_readouts(classifier_scores: Measure, classes: Sequence[str]) -> tuple[Readout, ...]:
    """One readout a class: the group classifier's log-odds of that class against all others.

    Args:
        classifier_scores: differentiable; images (n, c, h, w) to log-probabilities (n, K).
        classes: the K names, in the order of the columns.
    """
    return tuple(
        Readout(f"{SCORE}{name}", *facts(f"{SCORE}{name}"), partial(_score, classifier_scores, len(classes), index))
        for index, name in enumerate(classes)
    )


def facts(name: str) -> tuple[str, float]:
    """Unit and smallest material difference of the readout of that name; ("", 0) for one that is not known here.

    A material difference of 0.02 in log-odds moves a probability by at most half a percentage point.
    """
    if name.startswith(SCORE):
        return "log-odds", 0.02
    return next(((each.unit, each.material) for each in SHAPES if each.name == name), ("", 0.0))


def _score(classifier_scores: Measure, expected: int, index: int, images: "Tensor") -> "Tensor":
    return log_odds(_scores(classifier_scores, expected, images), index)


def _scores(classifier_scores: Measure, expected: int, images: "Tensor") -> "Tensor":
    log_scores = classifier_scores(images)
    if tuple(log_scores.shape) != (len(images), expected):
        raise ValueError(
            f"expected the group classifier's scores as ({len(images)}, {expected}), one column a class, "
            f"got {tuple(log_scores.shape)}; pass `classes` in the order of the columns"
        )
    return log_scores


def _moments(images: "Tensor") -> tuple["Tensor", "Tensor", "Tensor"]:
    """Variance across, variance upward and their covariance, each (n,), weighted by intensity."""
    import torch

    weight = images.mean(dim=1).clamp(min=0) + VEIL
    weight = weight / weight.sum(dim=(1, 2), keepdim=True)
    height, width = weight.shape[1:]
    # Positions are measured from the middle of the frame so that single precision keeps its digits.
    right = torch.arange(width, dtype=weight.dtype, device=weight.device) - (width - 1) / 2
    up = ((height - 1) / 2 - torch.arange(height, dtype=weight.dtype, device=weight.device))[:, None]
    right = right - (weight * right).sum(dim=(1, 2), keepdim=True)
    up = up - (weight * up).sum(dim=(1, 2), keepdim=True)
    across_variance = (weight * right**2).sum(dim=(1, 2)) + PIXEL_VARIANCE
    up_variance = (weight * up**2).sum(dim=(1, 2)) + PIXEL_VARIANCE
    return across_variance, up_variance, (weight * right * up).sum(dim=(1, 2))
