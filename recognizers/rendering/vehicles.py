"""Draws a vehicle into a picture, in perspective, with its plate, its shadow and the blur of its motion."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.plate import Quad
from recognizers.rendering.camera import NEAREST_M, Camera
from recognizers.rendering.colours import Bgr, ColourImage
from recognizers.rendering.daylight import Illumination
from recognizers.rendering.degradation import motion_blur
from recognizers.rendering.pasting import warp_plate
from recognizers.rendering.vehicle_faces import GROUND_CLEARANCE_M, Face, draw_face
from recognizers.rendering.vehicle_shapes import End, Surface, Vehicle

_GLASS: Bgr = (88.0, 74.0, 62.0)
_SUB_PIXEL_BITS = 4
_PLATE_PROUD_M = 0.02  # how far the plate stands off the face


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a vehicle is: x of its middle and y of the end that faces the camera, in metres; speed along y in m/s."""

    x_m: float
    y_m: float
    speed_mps: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn: the region (left, top, right, bottom), its coverage 0..255, and the plate's corners."""

    region: tuple[int, int, int, int]
    coverage: NDArray[np.uint8]
    quad: Quad


def plate_quad(vehicle: Vehicle, place: Placement, camera: Camera) -> Quad:
    """The plate's corners in the picture, clockwise from its own top left."""
    height, width = (side / 1000 for side in vehicle.plate.image.shape[:2])
    x = np.array([-0.5, 0.5, 0.5, -0.5]) * width + place.x_m
    z = np.array([0.5, 0.5, -0.5, -0.5]) * height + vehicle.plate_height_m
    return camera.project(np.stack([x, np.full(4, place.y_m - _PLATE_PROUD_M), z], axis=1))


def draw_vehicle(
    image: ColourImage, vehicle: Vehicle, place: Placement, *, camera: Camera, illumination: Illumination
) -> Drawn | None:
    """Draw the vehicle into the picture in place; None if nothing of it is in view."""
    region = _region(vehicle, place, camera)
    if region is None:
        return None
    left, top, right, bottom = region
    under = image[top:bottom, left:right]
    layer = under.copy()
    coverage = np.zeros(layer.shape[:2], np.uint8)
    brush = _Brush(layer, coverage, np.array((left, top), np.float32), camera, place, illumination)
    brush.shadow(vehicle)
    under[:] = layer  # the shadow lies on the road, not on the vehicle's layer
    _draw_body(brush, vehicle)
    _draw_face_and_plate(brush, vehicle)
    layer, coverage = _blurred(brush, vehicle)
    _lay(under, layer, coverage)
    return Drawn(region, coverage, plate_quad(vehicle, place, camera))


def _region(vehicle: Vehicle, place: Placement, camera: Camera) -> tuple[int, int, int, int] | None:
    shape = vehicle.shape
    far = place.y_m + shape.length_m
    if far <= NEAREST_M:
        return None
    x, z = np.array([-0.8, 0.8]) * shape.width_m, np.array([0.0, shape.height_m])
    corners = [
        (place.x_m + across, max(y, NEAREST_M), up) for across in x for y in (place.y_m - 1.1, far + 0.4) for up in z
    ]
    seen = camera.project(np.array(corners))
    left, top = np.floor(seen.min(axis=0)).astype(int) - 6
    right, bottom = np.ceil(seen.max(axis=0)).astype(int) + 7
    left, top = max(0, left), max(0, top)
    right, bottom = min(camera.width, right), min(camera.height, bottom)
    return (left, top, right, bottom) if right - left > 2 and bottom - top > 2 else None  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class _Brush:
    """Paints polygons of the world into a layer."""

    layer: ColourImage
    coverage: NDArray[np.uint8]
    origin: NDArray[np.float32]
    camera: Camera
    place: Placement
    illumination: Illumination

    def seen(self, points: list[tuple[float, float, float]]) -> NDArray[np.float32]:
        """Points (across, along, up) of the vehicle in pixels of the layer."""
        world = [(self.place.x_m + x, max(self.place.y_m + y, NEAREST_M), z) for x, y, z in points]
        return self.camera.project(np.array(world)) - self.origin

    def paint(self, points: list[tuple[float, float, float]], colour: Bgr) -> None:
        lit = [min(255.0, part * light) for part, light in zip(colour, self.illumination.ambient, strict=True)]
        corners = np.round(self.seen(points) * (1 << _SUB_PIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(self.layer, [corners], lit, cv2.LINE_AA, _SUB_PIXEL_BITS)
        cv2.fillPoly(self.coverage, [corners], (255,), cv2.LINE_AA, _SUB_PIXEL_BITS)

    def shadow(self, vehicle: Vehicle) -> None:
        half, length = vehicle.shape.width_m / 2 + 0.08, vehicle.shape.length_m
        height, width = self.coverage.shape
        mask = np.zeros((height, width), np.uint8)
        corners = self.seen([(-half, -0.25, 0), (half, -0.25, 0), (half, length, 0), (-half, length, 0)])
        cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], (255,), cv2.LINE_AA)
        metre = self.camera.focal_px / max(self.place.y_m, 4.0)
        soft = cv2.GaussianBlur(cv2.resize(mask, None, fx=0.25, fy=0.25), (0, 0), max(0.6, 0.03 * metre))
        light = cv2.convertScaleAbs(cv2.resize(soft, (width, height)), alpha=-self.illumination.shadow, beta=255)
        cv2.multiply(self.layer, cv2.merge((light,) * 3), dst=self.layer, scale=1 / 255)


