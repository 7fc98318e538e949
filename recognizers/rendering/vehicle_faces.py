"""The rear or front of a vehicle as a flat picture: lamps, bumper, grille, badge, lettering, the plate's recess.

Lettering and badges are decoys on purpose: they are what plate detectors take for plates.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.rendering.chance import happens, pick
from recognizers.rendering.colours import Bgr, FloatImage, blend
from recognizers.rendering.glyphs import word
from recognizers.rendering.vehicle_shapes import End, Vehicle

PX_PER_M = 230
GROUND_CLEARANCE_M = 0.20
_MODELS = (
    "VELORA",
    "Tundro",
    "ASTERO",
    "Kavia",
    "MERIDO",
    "Sportex",
    "NORDIC",
    "Lumen",
    "CORSINO",
    "Vantar",
    "Alteo",
    "PRIMO",
)
_SUFFIXES = ("GLX", "TDI", "4x4", "hybrid", "LS", "AWD", "dCi", "EV", "Turbo", "SE")
_LETTERING = ("BLUMEN MEYER", "EXPRESS", "Elektro Schulz", "FRESH BAKERY", "CITY PLUMBING", "PARCEL", "Rapid Service")


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A vehicle's end seen straight on, PX_PER_M pixels per metre, in full light."""

    image: FloatImage
    alpha: NDArray[np.uint8]
    lamps: NDArray[np.uint8]
    """Where lamps are, 0..255."""
    lamp_places_m: tuple[tuple[float, float], ...]
    """Middle of each main lamp: x from the vehicle's middle, height above the road."""


@lru_cache(maxsize=64)
def draw_face(vehicle: Vehicle) -> Face:
    """The end of the vehicle that faces the camera, without its plate."""
    rng = np.random.default_rng(vehicle.face_seed)
    top = vehicle.outline[0][0][1]
    width, height = round(vehicle.shape.width_m * PX_PER_M), round((top - GROUND_CLEARANCE_M) * PX_PER_M)
    shade = np.linspace(1.02, 0.72, height, dtype=np.float32)[:, None, None]
    image = np.asarray(np.array(vehicle.paint, np.float32) * shade * np.ones((1, width, 1), np.float32))
    image *= (1 - 0.16 * np.abs(np.linspace(-1, 1, width, dtype=np.float32)) ** 3)[None, :, None]
    lamps = np.zeros((height, width), np.uint8)
    draw = _draw_rear if vehicle.end is End.REAR else _draw_front
    places = draw(image, lamps, vehicle, rng)
    return Face(image, _silhouette(width, height), lamps, places)


def lamp_places(vehicle: Vehicle) -> tuple[tuple[float, float], ...]:
    """Where the main lamps of the end that faces the camera are: x from the vehicle's middle, height, in metres."""
    return draw_face(vehicle).lamp_places_m


def _silhouette(width: int, height: int) -> NDArray[np.uint8]:
    """A rectangle whose lower corners are cut and upper corners rounded."""
    alpha = np.zeros((height, width), np.uint8)
    cut, round_off = int(0.05 * width), int(0.04 * width)
    points = [
        (round_off, 0),
        (width - round_off, 0),
        (width - 1, round_off),
        (width - 1, height - cut),
        (width - cut, height - 1),
        (cut, height - 1),
        (0, height - cut),
        (0, round_off),
    ]
    cv2.fillPoly(alpha, [np.array(points, np.int32)], (255,), cv2.LINE_AA)
    return alpha


def _row(vehicle: Vehicle, metres: float) -> int:
    """Row of the picture that lies this high above the road."""
    return round((vehicle.outline[0][0][1] - metres) * PX_PER_M)


def _mix(colour: Bgr, factor: float) -> Bgr:
    return colour[0] * factor, colour[1] * factor, colour[2] * factor


def _bar(image: FloatImage, rows: tuple[float, float], columns: tuple[float, float], colour: Bgr) -> None:
    cv2.rectangle(
        image, (round(columns[0]), round(rows[0])), (round(columns[1]), round(rows[1])), colour, -1, cv2.LINE_AA
    )


