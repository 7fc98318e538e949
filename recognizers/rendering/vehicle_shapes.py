"""Bodies of vehicles as profiles, and the vehicles that a clip draws at random."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from recognizers.rendering.chance import happens, pick
from recognizers.rendering.colours import Bgr
from recognizers.rendering.plates import RenderedPlate


class Surface(Enum):
    """What a stretch of a body is made of."""

    BODY = "body"
    GLASS = "glass"


class End(Enum):
    """Which end of the vehicle faces the camera."""

    REAR = "rear"
    FRONT = "front"


@dataclass(frozen=True, slots=True)
class Shape:
    """A body seen from the side: points (metres from the rear, height) over the top, and the stretch after each."""

    name: str
    width_m: float
    profile: tuple[tuple[float, float], ...]
    surfaces: tuple[Surface, ...]
    belt_m: float
    """Height from which the body narrows toward the roof."""
    roof_share: float
    """Width of the roof against the body's."""
    plate_rear_m: float
    """Height of the plate's middle."""
    plate_front_m: float

    @property
    def length_m(self) -> float:
        """From bumper to bumper."""
        return self.profile[-1][0]

    @property
    def height_m(self) -> float:
        """Of the roof."""
        return max(height for _, height in self.profile)


_B, _G = Surface.BODY, Surface.GLASS
_TWO_BOX = (_B, _G, _B, _G, _B, _B)
_THREE_BOX = (_B, _B, _G, _B, _G, _B, _B)
SHAPES: tuple[Shape, ...] = (
    Shape(
        name="hatchback",
        width_m=1.74,
        profile=((0, 0.95), (0.06, 1.0), (0.5, 1.43), (2.3, 1.47), (3.1, 0.98), (3.85, 0.82), (3.95, 0.7)),
        surfaces=_TWO_BOX,
        belt_m=0.95,
        roof_share=0.74,
        plate_rear_m=0.70,
        plate_front_m=0.42,
    ),
    Shape(
        name="sedan",
        width_m=1.80,
        profile=(
            (0, 0.93),
            (0.06, 1.0),
            (0.6, 1.05),
            (1.35, 1.42),
            (2.7, 1.45),
            (3.45, 1.0),
            (4.45, 0.82),
            (4.6, 0.68),
        ),
        surfaces=_THREE_BOX,
        belt_m=0.96,
        roof_share=0.70,
        plate_rear_m=0.74,
        plate_front_m=0.44,
    ),
    Shape(
        name="estate",
        width_m=1.80,
        profile=((0, 0.95), (0.08, 1.02), (0.55, 1.44), (2.8, 1.48), (3.5, 1.0), (4.5, 0.84), (4.65, 0.7)),
        surfaces=_TWO_BOX,
        belt_m=0.97,
        roof_share=0.74,
        plate_rear_m=0.72,
        plate_front_m=0.44,
    ),
    Shape(
        name="suv",
        width_m=1.88,
        profile=((0, 1.08), (0.06, 1.14), (0.42, 1.66), (2.9, 1.70), (3.55, 1.16), (4.5, 1.02), (4.62, 0.86)),
        surfaces=_TWO_BOX,
        belt_m=1.12,
        roof_share=0.78,
        plate_rear_m=0.84,
        plate_front_m=0.55,
    ),
    Shape(
        name="pickup",
        width_m=1.92,
        profile=((0, 1.02), (0.03, 1.08), (1.7, 1.08), (1.78, 1.7), (3.2, 1.74), (3.85, 1.2), (5.1, 1.08), (5.3, 0.9)),
        surfaces=_THREE_BOX,
        belt_m=1.15,
        roof_share=0.80,
        plate_rear_m=0.58,
        plate_front_m=0.58,
    ),
    Shape(
        name="van",
        width_m=1.95,
        profile=((0, 1.28), (0.02, 1.32), (0.1, 2.0), (3.9, 2.05), (4.7, 1.3), (5.1, 1.05), (5.25, 0.8)),
        surfaces=_TWO_BOX,
        belt_m=1.30,
        roof_share=0.90,
        plate_rear_m=0.80,
        plate_front_m=0.50,
    ),
)

_SHARES = (0.24, 0.26, 0.12, 0.24, 0.07, 0.07)
_PAINTS: tuple[Bgr, ...] = (
    (232, 232, 230), (205, 206, 204), (150, 150, 148), (100, 100, 98), (58, 57, 56), (32, 31, 31), (40, 36, 140),
    (34, 30, 165), (130, 76, 38), (96, 52, 28), (70, 92, 52), (150, 175, 190), (60, 120, 195), (165, 130, 95),
    (28, 30, 84), (70, 60, 46),
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Vehicle:
    """One vehicle of a clip, as it looks from the camera."""

    shape: Shape
    paint: Bgr
    end: End
    plate: RenderedPlate
    face_seed: int
    """All details of its face are drawn from this, so that the same vehicle looks the same again."""

    @property
    def plate_height_m(self) -> float:
        """Of the plate's middle above the road."""
        return self.shape.plate_rear_m if self.end is End.REAR else self.shape.plate_front_m

    @property
    def outline(self) -> tuple[tuple[tuple[float, float], ...], tuple[Surface, ...]]:
        """The profile and its surfaces, counted from the end that faces the camera."""
        if self.end is End.REAR:
            return self.shape.profile, self.shape.surfaces
        length = self.shape.length_m
        return tuple((length - y, z) for y, z in reversed(self.shape.profile)), tuple(reversed(self.shape.surfaces))


def choose_vehicle(plate: RenderedPlate, end: End, rng: np.random.Generator) -> Vehicle:
    """A vehicle of random make that carries the plate."""
    shape = SHAPES[int(rng.choice(len(SHAPES), p=_SHARES))]
    paint = pick(_PAINTS[:6], rng) if happens(rng, 0.65) else pick(_PAINTS, rng)
    return Vehicle(shape, paint, end, plate, int(rng.integers(2**31)))
