"""Where the corners of a plate come to stand when a camera looks at it from an angle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from recognizers.plate import Quad


@dataclass(frozen=True, slots=True)
class PoseRange:
    """How far a plate may be turned away: standard deviations of its angles in degrees, cut off at twice."""

    yaw: float = 25.0
    pitch: float = 15.0
    roll: float = 5.5
    slant: float = 7.0
    """Of the upright edges against the level ones: what a camera above and beside the lane sees."""


def draw_quad(rng: np.random.Generator, width: float, aspect: float, pose: PoseRange) -> Quad:
    """The corners of a plate around the origin, `width` pixels wide once seen from the drawn direction.

    Args:
        rng: the source of chance.
        width: of the quad's bounding box.
        aspect: width over height of the plate itself.
        pose: how far it may be turned.
    """
    limits = np.array([pose.yaw, pose.pitch, pose.roll, pose.slant])
    yaw, pitch, roll, slant = np.radians(np.clip(rng.normal(0, limits), -2 * limits, 2 * limits))
    half = np.array([[-1.0, -1 / aspect, 0], [1, -1 / aspect, 0], [1, 1 / aspect, 0], [-1, 1 / aspect, 0]])
    half[:, 0] += half[:, 1] * np.tan(slant)
    turned = half @ _rotation(yaw, pitch, roll).T
    distance = rng.uniform(6, 20)  # in half plate widths: nearer is hardly seen in traffic
    seen = turned[:, :2] * (distance / (distance + turned[:, 2:]))
    seen = seen * (width / np.ptp(seen[:, 0]))
    return np.asarray(seen - (seen.min(axis=0) + seen.max(axis=0)) / 2, np.float32)


def _rotation(yaw: float, pitch: float, roll: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    (cy, sy), (cp, sp), (cr, sr) = ((np.cos(angle), np.sin(angle)) for angle in (yaw, pitch, roll))
    around_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    around_x = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    around_z = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(around_z @ around_x @ around_y)
