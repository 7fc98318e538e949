"""Puts rendered plates into photographs as if they had been there."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.plate import GrayImage, Quad

# Coloured plates on coloured vehicles may have no edge at all in grey: only the characters tell them.
_CAMOUFLAGED_SHARE = 0.12


def erase_box(image: GrayImage, quad: Quad) -> None:
    """Overwrite the quad's bounding box, in place, with what stands above and below it."""
    height, width = image.shape
    left, top = np.floor(quad.min(axis=0)).astype(int) - 2
    right, bottom = np.ceil(quad.max(axis=0)).astype(int) + 3
    left, right = max(0, left), min(width, right)
    top, bottom = max(0, top), min(height, bottom)
    if right <= left or bottom <= top:
        return
    above = image[max(0, top - 2) : max(1, top), left:right].mean(axis=0)
    below = image[min(height - 1, bottom) : min(height, bottom + 2), left:right].mean(axis=0)
    mix = np.linspace(0, 1, bottom - top)[:, None]
    image[top:bottom, left:right] = above * (1 - mix) + below * mix


def paste_plate(image: GrayImage, plate: GrayImage, quad: Quad, rng: np.random.Generator) -> None:
    """Lay a plate, seen straight on, onto the quad of the image, in place, at the brightness of its surroundings."""
    left, top = np.floor(quad.min(axis=0)).astype(int) - 4
    right, bottom = np.ceil(quad.max(axis=0)).astype(int) + 5
    left, top = max(0, left), max(0, top)
    right, bottom = min(image.shape[1], right), min(image.shape[0], bottom)
    if right <= left or bottom <= top:
        return
    target = image[top:bottom, left:right]
    local = quad - np.array([left, top], np.float32)
    if rng.random() < 0.5:  # noqa: PLR2004
        _lay_surround(target, local, rng)
    face = _shrink(plate, local)
    warped, coverage = _warp(_match_brightness(face, target, rng), local, (right - left, bottom - top))
    target[:] = np.clip(target * (1 - coverage) + warped * coverage, 0, 255).astype(np.uint8)


def _shrink(plate: GrayImage, quad: Quad) -> GrayImage:
    """The plate at about the size it will have, averaged over areas: warping alone would alias."""
    height, width = plate.shape
    scale = max(np.ptp(quad[:, 0]) / width, np.ptp(quad[:, 1]) / height)
    if scale >= 0.8:  # noqa: PLR2004
        return plate
    size = max(8, round(width * scale * 1.15)), max(4, round(height * scale * 1.15))
    return np.asarray(cv2.resize(plate, size, interpolation=cv2.INTER_AREA), np.uint8)


def _warp(
    plate: NDArray[np.float32], quad: Quad, size: tuple[int, int]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    height, width = plate.shape
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    transform = cv2.getPerspectiveTransform(source, quad - 0.5)
    warped = cv2.warpPerspective(plate, transform, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    coverage = np.zeros((size[1], size[0]), np.uint8)
    # Fixed point with 4 bits: the edge lands on fractions of pixels.
    cv2.fillConvexPoly(coverage, np.round((quad - 0.5) * 16).astype(np.int32), (255,), cv2.LINE_AA, 4)
    return np.asarray(warped, np.float32), np.asarray(coverage, np.float32) / np.float32(255)


def _match_brightness(plate: GrayImage, target: GrayImage, rng: np.random.Generator) -> NDArray[np.float32]:
    """The plate lit like the place, but not quite: reflecting plates are often brighter than the car around them."""
    ambient = float(target.mean())
    if rng.random() < _CAMOUFLAGED_SHARE:
        return plate.astype(np.float32) * np.float32(np.clip(ambient / max(float(np.median(plate)), 20.0), 0.25, 2.0))
    wanted = np.clip(ambient * np.exp(rng.normal(0.35, 0.35)), 25, 240)
    gain = np.clip(wanted / max(float(plate.mean()), 20.0), 0.25, 1.5)
    gain = gain if rng.random() < 0.7 else rng.uniform(0.4, 1.15)  # noqa: PLR2004
    lift = rng.uniform(0, 0.25) * ambient
    return plate.astype(np.float32) * np.float32(gain * (1 - lift / 255)) + np.float32(lift)


def _lay_surround(target: GrayImage, quad: Quad, rng: np.random.Generator) -> None:
    """What plates are mounted on: a dark or light holder somewhat larger than the plate, or its shadow."""
    centre = quad.mean(axis=0)
    enlarged = centre + (quad - centre) * rng.uniform(1.03, 1.3, size=2)
    mask = np.zeros(target.shape, np.uint8)
    cv2.fillConvexPoly(mask, np.round(enlarged * 16).astype(np.int32), (255,), cv2.LINE_AA, 4)
    mask = np.asarray(cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.5, 2.0))), np.uint8)
    tone = float(rng.uniform(5, 70) if rng.random() < 0.7 else rng.uniform(70, 230))  # noqa: PLR2004
    share = mask.astype(np.float32) / 255 * rng.uniform(0.5, 1.0)
    target[:] = (target * (1 - share) + tone * share).astype(np.uint8)
