"""Collect features: one map from records to vectors, the same for generated and real ones.

The map is fixed beforehand, or, for the columns of a table, which have no common scale, learned from the reference
alone, and so coarsely that a perfect generator and the reference stay exchangeable but for what docs/decisions/009
states. It never depends on generated records, so estimates cannot depend on how many were drawn.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..bundle import Evidence, Features, Generated, Real
from ..plan import Plan
from ..unavailable import Unavailable

if TYPE_CHECKING:
    from torch import Tensor

NEEDS = ()

Floats = NDArray[np.float64]

MAX_VALUES = 1024
"""Pixels are averaged in squares until an image has at most this many values."""


def pooling(shape: tuple[int, ...], most: int = MAX_VALUES) -> int:
    """Edge of the smallest squares whose averages describe an image (c, h, w) in at most `most` values."""
    channels, height, width = shape
    edge = 1
    while channels * -(-height // edge) * -(-width // edge) > most and edge < max(height, width):
        edge += 1
    return edge


def pixel_features(images: "Tensor", most: int = MAX_VALUES) -> "Tensor":
    """Images (n, c, h, w) to pixel values (n, d), averaged in squares where there are many; differentiable."""
    import torch.nn.functional as F

    edge = pooling(tuple(images.shape[1:]), most)
    if edge > 1:
        images = F.avg_pool2d(images, edge, ceil_mode=True, count_include_pad=False)
    return images.flatten(1)


def collect(plan: Plan, so_far: Evidence, progress: Callable[[float], None]) -> Features:
    """Features of all samples at hand; see `collect_features`."""
    return collect_features(
        plan.modality, generated=so_far.generated, reference=so_far.reference, holdout=so_far.holdout
    )


def collect_features(modality: str, *, generated: Generated, reference: Real | None, holdout: Real | None) -> Features:
    """Features of all samples at hand.

    Args:
        modality: of the records, which decides the map.
        generated: the samples.
        reference: real data to compare with.
        holdout: further real data, if there are any.

    Raises:
        Unavailable: without reference data.
    """
    if reference is None:
        raise Unavailable("there is no reference data to compare with; give it with --reference")
    samples = [generated.samples, reference.samples] + ([] if holdout is None else [holdout.samples])
    vectors, extractor = EXTRACTORS[modality](samples, generated.sample_rate)
    # Through float32 on purpose: this is what is saved, and a reloaded audit must see the same bits.
    exact = [each.astype(np.float32).astype(np.float64) for each in vectors]
    return Features(exact[0], exact[1], exact[2] if holdout is not None else np.empty((0, 0)), extractor)


def _pixels(samples: list[Any], rate: int | None) -> tuple[list[Floats], str]:
    import torch

    edge = pooling(samples[0].shape[1:])
    unit = "pixel values" if edge == 1 else f"pixel values averaged in squares of {edge} × {edge}"
    with torch.no_grad():
        return [pixel_features(torch.from_numpy(each)).numpy() for each in samples], unit


def _text(samples: list[Any], rate: int | None) -> tuple[list[Floats], str]:
    from .texts import EXTRACTOR, text_features

    return [text_features(each) for each in samples], EXTRACTOR


def _music(samples: list[Any], rate: int | None) -> tuple[list[Floats], str]:
    from .texts import MUSIC_EXTRACTOR, music_features

    return [music_features(each) for each in samples], MUSIC_EXTRACTOR


def _audio(samples: list[Any], rate: int | None) -> tuple[list[Floats], str]:
    from .audio import EXTRACTOR, audio_features

    return [audio_features(each) for each in samples], EXTRACTOR


def _table(samples: list[Any], rate: int | None) -> tuple[list[Floats], str]:
    from .tables import EXTRACTOR, table_features

    return table_features(samples), EXTRACTOR


EXTRACTORS: Mapping[str, Callable[[list[Any], int | None], tuple[list[Floats], str]]] = {
    "image": _pixels,
    "text": _text,
    "music": _music,
    "audio": _audio,
    "tabular": _table,
}
