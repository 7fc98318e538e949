"""Target maps say where plates are; a network that repeats them finds exactly these plates."""

from __future__ import annotations

import numpy as np
import pytest

from recognizers.heat_map import PlateMaps, find_quads
from recognizers.training.detector_samples import LabelledPlate
from recognizers.training.detector_targets import BOX_WEIGHT, CORNER_WEIGHT, CORNERS, COUNTED, HEAT, SIDES, target_maps

QUAD = np.array([[100, 60], [180, 70], [178, 92], [98, 82]], np.float32)


def plate(quad: np.ndarray = QUAD, *, has_corners: bool = True, ignored: bool = False) -> LabelledPlate:
    return LabelledPlate(np.asarray(quad, np.float32), has_corners, ignored)


def as_predicted(maps: np.ndarray) -> PlateMaps:
    heat = np.clip(maps[..., 0], 1e-4, 1 - 1e-4)
    return PlateMaps(np.log(heat / (1 - heat)), np.log(np.maximum(maps[..., SIDES], 1e-3)), maps[..., CORNERS])


@pytest.mark.parametrize("scale", [0.25, 1.0, 1.7])
def test_decoding_the_targets_gives_the_plate_back(scale: float) -> None:
    found = find_quads(as_predicted(target_maps([plate(QUAD * scale)], 320, 192)), 0.9)
    assert found.quads == pytest.approx((QUAD * scale)[None], abs=0.01)


def test_two_plates_side_by_side_stay_two() -> None:
    found = find_quads(as_predicted(target_maps([plate(), plate(QUAD + np.array([90, 0]))], 320, 192)), 0.9)
    assert len(found.quads) == 2


def test_no_plate_gives_empty_maps_that_count() -> None:
    maps = target_maps([], 320, 192)
    assert maps.shape == (24, 40, 16)
    assert not maps[..., HEAT].any()
    assert maps[..., COUNTED].all()


@pytest.mark.parametrize(
    "labelled",
    [
        pytest.param(plate(ignored=True), id="ignored"),
        pytest.param(plate(QUAD - np.array([130, 0])), id="half-outside"),
    ],
)
def test_doubtful_plates_are_neither_right_nor_wrong(labelled: LabelledPlate) -> None:
    maps = target_maps([labelled], 320, 192)
    assert not maps[..., BOX_WEIGHT].any()
    assert not maps[..., COUNTED].all()


def test_plates_without_corners_teach_boxes_only() -> None:
    maps = target_maps([plate(has_corners=False)], 320, 192)
    assert maps[..., BOX_WEIGHT].any()
    assert not maps[..., CORNER_WEIGHT].any()
