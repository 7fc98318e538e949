"""What is kept to look at: a plate straightened, with what is around it, and the scene that it was seen in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from recognizers.plate import Quad, UnreadableImageError

ColorImage = NDArray[np.uint8]
"""Shape (height, width) of a camera without colours, else (height, width, 3), blue first."""

_NARROWEST_PX, _WIDEST_PX = 160.0, 480.0
"""Of the plate in its own picture: smaller ones are enlarged, for people; larger ones show no more."""

_NO_ALIASING = 0.5  # scale down to which linear interpolation skips no pixel


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureSettings:
    """How large and how good pictures are."""

    plate_margin: float = 0.3
    """Around the plate in its own picture, as a share of the plate's height."""
    plate_quality: int = 85
    """Of JPEG."""
    scene_longest_px: int | None = 960
    """Longer side of the scene's picture; None: there is none."""
    scene_quality: int = 75


@dataclass(frozen=True, slots=True)
class Pictures:
    """Of one look, as JPEG."""

    plate: bytes
    scene: bytes | None
    """None where none is wanted."""


def take_pictures(frame: bytes, quad: Quad, settings: PictureSettings) -> Pictures:
    """The pictures of a look; the same arguments give the same bytes.

    Args:
        frame: the camera's picture.
        quad: the plate's corners in it.
        settings: how large, and how good.

    Raises:
        UnreadableImageError: the frame cannot be decoded.
    """
    image = _decode(frame)
    plate = _encode(straightened(image, quad, settings.plate_margin), settings.plate_quality)
    if settings.scene_longest_px is None:
        return Pictures(plate, None)
    return Pictures(plate, _encode(_reduced(image, settings.scene_longest_px), settings.scene_quality))


def straightened(image: ColorImage, quad: Quad, margin: float) -> ColorImage:
    """The plate as if seen from the front, with a margin of so many times its height on each side.

    What lies outside of the image is black: nothing is made up.
    """
    sides = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)
    wide, high = max(1.0, (sides[0] + sides[2]) / 2), max(1.0, (sides[1] + sides[3]) / 2)
    scale = float(np.clip(wide, _NARROWEST_PX, _WIDEST_PX)) / wide
    wide, high = wide * scale, min(high * scale, _WIDEST_PX)
    border = margin * high
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32) + border
    # Half a pixel: corners are of pixels' edges, those of warpPerspective of their centres.
    transform = cv2.getPerspectiveTransform(np.asarray(quad, np.float32) - 0.5, np.asarray(corners, np.float32) - 0.5)
    size = round(wide + 2 * border), round(high + 2 * border)
    flags = cv2.INTER_CUBIC if scale >= 1 else cv2.INTER_LINEAR
    straight = cv2.warpPerspective(image, transform, size, flags=flags, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(straight, np.uint8)


def _reduced(image: ColorImage, longest: int) -> ColorImage:
    height, width = image.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return image
    size = max(1, round(width * scale)), max(1, round(height * scale))
    # Down to a half, two neighbours in each direction are all that there is to average, in a third of the time.
    flags = cv2.INTER_LINEAR if scale >= _NO_ALIASING else cv2.INTER_AREA
    return np.asarray(cv2.resize(image, size, interpolation=flags), np.uint8)


def _decode(frame: bytes) -> ColorImage:
    image: Any
    try:
        image = cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_ANYCOLOR)
    except cv2.error:
        image = None
    if image is None:
        msg = f"the picture of {len(frame)} bytes is damaged and cannot be decoded; check what the source sends"
        raise UnreadableImageError(msg)
    return np.asarray(image, np.uint8)


def _encode(image: ColorImage, quality: int) -> bytes:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return data.tobytes()
