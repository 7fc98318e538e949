"""Quads become upright crops."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from recognizers.rectification import CROP_HEIGHT, CROP_WIDTH, Lines, aspect_of, rectify, resized


def leaning_plate() -> tuple[np.ndarray, np.ndarray]:
    """A leaning panel, dark above and bright below, and its corners."""
    image = np.full((300, 400), 120, np.uint8)
    quad = np.array([[100, 80], [300, 120], [296, 180], [96, 140]], np.float32)
    middle = (quad[[0, 1]] + quad[[3, 2]]) / 2
    cv2.fillConvexPoly(image, np.round([*quad[:2], *middle[::-1]]).astype(np.int32), (20,))
    cv2.fillConvexPoly(image, np.round([*middle, *quad[2:]]).astype(np.int32), (220,))
    return image, quad


def test_crop_stands_upright() -> None:
    image, quad = leaning_plate()
    crop = rectify(image, quad, Lines.ONE)
    assert crop.shape == (CROP_HEIGHT, CROP_WIDTH)
    assert crop[12:26, 15:-15].max() < crop[38:52, 15:-15].min()


def test_lower_line_stands_to_the_right_of_the_upper() -> None:
    image, quad = leaning_plate()
    crop = rectify(image, quad, Lines.TWO)
    assert crop.shape == (CROP_HEIGHT, CROP_WIDTH)
    assert crop[15:35, 10:70].max() < crop[15:35, 90:150].min()


def test_exposure_does_not_matter() -> None:
    image, quad = leaning_plate()
    faint = (image * 0.3 + 40).astype(np.uint8)
    difference = rectify(image, quad, Lines.ONE).astype(int) - rectify(faint, quad, Lines.ONE)
    assert np.abs(difference).mean() < 3


@pytest.mark.parametrize("tone", [0, 77, 255])
def test_a_crop_of_one_tone_is_no_trouble(tone: int) -> None:
    image = np.full((60, 80), tone, np.uint8)
    quad = np.array([[10, 10], [50, 10], [50, 30], [10, 30]], np.float32)
    assert np.ptp(rectify(image, quad, Lines.ONE)) == 0


def test_quad_beyond_the_image_is_cut_all_the_same() -> None:
    image, quad = leaning_plate()
    assert rectify(image, quad + 350, Lines.ONE).shape == (CROP_HEIGHT, CROP_WIDTH)


def test_aspect_is_of_the_leaning_sides() -> None:
    assert aspect_of(np.array([[0, 0], [80, 60], [68, 76], [-12, 16]], np.float32)) == pytest.approx(5)


def test_resized_quad_keeps_its_centre_and_lean() -> None:
    quad = np.array([[0, 0], [80, 60], [68, 76], [-12, 16]], np.float32)
    larger = resized(quad, 1.5, 2.0)
    assert larger.mean(axis=0) == pytest.approx(quad.mean(axis=0))
    assert larger[1] - larger[0] == pytest.approx((quad[1] - quad[0]) * 1.5, abs=1e-4)
    assert larger[3] - larger[0] == pytest.approx((quad[3] - quad[0]) * 2.0, abs=1e-4)
