from __future__ import annotations

import numpy as np
import pytest

from recognizers.closer_look import look_closer
from recognizers.plate import DetectedPlate, GrayImage, Quad

IMAGE = np.full((720, 1280), 90, np.uint8)
IMAGE[300:312, 600:640] = 230


def quad(left: float, top: float, right: float, bottom: float) -> Quad:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


class BrightDetector:
    """Finds the bounding box of what is bright, and something at the far left of every picture."""

    def detect(self, image: GrayImage) -> list[DetectedPlate]:
        rows, columns = np.nonzero(image > 160)
        if not len(rows):
            return []
        found = quad(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        return [DetectedPlate(quad(0, 0, 10, 5), 0.9), DetectedPlate(found, 0.5)]


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(quad(597, 297, 643, 316), id="too-large"),
        pytest.param(quad(604, 302, 636, 310), id="too-small"),
        pytest.param(quad(595, 298, 633, 313), id="beside-it"),
    ],
)
def test_inexact_corners_are_mended_and_the_score_stays(first: Quad) -> None:
    closer = look_closer(BrightDetector(), IMAGE, DetectedPlate(first, 0.77))
    assert closer is not None
    assert closer.quad == pytest.approx(quad(600, 300, 640, 312), abs=0.6)
    assert closer.score == 0.77


def test_what_is_not_found_again_has_no_closer_look() -> None:
    assert look_closer(BrightDetector(), IMAGE, DetectedPlate(quad(100, 100, 150, 120), 0.9)) is None


def test_a_plate_at_the_edge_of_the_picture_is_cut_where_the_picture_ends() -> None:
    image = np.full((60, 200), 90, np.uint8)
    image[50:60, 0:40] = 230
    closer = look_closer(BrightDetector(), image, DetectedPlate(quad(0, 48, 42, 60), 0.9))
    assert closer is not None
    assert closer.quad == pytest.approx(quad(0, 50, 40, 60), abs=0.6)


def test_a_quad_outside_of_the_picture_has_no_closer_look() -> None:
    assert look_closer(BrightDetector(), IMAGE, DetectedPlate(quad(-90, -90, -50, -80), 0.9)) is None
