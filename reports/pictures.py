"""Exhibits as small PNG pictures inside the page: samples as they are, maps in a colour scale that prints its ends."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from ..audit.evidence.bundle import KINDS, Evidence
from ..models.records import is_array
from . import numbers
from .excerpts import Excerpt, excerpts
from .finding_parts import ExhibitPart, PicturesPart
from .pixels import CIVIDIS, PUOR, Images, Pixels, coloured, data_uri, laid_over, opaque, plain
from .renderings import LONGEST, piano_rolls, spectrograms
from .sound_map import SIGNED, SOUND_MAPS, SoundMap, sound_maps
from .token_strip import STRIPS, Strip, token_strips
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

LAID_OVER = {"attributions": "Beside the map of a dimension: the same over the picture that the mean latent gives."}
"""What maps of a kind of evidence are laid over, where it is not the mean real record."""

WHAT = {"generated": "generated sample", "reference": "reference sample", "holdout": "holdout sample"}
WHAT |= {"reproductions": "training record"}


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
    strips: tuple[Strip, ...] = ()
    sounds: tuple[SoundMap, ...] = ()


@dataclass(frozen=True, slots=True)
class _Set:
    """Pictures under one label, where they lie; `coloured` if they are values in a scale and not pictures.

    `enlarged` is how many times larger than others they are shown; `under` is what maps are laid over, (1, c, h, w).
    """

    label: str
    kind: str
    array: Images
    indices: tuple[int, ...]
    coloured: bool
    enlarged: int = 1
    under: Images | None = None

    def first(self, count: int) -> Images:
        """The first `count` of them, (k, c, h, w), with every value finite."""
        return np.nan_to_num(self.array[list(self.indices[:count])], nan=0.0, posinf=1.0, neginf=0.0)


def show(exhibit: ExhibitPart, evidence: Evidence, *, budget: int = BUDGET) -> Shown:
    """An exhibit from the evidence: pictures within `budget` characters, or texts and rows where these are its form."""
    if exhibit.form in STRIPS:
        strips, largest, said = token_strips(exhibit, evidence)
        return Shown(exhibit.caption, exhibit.form, (), _scale(exhibit, largest), said, strips=strips)
    if exhibit.form in SOUND_MAPS:
        sounds, largest, said = sound_maps(exhibit, evidence)
        return Shown(exhibit.caption, exhibit.form, (), _scale(exhibit, largest), said, sounds=sounds)
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
            under = _under(each.kind, array, evidence) if coloured else None
            sets.append(_Set(short(each.label), each.kind, array, each.indices, coloured, enlarged, under))
    notes = _notes(exhibit, absent, sets) + HOW_DRAWN.get(evidence.modality, [])
    scale = max((float(np.abs(each.first(MOST_PICTURES)).max()) for each in sets if each.coloured), default=0.0)
    sheets: list[Sheet] = []
    for side, count in STEPS if sets else ():
        sheets = _sheets(exhibit.form, sets, side=side, count=count, scale=scale, budget=budget)
        if sheets:
            notes += _reductions(sets, side, count)
            break
    if sets and not sheets:
        notes.append("There are too many pictures for one page; they are in the evidence folder.")
    return Shown(exhibit.caption, exhibit.form, tuple(sheets), _scale(exhibit, scale), tuple(notes))


def _sheets(form: str, sets: Sequence[_Set], *, side: int, count: int, scale: float, budget: int) -> list[Sheet]:
    """All sheets, or none if they would not fit; stops early, so that no hundreds of pictures are drawn in vain."""
    sheets: list[Sheet] = []
    spent = 0
    for each in sets:
        images = each.first(count)
        tiles = [_reduced(tile, side) for tile in _tiles(form, each, images, scale)]
        sheets.append(_sheet(form, each, tiles, len(images)))
        spent += len(sheets[-1].uri)
        if spent > budget or spent / len(sheets) > 2 * budget / len(sets):
            return []
    return sheets


def _notes(exhibit: ExhibitPart, absent: Sequence[str], sets: Sequence[_Set]) -> list[str]:
    notes = []
    if len(exhibit.pictures) > MOST_LABELS:
        notes.append(f"{len(exhibit.pictures) - MOST_LABELS} more sets of pictures are in the evidence folder.")
    if absent:
        notes.append(f"Not in the evidence at hand, so not shown: {short(', '.join(absent), 200)}.")
    laid = next((each.kind.partition(".")[0] for each in sets if each.under is not None), None)
    if laid is not None:
        notes.append(LAID_OVER.get(laid, "Beside a map: the same over the mean real record."))
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
    signed = exhibit.form in ("signed_maps", *STRIPS) or exhibit.form.endswith(SIGNED)
    ramp = coloured(np.linspace(0, 1, 64)[None, :], 0, 1, PUOR if signed else CIVIDIS)
    uri = data_uri(opaque(ramp))
    return Scale(numbers.number(-largest) if signed else "0", numbers.number(largest), uri)


def _find(pictures: PicturesPart, evidence: Evidence) -> Images | None:
    """The array (n, c, h, w) that holds these pictures, or None where the evidence does not hold all of them."""
    kind, _, field = pictures.kind.partition(".")
    item = getattr(evidence, kind) if kind in KINDS else None
    # Of a kind with several entries, pictures are of the first.
    item = item[0] if isinstance(item, tuple) and item else item
    array = getattr(item, field or "samples", None)
    if not field and array is not None and evidence.modality in ("music", "audio"):
        return _drawn(pictures.indices, array, evidence)
    if array is None or not is_array(array) or array.ndim != 4 or not array.size or not pictures.indices:
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


def _under(kind: str, maps: Images, evidence: Evidence) -> Images | None:
    """What maps of a kind of evidence are laid over: its `sample`, if it has one of their size; nothing for a null."""
    under = getattr(getattr(evidence, kind.partition(".")[0]), "sample", None)
    if under is None or kind.endswith("null_maps") or under.shape[2:] != maps.shape[2:]:
        return None
    return np.asarray(under)


def _tiles(form: str, pictures: _Set, images: Images, scale: float) -> list[Pixels]:
    if not pictures.coloured:
        return [plain(image) for image in images]
    low, stops = (-scale, PUOR) if form == "signed_maps" else (0.0, CIVIDIS)
    tiles = []
    for image in images:
        tiles.append(coloured(image.mean(axis=0), low, scale, stops))
        if pictures.under is not None:
            tiles.append(laid_over(tiles[-1], image.mean(axis=0), scale, plain(pictures.under[0])))
    return tiles


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
    return Sheet(pictures.label, alt, data_uri(canvas), zoom * canvas.shape[1], zoom * canvas.shape[0], wide)


def _reduced(tile: Pixels, side: int) -> Pixels:
    height, width = tile.shape[:2]
    if max(height, width) <= side:
        return tile
    shrink = side / max(height, width)
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    return np.asarray(Image.fromarray(tile).resize(size, Image.Resampling.BOX))
