"""Collect latents: how the latent space becomes outputs, and where in it outputs stand still or coincide.

The model is only read, as in `attributions`: in eval mode, on copies, with a digest of its state before and after.
"""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..statistics.latents.coincidences import NEAR, Partners, partners, regions, typical_distance
from .bundle import Latents, Real
from .decoding import decoded, latent_size, parameter, slopes, undisturbed
from .features.collect import pixel_features
from .readouts import Measure
from .unavailable import Unavailable

if TYPE_CHECKING:
    from torch import Tensor

BLOCKS = 16
"""Blocks of draws within which equal outputs are sought; the scatter between them is the uncertainty."""

MOST_IN_BLOCK = 256
"""Draws in a block where outputs are small; of large outputs fewer are drawn, see `MOST_DECODED`."""

MOST_DECODED = 2**25
"""Output values of all draws together."""

MOST_LATENTS = 1024
"""With more latent dimensions the Jacobian would take minutes."""

SLOPES = 4096
"""Directional derivatives spent on Jacobians: points × latent dimensions; fewer where outputs are large."""

MOST_SLOPE_VALUES = 2**26

MOST_AT_ONCE = 2**20
"""Output values computed at once, in 32 to 512 rows."""

COARSE = 256
"""Outputs are compared after averaging in squares until they have at most this many values."""

ROUNDING = 1e-5
"""Outputs that differ by less than this part of their norm differ by rounding."""

MOST_ENCODED = 2000
GRID = 24
REACH = 3.0
MOST_SPEED = 3.0
MOST_REGIONS = 6
SHOWN_OF_A_REGION = 8
SHOWN_PAIRS = 6


class _Outputs(NamedTuple):
    """Of n draws: coarse outputs (n, d), the root mean square norm of an output, and their total variance."""

    coarse: NDArray[np.float64]
    norm: float
    variance: float


