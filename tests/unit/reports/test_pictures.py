"""Exhibits as pictures: faithful pixels, honest scales, bounded size."""

import base64
import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from genai_audit.audit.evidence.bundle import Evidence
from genai_audit.reports.finding_parts import ExhibitPart, PicturesPart
from genai_audit.reports.pictures import BUDGET, SHEET, show
from genai_audit.reports.pixels import coloured, plain
from unit.reports import example


def decode(uri: str) -> np.ndarray:
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    return np.asarray(Image.open(io.BytesIO(data)))


def exhibit(form: str, *pictures: tuple[str, tuple[int, ...]]) -> ExhibitPart:
    parts = tuple(PicturesPart(label=f"label {kind}", kind=kind, indices=rows) for kind, rows in pictures)
    return ExhibitPart(name="name", caption="caption", form=form, pictures=parts)


@pytest.fixture
def evidence() -> Evidence:
    return example.evidence()


def test_a_grid_shows_the_pixels_as_they_are(evidence: Evidence) -> None:
    shown = show(exhibit("grid", ("generated", (3, 5))), evidence)
    [sheet] = shown.sheets
    pixels = decode(sheet.uri)
    expected = np.rint(255 * evidence.generated.samples[[3, 5], 0]).astype(np.uint8)
    assert np.array_equal(pixels[:, :8, 0], expected[0])
    assert np.array_equal(pixels[:, -8:, 0], expected[1])
    # The gap between pictures is transparent, so that it takes the colour of the page.
    assert set(np.unique(pixels[:, 8:-8, 1])) == {0}
    assert shown.scale is None
    assert (sheet.width, sheet.height) == (pixels.shape[1] * 7, 56)
    assert sheet.alt == "2 × generated sample: label generated"


def test_values_out_of_range_are_cut_and_undefined_ones_are_black() -> None:
    picture = plain(np.array([[[-1.0, 0.5, 2.0]]]))
    assert picture.tolist() == [[0, 128, 255]]
    odd = example.evidence()
    odd.generated.samples[0, 0, 0, 0] = np.nan
    assert decode(show(exhibit("grid", ("generated", (0,))), odd).sheets[0].uri)[0, 0, 0] == 0


@pytest.mark.parametrize(("channels", "shape"), [(1, (4, 5)), (3, (4, 5, 3)), (2, (4, 5)), (4, (4, 5))])
def test_any_number_of_channels_becomes_a_picture(channels: int, shape: tuple[int, ...]) -> None:
    assert plain(np.ones((channels, 4, 5))).shape == shape


def test_signed_maps_share_one_scale_around_white_which_is_printed(evidence: Evidence) -> None:
    shown = show(exhibit("signed_maps", ("attributions.maps", (0,)), ("attributions.null_maps", (0,))), evidence)
    assert evidence.attributions is not None
    largest = max(np.abs(evidence.attributions.maps[0]).max(), np.abs(evidence.attributions.null_maps[0]).max())
    assert shown.scale is not None
    assert float(shown.scale.high) == pytest.approx(largest, rel=0.01)
    assert shown.scale.low == "−" + shown.scale.high
    expected = coloured(evidence.attributions.null_maps[0, 0], -largest, largest)
    assert np.array_equal(decode(shown.sheets[1].uri)[:8, :8, :3], expected)


def test_zero_is_white_and_the_signs_are_told_apart_by_more_than_red_and_green() -> None:
    negative, zero, positive = coloured(np.array([[-1.0, 0.0, 1.0]]), -1, 1)[0].astype(int)
    assert zero.tolist() == [0xF7, 0xF7, 0xF7]
    assert negative[0] > negative[2] + 50
    assert positive[2] > positive[0] + 20


def test_maps_of_nothing_but_zeros_are_white(evidence: Evidence) -> None:
    assert evidence.attributions is not None
    still = replace(evidence, attributions=replace(evidence.attributions, maps=np.zeros((2, 1, 8, 8), np.float32)))
    shown = show(exhibit("signed_maps", ("attributions.maps", (0, 1))), still)
    assert set(np.unique(decode(shown.sheets[0].uri)[:8, :8, :3])) == {0xF7}


def test_magnitudes_grow_lighter_in_cividis(evidence: Evidence) -> None:
    shown = show(exhibit("magnitudes", ("attributions.maps", (0,))), evidence)
    assert shown.scale is not None
    assert shown.scale.low == "0"
    ramp = decode(shown.scale.uri)[0, :, :3].astype(float) @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(ramp) > 0).all()


def test_a_map_is_laid_over_the_decoded_picture(evidence: Evidence) -> None:
    assert evidence.attributions is not None
    quiet = np.zeros((1, 1, 8, 8), np.float32)
    quiet[0, 0, 0, 0] = 1
    still = replace(evidence, attributions=replace(evidence.attributions, maps=quiet))
    pixels = decode(show(exhibit("signed_maps", ("attributions.maps", (0,))), still).sheets[0].uri)
    under = plain(evidence.attributions.sample[0])
    # Where nothing changes the picture shows through; where most changes only the colour is seen.
    assert np.array_equal(pixels[1:8, -8:, 0], under[1:])
    assert pixels[0, -8, :3].tolist() == [0x2D, 0x00, 0x4B]


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("holdout", (0,)),
        ("generated", (999,)),
        ("generated", (-1,)),
        ("generated", ()),
        ("nonsense", (0,)),
        ("__class__", (0,)),
        ("absent", (0,)),
        ("groups.parameters", (0,)),
        ("attributions.nothing", (0,)),
        ("attributions.latents", (0,)),
    ],
)
def test_what_is_not_in_the_evidence_is_said_and_nothing_breaks(
    evidence: Evidence, kind: str, rows: tuple[int, ...]
) -> None:
    shown = show(exhibit("grid", (kind, rows)), evidence)
    assert shown.sheets == ()
    assert shown.notes == (f"Not in the evidence at hand, so not shown: label {kind}.",)


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 28, 28), (3, 32, 32), (3, 64, 48), (3, 200, 200)])
def test_sheets_fit_a_phone(shape: tuple[int, int, int]) -> None:
    evidence = example.evidence(shape=shape, n=30)
    shown = show(exhibit("grid", ("generated", tuple(range(24)))), evidence)
    assert shown.sheets[0].width <= SHEET
    maps = show(exhibit("signed_maps", ("attributions.maps", (0, 1))), evidence)
    assert maps.sheets[0].width <= SHEET


def test_pictures_are_reduced_until_they_fit_the_budget() -> None:
    evidence = example.evidence(shape=(3, 100, 100), n=30)
    whole = exhibit("grid", ("generated", tuple(range(24))))
    large = show(whole, evidence, budget=BUDGET)
    small = show(whole, evidence, budget=len(large.sheets[0].uri) // 3)
    assert "Pictures are reduced from 100 to 64 pixels." in large.notes
    assert len(small.sheets[0].uri) <= len(large.sheets[0].uri) // 3
    none = show(whole, evidence, budget=10)
    assert none.sheets == ()
    assert "There are too many pictures for one page; they are in the evidence folder." in none.notes
