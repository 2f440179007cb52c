"""How records are cut."""

import numpy as np
import pytest

from genai_audit.audit.evidence.regions.layout import picture_regions, sound_regions, table_regions


@pytest.mark.parametrize(("height", "width"), [(1, 1), (2, 5), (8, 8), (9, 9), (28, 28), (64, 48), (512, 512)])
def test_every_position_lies_in_one_region_and_none_is_empty(height: int, width: int) -> None:
    regions = picture_regions(height, width)
    assert regions.place.shape == (height, width)
    assert set(regions.place.reshape(-1)) == set(range(len(regions.names)))
    assert len(regions.names) == min(8, height) * min(8, width)
    assert len(set(regions.names)) == len(regions.names)
    assert regions.area.sum() == pytest.approx(1)


def test_the_rim_is_thin_and_complete() -> None:
    regions = picture_regions(64, 64)
    rim = regions.border[regions.place]
    expected = np.ones((64, 64), dtype=bool)
    expected[2:-2, 2:-2] = False
    assert np.array_equal(rim, expected)
    assert regions.names[0] == "row 1, column 1 (edge)"
    assert regions.names[9] == "row 2, column 2"


def test_a_side_without_an_inside_has_no_rim() -> None:
    assert not picture_regions(1, 2).border.any()
    assert picture_regions(1, 5).border.tolist() == [True, False, False, False, True]


def test_spans_are_named_by_time() -> None:
    regions = sound_regions(3200, 100)
    assert len(regions.names) == 16
    assert regions.names[0] == "0–1 s (edge)"
    assert regions.border.sum() == 2
    assert sound_regions(4, None).names[1] == "1–2 samples"


def test_columns_have_no_border() -> None:
    regions = table_regions(["a", 3])
    assert regions.names == ("a", "3")
    assert not regions.border.any()
    assert regions.painted(np.ones((1, 2))).size == 0
