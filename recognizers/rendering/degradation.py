"""What a camera does to a picture: blur, uneven light, noise, compression. Pure functions; works on grey and colour.

All strengths keep a plate readable by eye: a first study with stronger ones (blur of 14 % of the plate's height,
contrast down to 0.3, plates of 11 px) taught its reader nothing, as the labels could not be told from the pictures.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.rendering.chance import happens

Picture = NDArray[np.uint8]
"""Shape (height, width) or (height, width, 3)."""


def is_gray(image: Picture) -> bool:
    """Whether the picture has one channel."""
    return len(image.shape) < len(("height", "width", "channels"))


def defocus(image: Picture, sigma: float) -> Picture:
    """Gaussian blur; below a fifth of a pixel nothing happens."""
    if sigma < 0.2:  # noqa: PLR2004 - no visible effect
        return image
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def motion_blur(image: Picture, length: float, angle: float) -> Picture:
    """Blur along a line of `length` pixels at `angle` degrees; shorter than a pixel nothing happens."""
    if length < 1:
        return image
    return np.asarray(cv2.filter2D(image, -1, _motion_kernel(round(length * 2), round(angle / 5) * 5)), np.uint8)


@lru_cache(maxsize=1024)
def _motion_kernel(half_pixels: int, angle: int) -> NDArray[np.float32]:
    length = half_pixels / 2
    size = 2 * int(np.ceil(length / 2)) + 1
    reach = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * length / 2
    kernel = np.zeros((size, size), np.float32)
    for place in np.linspace(-1, 1, 4 * size):
        x, y = size // 2 + reach * place
        column, row = int(x), int(y)
        right, down = x - column, y - row
        for dy, share_y in ((0, 1 - down), (1, down)):
            for dx, share_x in ((0, 1 - right), (1, right)):
                if row + dy < size and column + dx < size:
                    kernel[row + dy, column + dx] += share_x * share_y
    return kernel / np.float32(kernel.sum())


def adjust_tone(image: Picture, contrast: float, brightness: float, gamma: float) -> Picture:
    """Contrast about mid grey, then brightness in grey levels, then gamma."""
    level = np.arange(256, dtype=np.float64)
    level = np.clip((level - 127.5) * contrast + 127.5 + brightness, 0, 255) / 255
    return np.asarray(cv2.LUT(image, (255 * level**gamma).astype(np.uint8)), np.uint8)


def add_noise(image: Picture, sigma: float, rng: np.random.Generator) -> Picture:
    """Sensor noise of `sigma` grey levels, cut from a stock at a random place, since drawing it anew is slow."""
    if sigma < 0.5:  # noqa: PLR2004 - less than rounding
        return image
    stock = _noise_stock()
    count = image.size
    start = int(rng.integers(stock.size - count)) if count < stock.size else 0
    noise = stock[start : start + count] if count < stock.size else np.resize(stock, count)
    return np.asarray(np.clip(image + noise.reshape(image.shape) * np.float32(sigma), 0, 255), np.uint8)


@lru_cache(maxsize=1)
def _noise_stock() -> NDArray[np.float32]:
    return np.random.default_rng(20).standard_normal(4_000_003, np.float32)


def compress(image: Picture, quality: int) -> Picture:
    """Through JPEG and back."""
    _, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    flag = cv2.IMREAD_GRAYSCALE if is_gray(image) else cv2.IMREAD_COLOR
    return np.asarray(cv2.imdecode(data, flag), np.uint8)


def _times(image: Picture, field: NDArray[np.float32]) -> Picture:
    factor = field if is_gray(image) else field[:, :, None]
    return np.asarray(np.clip(image * factor, 0, 255), np.uint8)


def cast_shadow(image: Picture, rng: np.random.Generator) -> Picture:
    """A straight soft edge of shadow across the picture."""
    height, width = image.shape[:2]
    angle, depth = rng.uniform(0, np.pi), rng.uniform(0.45, 0.85)
    x, y = np.arange(width, dtype=np.float32)[None], np.arange(height, dtype=np.float32)[:, None]
    across = (x - rng.uniform(0.2, 0.8) * width) * np.cos(angle) + (y - rng.uniform(0.2, 0.8) * height) * np.sin(angle)
    edge = np.clip(across / (0.02 * width + 1) * 0.5 + 0.5, 0, 1)
    return _times(image, (depth + (1 - depth) * edge).astype(np.float32))


def cast_glare(image: Picture, rng: np.random.Generator) -> Picture:
    """A bright round spot that fades out, weak enough that what lies under it can be read."""
    height, width = image.shape[:2]
    x, y = np.arange(width, dtype=np.float32)[None], np.arange(height, dtype=np.float32)[:, None]
    radius = height * rng.uniform(0.3, 0.9)
    distance = ((x - rng.uniform(0, width)) ** 2 + (y - rng.uniform(0, height)) ** 2) / radius**2
    spot = np.exp(-distance) * rng.uniform(15, 60)
    return np.asarray(np.clip(image + (spot if is_gray(image) else spot[:, :, None]), 0, 255), np.uint8)


def occlude_edge(image: Picture, plate_height: float, rng: np.random.Generator) -> Picture:
    """A dark bar that covers the plate's uppermost or lowermost rim: a bumper's edge or a tow hook's shadow."""
    occluded = image.copy()
    height = image.shape[0]
    reach = round((height - plate_height) / 2 + plate_height * rng.uniform(0.02, 0.09))
    rows = slice(0, reach) if happens(rng, 0.5) else slice(height - reach, height)
    occluded[rows] = (occluded[rows] * rng.uniform(0.1, 0.4)).astype(np.uint8)
    return occluded


def degrade(image: Picture, rng: np.random.Generator, *, plate_height: float, severity: float = 1.0) -> Picture:
    """The picture as a camera would deliver it.

    Args:
        image: holds one plate.
        rng: the only source of chance.
        plate_height: of the plate in this picture, in pixels; blur is measured against it.
        severity: 0 leaves hardly a trace, 1 is the range that was found to teach best.
    """
    if happens(rng, 0.14 * severity):
        image = cast_shadow(image, rng)
    if happens(rng, 0.10 * severity):
        image = cast_glare(image, rng)
    if happens(rng, 0.05 * severity):
        image = occlude_edge(image, plate_height, rng)
    low, high = 1 - 0.55 * severity, 1 + 0.25 * severity
    gamma = float(np.exp(rng.uniform(-0.4, 0.4) * severity))
    image = adjust_tone(image, float(rng.uniform(low, high)), float(rng.uniform(-45, 35)) * severity, gamma)
    image = defocus(image, float(rng.uniform(0, 0.02)) * plate_height * severity + float(rng.uniform(0, 0.45)))
    if happens(rng, 0.35):
        length = float(rng.uniform(0.02, 0.09)) * plate_height * severity
        image = motion_blur(image, length, float(rng.uniform(0, 180)))
    image = add_noise(image, min(12.0, float(rng.exponential(3.5))) * severity, rng)
    if happens(rng, 0.8):
        image = compress(image, round(rng.uniform(92 - 67 * severity, 95)))
    return image
