"""Collect latents: how the latent space becomes outputs, and where in it outputs stand still or coincide.

The model is only read, as in `attributions`: in eval mode, on copies, with a digest of its state before and after.
"""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...statistics.latents.coincidences import NEAR, Partners, partners, regions
from ..bundle import Evidence, Real
from ..decoding import decoded, latent_size, parameter, undisturbed
from ..plan import Plan
from ..samples.given import reference_labels
from ..unavailable import Unavailable, Unmeasured
from .jacobians import Jacobians, expected_positions, jacobians_at, speed_along
from .kind import Latents
from .outputs import Outputs, outputs_at, reference_gap, total_variance
from .posterior import posterior_at
from .views import leading_axes, maps_over, worth_showing

if TYPE_CHECKING:
    from torch import Tensor

NEEDS = ()
WITHOUT_DRAWS = True

BLOCKS = 16
"""Blocks of draws within which equal outputs are sought; the scatter between them is the uncertainty."""

MOST_IN_BLOCK = 256
"""Draws in a block where outputs are small; of large outputs fewer are drawn, see `MOST_DECODED`."""

MOST_DECODED = 2**23
"""Output values of all draws together."""

MOST_LATENTS = 1024
"""With more latent dimensions the Jacobian would take minutes."""

SLOPES = 4096
"""Directional derivatives spent on Jacobians: points × latent dimensions; fewer where outputs are large."""

MOST_SLOPE_VALUES = 2**26

MOST_AT_ONCE = 2**20
"""Output values computed at once, in 32 to 512 rows."""

MOST_REGIONS = 6


class _Draws(NamedTuple):
    """Draws (n, L) from the prior, also `here`, where and as the model computes, each with a direction of length 1.

    They come in blocks of `block`; `rows` outputs are computed at a time, and the Jacobian is taken at `points` draws.
    """

    latents: "Tensor"
    here: "Tensor"
    directions: "Tensor"
    block: int
    rows: int
    points: int


class _Coincidences(NamedTuple):
    """Draws whose outputs are nearly equal, and `shown`, those of which a reader should see the pictures."""

    nearest: Partners
    region: NDArray[np.int64]
    shown: NDArray[np.int64]
    pictures: NDArray[np.float32]


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Latents:
    """Latents of an image model; its encoder is told the main attribute of the reference where it asks for a class.

    Raises:
        Unavailable: if there are samples only, or they are no images; else as `collect_latents`.
    """
    if plan.model is None:
        raise Unavailable("only samples were given: without the model's weights there is no latent space to look at")
    if plan.modality != "image":
        raise Unavailable(f"latent spaces are looked at through images; this model makes {plan.modality} records")
    main = next((each.attribute for each in reference_labels(plan).values()), None)
    return collect_latents(
        plan.model,
        so_far.reference,
        conditions=None if main is None else [main.names[each] for each in main.values],
        seed=plan.seed,
        progress=progress,
    )


