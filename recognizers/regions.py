"""Areas of a picture, as polygons of points (x, y) that are shares of its width and height: pure functions."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.plate import Quad

Polygon = Sequence[tuple[float, float]]
"""At least three points in their order around the area, x and y in [0, 1], that do not cross their own edges."""


def contains(polygons: Sequence[Polygon], quad: Quad, size: tuple[int, int]) -> bool:
    """Whether the quad's centre lies in one of the polygons or on its edge; without polygons, everything is inside.

    Args:
        polygons: areas of the picture.
        quad: corners in pixels of the picture.
        size: the picture's width and height in pixels.
    """
    x, y = (float(value) for value in np.asarray(quad, np.float64).mean(axis=0))
    outlines = (outline(polygon, size).astype(np.float32) for polygon in polygons)
    return not polygons or any(cv2.pointPolygonTest(one, (x, y), measureDist=False) >= 0 for one in outlines)


def black_out(image: NDArray[np.uint8], polygons: Sequence[Polygon]) -> NDArray[np.uint8]:
    """A copy of the image with every pixel of the polygons black, their edges included.

    Args:
        image: shape (height, width) or (height, width, 3); left as it is.
        polygons: areas of the picture; they may overlap.
    """
    covered = image.copy()
    for polygon in polygons:
        # One at a time: OpenCV fills the polygons of one call by the even-odd rule, which leaves overlaps open.
        points = np.rint(outline(polygon, (image.shape[1], image.shape[0]))).astype(np.int32)
        cv2.fillPoly(covered, [points], (0, 0, 0))
    return covered


def outline(polygon: Polygon, size: tuple[int, int]) -> NDArray[np.float64]:
    """The polygon's points in pixels of a picture of this width and height; shape (points, 2)."""
    return np.asarray(polygon, np.float64) * np.asarray(size, np.float64)
