"""Draws what is read into a picture: each plate outlined, its text and confidence above it, the region around."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from connectors.jpeg import BgrImage
from infra.recognize.plates import ReadPlate
from recognizers.regions import Polygon, outline

_PLATE_INK, _REGION_INK, _PAPER = (0, 220, 0), (0, 190, 255), (0, 0, 0)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_TEXT_SHARE = 1 / 1400
"""Scale of the text by the picture's width: 0.9 at 1280 pixels, so that captions of neighbours seldom meet."""
_TEXT_LEAST = 0.4
"""Smaller letters cannot be told apart."""


def mark(image: BgrImage, plates: Sequence[ReadPlate], region: Sequence[Polygon] = ()) -> BgrImage:
    """A copy of the picture with the outlines of the region and of the plates, and what these read."""
    marked = image.copy()
    scale = max(_TEXT_LEAST, image.shape[1] * _TEXT_SHARE)
    thickness = max(1, round(2 * scale))
    for polygon in region:
        _outline(marked, outline(polygon, (image.shape[1], image.shape[0])), _REGION_INK, thickness)
    for plate in plates:
        _outline(marked, np.asarray(plate.quad), _PLATE_INK, thickness)
    # After all outlines, so that no outline crosses a text.
    for plate in plates:
        _write(marked, f"{plate.plate} {plate.confidence:.0%}", plate, scale)
    return marked


def _outline(image: BgrImage, points: NDArray[np.float64], ink: tuple[int, int, int], thickness: int) -> None:
    corners = np.rint(points).astype(np.int32)
    cv2.polylines(image, [corners], isClosed=True, color=ink, thickness=thickness, lineType=cv2.LINE_AA)


def _write(image: BgrImage, text: str, plate: ReadPlate, scale: float) -> None:
    """Above the plate, on black; below it where there is no room, and never over the picture's sides."""
    thickness = max(1, round(1.5 * scale))
    (width, height), below = cv2.getTextSize(text, _FONT, scale, thickness)
    pad = 2 * thickness
    x, y, _, plate_height = (round(value) for value in plate.box)
    left = max(0, min(x, image.shape[1] - width - 2 * pad))
    top = y - height - below - 2 * pad
    if top < 0:
        top = y + plate_height + pad
    cv2.rectangle(image, (left, top), (left + width + 2 * pad, top + height + below + pad), _PAPER, cv2.FILLED)
    cv2.putText(image, text, (left + pad, top + height + pad // 2), _FONT, scale, _PLATE_INK, thickness, cv2.LINE_AA)
