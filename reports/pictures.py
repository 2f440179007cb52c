"""Exhibits as small PNG pictures inside the page: samples as they are, maps in a colour scale that prints its ends."""

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..audit.evidence.bundle import KINDS, Evidence
from . import numbers
from .excerpts import Excerpt, excerpts
from .finding_parts import ExhibitPart, PicturesPart
from .renderings import LONGEST, piano_rolls, spectrograms
from .words import short

BUDGET = 1_400_000
"""Characters of picture data in one report, which leaves room for the text within two megabytes."""

MOST_PICTURES = 24
MOST_LABELS = 24
"""Pictures that set a scale, and labels in one exhibit; the evidence folder has them all."""

STEPS = ((64, 24), (64, 12), (48, 12), (48, 8), (32, 8), (32, 4), (24, 4), (16, 4))
"""Longest side in pixels and pictures under one label, tried in turn until an exhibit fits its share of the budget."""

SHEET = 248
WIDE_SHEET = 504
TILES = {"grid": 56, "signed_maps": 112, "magnitudes": 112}
"""CSS pixels: the widest row of pictures, which fits a phone; the widest row of maps to compare with, which shrinks on
one; and about how large one picture of each form is."""

HOW_DRAWN = {
    "music": [f"Each picture is a piano roll: time runs to the right, {LONGEST} steps at most, and pitch upwards."],
    "audio": ["Each picture is a sound: time runs to the right and frequency upwards; the darker, the louder."],
}

WHAT = {"generated": "generated sample", "reference": "reference sample", "holdout": "holdout sample"}

# ColorBrewer's PuOr, negative (orange) over white to positive (purple): told apart by colour-blind eyes as well.
_PUOR = "7f3b08 b35806 e08214 fdb863 fee0b6 f7f7f7 d8daeb b2abd2 8073ac 542788 2d004b"
# Cividis: even in lightness. Nuñez, Anderton, Renslow 2018, doi:10.1371/journal.pone.0199239.
_CIVIDIS = "00224e 1a386f 434e6c 61656f 7d7c78 9b9476 bcae6c dec958 fee838"

Pixels = NDArray[np.uint8]
Images = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Some pictures in one image: their label, what they are in words, and the size in CSS pixels."""

    label: str
    alt: str
    uri: str
    width: int
    height: int
    wide: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """A colour scale: what its two ends stand for, and a picture of it."""

    low: str
    high: str
    uri: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An exhibit ready to be shown; `notes` say what was left out or made smaller."""

    caption: str
    form: str
    sheets: tuple[Sheet, ...]
    scale: Scale | None
    notes: tuple[str, ...]
    excerpts: tuple[Excerpt, ...] = ()


@dataclass(frozen=True, slots=True)
class _Set:
    """Pictures under one label, where they lie; `coloured` if they are values in a scale and not pictures.

    `enlarged` is how many times larger than others they are shown.
    """

    label: str
    kind: str
    array: Images
    indices: tuple[int, ...]
    coloured: bool
    enlarged: int = 1

    def first(self, count: int) -> Images:
        """The first `count` of them, (k, c, h, w), with every value finite."""
        return np.nan_to_num(self.array[list(self.indices[:count])], nan=0.0, posinf=1.0, neginf=0.0)


def show(exhibit: ExhibitPart, evidence: Evidence, *, budget: int = BUDGET) -> Shown:
    """An exhibit from the evidence: pictures within `budget` characters, or texts and rows where these are its form."""
    if evidence.modality in ("text", "tabular"):
        read, left_out = excerpts(exhibit, evidence)
        return Shown(exhibit.caption, exhibit.form, (), None, left_out, read)
    sets, absent = [], []
    for each in exhibit.pictures[:MOST_LABELS]:
        array = _find(each, evidence)
        if array is None:
            absent.append(each.label)
        else:
            coloured = exhibit.form != "grid" and each.kind.endswith("maps")
            enlarged = 2 if evidence.modality in HOW_DRAWN else 1
            sets.append(_Set(short(each.label), each.kind, array, each.indices, coloured, enlarged))
    notes = _notes(exhibit, absent) + HOW_DRAWN.get(evidence.modality, [])
    scale = max((float(np.abs(each.first(MOST_PICTURES)).max()) for each in sets if each.coloured), default=0.0)
    under = None if evidence.attributions is None else evidence.attributions.sample
    sheets: list[Sheet] = []
    for side, count in STEPS if sets else ():
        sheets = _sheets(exhibit.form, sets, side=side, count=count, scale=scale, under=under, budget=budget)
        if sheets:
            notes += _reductions(sets, side, count)
            break
    if sets and not sheets:
        notes.append("There are too many pictures for one page; they are in the evidence folder.")
    return Shown(exhibit.caption, exhibit.form, tuple(sheets), _scale(exhibit, scale), tuple(notes))


