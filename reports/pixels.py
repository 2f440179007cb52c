"""Numbers as colours: pictures as they are, maps on a scale that everybody can read, and maps laid over pictures."""

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# ColorBrewer's PuOr, negative (orange) over white to positive (purple): told apart by colour-blind eyes as well.
PUOR = "7f3b08 b35806 e08214 fdb863 fee0b6 f7f7f7 d8daeb b2abd2 8073ac 542788 2d004b"
# Cividis: even in lightness. Nuñez, Anderton, Renslow 2018, doi:10.1371/journal.pone.0199239.
CIVIDIS = "00224e 1a386f 434e6c 61656f 7d7c78 9b9476 bcae6c dec958 fee838"

Pixels = NDArray[np.uint8]
Images = NDArray[np.floating]


def plain(image: Images) -> Pixels:
    """A picture (c, h, w) in [0, 1] as grey (h, w) or colour (h, w, 3); other channel counts as their mean."""
    values = image if len(image) in (1, 3) else image.mean(axis=0, keepdims=True)
    pixels = np.rint(255 * values.clip(0, 1)).astype(np.uint8)
    return pixels[0] if len(pixels) == 1 else np.moveaxis(pixels, 0, 2)


def coloured(values: Images, low: float, high: float, stops: str = PUOR) -> Pixels:
    """Values (h, w) as colours (h, w, 3), linear between the stops.

    Args:
        values: the numbers to show, (h, w).
        low: the value of the first colour; what lies below gets the same.
        high: the value of the last colour; what lies above gets the same.
        stops: colours at equal steps, six hexadecimal digits each, divided by spaces.
    """
    table = np.array([list(bytes.fromhex(stop)) for stop in stops.split()], dtype=float)
    share = np.full(values.shape, 0.5) if high <= low else (values.astype(float) - low) / (high - low)
    place = share.clip(0, 1) * (len(table) - 1)
    channels = [np.interp(place, np.arange(len(table)), table[:, channel]) for channel in range(3)]
    pixels: Pixels = np.rint(np.stack(channels, axis=-1)).astype(np.uint8)
    return pixels


def laid_over(colours: Pixels, values: Images, scale: float, under: Pixels) -> Pixels:
    """A map's colours (h, w, 3) over a picture, the stronger the larger its values (h, w) are beside `scale`."""
    strength = (np.abs(values) / scale if scale else np.zeros_like(values))[..., None]
    grey = (under if under.ndim == 2 else under.mean(axis=2))[..., None]
    mixed: Pixels = np.rint(strength * colours + (1 - strength) * grey).astype(np.uint8)
    return mixed


def opaque(colours: Pixels) -> Pixels:
    """Colours (h, w, 3) with full opacity, (h, w, 4)."""
    pixels: Pixels = np.dstack([colours, np.full(colours.shape[:2], 255, np.uint8)])
    return pixels


def data_uri(canvas: Pixels) -> str:
    """A picture as a PNG inside an address."""
    buffer = io.BytesIO()
    Image.fromarray(canvas).save(buffer, "PNG", compress_level=7)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
