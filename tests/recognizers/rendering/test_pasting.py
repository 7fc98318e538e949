from __future__ import annotations

import numpy as np
import pytest

from recognizers.rendering.layouts import load_layouts
from recognizers.rendering.pasting import paste_plate
from recognizers.rendering.plates import render_plate
from recognizers.rendering.poses import tilted_quad


@pytest.mark.parametrize("shape", [pytest.param((200, 300), id="gray"), pytest.param((200, 300, 3), id="colour")])
def test_a_pasted_plate_changes_the_quad_and_nothing_far_from_it(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(3)
    scene = np.full(shape, 90, np.uint8)
    plate = render_plate(load_layouts()["eu-es"], rng)
    quad = tilted_quad(120, 26, yaw=15, pitch=5, roll=4) + np.array((150, 100), np.float32)
    pasted = paste_plate(scene, plate, quad, rng)
    assert (scene == 90).all()
    assert np.abs(pasted[95:105, 120:180].astype(int) - 90).mean() > 15
    assert (pasted[:60] == 90).all()
    assert (pasted[140:] == 90).all()


@pytest.mark.parametrize("middle", [(-200.0, 50.0), (150.0, 900.0), (0.0, 0.0), (299.0, 199.0)])
def test_a_quad_partly_or_wholly_outside_is_cut_off(middle: tuple[float, float]) -> None:
    rng = np.random.default_rng(3)
    scene = np.full((200, 300, 3), 90, np.uint8)
    quad = tilted_quad(80, 40, yaw=0, pitch=0, roll=0) + np.array(middle, np.float32)
    assert paste_plate(scene, render_plate(load_layouts()["us-tx"], rng), quad, rng).shape == scene.shape
