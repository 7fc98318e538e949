"""A picture of what is read in one frame: each plate outlined, its text above it."""

from __future__ import annotations

import cv2
import numpy as np

from connectors.jpeg import encode_picture
from recognizers.plate import WeightsError
from recognizers.recognizer import FrameReads, build_recognizer

_INK = (0, 220, 0)
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_TEXT_SHARE = 1 / 900
"""Scale of the text by the picture's width: 1.4 at 1280 pixels."""


def read_and_mark(jpeg: bytes) -> tuple[bytes, str]:
    """The picture with what is read in it, and that in words; where there are no models, the words say so."""
    try:
        recognizer = build_recognizer()
    except WeightsError as error:
        return jpeg, f"not looked for: {error}"
    reads = recognizer.recognize(jpeg)
    if not reads.looks:
        return jpeg, "none in this frame"
    words = (f"{look.read.text} ({look.read.confidence:.0%})" for look in reads.looks)
    return draw_reads(jpeg, reads), ", ".join(words)


def draw_reads(jpeg: bytes, reads: FrameReads) -> bytes:
    """The frame with its plates marked, as JPEG."""
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None  # noqa: S101 - the recognizer has decoded the same bytes
    scale = image.shape[1] * _TEXT_SHARE
    thickness = max(2, round(2 * scale))
    for look in reads.looks:
        quad = np.rint(look.plate.quad).astype(np.int32)
        cv2.polylines(image, [quad], isClosed=True, color=_INK, thickness=thickness)
        corner = int(quad[:, 0].min()), max(20, int(quad[:, 1].min()) - 2 * thickness)
        cv2.putText(image, look.read.text, corner, _FONT, scale, _INK, thickness, cv2.LINE_AA)
    return encode_picture(image.astype(np.uint8, copy=False), quality=90).jpeg
