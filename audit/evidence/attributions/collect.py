"""Collect attributions: which latent dimension moves which readout of the model's output, and where.

The model is only read: it is put in eval mode for the time of the collection, its inputs are copies, and a digest of
its state before and after proves that nothing was changed.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..bundle import Attributions, Evidence
from ..decoding import centre_image, decoder, latent_size, parameter, slopes, undisturbed
from ..features.collect import pixel_features
from ..plan import Plan
from ..unavailable import Unavailable
from .readouts import SHAPES, Measure, Readout, score_readouts

if TYPE_CHECKING:
    from torch import Tensor

NEEDS = ("groups",)

STEPS = 8
"""Integration steps on each part of a path, at the Gauss–Legendre nodes."""

MOST_PARTS = 128
"""Parts into which one path may be cut: 1,024 steps."""

MOST_PIXELS = 2**20
"""Output values computed at once, in at most 512 rows: with a classifier of 1,437 landmarks 4,096 rows ran slower."""

HALVINGS = 12
"""How often a part may be halved: the finest is 1/4096 of a path."""

MEAN_STEPS = 256
"""Integration steps a path on average, after which no part is halved again: a decoder that is nearly a step function
would cost minutes and still miss. Smooth reference models need 30 to 90."""

RELATIVE_TOLERANCE = 0.01
"""Largest completeness error, as a share of the readout's spread over outputs."""

MAP_EVALUATIONS = 4096
"""Directional derivatives spent on the maps: draws × latent dimensions."""

NULL_DIRECTIONS = 8


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Attributions:
    """Attributions of an image model; the scores of the main attribute's classifier are explained too, if it has one.

    Raises:
        Unavailable: if there are samples only, or they are no images; else as `collect_attributions`.
    """
    from ..group_classifier import classifier_scores_torch

    if plan.model is None:
        raise Unavailable("only samples were given: without the model's weights nothing can be attributed")
    if plan.modality != "image":
        raise Unavailable(f"latent dimensions are traced to what images show; this model makes {plan.modality} records")
    groups = next((each for each in (so_far.groups or ())[:1] if each.parameters), None)
    return collect_attributions(
        plan.model,
        classifier_scores=None
        if groups is None
        else lambda x: classifier_scores_torch(groups.parameters, pixel_features(x)),
        classes=() if groups is None else groups.told_apart,
        seed=plan.seed,
        progress=progress,
    )


