"""How long does it take to find which latents move what, and how close are the attributions?

    python benchmarks/attribution_speed.py [--draws 256] [--few 8] [--steps 600] [--only NAME,…] [--threads 2]

Four decoders: convolutional ones of 64 × 64 × 1 pixels and 10 latents and of 64 × 64 × 3 pixels and 128 latents,
trained here for `steps` steps as variational autoencoders of enlarged, and coloured, digits; and the reference VAE of
digits, sound and planted to memorise 50 images. A group classifier of the ten digits gives ten of thirteen readouts.

Printed are seconds of the clock and of the processor for the attributions of `draws` pairs (GA201) and for the latents
(GA306), beside captum's integrated gradients readout by readout on `few` pairs, from which the time for all is
extrapolated. Then the error of single attributions of both, in parts of the readout's standard deviation over outputs,
against 1,000 steps a path. Last, maps of 192 outputs beside captum's loop over these.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from captum.attr import Saliency
from common.readout_by_readout import integrate_one
from torch import Tensor, nn
from torch.nn import functional as F

from genai_audit.audit.evidence.attributions.collect import (
    FINE_VALUES,
    MOST_FIRST,
    MOST_PIXELS,
    RELATIVE_TOLERANCE,
    SHARED_OUT,
    collect_attributions,
    maps_at,
)
from genai_audit.audit.evidence.attributions.kind import Attributions
from genai_audit.audit.evidence.attributions.paths import CELLS, gradients_at, integrate
from genai_audit.audit.evidence.attributions.readouts import Panel, image_panel
from genai_audit.audit.evidence.group_classifier import classifier_scores_torch, fit, sharpened
from genai_audit.audit.evidence.latents.collect import collect_latents
from genai_audit.models.data.datasets import Dataset, load_data
from genai_audit.models.encoders.builtin.pixels import pixel_features
from genai_audit.models.families.training.fitting import train
from genai_audit.models.families.training.plants import parse_plant

ROWS, FINE = 64, 1000


class Convolutional(nn.Module):
    """A decoder of four transposed convolutions with kinks, (n, L) to (n, c, 64, 64)."""

    def __init__(self, channels: int, latent_dim: int, width: int = 32) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        widths = [4 * width, 2 * width, width, width // 2]
        grown = [
            layer
            for inner, outer in zip(widths, [*widths[1:], channels], strict=True)
            for layer in (nn.ReLU(), nn.ConvTranspose2d(inner, outer, 4, 2, 1))
        ]
        start = [nn.Linear(latent_dim, widths[0] * 16), nn.Unflatten(1, (widths[0], 4, 4))]
        self.net = nn.Sequential(*start, *grown, nn.Sigmoid())

    def decode(self, z: Tensor) -> Tensor:
        """Latents to images in [0, 1]."""
        images: Tensor = self.net(z)
        return images


def convolutional(images: Tensor, latent_dim: int, steps: int) -> Convolutional:
    """Trained as the decoder of a variational autoencoder of images (n, c, 64, 64)."""
    torch.manual_seed(0)
    decoder = Convolutional(images.shape[1], latent_dim)
    encoder = nn.Sequential(
        nn.AvgPool2d(4), nn.Flatten(), nn.Linear(256 * images.shape[1], 256), nn.ReLU(), nn.Linear(256, 2 * latent_dim)
    )
    learner = torch.optim.Adam([*decoder.parameters(), *encoder.parameters()], 2e-3)
    for _ in range(steps):
        batch = images[torch.randint(len(images), (64,))]
        mean, log_variance = encoder(batch).chunk(2, 1)
        z = mean + (log_variance / 2).exp() * torch.randn_like(mean)
        miss = F.binary_cross_entropy(decoder.decode(z), batch, reduction="sum")
        loss = miss + 3 * (mean.square() + log_variance.exp() - 1 - log_variance).sum()
        learner.zero_grad()
        torch.autograd.backward(loss / len(batch))
        learner.step()
    return decoder


def scores_of(images: Tensor, labels: np.ndarray) -> Callable[[Tensor], Tensor]:
    """The group classifier of the audit, fitted to images with their digits."""
    features = pixel_features(images).numpy().astype(np.float64)
    rng = np.random.default_rng(0)
    folds = np.array_split(rng.permutation(len(features)), 5)
    parameters, held_out = fit(features, 2.0 * np.eye(10)[labels] - 1, folds=folds, rng=rng)
    parameters = sharpened(parameters, held_out, labels)
    return lambda x: classifier_scores_torch(parameters, pixel_features(x))


def cases(data: Dataset, steps: int) -> dict[str, Callable[[], tuple[Any, Tensor]]]:
    """By name: a model and the images that its classifier is fitted to."""
    digits = torch.from_numpy(data.samples)
    large = F.interpolate(digits, size=64, mode="bilinear").clamp(0, 1)
    colours = torch.rand(len(large), 3, 1, 1, generator=torch.Generator().manual_seed(1))
    coloured = large * (0.3 + 0.7 * colours)
    return {
        "64x64x1, 10 latents": lambda: (convolutional(large, 10, steps), large),
        "64x64x3, 128 latents": lambda: (convolutional(coloured, 128, steps), coloured),
        "vae": lambda: (train("vae", data).model, digits),
        "vae, memorise=50": lambda: (train("vae", data, plant=parse_plant("memorise=50")).model, digits),
    }


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What comes of it, seconds of the clock, and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - clock, time.process_time() - processor


def compare(name: str, model: Any, images: Tensor, labels: np.ndarray, draws: int, few: int) -> None:
    """Print one case."""
    panel = image_panel(scores_of(images, labels), [str(each) for each in range(10)])
    found, clock, processor = timed(lambda: collect_attributions(model, panel=panel, n=draws))
    missed = np.maximum(found.completeness_error - found.tolerance[:, None], 0).max()
    print(f"{name}: attributions of {draws} pairs {clock:.1f} s, processor {processor:.1f} s", end="; ")
    print(f"most steps a path {found.steps.max()}; {'all complete' if missed == 0 else 'not all complete'}")
    _, clock, latent = timed(lambda: collect_latents(model))
    print(f"  latents {clock:.1f} s, processor {latent:.1f} s; together, processor {processor + latent:.1f} s")
    spread = found.tolerance / RELATIVE_TOLERANCE
    alone, clock = integrated(model, panel, found, images[0].numel())
    print(f"  the integration alone {clock:.1f} s, processor {alone:.1f} s")
    here, there = (torch.from_numpy(each[:few]) for each in (found.latents, found.baselines))
    apart, clock, one_by_one = timed(lambda: readout_by_readout(model, panel, here, there, found.tolerance))
    ratio = one_by_one / few * draws / alone
    print(f"  captum, readout by readout: {few} pairs {clock:.1f} s, processor {one_by_one:.1f} s", end="; ")
    print(f"of {draws} pairs this takes {one_by_one / few * draws:.0f} s: {ratio:.1f} times the integration alone")
    exact = fine(model, panel, here, there)
    for who, each in (("together", found.attributions[:, :few]), ("readout by readout", apart)):
        error = (np.abs(each - exact) / spread[:, None, None]).max(axis=2)
        quantiles = [*np.quantile(error, [0.5, 0.9]), error.max()]
        print(f"  error of the worst attribution of a draw, {who}: median, 90 %, largest ", end="")
        print(", ".join(f"{value:.4f}" for value in quantiles), end="; ")
        print(f"of the shares of dimensions, at most {np.abs(shares(each) - shares(exact)).max():.4f}")


def integrated(model: Any, panel: Panel, found: Attributions, values: int) -> tuple[float, float]:
    """Seconds of the processor, and of the clock, for the attributions without what is collected beside them."""
    here, there = torch.from_numpy(found.latents), torch.from_numpy(found.baselines)
    tolerance = torch.from_numpy(SHARED_OUT / RELATIVE_TOLERANCE * found.tolerance)
    rows, cells = (
        int(np.clip(each // values, *ends))
        for each, ends in ((MOST_PIXELS, (32, 512)), (FINE_VALUES, (CELLS, MOST_FIRST)))
    )
    how = {"tolerance": tolerance, "rows": rows, "cells": cells}
    _, clock, processor = timed(lambda: integrate(lambda z: panel.measure(model.decode(z)), here, there, **how))
    return processor, clock


def shares(attributions: np.ndarray) -> np.ndarray:
    """Of each dimension in each readout, (R, L), from attributions (R, n, L)."""
    sizes = np.abs(attributions).mean(axis=1)
    return sizes / sizes.sum(axis=1, keepdims=True)


def readout_by_readout(model: Any, panel: Panel, here: Tensor, there: Tensor, tolerance: np.ndarray) -> np.ndarray:
    """Attributions (R, n, L) by the peer."""
    parts = [
        integrate_one(
            lambda points, readout=readout: readout.measure(model.decode(points)), here, there, tolerance=float(each)
        )[0]
        for readout, each in zip(panel.readouts, tolerance, strict=True)
    ]
    return torch.stack(parts).double().numpy()


def fine(model: Any, panel: Panel, here: Tensor, there: Tensor) -> np.ndarray:
    """Attributions (R, n, L) by the midpoint rule with many steps."""
    at = ((torch.arange(FINE) + 0.5) / FINE)[:, None]
    parts = []
    for end, start in zip(here, there, strict=True):
        gradients = gradients_at(lambda z: panel.measure(model.decode(z)), start + at * (end - start), ROWS)
        parts.append(gradients.double().mean(dim=0) * (end - start).double())
    return torch.stack(parts, dim=1).numpy()


def maps() -> None:
    """Mean derivative of 192 outputs by 16 latents over 64 draws."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(16, 256), nn.SiLU(), nn.Linear(256, 256), nn.SiLU(), nn.Linear(256, 192))

    def decode(z: Tensor) -> Tensor:
        images: Tensor = net(z)
        return images.reshape(-1, 3, 8, 8)

    points = torch.randn(64, 16)
    explain = Saliency(lambda z: decode(z).flatten(1))

    def loop() -> Tensor:
        each = [explain.attribute(points.clone().requires_grad_(), target=t, abs=False).mean(0) for t in range(192)]
        return torch.stack(each, dim=1)

    maps_at(decode, points, ROWS), loop()
    ours, _, quick = timed(lambda: [maps_at(decode, points, 512) for _ in range(20)][-1])
    theirs, _, slow = timed(loop)
    difference = float((ours.flatten(1) - theirs).abs().max() / theirs.abs().max())
    print(f"maps of 192 outputs: {quick / 20 * 1e3:.1f} ms, looping captum {slow * 1e3:.0f} ms", end=", ")
    print(f"{slow / quick * 20:.0f} times as long; they differ by at most {difference:.1e} of the largest")


def main() -> None:
    """Print all cases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=256)
    parser.add_argument("--few", type=int, default=8)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    data = load_data("digits")
    assert data.labels is not None
    for name, make in cases(data, options.steps).items():
        if not options.only or name.split(",")[0] in options.only.split(","):
            compare(name, *make(), data.labels, options.draws, options.few)
    maps()


if __name__ == "__main__":
    main()
