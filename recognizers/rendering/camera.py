"""The pinhole camera that looks down a road.

World axes in metres: x to the right across the road, y along it away from the camera, z up; the road is z = 0 and the
camera stands at y = 0. A point p that lies (right, down, ahead) of the camera in its own axes is seen at
centre + focal_px * (right, down) / ahead, so `focal_px / ahead` is how many pixels a metre measures there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""Shape (n, 3): x, y, z in metres."""

_LEAST_FALL = 1e-4  # of a ray per metre; flatter ones are taken for the sky
NEAREST_M = 1.2
"""Points nearer than this (or behind the camera) are drawn as if they were this far; none of them is in the picture."""


@dataclass(frozen=True, slots=True)
class Camera:
    """Where the camera is and where it looks."""

    width: int
    height: int
    focal_px: float
    x_m: float
    z_m: float
    yaw_deg: float
    """To the right."""
    pitch_deg: float
    """Downward."""

    @property
    def axes(self) -> NDArray[np.float64]:
        """Rows: the camera's right, down and ahead as unit vectors of the world."""
        return _axes(self.yaw_deg, self.pitch_deg)

    def project(self, points: Points) -> NDArray[np.float32]:
        """Where points of the world are seen, shape (n, 2), in pixels."""
        seen = (points - np.array([self.x_m, 0.0, self.z_m])) @ self.axes.T
        scale = self.focal_px / np.maximum(seen[:, 2:], NEAREST_M)
        centred = seen[:, :2] * scale + np.array([self.width / 2, self.height / 2])
        return np.asarray(centred, np.float32)

    def ground(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """For each pixel the x and y of the road point seen there, in metres; infinite y above the horizon."""
        columns = (np.arange(self.width) + 0.5 - self.width / 2) / self.focal_px
        rows = (np.arange(self.height) + 0.5 - self.height / 2) / self.focal_px
        right, down, ahead = self.axes
        rays = columns[None, :, None] * right + rows[:, None, None] * down + ahead
        falls = np.minimum(rays[..., 2], -_LEAST_FALL)
        reach = np.where(rays[..., 2] <= -_LEAST_FALL, -self.z_m / falls, np.inf)
        with np.errstate(invalid="ignore"):
            x = np.where(np.isinf(reach), 0.0, self.x_m + rays[..., 0] * np.where(np.isinf(reach), 0.0, reach))
        return x.astype(np.float32), np.where(np.isinf(reach), np.inf, rays[..., 1] * reach).astype(np.float32)

    @property
    def horizon_row(self) -> float:
        """The row in which the road would end."""
        return self.height / 2 - self.focal_px * float(np.tan(np.radians(self.pitch_deg)))


@lru_cache(maxsize=16)
def _axes(yaw_deg: float, pitch_deg: float) -> NDArray[np.float64]:
    yaw, pitch = np.radians([yaw_deg, pitch_deg])
    right = (np.cos(yaw), -np.sin(yaw), 0.0)
    down = (-np.sin(yaw) * np.sin(pitch), -np.cos(yaw) * np.sin(pitch), -np.cos(pitch))
    ahead = (np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), -np.sin(pitch))
    return np.array([right, down, ahead])


def traffic_camera(width: int, height: int, lanes: int, rng: np.random.Generator) -> Camera:
    """A low gantry or roadside camera that fills the picture with the lanes at the near end.

    Two lanes leave 5.6 m across the picture some 11 m away: a plate of 520 mm is about 115 px wide there, one of 305 mm
    about 68. One lane is seen 1.6 times larger.
    """
    across_m = 5.6 if lanes > 1 else 3.5
    focal = width * 11.0 / across_m
    height_m = float(rng.uniform(3.2, 3.7)) if lanes > 1 else float(rng.uniform(2.4, 2.8))
    x = float(rng.uniform(-0.7, 0.7))
    yaw = float(np.degrees(np.arctan2(-x, 14.0)))
    # the picture's lower edge meets the height of a plate 11 m away, so that plates leave it when they are largest
    down_at_edge = float(np.degrees(np.arctan2(height_m - 0.35, 11.0)))
    pitch = down_at_edge - float(np.degrees(np.arctan2(height / 2, focal)))
    return Camera(width, height, focal, x, height_m, yaw, pitch)
