"""Where the corners of a plate fall in a picture, for a camera that looks from the side, from above, or tilted."""

from __future__ import annotations

import numpy as np

from recognizers.plate import Quad

_DISTANCE = (
    5.0  # from camera to plate in plate widths: nearer and the perspective grows stronger than traffic cameras have
)


def tilted_quad(width: float, height: float, *, yaw: float, pitch: float, roll: float) -> Quad:
    """The corners of a plate of this size, turned about its centre, as a camera in front of it sees it.

    Args:
        width: of the plate seen straight on, in pixels.
        height: likewise.
        yaw: degrees that the plate is turned about its vertical axis.
        pitch: about its horizontal axis.
        roll: in the picture's plane.

    Returns:
        Corners clockwise from the plate's own top left, around the origin.
    """
    x = np.array([-0.5, 0.5, 0.5, -0.5]) * width
    y = np.array([-0.5, -0.5, 0.5, 0.5]) * height
    a, b, c = np.radians([yaw, pitch, roll])
    turned_x, depth = x * np.cos(a), x * np.sin(a)
    turned_y, depth = y * np.cos(b), depth + y * np.sin(b)
    near = _DISTANCE * width / (_DISTANCE * width + depth)
    seen_x, seen_y = turned_x * near, turned_y * near
    quad = np.stack([seen_x * np.cos(c) - seen_y * np.sin(c), seen_x * np.sin(c) + seen_y * np.cos(c)], axis=1)
    return quad.astype(np.float32)


def random_pose(rng: np.random.Generator, width: float, height: float) -> Quad:
    """The corners under a random view: mostly mild, up to 40 degrees from the side, 25 from above, 20 of roll."""
    yaw = float(np.clip(rng.normal(0, 15), -40, 40))
    pitch = float(np.clip(rng.normal(0, 9), -25, 25))
    roll = float(np.clip(rng.normal(0, 4), -20, 20))
    quad = tilted_quad(width, height, yaw=yaw, pitch=pitch, roll=roll)
    shear = np.float32(np.clip(rng.normal(0, 0.05), -0.15, 0.15))
    quad[:, 1] += shear * quad[:, 0]
    return quad


def loosened(quad: Quad, rng: np.random.Generator, inward: float = 0.03, outward: float = 0.12) -> Quad:
    """The corners as an imperfect detector gives them: margins of -inward..outward of the plate's size on each side."""
    left, top, right, bottom = rng.uniform(-inward, outward, 4) * np.array([0.5, 1.0, 0.5, 1.0])
    across = (quad[1] - quad[0] + quad[2] - quad[3]) / 2
    down = (quad[3] - quad[0] + quad[2] - quad[1]) / 2
    moved = np.stack(
        [
            quad[0] - left * across - top * down,
            quad[1] + right * across - top * down,
            quad[2] + right * across + bottom * down,
            quad[3] - left * across + bottom * down,
        ]
    )
    jitter = rng.normal(0, 0.025, (4, 2)) * float(np.hypot(*down))
    return np.asarray(moved + jitter, np.float32)
