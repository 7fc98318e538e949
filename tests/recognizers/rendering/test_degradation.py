from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recognizers.rendering.degradation import (
    Picture,
    add_noise,
    adjust_tone,
    cast_glare,
    cast_shadow,
    defocus,
    degrade,
    motion_blur,
)

GRAY = np.tile(np.linspace(40, 200, 60).astype(np.uint8), (30, 1))
COLOUR = np.repeat(GRAY[:, :, None], 3, axis=2)


@pytest.mark.parametrize("image", [pytest.param(GRAY, id="gray"), pytest.param(COLOUR, id="colour")])
@pytest.mark.parametrize("severity", [0.0, 0.5, 1.0])
def test_a_degraded_picture_keeps_its_shape_and_its_source(image: Picture, severity: float) -> None:
    before = image.copy()
    for seed in range(12):
        result = degrade(image, np.random.default_rng(seed), plate_height=24, severity=severity)
        assert result.shape == image.shape
        assert result.dtype == np.uint8
    assert np.array_equal(image, before)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**31), st.floats(0, 1))
def test_the_same_seed_degrades_alike(seed: int, severity: float) -> None:
    once, twice = (degrade(GRAY, np.random.default_rng(seed), plate_height=24, severity=severity) for _ in range(2))
    assert np.array_equal(once, twice)


def test_strengths_of_nothing_change_nothing() -> None:
    rng = np.random.default_rng(0)
    assert np.array_equal(defocus(GRAY, 0.0), GRAY)
    assert np.array_equal(motion_blur(GRAY, 0.0, 30), GRAY)
    assert np.array_equal(add_noise(GRAY, 0.0, rng), GRAY)
    assert np.array_equal(adjust_tone(GRAY, 1.0, 0.0, 1.0), GRAY)


def test_a_shadow_only_darkens_and_glare_only_brightens() -> None:
    for seed in range(10):
        assert (cast_shadow(GRAY, np.random.default_rng(seed)) <= GRAY).all()
        assert (cast_glare(GRAY, np.random.default_rng(seed)) >= GRAY).all()


def test_motion_blur_smears_along_its_direction_only() -> None:
    lines = np.zeros((41, 41), np.uint8)
    lines[20] = 200
    assert np.abs(motion_blur(lines, 9, 0).astype(int) - lines).max() <= 2
    assert motion_blur(lines, 9, 90)[20, 20] < 60
