"""Bytes to grey pixels, within limits."""

from __future__ import annotations

import cv2
import numpy as np

from recognizers.picture_header import read_header
from recognizers.plate import GrayImage, UnreadableImageError

MAX_PIXELS = 34_000_000
"""An 8K picture. Decoding takes about a byte a pixel in grey and some ten while at it, for each worker thread."""


def decode_gray(data: bytes, *, max_pixels: int = MAX_PIXELS) -> GrayImage:
    """The picture in grey, shape (height, width). Its size is taken from the header, before anything is decoded.

    Args:
        data: a JPEG, PNG, BMP or WebP file.
        max_pixels: refuse larger pictures.

    Raises:
        UnreadableImageError: the bytes are no picture, a cut-off one, a damaged one or one beyond the limit.
    """
    if not data:
        raise UnreadableImageError("the picture is empty (0 bytes); check that the source finished writing it")  # noqa: EM101
    size = read_header(data)
    if size is None:
        msg = f"the {len(data)} bytes are no JPEG, PNG, BMP or WebP picture; check what the source sends"
        raise UnreadableImageError(msg)
    if size.pixels > max_pixels:
        msg = (
            f"the picture is {size.width}x{size.height} pixels, {size.pixels / 1e6:.0f} million, and the limit is "
            f"{max_pixels / 1e6:.0f} million; let the source send smaller ones"
        )
        raise UnreadableImageError(msg)
    if not size.complete:
        msg = f"the picture is cut off after {len(data)} bytes; check that the source sends or writes it to the end"
        raise UnreadableImageError(msg)
    return _decode(data)


def _decode(data: bytes) -> GrayImage:
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error:
        image = None
    if image is None:
        msg = f"the picture of {len(data)} bytes is damaged and cannot be decoded; check what the source sends"
        raise UnreadableImageError(msg)
    return np.asarray(image, np.uint8)
