"""What lies between the road and the picture: glare of lamps, rain, and the sensor's noise."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.rendering.camera import Camera
from recognizers.rendering.colours import ColourImage
from recognizers.rendering.daylight import Illumination
from recognizers.rendering.vehicle_faces import lamp_places
from recognizers.rendering.vehicle_shapes import End, Vehicle
from recognizers.rendering.vehicles import Placement

_RAIN_DROPS = 220
_NOISE_PICTURES = 5
_FACING_GLARE_M = 0.34  # radius of a headlamp's halo at the lamp
_REAR_GLARE_M = 0.22


@lru_cache(maxsize=1)
def _halo() -> NDArray[np.float32]:
    axis = np.linspace(-1, 1, 96, dtype=np.float32)
    distance = np.hypot(axis[:, None], axis[None])
    return np.asarray(np.clip(np.exp(-6.0 * distance) - np.float32(np.exp(-6.0)), 0, 1), np.float32)


def add_glare(
    image: ColourImage, vehicle: Vehicle, place: Placement, *, camera: Camera, illumination: Illumination
) -> None:
    """Halos around the lamps that face the camera, in place; nothing by day."""
    if illumination.lamps <= 0 or place.y_m < 3:  # noqa: PLR2004 - nearer lamps are out of the picture
        return
    front = vehicle.end is End.FRONT
    colour = np.array((235, 245, 250) if front else (40, 36, 200), np.float32) * illumination.lamps
    points = np.array([(place.x_m + x, place.y_m - 0.05, z) for x, z in lamp_places(vehicle)])
    radius = (_FACING_GLARE_M if front else _REAR_GLARE_M) * camera.focal_px / place.y_m * illumination.lamps
    radius += 10 if front else 0
    for x, y in camera.project(points):
        _add_halo(image, (float(x), float(y)), radius, colour)


def _add_halo(image: ColourImage, centre: tuple[float, float], radius: float, colour: NDArray[np.float32]) -> None:
    left, top = round(centre[0] - radius), round(centre[1] - radius)
    side = max(2, round(2 * radius))
    height, width = image.shape[:2]
    x0, y0, x1, y1 = max(0, left), max(0, top), min(width, left + side), min(height, top + side)
    if x1 <= x0 or y1 <= y0:
        return
    halo = cv2.resize(_halo(), (side, side))[y0 - top : y1 - top, x0 - left : x1 - left]
    lit = image[y0:y1, x0:x1] + halo[:, :, None] * colour
    image[y0:y1, x0:x1] = np.minimum(lit, 255).astype(np.uint8)


def add_rain(image: ColourImage, illumination: Illumination, rng: np.random.Generator) -> None:
    """Streaks of falling drops, in place: few and bright near by, many and faint far off."""
    height, width = image.shape[:2]
    streaks = np.zeros((height // 2, width // 2), np.uint8)
    x, y = rng.integers(0, width // 2, _RAIN_DROPS), rng.integers(-20, height // 2, _RAIN_DROPS)
    length, slant = rng.integers(5, 26, _RAIN_DROPS), int(rng.integers(-2, 3))
    for column, row, reach in zip(x.tolist(), y.tolist(), length.tolist(), strict=True):
        cv2.line(streaks, (column, row), (column + slant, row + reach), (26 + reach,), 1, cv2.LINE_AA)
    wide = cv2.resize(cv2.GaussianBlur(streaks, (0, 0), 0.6), (width, height))
    strength = 0.5 + 0.5 * max(illumination.ambient)
    cv2.add(image, cv2.merge((cv2.convertScaleAbs(wide, alpha=strength),) * 3), dst=image)


@lru_cache(maxsize=2)
def _noise_pictures(width: int, height: int, sigma: float) -> tuple[NDArray[np.int16], ...]:
    rng = np.random.default_rng(7)
    pictures = []
    for _ in range(_NOISE_PICTURES):
        fine = rng.standard_normal((height + 64, width + 64, 3), np.float32)
        fine += rng.standard_normal((height + 64, width + 64, 1), np.float32)  # mostly common to the three colours
        pictures.append(np.round(fine * (sigma / 1.41)).astype(np.int16))
    return tuple(pictures)


def expose(image: ColourImage, illumination: Illumination, rng: np.random.Generator) -> ColourImage:
    """What the sensor makes of the light: a slight softness, noise, and grey where the camera is."""
    height, width = image.shape[:2]
    soft = cv2.GaussianBlur(image, (3, 3), 0.55)
    noise = _noise_pictures(width, height, illumination.noise)[int(rng.integers(_NOISE_PICTURES))]
    x, y = int(rng.integers(64)), int(rng.integers(64))
    noisy = cv2.add(soft, noise[y : y + height, x : x + width], dtype=cv2.CV_8U)
    if not illumination.gray:
        return np.asarray(noisy, np.uint8)
    return np.asarray(cv2.cvtColor(cv2.cvtColor(noisy, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), np.uint8)
