"""Puts a drawn plate into a photograph so that light, sharpness and noise agree with what is there."""

from __future__ import annotations

import cv2
import numpy as np

from recognizers.plate import Quad
from recognizers.rendering.degradation import Picture, add_noise, is_gray
from recognizers.rendering.plates import RenderedPlate

_MEDIAN_PLATE = 165.0  # mean grey level of drawn plates in full light


def paste_plate(scene: Picture, plate: RenderedPlate, quad: Quad, rng: np.random.Generator) -> Picture:
    """A copy of the scene that shows the plate in the quad, as bright and noisy as its surroundings, soft at the edge.

    Args:
        scene: grey or colour; is not changed.
        plate: seen straight on.
        quad: corners in pixels of the scene, clockwise from the plate's top left; parts outside the scene are cut off.
        rng: the only source of chance.
    """
    left, top, right, bottom = _region(scene, quad)
    pasted = scene.copy()
    if right - left < 2 or bottom - top < 2:  # noqa: PLR2004 - nothing of it is in the picture
        return pasted
    under = scene[top:bottom, left:right]
    shifted = np.asarray(quad, np.float32) - np.array((left, top), np.float32)
    face, alpha = warp_plate(plate, shifted, (right - left, bottom - top), scene.ndim)
    level = float(np.clip(0.55 * under.mean() / 110 + 0.45, 0.35, 1.25)) * float(rng.uniform(0.85, 1.1))
    seen_height = float(np.hypot(*(shifted[3] - shifted[0])))
    sigma = float(rng.uniform(0.25, 0.7)) + 0.012 * seen_height * float(rng.random())
    lit = np.clip(face * level, 0, 255).astype(np.uint8)
    lit = add_noise(np.asarray(cv2.GaussianBlur(lit, (0, 0), sigma), np.uint8), _noise_level(under), rng)
    alpha = np.asarray(cv2.GaussianBlur(alpha, (0, 0), max(0.5, sigma)), np.uint8)
    share = (alpha if is_gray(scene) else alpha[:, :, None]).astype(np.float32) / 255
    pasted[top:bottom, left:right] = (under + (lit.astype(np.float32) - under) * share).astype(np.uint8)
    return pasted


def _region(scene: Picture, quad: Quad) -> tuple[int, int, int, int]:
    height, width = scene.shape[:2]
    (left, top), (right, bottom) = quad.min(axis=0), quad.max(axis=0)
    return max(0, int(left) - 3), max(0, int(top) - 3), min(width, int(right) + 4), min(height, int(bottom) + 4)


def warp_plate(plate: RenderedPlate, quad: Quad, size: tuple[int, int], channels: int) -> tuple[Picture, Picture]:
    """The plate in the quad of a picture of `size` (width, height), and the mask of where it is.

    It is shrunk by area first, so that it does not alias.
    """
    face = plate.image if channels == 3 else np.asarray(cv2.cvtColor(plate.image, cv2.COLOR_BGR2GRAY), np.uint8)  # noqa: PLR2004
    seen_width = max(float(np.hypot(*(quad[1] - quad[0]))), float(np.hypot(*(quad[2] - quad[3]))))
    seen_height = max(float(np.hypot(*(quad[3] - quad[0]))), float(np.hypot(*(quad[2] - quad[1]))))
    target = max(4, round(min(face.shape[1], seen_width * 1.1))), max(3, round(min(face.shape[0], seen_height * 1.1)))
    small = cv2.resize(face, target, interpolation=cv2.INTER_AREA)
    corners = np.array([(0, 0), (target[0], 0), target, (0, target[1])], np.float32) - np.float32(0.5)
    transform = cv2.getPerspectiveTransform(corners, quad)
    warped = cv2.warpPerspective(small, transform, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    ones = np.full((target[1], target[0]), 255, np.uint8)
    alpha = cv2.warpPerspective(ones, transform, size, flags=cv2.INTER_LINEAR)
    return np.asarray(warped, np.uint8), np.asarray(alpha, np.uint8)


def _noise_level(under: Picture) -> float:
    """Grey levels of noise: half of what the surroundings differ from their own smoothed selves, at most 6."""
    gray = under if is_gray(under) else cv2.cvtColor(under, cv2.COLOR_BGR2GRAY)
    return float(min(6.0, 0.5 * np.median(np.abs(gray.astype(np.float32) - cv2.GaussianBlur(gray, (0, 0), 1.0)))))
