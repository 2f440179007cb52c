"""Collect attributions: which latent dimension moves which readout of the model's output, and where.

The model is only read: it is put in eval mode for the time of the collection, its inputs are copies, and a digest of
its state before and after proves that nothing was changed.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .bundle import Attributions
from .decoding import centre_image, decoder, latent_size, parameter, undisturbed
from .readouts import SHAPES, Measure, Readout, score_readouts

if TYPE_CHECKING:
    from torch import Tensor

STEPS = (16, 32, 64, 128, 256, 512)
"""Integration steps tried in turn; each draw stops at the first that keeps its completeness error in tolerance."""

RELATIVE_TOLERANCE = 0.01
"""Largest completeness error, as a share of the readout's spread over outputs."""

MAP_EVALUATIONS = 4096
"""Directional derivatives spent on the maps: draws × latent dimensions."""

NULL_DIRECTIONS = 8


def collect_attributions(
    model: Any,
    *,
    judge_scores: Measure | None = None,
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
        judge_scores: differentiable; images to log-probabilities (n, K). Adds one readout a class.
        classes: the K class names.
        n: how many pairs of draws.
        progress: called with the share done, 0 to 1.

    Raises:
        Unavailable: if the model has no usable decode; the reason says what is missing.
        ValueError: if an output has the wrong shape or is not finite.
        RuntimeError: if decoding changed the model's parameters or buffers.

    Reference: Sundararajan, Taly, Yan 2017, arXiv:1703.01365; Erion et al. 2021, doi:10.1038/s42256-021-00343-w.
    """
    import torch

    report = progress or (lambda share: None)
    size = latent_size(model)
    readouts = SHAPES + (score_readouts(judge_scores, classes) if judge_scores is not None else ())
    generator = torch.Generator().manual_seed(seed)
    latents, baselines = torch.randn(n, size, generator=generator), torch.randn(n, size, generator=generator)
    directions = torch.nn.functional.normalize(torch.randn(NULL_DIRECTIONS, size, generator=generator))
    with undisturbed(model), torch.inference_mode(False), torch.enable_grad():
        like = parameter(model)
        here, there = latents.to(like), baselines.to(like)
        sample = centre_image(model, here)
        rows = int(np.clip(2**22 // sample[0].numel(), 64, 4096))
        parts = []
        for done, readout in enumerate(readouts):
            report(done / (len(readouts) + 1))
            parts.append(_explain(readout, decoder(model), here, there, rows))
        report(len(readouts) / (len(readouts) + 1))
        maps = _jacobian_maps(decoder(model), here[: max(4, min(n, MAP_EVALUATIONS // size))], rows)
    report(1.0)
    attributions, differences, errors, tolerances, steps = zip(*parts, strict=True)
    return Attributions(
        readouts=tuple(readout.name for readout in readouts),
        latents=latents.numpy(),
        baselines=baselines.numpy(),
        attributions=np.stack(attributions),
        differences=np.stack(differences),
        completeness_error=np.stack(errors),
        tolerance=np.array(tolerances),
        steps=np.array(steps, dtype=np.int64),
        maps=maps.cpu().float().numpy(),
        # The derivative is linear in the direction, so the null needs no further pass through the model.
        null_maps=torch.tensordot(directions, maps.cpu().float(), dims=1).numpy(),
        sample=sample.cpu().float().numpy(),
    )


def integrate(
    function: Measure, latents: "Tensor", baselines: "Tensor", *, tolerance: float, rows: int = 4096
) -> tuple["Tensor", "Tensor", int]:
    """Integrated gradients of a scalar function, with as many steps as each draw needs.

    Args:
        function: points (m, L) to values (m,), each depending on its own row alone.
        latents: (n, L).
        baselines: (n, L).
        tolerance: the largest accepted |sum of attributions − difference|.
        rows: how many points are evaluated at once; bounds the memory.

    Returns:
        attributions (n, L), completeness errors (n,), and the largest number of steps that any draw took.
    """
    import torch
    from captum.attr import IntegratedGradients

    explain = IntegratedGradients(function)
    with torch.no_grad():
        differences = _in_parts(function, latents, rows) - _in_parts(function, baselines, rows)
    attributions = torch.zeros_like(latents)
    errors = torch.full_like(differences, torch.inf)
    open_draws = torch.arange(len(latents), device=latents.device)
    for steps in STEPS:
        for part in open_draws.split(rows):
            attributions[part] = explain.attribute(
                latents[part], baselines=baselines[part], n_steps=steps, internal_batch_size=rows
            ).to(latents.dtype)
        errors[open_draws] = (attributions[open_draws].sum(dim=1) - differences[open_draws]).abs()
        open_draws = open_draws[~(errors[open_draws] <= tolerance)]
        if len(open_draws) == 0:
            break
    return attributions.detach(), errors, steps


def _explain(
    readout: Readout, decode: Measure, latents: "Tensor", baselines: "Tensor", rows: int
) -> tuple[Any, Any, Any, float, int]:
    import torch

    def function(points: "Tensor") -> "Tensor":
        return readout.measure(decode(points))

    with torch.no_grad():
        here, there = _in_parts(function, latents, rows), _in_parts(function, baselines, rows)
    values = torch.cat([here, there])
    if not bool(values.isfinite().all()):
        bad = int((~values.isfinite()).sum())
        raise ValueError(
            f"expected a finite {readout.name!r} of every output, got {bad} of {len(values)} that are not; "
            "check that decode gives finite images and that the judge gives finite log-probabilities"
        )
    tolerance = RELATIVE_TOLERANCE * max(float(values.std()), readout.material)
    attributions, errors, steps = integrate(function, latents, baselines, tolerance=tolerance, rows=rows)
    arrays = (each.double().cpu().numpy() for each in (attributions, here - there, errors))
    return *arrays, tolerance, steps


def _in_parts(function: Measure, points: "Tensor", rows: int) -> "Tensor":
    import torch

    return torch.cat([function(part) for part in points.split(rows)])


def _jacobian_maps(decode: Measure, points: "Tensor", rows: int) -> "Tensor":
    """Mean over points (m, L) of the derivative of every pixel by every latent dimension: (L, c, h, w)."""
    import torch

    count, size = points.shape
    together = max(1, rows // count)
    maps = []
    with torch.no_grad():
        for axes in torch.eye(size, dtype=points.dtype, device=points.device).split(together):
            slopes = _slopes(decode, points.repeat(len(axes), 1), axes.repeat_interleave(count, dim=0))
            maps.append(slopes.unflatten(0, (len(axes), count)).mean(dim=1))
    return torch.cat(maps)


def _slopes(decode: Measure, points: "Tensor", directions: "Tensor") -> "Tensor":
    """The derivative of decode along one direction a point, by central differences.

    They work with every decoder, while forward-mode differentiation lacks some operations, warns in some releases of
    torch, and takes longer to load than all of these differences take.
    """
    import torch

    # The cube root of the machine precision balances truncation and rounding: about 5 digits in single precision.
    step = torch.finfo(points.dtype).eps ** (1 / 3)
    return (decode(points + step * directions) - decode(points - step * directions)) / (2 * step)