def _half_width(vehicle: Vehicle, z: float) -> float:
    """Of the body at a height: full up to the belt, then tapering to the roof."""
    shape = vehicle.shape
    share = np.clip((z - shape.belt_m) / max(0.1, shape.height_m - shape.belt_m), 0, 1)
    return shape.width_m / 2 * float(1 - (1 - shape.roof_share) * share)


def _draw_body(brush: _Brush, vehicle: Vehicle) -> None:
    profile, surfaces = vehicle.outline
    shape = vehicle.shape
    side = np.sign(brush.camera.x_m - brush.place.x_m)
    if abs(brush.camera.x_m - brush.place.x_m) > shape.width_m / 2 * shape.roof_share:
        _draw_side(brush, vehicle, float(side))
    stretches = list(zip(profile[:-1], profile[1:], surfaces, strict=True))
    for (near_y, near_z), (far_y, far_z), surface in reversed(stretches):
        near, far = _half_width(vehicle, near_z), _half_width(vehicle, far_z)
        corners = [(-near, near_y, near_z), (near, near_y, near_z), (far, far_y, far_z), (-far, far_y, far_z)]
        steep = abs(far_z - near_z) / max(0.05, far_y - near_y)
        lightness = 1.10 - 0.22 * min(1.0, steep)
        brush.paint(corners, tuple(part * lightness for part in vehicle.paint))  # type: ignore[arg-type]
        if surface is Surface.GLASS and far_z > near_z:
            _draw_window(brush, vehicle, (near_y, near_z), (far_y, far_z))


def _draw_window(brush: _Brush, vehicle: Vehicle, lower: tuple[float, float], upper: tuple[float, float]) -> None:
    """A pane inside its pillars, with the sky's reflection in its upper part."""

    def corner(share: float, side: int) -> tuple[float, float, float]:
        y, z = lower[0] + (upper[0] - lower[0]) * share, lower[1] + (upper[1] - lower[1]) * share
        return (side * (_half_width(vehicle, z) - 0.07), y, z)

    brush.paint([corner(0.06, -1), corner(0.06, 1), corner(0.94, 1), corner(0.94, -1)], _GLASS)
    brush.paint([corner(0.55, -1), corner(0.55, 1), corner(0.94, 1), corner(0.94, -1)], (122.0, 106.0, 92.0))
    brush.paint([corner(0.10, -1), corner(0.10, 1), corner(0.16, 1), corner(0.16, -1)], (52.0, 46.0, 42.0))


def _draw_side(brush: _Brush, vehicle: Vehicle, side: float) -> None:
    """The flank that the camera sees: lower body, windows, door lines, wheels."""
    profile, _ = vehicle.outline
    half, length, belt = vehicle.shape.width_m / 2, vehicle.shape.length_m, vehicle.shape.belt_m
    sill = 0.3
    lower: list[tuple[float, float, float]] = [(side * half, 0, sill), (side * half, length, sill)]
    over = [(side * _half_width(vehicle, z), y, z) for y, z in reversed(profile)]
    brush.paint(lower + over, tuple(part * 0.78 for part in vehicle.paint))  # type: ignore[arg-type]
    cabin = [(y, z) for y, z in profile if z > belt + 0.12]
    glass = [(side * _half_width(vehicle, z - 0.06), y, z - 0.06) for y, z in cabin]
    near_y, far_y = cabin[0][0] - 0.25, cabin[-1][0] + 0.35
    brush.paint([(side * half, near_y, belt + 0.02), *glass, (side * half, far_y, belt + 0.02)], _GLASS)
    for wheel_y in (0.16 * length + 0.1, 0.82 * length - 0.1):
        angle = np.arange(16) * np.pi / 8
        rim = [(side * (half + 0.01), wheel_y + 0.32 * float(np.cos(a)), 0.32 + 0.32 * float(np.sin(a))) for a in angle]
        brush.paint(rim, (30.0, 29.0, 29.0))
        hub = [(side * (half + 0.01), wheel_y + 0.18 * float(np.cos(a)), 0.32 + 0.18 * float(np.sin(a))) for a in angle]
        brush.paint(hub, (128.0, 126.0, 124.0))