def _recess(image: FloatImage, vehicle: Vehicle, rng: np.random.Generator) -> None:
    plate_height, plate_width = vehicle.plate.image.shape[:2]
    middle, row = image.shape[1] / 2, _row(vehicle, vehicle.plate_height_m)
    room_x = max(plate_width, 340) / 2000 * PX_PER_M + 0.04 * PX_PER_M
    room_y = plate_height / 2000 * PX_PER_M + float(rng.uniform(0.02, 0.06)) * PX_PER_M
    factor = float(rng.uniform(0.45, 0.8))
    _bar(image, (row - room_y, row + room_y), (middle - room_x, middle + room_x), _mix(vehicle.paint, factor))
    _bar(image, (row - room_y, row - room_y + 3), (middle - room_x, middle + room_x), _mix(vehicle.paint, 0.35))


def _write(image: FloatImage, text: str, place: tuple[float, float], *, height: float, colour: Bgr) -> None:
    """Text around a middle point, in pixels."""
    mask = word("BarlowSemiCondensed-SemiBold", text, max(4, round(height)), round(image.shape[1] * 0.5))
    top, left = round(place[1] - mask.shape[0] / 2), round(place[0] - mask.shape[1] / 2)
    target = image[max(0, top) : top + mask.shape[0], max(0, left) : left + mask.shape[1]]
    blend(target, mask[: target.shape[0], : target.shape[1]], colour)


