"""Pictures to JPEG bytes that fit into a message of the frames topic."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from connectors.source import UnreadablePictureError
from recognizers.picture_header import PictureFormat, PictureHeader, read_header

BgrImage = NDArray[np.uint8]
"""Shape (height, width, 3), channels blue, green, red."""

FRAME_BYTES_MAX = 300_000
"""Bytes of one frame. Higher strains the broker's memory at peak; lower costs characters on distant plates at 1080p."""

PIXELS_MAX = 40_000_000
"""Pixels that are decoded: 40 MP are 120 MB in memory. Above it, a picture is an error or an attack."""

_QUALITY_STEPS = (75, 65, 55, 45)
"""Below 45, block edges begin to look like strokes of characters; from there on the picture is made smaller."""

_SHRINK = 0.8
_MIN_SIDE = 16


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """A whole JPEG of at most the asked bytes, and its size in pixels."""

    jpeg: bytes
    width: int
    height: int


def encode_picture(image: BgrImage, *, quality: int = 85, bytes_max: int = FRAME_BYTES_MAX) -> EncodedPicture:
    """The image as JPEG of at most `bytes_max`: at `quality` if that fits, then at lower quality, then smaller.

    Raises:
        UnreadablePictureError: the image cannot be made to fit, or is no image.
    """
    if image.size == 0:
        msg = "the decoder gave an image without pixels; check the source"
        raise UnreadablePictureError(msg)
    steps = (quality, *(step for step in _QUALITY_STEPS if step < quality))
    while True:
        height, width = image.shape[:2]
        for step in steps:
            encoded, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, step])
            if encoded and len(data) <= bytes_max:
                return EncodedPicture(data.tobytes(), width, height)
        steps = steps[-1:]
        size = round(width * _SHRINK), round(height * _SHRINK)
        if min(size) < _MIN_SIDE:
            msg = f"a picture of {width}x{height} pixels cannot be made to fit into {bytes_max} bytes"
            raise UnreadablePictureError(msg)
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def check_picture(data: bytes, name: str, *, pixels_max: int = PIXELS_MAX) -> PictureHeader:
    """The header of a picture that may be decoded. Looks at the header alone, so that a bomb stays packed.

    Raises:
        UnreadablePictureError: empty, no picture, cut off, or beyond `pixels_max`; names the picture by `name`.
    """
    if not data:
        msg = f"{name} is empty (0 bytes); take it out or copy it again"
        raise UnreadablePictureError(msg)
    header = read_header(data)
    if header is None or not (header.width and header.height):
        msg = f"{name} is not a picture (JPEG, PNG, BMP or WebP); take it out of the source"
        raise UnreadablePictureError(msg)
    if header.width * header.height > pixels_max:
        megapixels = header.width * header.height / 1e6
        msg = f"{name} has {megapixels:.0f} megapixels, more than the {pixels_max / 1e6:.0f} allowed; make it smaller"
        raise UnreadablePictureError(msg)
    if not header.complete:
        msg = f"{name} is cut off (its end is missing); copy it again"
        raise UnreadablePictureError(msg)
    return header


def fit_picture(
    data: bytes, name: str, *, quality: int = 85, bytes_max: int = FRAME_BYTES_MAX, pixels_max: int = PIXELS_MAX
) -> EncodedPicture:
    """Any picture as JPEG of at most `bytes_max`; a JPEG that already fits is passed through untouched.

    Raises:
        UnreadablePictureError: empty, no picture, cut off, too large, or damaged; names the picture by `name`.
    """
    header = check_picture(data, name, pixels_max=pixels_max)
    if header.format is PictureFormat.JPEG and len(data) <= bytes_max:
        return EncodedPicture(data, header.width, header.height)
    return encode_picture(_decode(data, name), quality=quality, bytes_max=bytes_max)


def decode_picture(data: bytes, name: str, *, pixels_max: int = PIXELS_MAX) -> BgrImage:
    """The pixels of a picture, turned upright as its metadata says.

    Raises:
        UnreadablePictureError: empty, no picture, cut off, too large, or damaged; names the picture by `name`.
    """
    check_picture(data, name, pixels_max=pixels_max)
    return _decode(data, name)


def _decode(data: bytes, name: str) -> BgrImage:
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        msg = f"{name} is damaged ({error.err}); copy it again"
        raise UnreadablePictureError(msg) from error
    if image is None:
        msg = f"{name} is damaged and cannot be decoded; copy it again"
        raise UnreadablePictureError(msg)
    return image.astype(np.uint8, copy=False)