def _draw_face_and_plate(brush: _Brush, vehicle: Vehicle) -> None:
    half = vehicle.shape.width_m / 2
    if brush.place.y_m <= NEAREST_M:
        return
    for x in (-half + 0.14, half - 0.14):
        tyre = [(x - 0.1, 0.35, 0.0), (x + 0.1, 0.35, 0.0), (x + 0.1, 0.2, 0.4), (x - 0.1, 0.2, 0.4)]
        brush.paint(tyre, (22.0, 22.0, 22.0))
    face, top = draw_face(vehicle), vehicle.outline[0][0][1]
    corners = brush.seen(
        [(-half, 0, top), (half, 0, top), (half, 0, GROUND_CLEARANCE_M), (-half, 0, GROUND_CLEARANCE_M)]
    )
    height, width = face.alpha.shape
    scale = min(1.0, 1.3 * float(corners[1, 0] - corners[0, 0]) / width)
    small = max(4, round(width * scale)), max(4, round(height * scale))
    box = _pixels_around(corners, brush.coverage.shape)
    if box is None:
        return
    source = np.array([(0, 0), (small[0], 0), small, (0, small[1])], np.float32) - np.float32(0.5)
    transform = cv2.getPerspectiveTransform(source, (corners - np.array(box[:2])).astype(np.float32))
    size = box[2] - box[0], box[3] - box[1]
    picture = cv2.resize(_lit(face, vehicle, brush.illumination), small, interpolation=cv2.INTER_AREA)
    warped = cv2.warpPerspective(picture, transform, size, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.warpPerspective(cv2.resize(face.alpha, small, interpolation=cv2.INTER_AREA), transform, size)
    rows, columns = slice(box[1], box[3]), slice(box[0], box[2])
    _lay(brush.layer[rows, columns], np.asarray(warped, np.uint8), np.asarray(alpha, np.uint8))
    covered = brush.coverage[rows, columns]
    np.maximum(covered, alpha, out=covered)
    _draw_plate(brush, vehicle)


@lru_cache(maxsize=64)
def _lit(face: Face, vehicle: Vehicle, illumination: Illumination) -> ColourImage:
    lit = face.image * np.array(illumination.ambient, np.float32)
    if illumination.lamps > 0:
        colour = (70.0, 60.0, 250.0) if vehicle.end is End.REAR else (240.0, 252.0, 255.0)
        share = face.lamps[:, :, None].astype(np.float32) * (0.9 * illumination.lamps / 255)
        lit = lit + (np.array(colour, np.float32) - lit) * share
    return np.clip(lit, 0, 255).astype(np.uint8)


def _pixels_around(quad: Quad, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of the part of a picture of this shape that holds the quad; None if it is outside."""
    left, top = (max(0, int(edge) - 2) for edge in np.floor(quad.min(axis=0)))
    right, bottom = int(np.ceil(quad[:, 0].max())) + 3, int(np.ceil(quad[:, 1].max())) + 3
    right, bottom = min(right, shape[1]), min(bottom, shape[0])
    return (left, top, right, bottom) if right - left > 1 and bottom - top > 1 else None


def _lay(target: ColourImage, picture: ColourImage, alpha: NDArray[np.uint8]) -> None:
    """Blend a picture into the target in place, as far as alpha (0..255) says."""
    share = cv2.merge((alpha,) * 3).astype(np.float32) * np.float32(1 / 255)
    target[:] = (target + (picture.astype(np.float32) - target) * share).astype(np.uint8)


def _draw_plate(brush: _Brush, vehicle: Vehicle) -> None:
    quad = plate_quad(vehicle, brush.place, brush.camera) - brush.origin
    box = _pixels_around(quad, brush.coverage.shape)
    if box is None:
        return
    left, top, right, bottom = box
    corner = np.array((left, top), np.float32)
    face, alpha = warp_plate(vehicle.plate, quad - corner, (right - left, bottom - top), 3)
    lit = cv2.convertScaleAbs(face, alpha=brush.illumination.plate_gain)
    _lay(brush.layer[top:bottom, left:right], np.asarray(lit, np.uint8), alpha)


def _blurred(brush: _Brush, vehicle: Vehicle) -> tuple[ColourImage, NDArray[np.uint8]]:
    """The layer and its coverage, smeared along the way that the plate takes while the shutter is open."""
    place, exposure_s = brush.place, brush.illumination.exposure_s
    later = Placement(place.x_m, place.y_m + place.speed_mps * exposure_s, place.speed_mps)
    way = plate_quad(vehicle, later, brush.camera) - plate_quad(vehicle, place, brush.camera)
    along, down = (float(part) for part in way.mean(axis=0))
    length, angle = float(np.hypot(along, down)), float(np.degrees(np.arctan2(down, along)))
    return motion_blur(brush.layer, length, angle), motion_blur(brush.coverage, length, angle)
