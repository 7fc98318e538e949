from __future__ import annotations

import numpy as np

from recognizers.rendering.degradation import add_noise, motion_blur

GRAY = np.tile(np.linspace(40, 200, 60).astype(np.uint8), (30, 1))


def test_strengths_of_nothing_change_nothing() -> None:
    rng = np.random.default_rng(0)
    assert np.array_equal(motion_blur(GRAY, 0.0, 30), GRAY)
    assert np.array_equal(add_noise(GRAY, 0.0, rng), GRAY)


def test_motion_blur_smears_along_its_direction_only() -> None:
    lines = np.zeros((41, 41), np.uint8)
    lines[20] = 200
    assert np.abs(motion_blur(lines, 9, 0).astype(int) - lines).max() <= 2
    assert motion_blur(lines, 9, 90)[20, 20] < 60
