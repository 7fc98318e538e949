from __future__ import annotations

import numpy as np
import pytest

from recognizers.plate import ALPHABET
from recognizers.rendering.layouts import Layout, load_layouts
from recognizers.rendering.plates import PlateLight, choose_serial, render_plate


@pytest.mark.parametrize("layout", load_layouts().values(), ids=lambda layout: layout.name)
def test_a_plate_of_each_layout_is_drawn_in_its_size_with_a_text_of_the_alphabet(layout: Layout) -> None:
    plate = render_plate(layout, np.random.default_rng(5))
    assert plate.image.shape == (layout.size_mm[1], layout.size_mm[0], 3)
    assert plate.image.dtype == np.uint8
    assert plate.text
    assert set(plate.text) <= set(ALPHABET)
    assert plate.image.std() > 12  # something stands on it


def test_one_seed_gives_one_picture() -> None:
    layout = load_layouts()["us-ny"]
    first, second = (render_plate(layout, np.random.default_rng(3)) for _ in range(2))
    assert first.text == second.text
    assert np.array_equal(first.image, second.image)
    assert not np.array_equal(first.image, render_plate(layout, np.random.default_rng(4)).image)


def test_an_infrared_plate_has_no_colour() -> None:
    image = render_plate(load_layouts()["br-mercosur"], np.random.default_rng(1), light=PlateLight.INFRARED).image
    assert np.array_equal(image[..., 0], image[..., 1])
    assert np.array_equal(image[..., 0], image[..., 2])


def test_a_given_serial_is_shown() -> None:
    layout = load_layouts()["eu-fr"]
    serial = choose_serial(layout, np.random.default_rng(8))
    assert render_plate(layout, np.random.default_rng(9), serial=serial).text == serial.text