def _sheets(
    form: str, sets: Sequence[_Set], *, side: int, count: int, scale: float, under: Images | None, budget: int
) -> list[Sheet]:
    """All sheets, or none if they would not fit; stops early, so that no hundreds of pictures are drawn in vain."""
    sheets: list[Sheet] = []
    spent = 0
    for each in sets:
        images = each.first(count)
        tiles = [_reduced(tile, side) for tile in _tiles(form, each, images, scale, under)]
        sheets.append(_sheet(form, each, tiles, len(images)))
        spent += len(sheets[-1].uri)
        if spent > budget or spent / len(sheets) > 2 * budget / len(sets):
            return []
    return sheets


def _notes(exhibit: ExhibitPart, absent: Sequence[str]) -> list[str]:
    notes = []
    if len(exhibit.pictures) > MOST_LABELS:
        notes.append(f"{len(exhibit.pictures) - MOST_LABELS} more sets of pictures are in the evidence folder.")
    if absent:
        notes.append(f"Not in the evidence at hand, so not shown: {short(', '.join(absent), 200)}.")
    if exhibit.form == "signed_maps":
        notes.append("Beside the map of a dimension: the same over the picture that the mean latent gives.")
    return notes


def _reductions(sets: Sequence[_Set], side: int, count: int) -> list[str]:
    notes = []
    if any(len(each.indices) > count for each in sets):
        notes.append(f"Of each set, the first {count} pictures are shown.")
    largest = max(max(each.array.shape[2:]) for each in sets)
    if largest > side:
        notes.append(f"Pictures are reduced from {largest} to {side} pixels.")
    return notes


def _scale(exhibit: ExhibitPart, largest: float) -> Scale | None:
    if exhibit.form == "grid":
        return None
    signed = exhibit.form == "signed_maps"
    ramp = coloured(np.linspace(0, 1, 64)[None, :], 0, 1, _PUOR if signed else _CIVIDIS)
    uri = _data_uri(np.dstack([ramp, np.full(ramp.shape[:2], 255, np.uint8)]))
    return Scale(numbers.number(-largest) if signed else "0", numbers.number(largest), uri)


def _find(pictures: PicturesPart, evidence: Evidence) -> Images | None:
    """The array (n, c, h, w) that holds these pictures, or None where the evidence does not hold all of them."""
    kind, _, field = pictures.kind.partition(".")
    item = getattr(evidence, kind) if kind in KINDS else None
    array = getattr(item, field or "samples", None)
    if not field and array is not None and evidence.modality in ("music", "audio"):
        return _drawn(pictures.indices, array, evidence)
    if not isinstance(array, np.ndarray) or array.ndim != 4 or not array.size or not pictures.indices:
        return None
    return array if min(pictures.indices) >= 0 and max(pictures.indices) < len(array) else None


def _drawn(indices: Sequence[int], samples: Any, evidence: Evidence) -> Images | None:
    """Melodies and sounds as pictures, at the places of the evidence; only those asked for are drawn."""
    if not indices or min(indices) < 0 or max(indices) >= len(samples):
        return None
    if evidence.modality == "music":
        everything = (evidence.reference or evidence.generated).samples
        pitches = [pitch for piece in everything for pitch in piece if pitch >= 0] or [60]
        images = piano_rolls([samples[row] for row in indices], low=min(pitches), high=max(pitches))
    else:
        images = spectrograms(samples[list(indices)])
    placed = np.zeros((max(indices) + 1, *images.shape[1:]), images.dtype)
    placed[list(indices)] = images
    return placed


