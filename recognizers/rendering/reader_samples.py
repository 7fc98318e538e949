"""Training samples for the reader: a plate in a camera's picture, cut out as an imperfect detector would cut it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.plate import GrayImage, Quad
from recognizers.rendering.degradation import degrade
from recognizers.rendering.layouts import choose_layout
from recognizers.rendering.plates import render_plate
from recognizers.rendering.poses import loosened, random_pose

USES_PER_PLATE = 3
"""How often one drawn plate is degraded anew: drawing costs more than degrading, and three views of it still teach."""

_LONG_ASPECT = 3.0  # width through height; from here on plates are seen 14-60 px high, else 18-80
_LONG_HEIGHTS = (14.0, 60.0)
_OTHER_HEIGHTS = (18.0, 80.0)


def render_reader_sample(rng: np.random.Generator, height: int, width: int) -> tuple[GrayImage, str]:
    """One crop of a fresh plate, (height, width), grey, and its text."""
    images, texts = render_reader_samples(rng, 1, height, width)
    return images[0], texts[0]


def render_reader_samples(
    rng: np.random.Generator, count: int, height: int, width: int
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Crops and their texts; each plate is seen up to USES_PER_PLATE times in a row, so shuffle before batching.

    Args:
        rng: the only source of chance.
        count: of samples.
        height: of a crop in pixels.
        width: of a crop in pixels; the plate is stretched to fit.

    Returns:
        Images of shape (count, height, width) and their texts.
    """
    images = np.empty((count, height, width), np.uint8)
    texts: list[str] = []
    gray: GrayImage | None = None
    for number in range(count):
        if number % USES_PER_PLATE == 0 or gray is None:
            plate = render_plate(choose_layout(rng), rng)
            gray = np.asarray(cv2.cvtColor(plate.image, cv2.COLOR_BGR2GRAY), np.uint8)
        images[number] = crop_with_margin(gray, rng, height, width)
        texts.append(plate.text)
    return images, tuple(texts)


def crop_with_margin(plate: GrayImage, rng: np.random.Generator, height: int, width: int) -> GrayImage:
    """A plate seen straight on, photographed under a random view; the detector's crop, stretched to the size."""
    low, high = _LONG_HEIGHTS if plate.shape[1] / plate.shape[0] >= _LONG_ASPECT else _OTHER_HEIGHTS
    seen_height = float(np.exp(rng.uniform(np.log(low), np.log(high))))
    small_size = max(8, round(plate.shape[1] * seen_height / plate.shape[0])), max(4, round(seen_height))
    small = np.asarray(cv2.resize(plate, small_size, interpolation=cv2.INTER_AREA), np.uint8)
    quad = random_pose(rng, small_size[0], small_size[1])
    margin = 0.25 * seen_height + 2
    quad += np.float32(margin) - quad.min(axis=0)
    far_x, far_y = quad.max(axis=0) + margin
    photograph = _background(int(far_x) + 1, int(far_y) + 1, rng)
    _paste(photograph, small, quad)
    photograph = degrade(photograph, rng, plate_height=seen_height)
    return rectify(photograph, loosened(quad, rng), height, width)


def rectify(image: GrayImage, quad: Quad, height: int, width: int) -> GrayImage:
    """What lies inside the quad, stretched to the size; area-averaged where that shrinks it."""
    seen = max(float(np.hypot(*(quad[3] - quad[0]))), float(np.hypot(*(quad[2] - quad[1]))))
    seen_wide = max(float(np.hypot(*(quad[1] - quad[0]))), float(np.hypot(*(quad[2] - quad[3]))))
    factor = 2 if max(seen / height, seen_wide / width) > 1.3 else 1  # noqa: PLR2004 - milder shrinking does not alias
    size = width * factor, height * factor
    corners = np.array([(0, 0), (size[0], 0), (size[0], size[1]), (0, size[1])], np.float32) - np.float32(0.5)
    transform = cv2.getPerspectiveTransform(np.asarray(quad, np.float32), corners)
    crop = cv2.warpPerspective(image, transform, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(
        crop if factor == 1 else cv2.resize(crop, (width, height), interpolation=cv2.INTER_AREA), np.uint8
    )


def _background(width: int, height: int, rng: np.random.Generator) -> GrayImage:
    """A car body as seen around a plate: smooth light, an edge or two."""
    corners = rng.uniform(10, 90, (2, 3)) * rng.choice([0.5, 1.0, 2.2])
    image = cv2.resize(corners.astype(np.uint8), (width, height), interpolation=cv2.INTER_LINEAR)
    for _ in range(int(rng.integers(0, 3))):
        level = int(rng.integers(5, 235))
        row = int(rng.integers(0, height))
        cv2.line(image, (0, row), (width, row + int(rng.integers(-5, 6))), (level,), int(rng.integers(1, 5)))
    return np.asarray(image, np.uint8)


def _paste(photograph: GrayImage, plate: GrayImage, quad: Quad) -> None:
    height, width = plate.shape
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32) - np.float32(0.5)
    transform = cv2.getPerspectiveTransform(corners, quad)
    size = photograph.shape[1], photograph.shape[0]
    cv2.warpPerspective(
        plate, transform, size, dst=photograph, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_TRANSPARENT
    )
