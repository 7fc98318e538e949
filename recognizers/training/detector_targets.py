"""What the detector's network should say of a window: the maps that its loss compares with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recognizers.heat_map import STRIDE
from recognizers.training.detector_samples import LabelledPlate

HEAT, COUNTED, SIDES, CORNERS, BOX_WEIGHT, CORNER_WEIGHT = slice(0, 1), slice(1, 2), slice(2, 6), slice(6, 14), 14, 15
"""Channels: how near a plate's centre is, in [0, 1]; 0 where nothing is to be learned; distances to the four sides in
cells; corners relative to the cell's centre as a share of the box; weights of the two in the loss."""

CHANNELS = 16

_SPREAD = 0.13  # of the box's width and height: deviation of the bump around a centre
_NEAR = 0.5  # cells with a heat above this also learn the box
_MUST_SHOW = 0.75  # of its box; a plate cut off by more is neither right nor wrong


def target_maps(plates: Sequence[LabelledPlate], width: int, height: int) -> NDArray[np.float32]:
    """Maps of shape (height / 8, width / 8, 16) for the plates of one window."""
    rows, columns = height // STRIDE, width // STRIDE
    maps = np.zeros((rows, columns, CHANNELS), np.float32)
    maps[..., COUNTED] = 1
    x, y = (np.arange(columns) + 0.5) * STRIDE, (np.arange(rows) + 0.5) * STRIDE
    for plate in plates:
        (left, top), (right, bottom) = plate.quad.min(axis=0), plate.quad.max(axis=0)
        shown = _clip_share(left, right, width) * _clip_share(top, bottom, height)
        if plate.ignored or shown < _MUST_SHOW:
            maps[np.ix_((y > top) & (y < bottom), (x > left) & (x < right), [1])] = 0
            continue
        _draw(maps, plate, x, y)
    return maps


def _clip_share(low: float, high: float, limit: int) -> float:
    return float(max(0.0, min(high, limit) - max(low, 0.0)) / max(high - low, 1e-6))


def _draw(maps: NDArray[np.float32], plate: LabelledPlate, x: NDArray[np.floating], y: NDArray[np.floating]) -> None:
    (left, top), (right, bottom) = plate.quad.min(axis=0), plate.quad.max(axis=0)
    width, height = right - left, bottom - top
    # Never narrower than the cells, so that the nearest cell's heat stays high even for the smallest plates.
    spread_x, spread_y = max(_SPREAD * width, 0.55 * STRIDE), max(_SPREAD * height, 0.55 * STRIDE)
    heat = np.exp(
        -0.5 * ((y[:, None] - (top + bottom) / 2) / spread_y) ** 2
        - 0.5 * ((x[None] - (left + right) / 2) / spread_x) ** 2
    )
    peak = np.unravel_index(int(heat.argmax()), heat.shape)
    heat = heat.astype(np.float32)
    heat[peak] = 1.0
    better = heat > maps[..., 0]
    maps[..., 0] = np.maximum(maps[..., 0], heat)
    maps[..., 1] = np.where(heat > _NEAR, 1, maps[..., 1])
    near = better & (heat > _NEAR) & (x[None] > left) & (x[None] < right) & (y[:, None] > top) & (y[:, None] < bottom)
    at_y, at_x = np.nonzero(near)
    px, py = x[at_x], y[at_y]
    sides = np.stack([px - left, py - top, right - px, bottom - py], axis=1) / STRIDE
    centres = np.stack([px, py], axis=1)[:, None]
    corners = (plate.quad[None] - centres) / np.array([width, height], np.float32)
    maps[at_y, at_x, SIDES] = sides
    maps[at_y, at_x, CORNERS] = corners.reshape(-1, 8)
    maps[at_y, at_x, BOX_WEIGHT] = heat[at_y, at_x]
    maps[at_y, at_x, CORNER_WEIGHT] = heat[at_y, at_x] if plate.has_corners else 0
