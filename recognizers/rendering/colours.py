"""Colours of plate faces: written as text in the layouts, used as blue-green-red."""

from __future__ import annotations

import re
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.rendering.errors import LayoutError

Bgr = tuple[float, float, float]
"""Blue, green, red in 0..255."""

ColourImage = NDArray[np.uint8]
"""Shape (height, width, 3), blue-green-red."""

FloatImage = NDArray[np.float32]
"""Shape (height, width, 3), blue-green-red in 0..255, while a picture is being made."""

_HEX = re.compile(r"#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})")


@cache
def parse_colour(text: str) -> Bgr:
    """The colour that `#rrggbb` names.

    Raises:
        LayoutError: it is written in another way.
    """
    found = _HEX.fullmatch(text)
    if found is None:
        msg = f"colour {text!r} must be written as #rrggbb in lower case"
        raise LayoutError(msg)
    red, green, blue = (int(part, 16) for part in found.groups())
    return float(blue), float(green), float(red)


def brightness(colour: Bgr) -> float:
    """How bright a colour looks, in 0..255."""
    blue, green, red = colour
    return 0.114 * blue + 0.587 * green + 0.299 * red


@cache
def _gradient(ground: str, height: int) -> FloatImage:
    stops = np.array([parse_colour(stop) for stop in ground.split(">")], np.float32)
    places = np.linspace(0, len(stops) - 1, height)
    columns = [np.interp(places, np.arange(len(stops)), stops[:, channel]) for channel in range(3)]
    return np.stack(columns, axis=1)[:, None, :].astype(np.float32)


def paint_ground(ground: str, height: int, width: int) -> FloatImage:
    """A new face of one colour (`#a`) or of a gradient from top to bottom (`#a>#b>#c`)."""
    return np.repeat(_gradient(ground, height), width, axis=1)


def blend(image: FloatImage, mask: NDArray[np.uint8], colour: Bgr, opacity: float = 1.0) -> None:
    """Lay a colour over the image in place, where and as far as the mask (0..255, same height and width) says."""
    rows = np.flatnonzero(mask.any(axis=1))
    if not rows.size:
        return
    inked = slice(int(rows[0]), int(rows[-1]) + 1)
    share = cv2.merge((mask[inked],) * 3).astype(np.float32)
    share *= opacity / 255
    share *= np.array(colour, np.float32) - image[inked]
    image[inked] += share
