"""Windows of photographs with real and pasted plates: what the detector learns from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.plate import GrayImage, Quad
from recognizers.training.augmentation import degrade
from recognizers.training.decoys import add_decoy
from recognizers.training.pasting import erase_box, paste_plate
from recognizers.training.photographs import Photograph, pixels
from recognizers.training.plate_pool import PlatePool
from recognizers.training.poses import PoseRange, draw_quad

_BACKGROUND_SHARE = 0.18
_REPLACED_SHARE = 0.55  # of the real plates in view
_ERASED_SHARE = 0.12  # of the real plates in view; nothing takes their place
_DECOY_SHARE = 0.45
_MAX_ENLARGEMENT = 2.2
Affine = NDArray[np.float32]
"""Shape (2, 3): from pixels of a photograph to pixels of a window."""

_POSE, _STEEP_POSE = PoseRange(), PoseRange(yaw=32, pitch=18, roll=12, slant=12)


@dataclass(frozen=True, slots=True)
class LabelledPlate:
    """A plate in a window. Ignored ones are neither right nor wrong to find."""

    quad: Quad
    has_corners: bool
    ignored: bool


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """Size of a window and the widths that plates have in it, in pixels; drawn log-uniformly."""

    width: int
    height: int
    smallest: float
    largest: float


class DetectorSampler:
    """Makes windows. Owned by one process; what it gives depends on the generator alone."""

    def __init__(self, photographs: Sequence[Photograph], pool: PlatePool) -> None:
        self._with_plates = [photograph for photograph in photographs if photograph.plates]
        self._without = [photograph for photograph in photographs if not photograph.plates]
        self._pool = pool

    def draw(self, rng: np.random.Generator, spec: WindowSpec) -> tuple[GrayImage, list[LabelledPlate]]:
        """One window and all plates in it."""
        wanted = float(np.exp(rng.uniform(np.log(spec.smallest), np.log(spec.largest))))
        plates: list[LabelledPlate]
        if rng.random() < _BACKGROUND_SHARE and self._without:
            image, plates = self._background(rng, spec), []
        else:
            image, plates = self._scene(rng, spec, wanted)
        if rng.random() < _DECOY_SHARE:
            for _ in range(int(rng.integers(1, 4))):
                add_decoy_beside(image, plates, rng)
        plates = self._replace(image, plates, rng)
        for _ in range(int(rng.choice([0, 1, 2], p=[0.45, 0.4, 0.15]))):
            self._add(image, plates, spec, rng)
        narrowest = min((float(np.ptp(plate.quad[:, 1])) for plate in plates), default=12.0)
        return degrade(image, rng, scale=float(np.clip(narrowest, 6, 40))), plates

    def _background(self, rng: np.random.Generator, spec: WindowSpec) -> GrayImage:
        path = self._without[int(rng.integers(len(self._without)))].path
        height, width = pixels(path).shape
        scale = max(spec.width / width, spec.height / height, float(np.exp(rng.uniform(np.log(0.3), np.log(1.3)))))
        transform = _placement(
            rng, (width / 2 * rng.uniform(0.4, 1.6), height / 2 * rng.uniform(0.4, 1.6)), scale, spec
        )
        return _warp(path, transform, spec)

    def _scene(
        self, rng: np.random.Generator, spec: WindowSpec, wanted: float
    ) -> tuple[GrayImage, list[LabelledPlate]]:
        photograph = self._with_plates[int(rng.integers(len(self._with_plates)))]
        chosen = photograph.plates[int(rng.integers(len(photograph.plates)))].quad
        scale = min(_MAX_ENLARGEMENT, wanted / float(np.ptp(chosen[:, 0])))
        x, y = chosen.mean(axis=0)
        transform = _placement(rng, (float(x), float(y)), scale, spec)
        window = _warp(photograph.path, transform, spec)
        covered = _covered(pixels(photograph.path).shape, transform, spec)
        if not covered.all():
            window = np.where(covered, window, self._background(rng, spec)).astype(np.uint8)
        plates = [
            LabelledPlate(_transformed(plate.quad, transform), plate.has_corners, plate.ignored)
            for plate in photograph.plates
        ]
        if rng.random() < 0.5:  # noqa: PLR2004
            window = np.ascontiguousarray(window[:, ::-1])
            plates = [_mirrored(plate, spec.width) for plate in plates]
        return window, [plate for plate in plates if _touches(plate.quad, spec)]

    def _replace(self, image: GrayImage, plates: list[LabelledPlate], rng: np.random.Generator) -> list[LabelledPlate]:
        kept = []
        for plate in plates:
            draw = rng.random()
            if draw >= _REPLACED_SHARE + _ERASED_SHARE or not _inside(plate.quad, image):
                kept.append(plate)
                continue
            erase_box(image, plate.quad)
            if draw < _REPLACED_SHARE:
                width = float(np.ptp(plate.quad[:, 0])) * rng.uniform(0.85, 1.15)
                kept.append(self._paste(image, plate.quad.mean(axis=0), width, rng))
        return kept

    def _add(self, image: GrayImage, plates: list[LabelledPlate], spec: WindowSpec, rng: np.random.Generator) -> None:
        width = float(np.exp(rng.uniform(np.log(spec.smallest), np.log(min(spec.largest, spec.width * 0.8)))))
        centre = rng.uniform([0, 0], [spec.width, spec.height]).astype(np.float32)
        reach = width * 0.6
        if any(
            np.abs(plate.quad.mean(axis=0) - centre).max() < reach + np.ptp(plate.quad[:, 0]) * 0.6 for plate in plates
        ):
            return
        plates.append(self._paste(image, centre, width, rng))

    def _paste(
        self,
        image: GrayImage,
        centre: np.ndarray[tuple[int], np.dtype[np.float32]],
        width: float,
        rng: np.random.Generator,
    ) -> LabelledPlate:
        plate = self._pool.draw(rng)
        aspect = plate.image.shape[1] / plate.image.shape[0]
        # Widths are drawn for long plates; a short one of the same characters is narrower.
        width = max(14.0, width * float(np.clip(aspect / 3.0, 0.55, 1.0)))
        quad = draw_quad(rng, width, aspect, _STEEP_POSE if rng.random() < 0.2 else _POSE) + centre  # noqa: PLR2004
        quad = np.asarray(quad, np.float32)
        paste_plate(image, plate.image, quad, rng)
        return LabelledPlate(quad, has_corners=True, ignored=False)


def add_decoy_beside(image: GrayImage, plates: Sequence[LabelledPlate], rng: np.random.Generator) -> None:
    """Draw a decoy in place, but leave the real plates as they were."""
    before = image.copy()
    add_decoy(image, rng)
    for plate in plates:
        left, top = np.maximum(0, np.floor(plate.quad.min(axis=0)).astype(int) - 2)
        right, bottom = np.ceil(plate.quad.max(axis=0)).astype(int) + 3
        image[top:bottom, left:right] = before[top:bottom, left:right]


def _placement(rng: np.random.Generator, centre: tuple[float, float], scale: float, spec: WindowSpec) -> Affine:
    """The affine map that brings `centre` to a random place of the window."""
    angle = float(np.clip(rng.normal(0, 4), -12, 12))
    transform = cv2.getRotationMatrix2D(centre, angle, scale)
    transform[0] *= rng.uniform(0.9, 1.1)  # pictures are stretched by some cameras
    target = np.array([spec.width * rng.uniform(0.12, 0.88), spec.height * rng.uniform(0.12, 0.88)])
    transform[:, 2] += target - transform @ np.array([*centre, 1.0])
    return np.asarray(transform, np.float32)


def _warp(path: Path, transform: Affine, spec: WindowSpec) -> GrayImage:
    scale = float(np.sqrt(abs(np.linalg.det(transform[:, :2]))))
    # Sampled from the smallest copy that still has all that the window shows, or thin strokes would alias.
    halvings = int(np.clip(np.floor(np.log2(1 / scale)), 0, 4))
    full, image = pixels(path), pixels(path, halvings)
    ratio = np.diag([full.shape[1] / image.shape[1], full.shape[0] / image.shape[0], 1.0])
    size = spec.width, spec.height
    warped = cv2.warpAffine(image, transform @ ratio, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, np.uint8)


def _covered(shape: tuple[int, ...], transform: Affine, spec: WindowSpec) -> GrayImage:
    """255 where the window shows the photograph."""
    mask = np.zeros((spec.height, spec.width), np.uint8)
    corners = np.array([[0, 0], [shape[1], 0], [shape[1], shape[0]], [0, shape[0]]], np.float32)
    cv2.fillConvexPoly(mask, np.round(_transformed(corners, transform)).astype(np.int32), (255,))
    return mask


def _transformed(quad: Quad, transform: Affine) -> Quad:
    return np.asarray(quad @ transform[:, :2].T + transform[:, 2], np.float32)


def _mirrored(plate: LabelledPlate, width: int) -> LabelledPlate:
    quad = plate.quad[[1, 0, 3, 2]].copy()
    quad[:, 0] = width - quad[:, 0]
    return LabelledPlate(quad, plate.has_corners, plate.ignored)


def _touches(quad: Quad, spec: WindowSpec) -> bool:
    low, high = quad.min(axis=0), quad.max(axis=0)
    return bool((high > 0).all() and low[0] < spec.width and low[1] < spec.height)


def _inside(quad: Quad, image: GrayImage) -> bool:
    return bool(
        (quad > 1).all() and (quad[:, 0] < image.shape[1] - 1).all() and (quad[:, 1] < image.shape[0] - 1).all()
    )
