"""The detector's maps to plates: pure arithmetic on arrays."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

STRIDE = 8
"""Pixels of the network's input per cell of its maps."""

_MAX_PEAKS = 60  # before overlapping ones are dropped; a frame shows a dozen plates at most

_MAX_LOG_CELLS = 4.6  # a hundred cells: wider than any input

# Two boxes that overlap by more are one plate. Plates of two vehicles hardly overlap at all.
_SAME_PLATE_IOU = 0.35
_SAME_PLATE_CONTAINED = 0.7


@dataclass(frozen=True, slots=True)
class PlateMaps:
    """What the network says of one image, for each cell."""

    heat: NDArray[np.float32]
    """Shape (rows, columns): logit of a plate's centre."""
    sides: NDArray[np.float32]
    """Shape (rows, columns, 4): logarithms of the distances to left, top, right and bottom, in cells."""
    corners: NDArray[np.float32]
    """Shape (rows, columns, 8): x and y of the corners from the cell's centre, as shares of the box's size."""


@dataclass(frozen=True, slots=True)
class FoundQuads:
    """Plates in pixels of the network's input, best first."""

    quads: NDArray[np.float32]
    """Shape (plates, 4, 2)."""
    scores: NDArray[np.float32]
    """Shape (plates,)."""


def find_quads(maps: PlateMaps, threshold: float) -> FoundQuads:
    """The plates whose score reaches the threshold, each once."""
    score = 1 / (1 + np.exp(-np.clip(maps.heat, -30, 30)))
    peaks = (score >= threshold) & (score >= cv2.dilate(score, np.ones((3, 3), np.uint8)))
    rows, columns = np.nonzero(peaks)
    order = np.argsort(-score[rows, columns], kind="stable")[:_MAX_PEAKS]
    rows, columns = rows[order], columns[order]
    centres = (np.stack([columns, rows], axis=1) + 0.5) * STRIDE
    sides = np.exp(np.clip(maps.sides[rows, columns], -_MAX_LOG_CELLS, _MAX_LOG_CELLS)) * STRIDE
    boxes = np.concatenate([centres - sides[:, :2], centres + sides[:, 2:]], axis=1)
    sizes = boxes[:, 2:] - boxes[:, :2]
    quads = centres[:, None] + maps.corners[rows, columns].reshape(-1, 4, 2) * sizes[:, None]
    kept = distinct(boxes)
    return FoundQuads(np.asarray(quads[kept], np.float32), np.asarray(score[rows, columns][kept], np.float32))


def distinct(boxes: NDArray[np.floating]) -> list[int]:
    """Indices of the boxes that no earlier kept one covers.

    Args:
        boxes: shape (boxes, 4): left, top, right, bottom; best first.
    """
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    kept: list[int] = []
    for number in range(len(boxes)):
        others = boxes[kept]
        low, high = np.maximum(boxes[number, :2], others[:, :2]), np.minimum(boxes[number, 2:], others[:, 2:])
        shared = np.prod(np.maximum(0, high - low), axis=1)
        union = areas[number] + areas[kept] - shared
        smaller = np.minimum(areas[number], areas[kept])
        if not ((shared > _SAME_PLATE_IOU * union) | (shared > _SAME_PLATE_CONTAINED * smaller)).any():
            kept.append(number)
    return kept
