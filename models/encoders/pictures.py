"""Pictures as pretrained networks take them: of one size, in three colours, centred and scaled."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .encoder import EncoderError

if TYPE_CHECKING:
    from torch import Tensor

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
SIZE, SMALL_SIZE, SMALL = 224, 96, 64
"""Edges: of what a network sees, of what it sees of small pictures, and up to which they are small.

Enlarging 28 × 28 pixels to 224 × 224 makes nothing visible that 96 × 96 does not, and takes nine times as long.
"""


def seen_size(shape: Sequence[int]) -> tuple[int, int]:
    """The size at which a network of any input size sees images (…, h, w)."""
    edge = SMALL_SIZE if max(shape[-2:]) <= SMALL else SIZE
    return edge, edge


def prepared(
    images: Any, size: tuple[int, int], mean: Sequence[float], std: Sequence[float], *, device: str = "cpu"
) -> "Tensor":
    """Images (n, c, h, w) in [0, 1] as (n, 3, *size): stretched by bilinear interpolation without aliases, grey as RGB.

    Raises:
        EncoderError: if they have neither one channel nor three.
    """
    import torch
    import torch.nn.functional as F

    channels = images.shape[1]
    if channels not in (1, 3):
        raise EncoderError(f"expected pictures of one channel or three, got {channels}; use --encoder pixels")
    pictures = torch.from_numpy(images).to(device)
    if tuple(pictures.shape[2:]) != size:
        pictures = F.interpolate(pictures, size=size, mode="bilinear", antialias=True, align_corners=False)
    centre, scale = (torch.tensor(each, dtype=torch.float32, device=device).view(1, 3, 1, 1) for each in (mean, std))
    return (pictures.expand(-1, 3, -1, -1) - centre) / scale
