"""The detector finds plates in pictures of any size and gives their place in the picture's own pixels."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from recognizers.detector import LitertPlateDetector, place
from recognizers.interpreter import Model, load_weights
from recognizers.plate import GrayImage
from recognizers.rendering.layouts import load_layouts
from recognizers.rendering.plates import render_plate


@pytest.fixture(scope="module")
def detector() -> LitertPlateDetector:
    return LitertPlateDetector(load_weights(Model.DETECTOR))


def street_with_plate(width: int, height: int, plate_width: int) -> tuple[GrayImage, tuple[float, float]]:
    """A soft ground with a German plate on it, and the plate's centre."""
    rng = np.random.default_rng(3)
    ground = cv2.resize(rng.integers(60, 140, (9, 16), dtype=np.uint8), (width, height), interpolation=cv2.INTER_CUBIC)
    plate = cv2.cvtColor(render_plate(load_layouts()["eu-de"], rng).image, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(
        plate, (plate_width, plate_width * plate.shape[0] // plate.shape[1]), interpolation=cv2.INTER_AREA
    )
    x, y = int(width * 0.55), int(height * 0.6)
    ground[y - 6 : y + small.shape[0] + 6, x - 6 : x + small.shape[1] + 6] = 35
    ground[y : y + small.shape[0], x : x + small.shape[1]] = small
    return np.asarray(ground, np.uint8), (x + small.shape[1] / 2, y + small.shape[0] / 2)


@pytest.mark.parametrize(
    ("width", "height", "plate_width"),
    [
        pytest.param(1280, 720, 150, id="720p"),
        pytest.param(1920, 1080, 180, id="1080p"),
        pytest.param(480, 640, 90, id="upright"),
    ],
)
def test_plate_is_found_where_it_is(detector: LitertPlateDetector, width: int, height: int, plate_width: int) -> None:
    image, centre = street_with_plate(width, height, plate_width)
    found = detector.detect(image)
    assert found
    assert found[0].quad.mean(axis=0) == pytest.approx(centre, abs=plate_width * 0.06)
    assert found[0].box.width == pytest.approx(plate_width, rel=0.2)


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(np.zeros((720, 1280), np.uint8), id="black"),
        pytest.param(np.full((1, 1), 255, np.uint8), id="one-pixel"),
        pytest.param(np.full((3, 4000), 90, np.uint8), id="a-line"),
    ],
)
def test_nothing_is_found_where_nothing_is(detector: LitertPlateDetector, image: GrayImage) -> None:
    assert detector.detect(image) == []


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        pytest.param((720, 1280), (360, 640), id="wide"),
        pytest.param((1000, 500), (384, 192), id="upright"),
        pytest.param((50, 100), (100, 200), id="small-is-enlarged-twice-at-most"),
    ],
)
def test_image_is_placed_whole_and_undistorted(image: tuple[int, int], expected: tuple[int, int]) -> None:
    placement = place(image, (384, 640))
    assert (placement.height, placement.width) == expected
