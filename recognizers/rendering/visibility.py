"""Which plates of a drawn frame can be seen, where, and how much of each."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from recognizers.plate import Quad
from recognizers.rendering.camera import Camera
from recognizers.rendering.truth import VisiblePlate
from recognizers.rendering.vehicles import Drawn


@dataclass(frozen=True, slots=True, eq=False)
class DrawnPass:
    """A vehicle of a frame, as it was drawn."""

    pass_id: int
    text: str
    drawn: Drawn


def visible_plates(passes: list[DrawnPass], camera: Camera) -> tuple[VisiblePlate, ...]:
    """The plates of which anything is visible; `passes` in the order in which they were drawn, the nearest last."""
    plates = []
    for number, each in enumerate(passes):
        plate = _visible_plate(each, [nearer.drawn for nearer in passes[number + 1 :]], camera)
        if plate is not None:
            plates.append(plate)
    return tuple(plates)


def _visible_plate(each: DrawnPass, nearer: list[Drawn], camera: Camera) -> VisiblePlate | None:
    quad = each.drawn.quad
    left, top = np.maximum(quad.min(axis=0), 0)
    right, bottom = np.minimum(quad.max(axis=0), (camera.width, camera.height))
    if right - left < 1 or bottom - top < 1:
        return None
    visible = _visible_share(quad, nearer, camera)
    if visible <= 0:
        return None
    width = float(np.hypot(*(quad[1] - quad[0])) + np.hypot(*(quad[2] - quad[3]))) / 2
    corners = [(round(float(x), 2), round(float(y), 2)) for x, y in quad]
    return VisiblePlate(
        pass_id=each.pass_id,
        text=each.text,
        box=(round(float(left), 2), round(float(top), 2), round(float(right - left), 2), round(float(bottom - top), 2)),
        quad=(corners[0], corners[1], corners[2], corners[3]),
        width_px=round(width, 2),
        visible=visible,
    )


def _visible_share(quad: Quad, nearer: list[Drawn], camera: Camera) -> float:
    """Share of the quad inside the picture and not covered by what was drawn later."""
    origin = np.floor(quad.min(axis=0)).astype(int) - 1
    width, height = np.ceil(quad.max(axis=0)).astype(int) + 2 - origin
    mask = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(mask, np.round(quad - origin).astype(np.int32), (1,))
    whole = int(mask.sum())
    mask[: max(0, -origin[1])] = 0
    mask[:, : max(0, -origin[0])] = 0
    mask[max(0, camera.height - origin[1]) :] = 0
    mask[:, max(0, camera.width - origin[0]) :] = 0
    for other in nearer:
        left, top, right, bottom = other.region
        x0, y0 = max(left, origin[0]), max(top, origin[1])
        x1, y1 = min(right, origin[0] + width), min(bottom, origin[1] + height)
        if x1 > x0 and y1 > y0:
            cover = other.coverage[y0 - top : y1 - top, x0 - left : x1 - left] > 127  # noqa: PLR2004 - half covered
            mask[y0 - origin[1] : y1 - origin[1], x0 - origin[0] : x1 - origin[0]][cover] = 0
    return round(int(mask.sum()) / max(1, whole), 3)
