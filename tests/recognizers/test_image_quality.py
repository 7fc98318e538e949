from __future__ import annotations

import cv2
import numpy as np
import pytest

from recognizers.image_quality import advise, judge
from recognizers.plate import DetectedPlate, GrayImage
from tests.builders import build_quality

PLATE = DetectedPlate(np.array([[20, 20], [140, 20], [140, 50], [20, 50]], np.float32), 0.9)


def stripes(dark: int = 40, light: int = 200) -> GrayImage:
    """A picture of upright stripes, as wide as the strokes of characters."""
    return np.tile(np.array([dark] * 5 + [light] * 5, np.uint8), (70, 16))


def test_a_plate_is_as_wide_as_its_edges_are_long() -> None:
    assert judge(stripes(), PLATE).plate_width_px == pytest.approx(120)


def test_blur_lowers_sharpness_and_contrast_does_not() -> None:
    sharp = judge(stripes(), PLATE).sharpness
    blurred = np.asarray(cv2.GaussianBlur(stripes(), (0, 0), 3), np.uint8)
    assert judge(blurred, PLATE).sharpness < 0.6 * sharp
    assert judge(stripes(90, 170), PLATE).sharpness == pytest.approx(sharp, rel=0.1)


def test_a_plate_of_one_tone_has_neither_sharpness_nor_contrast() -> None:
    quality = judge(np.full((70, 160), 90, np.uint8), PLATE)
    assert (quality.sharpness, quality.contrast, quality.clipped) == (0, 0, 0)
    assert quality.brightness == pytest.approx(90 / 255)


def test_what_is_burnt_out_counts_as_clipped() -> None:
    assert judge(np.full((70, 160), 255, np.uint8), PLATE).clipped == 1
    assert judge(stripes(0, 128), PLATE).clipped > 0.3


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"plate_width_px": 60.0}, "60 px wide here, 100 wanted", id="far-away"),
        pytest.param({"sharpness": 0.2}, "blurred", id="out-of-focus"),
        pytest.param({"contrast": 0.03}, "little contrast", id="fog"),
        pytest.param({"clipped": 0.5, "brightness": 0.9}, "pure white", id="overexposed"),
        pytest.param({"clipped": 0.5, "brightness": 0.1}, "pure black", id="underexposed"),
    ],
)
def test_a_fault_is_told_with_what_to_do(changes: dict[str, float], said: str) -> None:
    (sentence,) = advise(build_quality(**changes))
    assert said in sentence


def test_a_good_picture_needs_no_advice() -> None:
    assert advise(build_quality()) == ()
