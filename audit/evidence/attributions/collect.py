"""Collect attributions: which latent dimension moves which readout of the model's output, and where.

The model is only read: it is put in eval mode for the time of the collection, its inputs are copies, and a digest of
its state before and after proves that nothing was changed.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..bundle import Evidence
from ..decoding import (
    OUTPUTS,
    centre_output,
    latent_size,
    parameter,
    prior_draws,
    slopes,
    standard_prior,
    undisturbed,
)
from ..plan import Plan
from ..unavailable import Unavailable
from .checking import checked_latents
from .interventions import told_apart, walks
from .kind import Attributions
from .pairs import Pairs
from .panels import panel_of
from .paths import CELLS, integrate, values_at
from .readouts import Measure, Panel, Readout, image_panel

if TYPE_CHECKING:
    from torch import Tensor

NEEDS = ("groups",)
WITHOUT_DRAWS = True

NO_PICTURES = np.empty((0, 0, 0, 0), np.float32)
"""In place of maps and outputs that are no images."""

MOST_PIXELS = 2**18
"""Output values computed at once, in 32 to 512 rows, so that what a pass leaves for its gradients fits into caches."""

FINE_VALUES, MOST_FIRST = 3 * 2**14, 32
"""Output values on one path, from which follow 12 to 32 cells of it: where outputs are small, more cost little."""

RELATIVE_TOLERANCE = 0.01
"""Largest completeness error, as a share of the readout's spread over outputs."""

SHARED_OUT = 0.07
"""Largest miss of the quadrature that is shared out among the dimensions, likewise. So refined, single attributions of
a decoder with kinks are as close as where the quadrature alone had to meet `RELATIVE_TOLERANCE`, see docs/speed.md."""

MAP_EVALUATIONS = 2048
"""Directional derivatives spent on the maps: draws × latent dimensions."""

NULL_DIRECTIONS = 8


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Attributions:
    """Attributions of a model of images, sounds or tables.

    Of images, the scores of the main attribute's classifier are explained too, if it has one.

    Raises:
        Unavailable: if there are samples only, or the records are of another kind; else as `collect_attributions`.
    """
    if plan.model is None:
        raise Unavailable("only samples were given: without the model's weights nothing can be attributed")
    if plan.modality not in OUTPUTS:
        raise Unavailable(
            f"latent dimensions are traced to images, sounds and rows of tables; this model makes "
            f"{plan.modality} records"
        )
    latent_size(plan.model)
    panel = panel_of(plan, so_far)
    return collect_attributions(plan.model, panel=panel, modality=plan.modality, seed=plan.seed, progress=progress)