def _tiles(form: str, pictures: _Set, images: Images, scale: float, under: Images | None) -> list[Pixels]:
    if not pictures.coloured:
        return [plain(image) for image in images]
    if form != "signed_maps":
        return [coloured(image.mean(axis=0), 0.0, scale, _CIVIDIS) for image in images]
    tiles = []
    for image in images:
        tiles.append(coloured(image.mean(axis=0), -scale, scale, _PUOR))
        if under is not None and under.shape[2:] == image.shape[1:] and not pictures.kind.endswith("null_maps"):
            tiles.append(_laid_over(tiles[-1], image.mean(axis=0), scale, plain(under[0])))
    return tiles


def plain(image: Images) -> Pixels:
    """A picture (c, h, w) in [0, 1] as grey (h, w) or colour (h, w, 3); other channel counts as their mean."""
    values = image if len(image) in (1, 3) else image.mean(axis=0, keepdims=True)
    pixels = np.rint(255 * values.clip(0, 1)).astype(np.uint8)
    return pixels[0] if len(pixels) == 1 else np.moveaxis(pixels, 0, 2)


def coloured(values: Images, low: float, high: float, stops: str = _PUOR) -> Pixels:
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


def _laid_over(colours: Pixels, values: Images, scale: float, under: Pixels) -> Pixels:
    strength = (np.abs(values) / scale if scale else np.zeros_like(values))[..., None]
    grey = (under if under.ndim == 2 else under.mean(axis=2))[..., None]
    mixed: Pixels = np.rint(strength * colours + (1 - strength) * grey).astype(np.uint8)
    return mixed


def _sheet(form: str, pictures: _Set, tiles: Sequence[Pixels], count: int) -> Sheet:
    height, width = tiles[0].shape[:2]
    # Whole multiples, so that every pixel of a picture becomes a square of the same size.
    tile_size = TILES["signed_maps" if len(tiles) == 1 else form] if form in TILES else TILES["grid"]
    zoom = max(1, tile_size // max(height, width)) * pictures.enlarged
    gap = -(-4 // zoom)
    wide = pictures.coloured and 2 < len(tiles) == count
    columns = max(1, min(len(tiles), ((WIDE_SHEET if wide else SHEET) // zoom + gap) // (width + gap)))
    if len(tiles) == 2 * count:
        # A map and its overlay stay side by side.
        columns = max(1, columns - columns % 2)
    # Full rows where that costs little.
    columns = next((each for each in range(columns, columns // 2, -1) if len(tiles) % each == 0), columns)
    rows = -(-len(tiles) // columns)
    colour = any(tile.ndim == 3 for tile in tiles)
    canvas = np.zeros((rows * (height + gap) - gap, columns * (width + gap) - gap, 4 if colour else 2), np.uint8)
    for index, tile in enumerate(tiles):
        top, left = index // columns * (height + gap), index % columns * (width + gap)
        place = canvas[top : top + height, left : left + width]
        place[..., :-1] = tile if tile.ndim == 3 else tile[..., None]
        place[..., -1] = 255
    what = "map" if pictures.coloured else WHAT.get(pictures.kind, "picture")
    alt = f"{count} × {what}: {pictures.label}"
    return Sheet(pictures.label, alt, _data_uri(canvas), zoom * canvas.shape[1], zoom * canvas.shape[0], wide)


def _reduced(tile: Pixels, side: int) -> Pixels:
    height, width = tile.shape[:2]
    if max(height, width) <= side:
        return tile
    shrink = side / max(height, width)
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    return np.asarray(Image.fromarray(tile).resize(size, Image.Resampling.BOX))


def _data_uri(canvas: Pixels) -> str:
    buffer = io.BytesIO()
    Image.fromarray(canvas).save(buffer, "PNG", compress_level=7)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
