"""What a camera does to a picture: motion blur and noise. Pure functions; they work on grey and colour."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""Shape (height, width) or (height, width, 3)."""


def is_gray(image: Picture) -> bool:
    """Whether the picture has one channel."""
    return len(image.shape) < len(("height", "width", "channels"))


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