def collect_attributions(
    model: Any,
    *,
    panel: Panel | None = None,
    modality: str = "image",
    n: int = 256,
    seed: int = 0,
    progress: Callable[[float], None] | None = None,
) -> Attributions:
    """Attribute named readouts of the decoded output to the latent dimensions, by integrated gradients.

    Each of n latent draws z is compared with another draw z′ from the prior, so that what is explained is the
    difference between two typical outputs. The mean latent would be an untypical baseline: in many dimensions draws
    lie near a sphere of radius √L, and the centre is a place that a generator never saw.

    Args:
        model: offers `latent_dim` and a differentiable, deterministic `decode(z)`, and perhaps `draw_latents`.
        panel: the readouts of its outputs; without it, those of images that need no classifier.
        modality: image, audio or tabular, which says the shape of its outputs.
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
    report(0.0)
    with undisturbed(model), torch.inference_mode(False), torch.enable_grad():
        pairs, sample, directions = _drawn(model, panel or image_panel(), modality, n, size, seed)
        explained = _explained(pairs, int(np.clip(FINE_VALUES // sample[0].numel(), CELLS, MOST_FIRST)), report)
        checked = checked_latents(
            pairs,
            differences=explained["differences"],
            tolerance=explained["tolerance"],
            shared_out=SHARED_OUT / RELATIVE_TOLERANCE,
            seed=seed,
        )
        report(0.95)
        told, walked = told_apart(pairs), walks(pairs, explained["attributions"])
        pictures = _pictures(pairs, sample, directions, walked.outputs)
    report(1.0)
    return Attributions(
        latents=pairs.here.cpu().float().numpy(),
        baselines=pairs.there.cpu().float().numpy(),
        **explained,
        **(pictures if modality == "image" else dict.fromkeys(pictures, NO_PICTURES)),
        checked=checked,
        told=told,
        traversed=walked.dimensions,
        walked=walked.values,
        standard_prior=pairs.standard,
    )


def _pictures(pairs: Pairs, sample: "Tensor", directions: "Tensor", outputs: "Tensor") -> dict[str, Any]:
    """The fields of `Attributions` that hold images."""
    import torch

    size = pairs.here.shape[1]
    maps = maps_at(pairs.decode, pairs.here[: max(4, MAP_EVALUATIONS // size)], pairs.rows).cpu().float()
    return {
        "maps": maps.numpy(),
        # The derivative is linear in the direction, so the null needs no further pass through the model.
        "null_maps": torch.tensordot(directions, maps, dims=1).numpy(),
        "sample": sample.cpu().float().numpy(),
        "traversals": outputs.numpy(),
    }


def _drawn(model: Any, panel: Panel, modality: str, n: int, size: int, seed: int) -> tuple[Pairs, "Tensor", "Tensor"]:
    """Pairs of draws, the output of the mean latent, and random directions (k, L)."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    latents, baselines = (prior_draws(model, n, size, generator) for _ in range(2))
    directions = torch.nn.functional.normalize(torch.randn(NULL_DIRECTIONS, size, generator=generator))
    like = parameter(model)
    here, there = latents.to(like), baselines.to(like)
    sample = centre_output(model, here, modality)
    if modality == "tabular" and sample.shape[1] != len(panel.readouts):
        raise ValueError(
            f"expected decode(z) to give {len(panel.readouts)} numbers a row, as many as decoded_columns names, got "
            f"{sample.shape[1]}"
        )
    rows = int(np.clip(MOST_PIXELS // sample[0].numel(), 32, 512))
    return Pairs(model, panel, here, there, rows, standard_prior(model)), sample, directions


def _explained(pairs: Pairs, cells: int, report: Callable[[float], None]) -> dict[str, Any]:
    """What moves every readout: the fields of `Attributions` that have one row a readout."""
    import torch

    readouts = pairs.panel.readouts
    here, there = (values_at(pairs.function, each, pairs.rows) for each in (pairs.here, pairs.there))
    spread = _spread(readouts, torch.cat([here, there]))
    found = integrate(
        pairs.function,
        pairs.here,
        pairs.there,
        tolerance=SHARED_OUT * spread,
        rows=pairs.rows,
        cells=cells,
        progress=lambda share: report(0.8 * share),
    )
    return {
        "readouts": tuple(each.name for each in readouts),
        "units": tuple(each.unit for each in readouts),
        "material": np.array([each.material for each in readouts]),
        "attributions": found.attributions.cpu().numpy(),
        "differences": (here - there).T.double().cpu().numpy(),
        "completeness_error": found.errors.cpu().numpy(),
        "tolerance": (RELATIVE_TOLERANCE * spread).cpu().numpy(),
        "steps": found.steps.amax(dim=1).cpu().numpy(),
        "missed": found.missed.cpu().numpy(),
    }


def _spread(readouts: Sequence[Readout], values: "Tensor") -> "Tensor":
    """The standard deviation of each readout over outputs (m, R), or what is material if that is more: float64 (R,).

    Raises:
        ValueError: if a value is not finite.
    """
    import torch

    for readout, each in zip(readouts, values.T, strict=True):
        if not bool(each.isfinite().all()):
            bad = int((~each.isfinite()).sum())
            raise ValueError(
                f"expected a finite {readout.name!r} of every output, got {bad} of {len(each)} that are not; "
                "check that decode gives finite images and that the group classifier gives finite log-probabilities"
            )
    material = torch.tensor([each.material for each in readouts], dtype=torch.float64, device=values.device)
    return torch.maximum(values.double().std(dim=0), material)


def maps_at(decode: Measure, points: "Tensor", rows: int) -> "Tensor":
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
