"""What stands behind the characters of a US plate: hills, skies, silhouettes, line drawings, bands of colour."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.rendering.chance import happens, pick
from recognizers.rendering.colours import Bgr, FloatImage, blend
from recognizers.rendering.emblems import Emblem, draw_emblem

_PLAIN_SHARE = 0.45  # of the faces have nothing behind the characters
_CLEAR_BY = 62.0  # of 255: what the tint keeps from the ink, or the characters would drown in the picture


def draw_scenery(image: FloatImage, ink: Bgr, rng: np.random.Generator) -> None:
    """Draw none, one or two things onto the face, in place, all in tones that the ink stands out from."""
    if happens(rng, _PLAIN_SHARE):
        return
    kinds: tuple[Callable[[FloatImage, Bgr, np.random.Generator], None], ...] = (
        _hills, _hills, _watermark, _watermark, _shapes, _lines, _rays, _texture,
    )  # fmt: skip
    for _ in range(1 + int(happens(rng, 0.35))):
        tint = _tint(image, ink, rng)
        pick(kinds, rng)(image, tint, rng)


def _tint(image: FloatImage, ink: Bgr, rng: np.random.Generator) -> Bgr:
    """A tone near the ground's, kept away from the ink's."""
    height, width = image.shape[:2]
    ground = image[height // 2, int(rng.integers(width))]
    tint = np.clip(ground * rng.uniform(0.55, 1.15, 3) + rng.uniform(-25, 25, 3), 0, 250)
    tone, dark = float(tint.mean()), float(np.mean(ink))
    if abs(tone - dark) < _CLEAR_BY:
        tint = tint * 0.35 + ground * 0.65
    return float(tint[0]), float(tint[1]), float(tint[2])


def _blend_mask(image: FloatImage, mask: NDArray[np.uint8], tint: Bgr, rng: np.random.Generator) -> None:
    if happens(rng, 0.4):
        mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(1, 6))), np.uint8)
    blend(image, mask, tint, float(rng.uniform(0.3, 0.9)))


def _hills(image: FloatImage, tint: Bgr, rng: np.random.Generator) -> None:
    height, width = image.shape[:2]
    x = np.linspace(0, width, 24)
    y = height * (
        rng.uniform(0.35, 0.8) - rng.uniform(0.08, 0.3) * np.convolve(rng.random(26), (0.25, 0.5, 0.25), "valid")
    )
    mask = np.zeros((height, width), np.uint8)
    points = np.concatenate([np.stack([x, y], axis=1), [[width, height], [0, height]]])
    cv2.fillPoly(mask, [points.astype(np.int32)], (255,), cv2.LINE_AA)
    _blend_mask(image, mask, tint, rng)


def _watermark(image: FloatImage, tint: Bgr, rng: np.random.Generator) -> None:
    """One large silhouette, anywhere."""
    height, width = image.shape[:2]
    side = height * rng.uniform(0.5, 0.95)
    size = max(4, round(side * rng.uniform(0.8, 1.8))), max(4, round(side))
    drawn = draw_emblem(pick(tuple(Emblem), rng), *size, rng)[:height, :width]
    mask = np.zeros((height, width), np.uint8)
    y = int(rng.integers(height - drawn.shape[0] + 1))
    x = int(rng.integers(width - drawn.shape[1] + 1))
    mask[y : y + drawn.shape[0], x : x + drawn.shape[1]] = drawn
    _blend_mask(image, mask, tint, rng)


def _shapes(image: FloatImage, tint: Bgr, rng: np.random.Generator) -> None:
    """Flowers, leaves, birds, as far as a camera can tell."""
    height, width = image.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    for _ in range(int(rng.integers(4, 26))):
        centre = int(rng.integers(width)), int(rng.integers(height))
        axes = int(rng.integers(3, 22)), int(rng.integers(2, 12))
        cv2.ellipse(mask, centre, axes, float(rng.uniform(0, 180)), 0, 360, (255,), -1, cv2.LINE_AA)
    _blend_mask(image, mask, tint, rng)


def _lines(image: FloatImage, tint: Bgr, rng: np.random.Generator) -> None:
    """A drawing in lines: buildings, ships, aircraft, waves."""
    height, width = image.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    for _ in range(int(rng.integers(3, 14))):
        start = rng.uniform([0, 0], [width, height])
        steps = rng.normal(0, [0.08 * width, 0.12 * height], (int(rng.integers(2, 9)), 2))
        points = np.concatenate([start[None], start + np.cumsum(steps, axis=0)])
        closed = happens(rng, 0.3)
        cv2.polylines(mask, [points.astype(np.int32)], closed, (255,), int(rng.integers(1, 5)), cv2.LINE_AA)
    _blend_mask(image, mask, tint, rng)


def _rays(image: FloatImage, tint: Bgr, rng: np.random.Generator) -> None:
    height, width = image.shape[:2]
    centre = rng.uniform([0, 0.1 * height], [width, height])
    mask = np.zeros((height, width), np.uint8)
    count = int(rng.integers(5, 14))
    for number in range(count):
        angle = 2 * np.pi * (number + np.array([-0.22, 0.22])) / count
        tips = centre + 2 * width * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        cv2.fillConvexPoly(mask, np.round(np.concatenate([centre[None], tips])).astype(np.int32), (255,), cv2.LINE_AA)
    _blend_mask(image, mask, tint, rng)


def _texture(image: FloatImage, tint: Bgr, rng: np.random.Generator) -> None:
    """Clouds, mist, grain of print."""
    height, width = image.shape[:2]
    rows = int(rng.integers(3, 20))
    coarse = rng.random((rows, 2 * rows), np.float32)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    mask = np.asarray(np.clip((field - 0.35) * 340, 0, 255), np.uint8)
    blend(image, mask, tint, float(rng.uniform(0.3, 0.8)))