def _badge(image: FloatImage, place: tuple[float, float], rng: np.random.Generator) -> None:
    centre, size = (round(place[0]), round(place[1])), round(float(rng.uniform(0.04, 0.065)) * PX_PER_M)
    axes = (round(size * float(rng.uniform(1.0, 1.7))), size)
    colour = pick(((205.0, 205.0, 205.0), (140.0, 60.0, 30.0), (60.0, 60.0, 60.0), (40.0, 40.0, 170.0)), rng)
    cv2.ellipse(image, centre, axes, 0, 0, 360, (215, 215, 215), -1, cv2.LINE_AA)
    cv2.ellipse(image, centre, (axes[0] - 3, axes[1] - 3), 0, 0, 360, colour, -1, cv2.LINE_AA)
    cv2.line(
        image, (centre[0] - size // 2, centre[1]), (centre[0] + size // 2, centre[1]), (225, 225, 225), 2, cv2.LINE_AA
    )


def _bumper(image: FloatImage, vehicle: Vehicle, top_m: float, rng: np.random.Generator) -> None:
    height, width = image.shape[:2]
    top = _row(vehicle, top_m)
    cv2.line(image, (0, top), (width, top), _mix(vehicle.paint, 0.45), 3, cv2.LINE_AA)
    cv2.line(image, (0, top + 4), (width, top + 4), _mix(vehicle.paint, 1.12), 2, cv2.LINE_AA)
    lower = _row(vehicle, float(rng.uniform(0.30, 0.38)))
    _bar(image, (lower, height), (0, width), (38.0, 36.0, 36.0))


def _draw_rear(
    image: FloatImage, lamps: NDArray[np.uint8], vehicle: Vehicle, rng: np.random.Generator
) -> tuple[tuple[float, float], ...]:
    width = image.shape[1]
    top_m = vehicle.outline[0][0][1]
    _bumper(image, vehicle, vehicle.plate_height_m - 0.16 if vehicle.plate_height_m > 0.65 else 0.72, rng)  # noqa: PLR2004
    lamp_width, lamp_height = float(rng.uniform(0.16, 0.30)), float(rng.uniform(0.13, 0.30))
    upper = top_m - float(rng.uniform(0.04, 0.10))
    rows = _row(vehicle, upper), _row(vehicle, upper - lamp_height)
    for side in (0, 1):
        edge = 0.02 * PX_PER_M if side == 0 else width - (0.02 + lamp_width) * PX_PER_M
        columns = (edge, edge + lamp_width * PX_PER_M)
        _bar(image, rows, columns, (34.0, 26.0, 158.0))
        _bar(lamps, rows, columns, (255, 0, 0))  # type: ignore[arg-type]
        inner = edge + (0.55 if side == 0 else 0.1) * lamp_width * PX_PER_M
        middle = (rows[0] + rows[1]) / 2
        _bar(
            image,
            (middle, rows[1] - 4),
            (inner, inner + 0.35 * lamp_width * PX_PER_M),
            pick(((200.0, 205.0, 210.0), (40.0, 120.0, 220.0)), rng),
        )
    _recess(image, vehicle, rng)
    badge_row = max(_row(vehicle, top_m - 0.08), 12)
    _badge(image, (width / 2, badge_row), rng)
    light = (205.0, 205.0, 208.0) if sum(vehicle.paint) < 480 else (90.0, 88.0, 86.0)  # noqa: PLR2004 - chrome on dark paint
    text_row = _row(vehicle, max(vehicle.plate_height_m + 0.12, upper - lamp_height * 0.9))
    if happens(rng, 0.8):
        _write(image, pick(_MODELS, rng), (0.27 * width, text_row), height=0.045 * PX_PER_M, colour=light)
    if happens(rng, 0.7):
        _write(image, pick(_SUFFIXES, rng), (0.76 * width, text_row), height=0.045 * PX_PER_M, colour=light)
    if vehicle.shape.name in {"van", "pickup"}:
        cv2.line(image, (width // 2, 0), (width // 2, _row(vehicle, 0.45)), _mix(vehicle.paint, 0.5), 2, cv2.LINE_AA)
        if happens(rng, 0.6):
            _write(
                image,
                pick(_LETTERING, rng),
                (width / 2, _row(vehicle, top_m - 0.2)),
                height=0.10 * PX_PER_M,
                colour=(120.0, 60.0, 30.0),
            )
    offset = vehicle.shape.width_m / 2 - 0.02 - lamp_width / 2
    return ((-offset, upper - lamp_height / 2), (offset, upper - lamp_height / 2))


def _draw_front(
    image: FloatImage, lamps: NDArray[np.uint8], vehicle: Vehicle, rng: np.random.Generator
) -> tuple[tuple[float, float], ...]:
    height, width = image.shape[:2]
    top_m = vehicle.outline[0][0][1]
    lamp_width, lamp_height = float(rng.uniform(0.28, 0.42)), float(rng.uniform(0.10, 0.16))
    upper = top_m - 0.05
    grille = (
        _row(vehicle, top_m - 0.04),
        _row(vehicle, max(top_m - float(rng.uniform(0.15, 0.24)), vehicle.plate_height_m + 0.08)),
    )
    columns = (0.28 * width, 0.72 * width)
    _bar(image, grille, columns, (30.0, 28.0, 28.0))
    for row in np.linspace(grille[0], grille[1], int(rng.integers(3, 6))):
        cv2.line(
            image, (round(columns[0]), round(row)), (round(columns[1]), round(row)), (120, 120, 122), 2, cv2.LINE_AA
        )
    rows = _row(vehicle, upper), _row(vehicle, upper - lamp_height)
    for side in (0, 1):
        outer, inner = (4, lamp_width * PX_PER_M) if side == 0 else (width - 5, width - lamp_width * PX_PER_M)
        corners = np.array([(outer, rows[0]), (inner, rows[0] + 8), (inner, rows[1]), (outer, rows[1] - 6)], np.int32)
        cv2.fillPoly(image, [corners], (168, 165, 160), cv2.LINE_AA)
        centre = round((outer + inner) / 2), (rows[0] + rows[1]) // 2 + 2
        cv2.circle(image, centre, round(lamp_height * 0.36 * PX_PER_M), (235, 235, 232), -1, cv2.LINE_AA)
        cv2.circle(lamps, centre, round(lamp_height * 0.5 * PX_PER_M), (255,), -1, cv2.LINE_AA)
    _bumper(image, vehicle, min(top_m - 0.28, vehicle.plate_height_m + 0.12), rng)
    _bar(image, (_row(vehicle, 0.36), height), (0.2 * width, 0.8 * width), (26.0, 25.0, 25.0))
    _badge(image, (width / 2, (grille[0] + grille[1]) / 2), rng)
    if happens(rng, 0.85):
        _recess(image, vehicle, rng)
    offset = vehicle.shape.width_m / 2 - lamp_width / 2
    return ((-offset, upper - lamp_height / 2), (offset, upper - lamp_height / 2))
