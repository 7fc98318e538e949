"""A picture with a plate that the shipped models read."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from connectors.jpeg import BgrImage
from recognizers.rendering.layouts import load_layouts
from recognizers.rendering.plates import render_plate
from recognizers.rendering.serials import draw_serial


@dataclass(frozen=True)
class PlatePicture:
    """1280x720 pixels, grey but for one plate whose centre is at 690, 520."""

    image: BgrImage
    text: str

    def encoded(self, suffix: str = ".jpg") -> bytes:
        """As a file of that suffix."""
        return cv2.imencode(suffix, self.image)[1].tobytes()


@pytest.fixture(scope="session")
def plate_picture() -> PlatePicture:
    rng = np.random.default_rng(8)
    layout = load_layouts()["eu-de"]
    plate = render_plate(layout, rng, serial=draw_serial("[M]-[A][K] [2][8][4][6]", layout.letters, rng))
    image = np.full((720, 1280, 3), 70, np.uint8)
    image[494:545, 594:786] = 25
    image[500:539, 600:780] = cv2.resize(plate.image, (180, 39), interpolation=cv2.INTER_AREA)
    return PlatePicture(image, plate.text)
