"""What a camera does to a picture: blur, exposure, noise, compression. On grey uint8 images, nothing is global."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.plate import GrayImage

_NIGHT_VIDEO_SHARE = 0.22  # of all pictures


def tone_table(rng: np.random.Generator, *, low: float = 0.45, high: float = 1.25) -> GrayImage:
    """A look-up table of 256 tones with random contrast, brightness and gamma."""
    tones = np.linspace(0, 1, 256) ** np.exp(rng.normal(0, 0.35))
    contrast = rng.uniform(low, high)
    pivot = rng.uniform(0.2, 0.8)
    shifted = (tones - pivot) * contrast + pivot * rng.uniform(0.7, 1.3)
    return np.asarray(np.clip(shifted * 255, 0, 255), np.uint8)


def adjust_tones(image: GrayImage, rng: np.random.Generator, *, low: float = 0.45, high: float = 1.25) -> GrayImage:
    """The image through a random tone table."""
    return np.asarray(cv2.LUT(image, tone_table(rng, low=low, high=high)), np.uint8)


def blur_focus(image: GrayImage, sigma: float) -> GrayImage:
    """The image out of focus; below 0.3 px nothing would be seen."""
    if sigma < 0.3:  # noqa: PLR2004
        return image
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def blur_motion(image: GrayImage, length: float, angle: float) -> GrayImage:
    """The image smeared over `length` pixels in the direction of `angle` (radians)."""
    if length < 1.2:  # noqa: PLR2004 - less than the pixel itself
        return image
    size = int(np.ceil(length)) | 1
    kernel = np.zeros((size, size), np.float32)
    centre = size // 2
    offset = np.array([np.cos(angle), np.sin(angle)]) * length / 2
    start, end = np.round(centre - offset).astype(int), np.round(centre + offset).astype(int)
    cv2.line(kernel, (int(start[0]), int(start[1])), (int(end[0]), int(end[1])), 1.0, 1, cv2.LINE_AA)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def add_noise(image: GrayImage, rng: np.random.Generator, deviation: float) -> GrayImage:
    """The image with Gaussian noise of the given deviation in grey levels."""
    if deviation < 1:
        return image
    noise: NDArray[np.int16] = np.empty(image.shape, np.int16)
    cv2.setRNGSeed(int(rng.integers(2**31)))
    cv2.randn(noise, np.zeros(1), np.full(1, deviation))
    return np.asarray(cv2.add(image, noise, dtype=cv2.CV_8U), np.uint8)


def compress(image: GrayImage, quality: int) -> GrayImage:
    """The image after JPEG at this quality, 1 to 100."""
    _, data = cv2.imencode(".jpg", image, (cv2.IMWRITE_JPEG_QUALITY, quality))
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def compress_as_video(image: GrayImage, step: float, rng: np.random.Generator) -> GrayImage:
    """The image after a video's lossy step: blocks of 8 by 8 whose frequencies are all rounded to the same step.

    MPEG-4 and H.264 spend as few bits on fine strokes as on faint ones, JPEG spares the coarse ones; a reader that only
    knows the latter fails on night video. Rounding is towards zero, as encoders do it (ISO/IEC 14496-2, H.263 mode).

    Args:
        image: the picture.
        step: of the rounding, in grey levels of the orthonormal transform; twice the encoder's quantizer.
        rng: gives the place of the blocks' grid.
    """
    height, width = image.shape
    above, left = (int(offset) for offset in rng.integers(0, 8, 2))
    below, right = -(height + above) % 8, -(width + left) % 8
    padded = cv2.copyMakeBorder(image, above, below, left, right, cv2.BORDER_REPLICATE).astype(np.float32)
    rows, columns = padded.shape[0] // 8, padded.shape[1] // 8
    blocks = padded.reshape(rows, 8, columns, 8).transpose(0, 2, 1, 3)
    cosines = _cosines()
    levels = np.trunc(cosines @ blocks @ cosines.T / step)
    # What was not rounded to nothing is put back in the middle of its step.
    frequencies = (levels + np.sign(levels) * 0.5) * step
    frequencies[..., 0, 0] = np.round((cosines[0] @ blocks @ cosines[0]) / 8) * 8
    restored = (cosines.T @ frequencies @ cosines).transpose(0, 2, 1, 3).reshape(padded.shape)
    return np.asarray(np.clip(restored[above : above + height, left : left + width], 0, 255), np.uint8)


@lru_cache(maxsize=1)
def _cosines() -> NDArray[np.float32]:
    """The orthonormal cosine transform of 8 samples."""
    place, frequency = np.meshgrid(np.arange(8), np.arange(8))
    waves = np.cos((2 * place + 1) * frequency * np.pi / 16) / 2
    waves[0] /= np.sqrt(2)
    return np.asarray(waves, np.float32)


def cast_shadow(image: GrayImage, rng: np.random.Generator) -> GrayImage:
    """The image with all on one side of a random line darker, as under a bumper, a bridge or a tree."""
    height, width = image.shape
    angle, through = rng.uniform(0, 2 * np.pi), rng.uniform([0.1, 0.1], [0.9, 0.9]) * [width, height]
    x, y = np.arange(width, dtype=np.float32) - through[0], np.arange(height, dtype=np.float32) - through[1]
    side = np.asarray(x[None] * np.cos(angle) + y[:, None] * np.sin(angle), np.float32)
    softness = float(rng.uniform(0.5, 0.15 * height + 1))
    lit = 1 / (1 + np.exp(np.clip(-side / softness, -30, 30)))
    dark = float(rng.uniform(0.3, 0.8))
    return np.asarray(np.clip(image * (dark + (1 - dark) * lit), 0, 255), np.uint8)


def degrade(image: GrayImage, rng: np.random.Generator, *, scale: float) -> GrayImage:
    """A camera's faults on the whole image, as strong as leaves characters of `scale` pixels readable.

    Args:
        image: the clean picture.
        rng: the source of chance.
        scale: height in pixels of what must stay readable.
    """
    if rng.random() < _NIGHT_VIDEO_SHARE:
        return _film_by_night(image, rng, scale)
    if rng.random() < 0.12:  # noqa: PLR2004
        image = cast_shadow(image, rng)
    draw = rng.random()
    if draw < 0.35:  # noqa: PLR2004
        image = blur_focus(image, rng.uniform(0.0, 0.05) * scale)
    elif draw < 0.7:  # noqa: PLR2004
        image = _move(image, rng, scale)
    image = adjust_tones(image, rng)
    if rng.random() < 0.5:  # noqa: PLR2004
        image = add_noise(image, rng, float(rng.exponential(5.0)))
    if rng.random() < 0.6:  # noqa: PLR2004
        image = compress(image, int(rng.integers(18, 93)))
    return image


def _film_by_night(image: GrayImage, rng: np.random.Generator, scale: float) -> GrayImage:
    """A video of a moving vehicle in little light: a long exposure, a sensor's noise, and a codec that spares bits."""
    image = blur_motion(image, rng.uniform(0.05, 0.45) * scale, float(rng.normal(np.pi / 2, 0.2)))
    image = adjust_tones(blur_focus(image, 0.55), rng, high=1.0)
    image = add_noise(image, rng, float(rng.uniform(2.0, 11.0)))
    image = compress_as_video(image, float(np.exp(rng.uniform(np.log(6), np.log(64)))), rng)
    return compress(image, int(rng.integers(75, 95)))


def _move(image: GrayImage, rng: np.random.Generator, scale: float) -> GrayImage:
    """Smeared by motion: most vehicles come or go, which smears upright and costs little; across, strokes vanish."""
    if rng.random() < 0.6:  # noqa: PLR2004
        return blur_motion(image, rng.uniform(0, 0.34) * scale, float(rng.normal(np.pi / 2, 0.25)))
    return blur_motion(image, rng.uniform(0, 0.18) * scale, float(rng.uniform(0, np.pi)))
