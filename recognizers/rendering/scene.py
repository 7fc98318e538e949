"""The road as the camera sees it without traffic: drawn once per clip."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.rendering.camera import Camera
from recognizers.rendering.colours import ColourImage, FloatImage
from recognizers.rendering.daylight import Illumination, Weather

LANE_WIDTH_M = 3.4
_SHOULDER_M = 0.7
_TEXTURE_SIDE = 1024
_TEXTURE_PER_M = 60.0


def lane_centres(lanes: int) -> tuple[float, ...]:
    """X of each lane's middle in metres; the road's middle is 0."""
    return tuple((number - (lanes - 1) / 2) * LANE_WIDTH_M for number in range(lanes))


def draw_scene(
    camera: Camera, lanes: int, *, illumination: Illumination, weather: Weather, rng: np.random.Generator
) -> ColourImage:
    """The empty road with its verge, skyline and sky."""
    x, y = camera.ground()
    image = _sky(camera, illumination)
    road = np.isfinite(y)
    surface = _surface(x, y, lanes, rng)
    haze = (1 - np.exp(-np.where(road, y, 0) / 420))[:, :, None]
    lit = surface * np.array(illumination.ambient, np.float32)
    image[road] = (lit + (np.array(illumination.sky[1], np.float32) - lit) * haze)[road]
    if weather is Weather.RAIN:
        _wet(image, camera, road & (np.abs(x) < lanes * LANE_WIDTH_M / 2 + _SHOULDER_M))
    _skyline(image, camera, illumination, rng)
    _posts(image, camera, lanes, illumination)
    if illumination.lamps > 0.9:  # noqa: PLR2004 - night: pools of lamp light on the road
        _lamp_pools(image, x, y, illumination)
    return np.clip(cv2.GaussianBlur(image, (0, 0), 0.7), 0, 255).astype(np.uint8)


def _sky(camera: Camera, illumination: Illumination) -> FloatImage:
    horizon = max(2, int(camera.horizon_row))
    share = np.clip(np.arange(camera.height) / horizon, 0, 1)[:, None]
    zenith, edge = (np.array(stop) for stop in illumination.sky)
    column = zenith * (1 - share) + edge * share
    return np.repeat(column[:, None, :], camera.width, axis=1).astype(np.float32)


def _texture(rng: np.random.Generator) -> NDArray[np.float32]:
    """Asphalt that tiles: grains, patches and stains around 0."""
    side = _TEXTURE_SIDE
    grain = 9 * rng.standard_normal((side, side), np.float32)
    grain = np.asarray(cv2.GaussianBlur(grain, (0, 0), 0.8), np.float32)
    patches = cv2.resize(rng.normal(0, 6, (16, 16)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    return np.asarray(grain + patches, np.float32)


def _lookup(texture: NDArray[np.float32], x: NDArray[np.float32], y: NDArray[np.float32]) -> NDArray[np.float32]:
    far = np.where(np.isfinite(y), y, 0)
    column = (x * _TEXTURE_PER_M).astype(np.int32) % _TEXTURE_SIDE
    row = (far * _TEXTURE_PER_M / 3).astype(np.int32) % _TEXTURE_SIDE
    return np.asarray(texture[row, column], np.float32)


def _surface(x: NDArray[np.float32], y: NDArray[np.float32], lanes: int, rng: np.random.Generator) -> FloatImage:
    """Colour of the ground at each pixel in full light."""
    texture = _texture(rng)
    grain = _lookup(texture, x, y)
    half = lanes * LANE_WIDTH_M / 2
    track = np.zeros_like(x)
    for centre in lane_centres(lanes):
        for wheel in (-0.75, 0.75):
            track -= 9 * np.exp(-(((x - centre - wheel) / 0.28) ** 2))
        track += 3 * np.exp(-(((x - centre) / 0.3) ** 2))
    asphalt = np.clip(98 + grain + track, 20, 190)[:, :, None] * np.array((1.03, 1.0, 0.98), np.float32)
    verge_noise = _lookup(texture.T, x * 0.7, y * 2)
    verge = np.clip(np.array((62, 88, 84), np.float32) + 1.3 * verge_noise[:, :, None], 8, 170)
    kerb = np.clip(150 + grain, 40, 220)[:, :, None] * np.ones(3, np.float32)
    outside = np.abs(x) > half + _SHOULDER_M
    surface = np.where(
        (np.abs(x) > half + _SHOULDER_M + 0.18)[:, :, None], verge, np.where(outside[:, :, None], kerb, asphalt)
    )
    paint = np.abs(np.abs(x) - half) < 0.07  # noqa: PLR2004 - half of a line of 14 cm
    with np.errstate(invalid="ignore"):
        dashes = (np.where(np.isfinite(y), y, 0) % 6) < 3  # noqa: PLR2004 - 3 m of line, 3 m of gap
    for border in range(1, lanes):
        paint |= (np.abs(x - (border * LANE_WIDTH_M - half)) < 0.06) & dashes  # noqa: PLR2004
    worn = np.clip(200 + 2.2 * grain, 120, 235)[:, :, None]
    return np.where(paint[:, :, None], worn, surface).astype(np.float32)


def _wet(image: FloatImage, camera: Camera, road: NDArray[np.bool_]) -> None:
    """Wet asphalt: darker, and it mirrors the sky toward the horizon."""
    rows = np.arange(camera.height, dtype=np.float32)[:, None, None]
    mirror = np.clip(1 - (rows - camera.horizon_row) / (0.8 * camera.height), 0, 1) * 0.45
    streaks = cv2.GaussianBlur(image, (0, 0), sigmaX=3, sigmaY=22)
    wet = (image * 0.45 + streaks * 0.35) * (1 - mirror) + image[max(0, int(camera.horizon_row) - 2), :, :] * mirror
    image[road] = wet[road]


def _skyline(image: FloatImage, camera: Camera, illumination: Illumination, rng: np.random.Generator) -> None:
    """Trees and houses on the horizon, hazy as far things are."""
    horizon = int(camera.horizon_row)
    ambient, haze = np.array(illumination.ambient), np.array(illumination.sky[1])
    x = -20
    while x < camera.width:
        width, height = int(rng.integers(30, 150)), int(rng.integers(8, max(10, min(110, horizon + 30))))
        house = rng.random() < 0.4  # noqa: PLR2004
        base = (
            rng.uniform(80, 170) + rng.uniform((-22, -12, 0), (0, 5, 25))
            if house
            else rng.uniform((25, 60, 40), (50, 100, 75))
        )
        colour = tuple(float(value) for value in 0.7 * base * ambient + 0.3 * haze)
        if house:
            cv2.rectangle(image, (x, horizon - height), (x + width, horizon + 4), colour, -1)
            _windows(image, (x, horizon - height, width, height), illumination, rng)
        else:
            for _ in range(6):
                centre = x + int(rng.integers(0, width)), horizon - int(rng.integers(0, height))
                cv2.circle(image, centre, int(rng.integers(8, 26)), colour, -1, cv2.LINE_AA)
            cv2.rectangle(image, (x, horizon - height // 3), (x + width, horizon + 4), colour, -1)
        x += int(width * rng.uniform(0.6, 1.1))


def _windows(
    image: FloatImage, house: tuple[int, int, int, int], illumination: Illumination, rng: np.random.Generator
) -> None:
    left, top, width, height = house
    for y in range(top + 6, top + height - 6, 14):
        for x in range(left + 5, left + width - 8, 13):
            lit = illumination.lamps > 0.5 and rng.random() < 0.4  # noqa: PLR2004
            colour = (
                (120.0, 190.0, 225.0) if lit else tuple(float(value) for value in 70 * np.array(illumination.ambient))
            )
            cv2.rectangle(image, (x, y), (x + 6, y + 7), colour, -1)


def _posts(image: FloatImage, camera: Camera, lanes: int, illumination: Illumination) -> None:
    """Reflector posts and lamp posts along the road, where they are in the picture."""
    edge = lanes * LANE_WIDTH_M / 2 + _SHOULDER_M + 0.6
    for y in np.arange(90.0, 12.0, -12.5):
        for x in (-edge, edge):
            post = np.array([(x - 0.05, y, 0), (x + 0.05, y, 0), (x + 0.05, y, 0.9), (x - 0.05, y, 0.9)])
            colour = tuple(float(value) for value in 205 * np.array(illumination.ambient))
            cv2.fillConvexPoly(image, np.round(camera.project(post)).astype(np.int32), colour, cv2.LINE_AA)
            band = np.array([(x - 0.05, y, 0.6), (x + 0.05, y, 0.6), (x + 0.05, y, 0.75), (x - 0.05, y, 0.75)])
            cv2.fillConvexPoly(image, np.round(camera.project(band)).astype(np.int32), (25, 25, 25), cv2.LINE_AA)


def _lamp_pools(image: FloatImage, x: NDArray[np.float32], y: NDArray[np.float32], illumination: Illumination) -> None:
    far = np.where(np.isfinite(y), y, 1e6)
    light = np.zeros_like(x)
    for place in (13.0, 38.0, 63.0):
        light += np.exp(-(((x - 2) / 6) ** 2) - ((far - place) / 9) ** 2)
    tint = np.array((0.75, 0.95, 1.1), np.float32) if not illumination.gray else np.float32(0.25)
    image *= 1 + 0.9 * light[:, :, None] * tint