def collect_latents(
    model: Any,
    reference: Real | None = None,
    *,
    conditions: Sequence[str] | None = None,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Latents:
    """Decode draws from the prior, differentiate the decoder at some, and encode real records where the model can.

    Args:
        model: offers `latent_dim` and a deterministic `decode(z)` to images (n, c, h, w), and perhaps
            `encode(x) -> (mean, log-variance)`.
        reference: real images of the same size, for the encoder and for what coincidences among data are usual.
        conditions: the class of each real image by name, for an encoder that is told one.
        seed: of the draws, the directions and the choice of real records.
        progress: called with the share done, 0 to 1.

    Raises:
        Unavailable: if the model has no latent space.
        Unmeasured: if its decode cannot be used; the reason says what is missing.
        ValueError: if an output has the wrong shape or is not finite.
        RuntimeError: if the model's parameters or buffers changed.
    """
    import torch

    report = progress or (lambda share: None)
    size = _dimensions(model)
    with undisturbed(model), torch.no_grad():
        draws = _drawn(model, size, seed)
        outputs = outputs_at(model.decode, draws.here, draws.rows)
        report(0.2)
        speed = speed_along(model.decode, draws.here, draws.directions.to(draws.here), rows=draws.rows)
        report(0.5)
        jacobians = jacobians_at(
            model.decode,
            draws.here[: draws.points],
            rows=draws.rows,
            progress=lambda share: report(0.5 + 0.4 * share),
        )
        posterior = posterior_at(model, reference, conditions=conditions, size=size, seed=seed)
        resolution = outputs.norm * float(torch.finfo(draws.here.dtype).eps) ** (2 / 3)
        coincidences = _coincidences(model, draws, outputs, jacobians, resolution)
    report(1.0)
    return Latents(
        **_placed(draws, outputs, speed, jacobians, coincidences),
        reference_gap=reference_gap(reference, blocks=BLOCKS, block=draws.block, seed=seed),
        reference_variance=0.0 if reference is None else total_variance(reference.samples),
        resolution=resolution,
        posterior_means=posterior.means,
        posterior_log_variances=posterior.log_variances,
        remarks=posterior.remarks,
    )


def _dimensions(model: Any) -> int:
    if not callable(getattr(model, "decode", None)):
        raise Unavailable("the model offers no decode(z): it has no latent space that could be looked at")
    size = latent_size(model)
    if size > MOST_LATENTS:
        raise Unmeasured(f"the model has {size:,} latent dimensions; Jacobians are taken of at most {MOST_LATENTS:,}")
    return size


def _drawn(model: Any, size: int, seed: int) -> _Draws:
    import torch

    generator = torch.Generator().manual_seed(seed)
    like = parameter(model)
    pixels = _checked_pixels(model, torch.randn(4, size, generator=generator).to(like))
    block = int(np.clip(MOST_DECODED // pixels // BLOCKS, 64, MOST_IN_BLOCK))
    latents = torch.randn(BLOCKS * block, size, generator=generator)
    directions = torch.nn.functional.normalize(torch.randn(latents.shape, generator=generator))
    return _Draws(
        latents,
        latents.to(like),
        directions,
        block,
        rows=int(np.clip(MOST_AT_ONCE // pixels, 32, 512)),
        points=int(np.clip(min(SLOPES, MOST_SLOPE_VALUES // pixels) // size, 8, 512)),
    )


def _coincidences(
    model: Any, draws: _Draws, outputs: Outputs, jacobians: Jacobians, resolution: float
) -> _Coincidences:
    import torch

    nearest = partners(
        outputs=outputs.coarse,
        inputs=expected_positions(draws.latents.numpy(), jacobians.metric, resolution),
        block=draws.block,
    )
    region, centres = regions(outputs=outputs.coarse, company=nearest.company, most=MOST_REGIONS)
    shown = worth_showing(nearest, region, centres)
    pictures = torch.cat([model.decode(part.clone()) for part in torch.split(draws.here[shown], draws.rows)])
    return _Coincidences(nearest, region, shown, pictures.cpu().float().numpy())


def _placed(
    draws: _Draws,
    outputs: Outputs,
    speed: NDArray[np.float32],
    jacobians: Jacobians,
    coincidences: _Coincidences,
) -> dict[str, Any]:
    """What is known of the draws: the fields of `Latents` that say nothing of real records."""
    nearest, latents = coincidences.nearest, draws.latents.numpy()
    axes = leading_axes(jacobians.metric)
    plane = latents @ axes.T
    usual_speed = math.sqrt(outputs.variance / latents.shape[1]) or 1.0
    return {
        "draws": latents,
        "gap": nearest.gap.astype(np.float32),
        "partner": nearest.partner,
        "block": draws.block,
        "region": coincidences.region,
        "speed": speed,
        "points": np.arange(draws.points, dtype=np.int64),
        "singular_values": jacobians.singular_values,
        "column_norms": jacobians.column_norms,
        "variance": outputs.variance,
        "axes": axes,
        "plane": plane,
        "maps": maps_over(plane, nearest.gap <= NEAR, speed / usual_speed),
        "shown_draws": coincidences.shown,
        "shown": coincidences.pictures,
    }


def _checked_pixels(model: Any, some: "Tensor") -> int:
    """How many values an output has, once decode has shown that each output depends on its own latent alone."""
    import torch

    images = decoded(model, some)
    if not torch.allclose(images, model.decode(some.clone()), atol=1e-4, equal_nan=True):
        raise Unmeasured("decode(z) gives different outputs for the same z: only a deterministic decoder has regions")
    alone = torch.cat([model.decode(each[None].clone()) for each in some])
    if not torch.allclose(images, alone, atol=1e-4, equal_nan=True):
        raise Unmeasured("decode(z) depends on the other latents of the batch: no latent has an output of its own")
    return images[0].numel()