def collect_attributions(
    model: Any,
    *,
    classifier_scores: Measure | None = None,
    classes: Sequence[str] = (),
    n: int = 256,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Attributions:
    """Attribute named readouts of the decoded image to the latent dimensions, by integrated gradients.

    Each of n latent draws z is compared with another draw z′ from the prior, so that what is explained is the
    difference between two typical outputs. The mean latent would be an untypical baseline: in many dimensions draws
    lie near a sphere of radius √L, and the centre is a place that a generator never saw.

    Args:
        model: offers `latent_dim` and a differentiable, deterministic `decode(z)` to images (n, c, h, w).
        classifier_scores: differentiable; images to log-probabilities (n, K). Adds one readout a class.
        classes: the K class names.
        n: how many pairs of draws.
        seed: seed of the draws and of the random directions.
        progress: called with the share done, 0 to 1.

    Raises:
        Unavailable: if the model has no latent space.
        Unmeasured: if its decode cannot be used; the reason says what is missing.
        ValueError: if an output has the wrong shape or is not finite.
        RuntimeError: if decoding changed the model's parameters or buffers.

    Reference: Sundararajan, Taly, Yan 2017, arXiv:1703.01365; Erion et al. 2021, doi:10.1038/s42256-021-00343-w.
    """
    import torch

    report = progress or (lambda share: None)
    size = latent_size(model)
    readouts = SHAPES + (score_readouts(classifier_scores, classes) if classifier_scores is not None else ())
    generator = torch.Generator().manual_seed(seed)
    latents, baselines = torch.randn(n, size, generator=generator), torch.randn(n, size, generator=generator)
    directions = torch.nn.functional.normalize(torch.randn(NULL_DIRECTIONS, size, generator=generator))
    with undisturbed(model), torch.inference_mode(False), torch.enable_grad():
        like = parameter(model)
        here, there = latents.to(like), baselines.to(like)
        sample = centre_image(model, here)
        rows = int(np.clip(MOST_PIXELS // sample[0].numel(), 32, 512))
        explained = _explained(readouts, decoder(model), here, there, rows, report)
        maps = _jacobian_maps(decoder(model), here[: max(4, min(n, MAP_EVALUATIONS // size))], rows)
    report(1.0)
    return Attributions(
        readouts=tuple(readout.name for readout in readouts),
        latents=latents.numpy(),
        baselines=baselines.numpy(),
        **explained,
        maps=maps.cpu().float().numpy(),
        # The derivative is linear in the direction, so the null needs no further pass through the model.
        null_maps=torch.tensordot(directions, maps.cpu().float(), dims=1).numpy(),
        sample=sample.cpu().float().numpy(),
    )


def integrate(
    function: Measure, latents: "Tensor", baselines: "Tensor", *, tolerance: float, rows: int = 512
) -> tuple["Tensor", "Tensor", "Tensor"]:
    """Integrated gradients of a scalar function along straight paths, refined until each path is complete.

    Completeness is itself the error estimate, on a whole path as on any part of it. So the parts of a path that miss
    their difference are halved, and the steps gather at the kinks of the network. With 512 equal steps some draws of a
    trained ReLU decoder still missed the tolerance; refined paths met it with 30 to 90 steps a draw on average.

    Args:
        function: points (m, L) to values (m,), each depending on its own row alone.
        latents: (n, L), the ends of the paths.
        baselines: (n, L), their starts.
        tolerance: the largest accepted |sum of attributions − difference|.
        rows: how many points are evaluated at once; bounds the memory.

    Returns:
        attributions (n, L), completeness errors (n,) and integration steps (n,).
    """
    import torch

    def point(at: "Tensor") -> "Tensor":
        return baselines[owner] + at[:, None] * (latents - baselines)[owner]

    n = len(latents)
    owner = torch.arange(n, device=latents.device)
    start, end = torch.zeros_like(latents[:, 0]), torch.ones_like(latents[:, 0])
    at_start, at_end = _values(function, baselines, rows), _values(function, latents, rows)
    differences = at_end - at_start
    parts = _gradients_between(function, baselines, latents, rows)
    spent = STEPS * n
    for _ in range(HALVINGS):
        errors = parts.sum(dim=1) - (at_end - at_start)
        missed = torch.zeros_like(differences).index_add(0, owner, errors).abs()
        count = owner.bincount(minlength=n)
        wide = (missed[owner] > tolerance) & (errors.abs() > tolerance / count[owner]) & (count[owner] < MOST_PARTS)
        spent += 2 * STEPS * int(wide.sum())
        if not bool(wide.any()) or spent > MEAN_STEPS * n:
            break
        ends = point(start)[wide], point((start + end) / 2)[wide], point(end)[wide]
        at_middle = _values(function, ends[1], rows)
        fresh = _gradients_between(function, torch.cat(ends[:2]), torch.cat(ends[1:]), rows)
        owner, parts = torch.cat([owner[~wide], owner[wide].repeat(2)]), torch.cat([parts[~wide], fresh])
        start, end = _halved(start, end, (start + end)[wide] / 2, wide)
        at_start, at_end = _halved(at_start, at_end, at_middle, wide)
    attributions = torch.zeros_like(latents).index_add(0, owner, parts)
    return attributions, (attributions.sum(dim=1) - differences).abs(), STEPS * owner.bincount(minlength=n)


def _halved(start: "Tensor", end: "Tensor", middle: "Tensor", wide: "Tensor") -> tuple["Tensor", "Tensor"]:
    """Starts and ends of the parts that stay, then of the first and of the second halves of the wide ones."""
    import torch

    return torch.cat([start[~wide], start[wide], middle]), torch.cat([end[~wide], middle, end[wide]])


def _gradients_between(function: Measure, starts: "Tensor", ends: "Tensor", rows: int) -> "Tensor":
    """Integrated gradients (m, L) along the straight lines from starts to ends, both (m, L)."""
    import torch
    from captum.attr import IntegratedGradients

    # Rows do not depend on each other, so the gradient of the sum holds the gradient of each: captum would otherwise
    # take the outputs apart one by one, which took more than half of the time.
    explain = IntegratedGradients(lambda points: function(points).sum()[None])
    parts = [
        explain.attribute(end, baselines=start, n_steps=STEPS, internal_batch_size=rows).detach()
        for start, end in zip(torch.split(starts, rows), torch.split(ends, rows), strict=True)
    ]
    return torch.cat(parts).to(starts.dtype)


def _values(function: Measure, points: "Tensor", rows: int) -> "Tensor":
    """The function at every point (m, L), without gradients: (m,)."""
    import torch

    with torch.no_grad():
        return torch.cat([function(part) for part in torch.split(points, rows)])


def _explained(
    readouts: Sequence[Readout],
    decode: Measure,
    latents: "Tensor",
    baselines: "Tensor",
    rows: int,
    report: Callable[[float], None],
) -> dict[str, Any]:
    """What moves every readout: the fields of `Attributions` that have one row a readout."""
    parts = []
    for done, readout in enumerate(readouts):
        report(done / (len(readouts) + 1))
        parts.append(_explain(readout, decode, latents, baselines, rows))
    report(len(readouts) / (len(readouts) + 1))
    attributions, differences, errors, tolerances, steps = zip(*parts, strict=True)
    return {
        "attributions": np.stack(attributions),
        "differences": np.stack(differences),
        "completeness_error": np.stack(errors),
        "tolerance": np.array(tolerances),
        "steps": np.array(steps, dtype=np.int64),
    }


def _explain(
    readout: Readout, decode: Measure, latents: "Tensor", baselines: "Tensor", rows: int
) -> tuple[Any, Any, Any, float, int]:
    import torch

    def function(points: "Tensor") -> "Tensor":
        return readout.measure(decode(points))

    here, there = _values(function, latents, rows), _values(function, baselines, rows)
    values = torch.cat([here, there])
    if not bool(values.isfinite().all()):
        bad = int((~values.isfinite()).sum())
        raise ValueError(
            f"expected a finite {readout.name!r} of every output, got {bad} of {len(values)} that are not; "
            "check that decode gives finite images and that the group classifier gives finite log-probabilities"
        )
    tolerance = RELATIVE_TOLERANCE * max(float(values.std()), readout.material)
    attributions, errors, steps = integrate(function, latents, baselines, tolerance=tolerance, rows=rows)
    exact, differences, missed = (each.double().cpu().numpy() for each in (attributions, here - there, errors))
    return exact, differences, missed, tolerance, int(steps.max())


def _jacobian_maps(decode: Measure, points: "Tensor", rows: int) -> "Tensor":
    """Mean over points (m, L) of the derivative of every pixel by every latent dimension: (L, c, h, w)."""
    import torch

    count, size = points.shape
    together = max(1, rows // count)
    maps = []
    with torch.no_grad():
        for axes in torch.split(torch.eye(size, dtype=points.dtype, device=points.device), together):
            gradients = slopes(decode, points.repeat(len(axes), 1), axes.repeat_interleave(count, dim=0))
            maps.append(gradients.reshape(len(axes), count, *gradients.shape[1:]).mean(dim=1))
    return torch.cat(maps)
