"""Areas of a picture: what is in them, and what is blacked out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recognizers.plate import Quad
from recognizers.regions import Polygon, black_out, contains

LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
TOP_RIGHT = ((0.5, 0.0), (1.0, 0.0), (1.0, 0.5), (0.5, 0.5))
SIZE = (200, 100)


def quad_at(x: float, y: float) -> Quad:
    return np.array([[x - 20, y - 5], [x + 20, y - 5], [x + 20, y + 5], [x - 20, y + 5]], np.float32)


@pytest.mark.parametrize(
    ("polygons", "centre", "inside"),
    [
        pytest.param((), (190, 90), True, id="no-polygon-is-the-whole-picture"),
        pytest.param((LEFT_HALF,), (50, 50), True, id="inside"),
        pytest.param((LEFT_HALF,), (100, 50), True, id="on-the-edge"),
        pytest.param((LEFT_HALF,), (95, 50), True, id="its-right-end-reaches-out"),
        pytest.param((LEFT_HALF,), (105, 50), False, id="its-left-end-reaches-in"),
        pytest.param((LEFT_HALF, TOP_RIGHT), (150, 25), True, id="in-the-second"),
        pytest.param((LEFT_HALF, TOP_RIGHT), (150, 75), False, id="in-neither"),
    ],
)
def test_a_plate_counts_by_its_centre(
    polygons: tuple[Polygon, ...], centre: tuple[float, float], *, inside: bool
) -> None:
    assert contains(polygons, quad_at(*centre), SIZE) == inside


@pytest.mark.parametrize("shape", [(100, 200), (100, 200, 3)], ids=["grey", "colour"])
def test_masked_pixels_are_black_and_the_others_as_they_were(shape: tuple[int, ...]) -> None:
    image = np.full(shape, 200, np.uint8)
    covered = black_out(image, (LEFT_HALF,))
    assert not covered[:, :101].any()
    assert (covered[:, 101:] == 200).all()
    assert (image == 200).all(), "the original is left alone"


def test_where_masks_overlap_nothing_shows() -> None:
    covered = black_out(np.full((100, 200), 200, np.uint8), (LEFT_HALF, LEFT_HALF, ((0, 0), (1, 0), (1, 1), (0, 1))))
    assert not covered.any()


@given(
    corner=st.tuples(st.floats(0, 0.9), st.floats(0, 0.9)),
    extent=st.tuples(st.floats(0.05, 1), st.floats(0.05, 1)),
    centre=st.tuples(st.floats(0, 199), st.floats(0, 99)),
)
def test_what_a_region_contains_a_mask_of_the_same_polygon_hides(
    corner: tuple[float, float], extent: tuple[float, float], centre: tuple[float, float]
) -> None:
    (left, top), (right, bottom) = corner, (min(1.0, a + b) for a, b in zip(corner, extent, strict=True))
    polygon = ((left, top), (right, top), (right, bottom), (left, bottom))
    if contains((polygon,), quad_at(*centre), SIZE):
        covered = black_out(np.full((100, 200), 200, np.uint8), (polygon,))
        assert covered[round(centre[1]), round(centre[0])] == 0
