from __future__ import annotations

import numpy as np
import pytest

from recognizers.plate import Quad
from recognizers.rendering.layouts import load_layouts
from recognizers.rendering.pasting import paste_plate
from recognizers.rendering.plates import render_plate


def quad_around(middle: tuple[float, float], half_width: float, half_height: float, *, lean: float) -> Quad:
    corners = [(-1, -1, -lean), (1, -1, lean), (1, 1, lean), (-1, 1, -lean)]
    x, y = middle
    return np.array([(x + i * half_width, y + j * half_height + k) for i, j, k in corners], np.float32)


@pytest.mark.parametrize("shape", [pytest.param((200, 300), id="gray"), pytest.param((200, 300, 3), id="colour")])
def test_a_pasted_plate_changes_the_quad_and_nothing_far_from_it(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(3)
    scene = np.full(shape, 90, np.uint8)
    plate = render_plate(load_layouts()["eu-es"], rng)
    quad = quad_around((150.0, 100.0), 60.0, 13.0, lean=4.0)
    pasted = paste_plate(scene, plate, quad, rng)
    assert (scene == 90).all()
    assert np.abs(pasted[95:105, 120:180].astype(int) - 90).mean() > 15
    assert (pasted[:60] == 90).all()
    assert (pasted[140:] == 90).all()


@pytest.mark.parametrize("middle", [(-200.0, 50.0), (150.0, 900.0), (0.0, 0.0), (299.0, 199.0)])
def test_a_quad_partly_or_wholly_outside_is_cut_off(middle: tuple[float, float]) -> None:
    rng = np.random.default_rng(3)
    scene = np.full((200, 300, 3), 90, np.uint8)
    quad = quad_around(middle, 40.0, 20.0, lean=0.0)
    assert paste_plate(scene, render_plate(load_layouts()["us-tx"], rng), quad, rng).shape == scene.shape
