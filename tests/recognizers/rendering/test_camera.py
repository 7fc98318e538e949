from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizers.rendering.camera import Camera, traffic_camera

CAMERA = Camera(width=160, height=90, focal_px=250, x_m=0.4, z_m=3.0, yaw_deg=2.0, pitch_deg=9.0)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 159), st.integers(40, 89))
def test_a_ground_point_is_seen_in_the_pixel_it_was_found_in(column: int, row: int) -> None:
    x, y = CAMERA.ground()
    seen = CAMERA.project(np.array([(x[row, column], y[row, column], 0.0)], np.float64))[0]
    assert seen == pytest.approx((column + 0.5, row + 0.5), abs=0.02)


def test_sky_has_no_ground() -> None:
    _, y = CAMERA.ground()
    assert np.isinf(y[: int(CAMERA.horizon_row) - 2]).all()


@pytest.mark.parametrize(("lanes", "least", "most"), [(1, 180, 215), (2, 110, 135)])
def test_a_european_plate_has_the_promised_width_at_the_near_end(lanes: int, least: float, most: float) -> None:
    camera = traffic_camera(1280, 720, lanes, np.random.default_rng(0))
    left, right = camera.project(np.array([(-0.26, 11.0, 0.6), (0.26, 11.0, 0.6)]))
    assert least < right[0] - left[0] < most