class _Jacobians(NamedTuple):
    """At m points: singular values (m, r), column norms (m, L); and the mean of JᵀJ / |J| over them, (L, L).

    So weighted, a few points where the decoder jumps do not make up all of the mean.
    """

    singular_values: NDArray[np.float64]
    column_norms: NDArray[np.float32]
    metric: NDArray[np.float64]


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
        Unavailable: if the model has no usable decode; the reason says what is missing.
        ValueError: if an output has the wrong shape or is not finite.
        RuntimeError: if the model's parameters or buffers changed.
    """
    import torch

    report = progress or (lambda share: None)
    if not callable(getattr(model, "decode", None)):
        raise Unavailable("the model offers no decode(z): it has no latent space that could be looked at")
    size = latent_size(model)
    if size > MOST_LATENTS:
        raise Unavailable(f"the model has {size:,} latent dimensions; Jacobians are taken of at most {MOST_LATENTS:,}")
    generator = torch.Generator().manual_seed(seed)
    with undisturbed(model), torch.no_grad():
        like = parameter(model)
        pixels = _checked_pixels(model, torch.randn(4, size, generator=generator).to(like))
        block = int(np.clip(MOST_DECODED // pixels // BLOCKS, 64, MOST_IN_BLOCK))
        rows = int(np.clip(MOST_AT_ONCE // pixels, 32, 512))
        latents = torch.randn(BLOCKS * block, size, generator=generator)
        directions = torch.nn.functional.normalize(torch.randn(latents.shape, generator=generator))
        here = latents.to(like)
        outputs = _outputs(model.decode, here, rows)
        report(0.2)
        speed = _speed(model.decode, here, directions.to(like), rows)
        report(0.5)
        count = int(np.clip(min(SLOPES, MOST_SLOPE_VALUES // pixels) // size, 8, 512))
        jacobians = _jacobians(model.decode, here[:count], rows, lambda share: report(0.5 + 0.4 * share))
        means, log_variances, remarks = _posterior(model, reference, conditions, size, seed)
        resolution = outputs.norm * float(torch.finfo(like.dtype).eps) ** (2 / 3)
        found = partners(
            outputs=outputs.coarse,
            inputs=_expected_positions(latents.numpy(), jacobians.metric, resolution),
            block=block,
        )
        region, centres = regions(outputs=outputs.coarse, company=found.company, most=MOST_REGIONS)
        shown = _shown(found, region, centres)
        pictures = torch.cat([model.decode(part.clone()) for part in torch.split(here[shown], rows)])
    report(1.0)
    axes = _axes(jacobians.metric)
    plane = latents.numpy() @ axes.T
    return Latents(
        draws=latents.numpy(),
        gap=found.gap.astype(np.float32),
        partner=found.partner,
        block=block,
        region=region,
        speed=speed,
        reference_gap=_reference_gap(reference, block, seed),
        points=np.arange(count, dtype=np.int64),
        singular_values=jacobians.singular_values,
        column_norms=jacobians.column_norms,
        resolution=resolution,
        variance=outputs.variance,
        reference_variance=0.0 if reference is None else _variance(reference.samples),
        posterior_means=means,
        posterior_log_variances=log_variances,
        axes=axes,
        plane=plane,
        maps=_maps(plane, found.gap <= NEAR, speed / (math.sqrt(outputs.variance / size) or 1.0)),
        shown_draws=shown,
        shown=pictures.cpu().float().numpy(),
        remarks=remarks,
    )


def _checked_pixels(model: Any, some: "Tensor") -> int:
    """How many values an output has, once decode has shown that each output depends on its own latent alone."""
    import torch

    images = decoded(model, some)
    if not torch.allclose(images, model.decode(some.clone()), atol=1e-4, equal_nan=True):
        raise Unavailable("decode(z) gives different outputs for the same z: only a deterministic decoder has regions")
    alone = torch.cat([model.decode(each[None].clone()) for each in some])
    if not torch.allclose(images, alone, atol=1e-4, equal_nan=True):
        raise Unavailable("decode(z) depends on the other latents of the batch: no latent has an output of its own")
    return images[0].numel()


def _outputs(decode: Measure, points: "Tensor", rows: int) -> _Outputs:
    """What points (n, L) become, averaged in squares."""
    import torch

    parts, square = [], 0.0
    total: Tensor = torch.zeros((), dtype=torch.float64, device=points.device)
    for part in torch.split(points, rows):
        images = decode(part.clone())
        if not bool(images.isfinite().all()):
            raise ValueError("expected decode(z) to give finite images for draws from the prior, got NaN or infinity")
        flat = images.double().flatten(1)
        total, square = total + flat.sum(dim=0), square + float(flat.square().sum())
        parts.append(_coarse(images))
    n, coarse = len(points), np.concatenate(parts)
    norm = math.sqrt(square / n)
    variance = max(0.0, square / n - float((total / n).square().sum()))
    if math.sqrt(variance) <= norm * ROUNDING:
        # Outputs that differ by rounding alone are one output.
        return _Outputs(np.repeat(coarse[:1], n, axis=0), norm, 0.0)
    return _Outputs(coarse, norm, variance)


def _variance(images: NDArray[np.float32]) -> float:
    flat = images.reshape(len(images), -1)
    return float(sum(column.var(axis=0, dtype=np.float64).sum() for column in np.array_split(flat, 16, axis=1)))


def _coarse(images: "Tensor") -> NDArray[np.float64]:
    # Rounded to single precision, so that real records and outputs are compared alike.
    coarse: NDArray[np.float64] = pixel_features(images.float(), COARSE).cpu().numpy().astype(np.float64)
    return coarse


def _slopes(decode: Measure, points: "Tensor", directions: "Tensor") -> "Tensor":
    """The derivative of every pixel along one direction a point: (n, pixels), float64."""
    return slopes(lambda at: decode(at).double(), points, directions).flatten(1)


def _speed(decode: Measure, points: "Tensor", directions: "Tensor", rows: int) -> NDArray[np.float32]:
    import torch

    pairs = zip(torch.split(points, rows), torch.split(directions, rows), strict=True)
    speed: NDArray[np.float32] = torch.cat([_slopes(decode, *each).norm(dim=1) for each in pairs]).cpu().float().numpy()
    return speed


def _jacobians(decode: Measure, points: "Tensor", rows: int, report: Callable[[float], None]) -> _Jacobians:
    """From JᵀJ alone: the L derivatives of a few points at a time are all that is held."""
    import torch

    count, size = points.shape
    axes = torch.eye(size, dtype=points.dtype, device=points.device)
    together = max(1, rows // size)
    values, norms = [], []
    metric = torch.zeros(size, size, dtype=torch.float64, device=points.device)
    for start in range(0, count, together):
        some = points[start : start + together]
        pairs = zip(
            torch.split(some.repeat_interleave(size, dim=0), rows),
            torch.split(axes.repeat(len(some), 1), rows),
            strict=True,
        )
        changes = torch.cat([_slopes(decode, *each) for each in pairs]).reshape(len(some), size, -1)
        gram = changes @ changes.mT
        squares = torch.linalg.eigvalsh(gram).flip(-1).clamp(min=0)
        values.append(squares[:, : min(size, changes.shape[2])].sqrt())
        norms.append(gram.diagonal(dim1=1, dim2=2).sqrt())
        norm = gram.diagonal(dim1=1, dim2=2).sum(dim=1).sqrt()
        metric += (gram / norm.clamp(min=torch.finfo(torch.float64).tiny)[:, None, None]).sum(dim=0)
        report((start + len(some)) / count)
    return _Jacobians(
        torch.cat(values).cpu().numpy(), torch.cat(norms).cpu().float().numpy(), (metric / count).cpu().numpy()
    )


def _expected_positions(
    draws: NDArray[np.float32], metric: NDArray[np.float64], resolution: float
) -> NDArray[np.float64]:
    """Draws where a linear decoder of this mean JᵀJ would put them: distances there are those to be expected."""
    if float(np.trace(metric)) <= resolution * math.sqrt(len(metric)):
        return draws.astype(np.float64)  # No direction moves the output, so only the latents themselves are left.
    weights, axes = np.linalg.eigh(metric)
    positions: NDArray[np.float64] = draws.astype(np.float64) @ (axes * np.sqrt(weights.clip(min=0)))
    return positions


def _posterior(
    model: Any, reference: Real | None, conditions: Sequence[str] | None, size: int, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32], tuple[str, ...]]:
    import torch

    nothing = np.empty((0, size), np.float32)
    if not callable(getattr(model, "encode", None)):
        return nothing, nothing, ()
    if reference is None:
        return nothing, nothing, ("the model has an encoder, but there is no reference data to encode",)
    classes = tuple(getattr(model, "classes", ()) or ())
    if classes and (conditions is None or not set(conditions) <= set(classes)):
        return nothing, nothing, ("the encoder is told a class, and the classes of the real records are not known",)
    chosen = np.random.default_rng(seed).permutation(len(reference.samples))[:MOST_ENCODED]
    images = torch.from_numpy(reference.samples[np.sort(chosen)]).to(parameter(model))
    told = [conditions[at] for at in np.sort(chosen)] if classes and conditions is not None else None
    means, log_variances = [], []
    for start in range(0, len(images), 512):
        rows = slice(start, start + 512)
        given = {} if told is None else {"condition": told[rows]}
        mean, log_variance = model.encode(images[rows].clone(), **given)
        means.append(mean.cpu().float())
        log_variances.append(log_variance.cpu().float())
    both = torch.cat(means), torch.cat(log_variances)
    for each, what in zip(both, ("means", "log-variances"), strict=True):
        if each.shape != (len(images), size):
            raise ValueError(f"expected {what} ({len(images)}, {size}) from encode(x), got {tuple(each.shape)}")
        if not bool(each.isfinite().all()):
            raise ValueError(f"expected finite {what} from encode(x) of real records, got NaN or infinity")
    return both[0].numpy(), both[1].numpy(), ()


def _reference_gap(reference: Real | None, block: int, seed: int) -> NDArray[np.float32]:
    import torch

    if reference is None or len(reference.samples) < block:
        return np.empty(0, np.float32)
    most = np.random.default_rng(seed).permutation(len(reference.samples))[: BLOCKS * block]
    outputs = np.concatenate([_coarse(torch.from_numpy(reference.samples[part])) for part in np.array_split(most, 8)])
    if typical_distance(outputs) == 0:
        return np.empty(0, np.float32)
    return partners(outputs=outputs, inputs=None, block=block).gap.astype(np.float32)


def _shown(found: Partners, region: NDArray[np.int64], centres: NDArray[np.int64]) -> NDArray[np.int64]:
    """Some draws of every region, its centre first; without regions, the nearest pairs of outputs."""
    if len(centres):
        chosen = []
        for index, centre in enumerate(centres):
            members = np.flatnonzero(region == index)
            chosen += [centre, *members[members != centre][: SHOWN_OF_A_REGION - 1]]
        return np.array(chosen, dtype=np.int64)
    order = [int(each) for each in np.argsort(found.gap, kind="stable") if found.partner[each] >= 0]
    # Where two are each other's nearest, the pair is shown once.
    pairs = [each for each in order if found.partner[found.partner[each]] != each or each < found.partner[each]]
    return np.array([side for each in pairs[:SHOWN_PAIRS] for side in (each, found.partner[each])], dtype=np.int64)


def _axes(metric: NDArray[np.float64]) -> NDArray[np.float32]:
    size = len(metric)
    if size <= 2:
        return np.eye(2, size, dtype=np.float32)
    leading = np.linalg.eigh(metric)[1][:, ::-1][:, :2].T
    # The sign of an axis means nothing; its largest part is made positive, so that two runs agree.
    largest = leading[np.arange(2), np.abs(leading).argmax(axis=1)]
    return np.asarray(leading * np.sign(largest)[:, None], dtype=np.float32)


def _maps(plane: NDArray[np.float32], coinciding: NDArray[np.bool_], speed: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over the cells of a grid on the plane; the first row is the top."""
    cell = ((plane + REACH) / (2 * REACH) * GRID).astype(np.int64)
    inside = (np.abs(plane) < REACH).all(axis=1)
    place = (GRID - 1 - cell[inside, 1]) * GRID + cell[inside, 0]
    count = np.bincount(place, minlength=GRID**2)
    sums = [
        np.bincount(place, coinciding[inside].astype(np.float64), minlength=GRID**2),
        # A jump would otherwise be all that is seen.
        np.bincount(place, speed[inside].clip(max=MOST_SPEED), minlength=GRID**2),
    ]
    cells = [np.divide(each, count, out=np.zeros(GRID**2), where=count > 0) for each in sums]
    return np.stack(cells).reshape(2, 1, GRID, GRID).astype(np.float32)
