"""Pictures are decoded within limits, and refused with one sentence that says why."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np
import pytest

from recognizers.images import decode_gray
from recognizers.plate import UnreadableImageError


def encoded(suffix: str = ".jpg", width: int = 64, height: int = 48) -> bytes:
    picture = np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))
    done, data = cv2.imencode(suffix, picture)
    assert done
    return data.tobytes()


def png_header(width: int, height: int) -> bytes:
    content = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + content + struct.pack(">I", zlib.crc32(content))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IEND\xaeB`\x82"


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".bmp", ".webp"])
def test_picture_becomes_grey_pixels(suffix: str) -> None:
    image = decode_gray(encoded(suffix))
    assert image.shape == (48, 64)
    assert image.dtype == np.uint8
    assert int(image[10, 60]) > int(image[10, 3])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", "0 bytes", id="empty"),
        pytest.param(b"<html>not found</html>", "no JPEG, PNG, BMP or WebP", id="html"),
        pytest.param(encoded()[:300], "no JPEG|cut off", id="jpeg-cut-in-the-header"),
        pytest.param(encoded()[:-40], "cut off", id="jpeg-cut-in-the-scan"),
        pytest.param(encoded(".png")[:-30], "cut off", id="png-cut"),
        pytest.param(png_header(8000, 6250), "50 million", id="fifty-megapixels"),
        pytest.param(png_header(64, 48), "damaged", id="png-without-pixels"),
    ],
)
def test_bad_picture_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableImageError, match=reason) as error:
        decode_gray(data)
    assert "\n" not in str(error.value)


def test_large_picture_is_refused_before_it_is_decoded() -> None:
    # No pixels follow the header, so decoding would fail for another reason.
    with pytest.raises(UnreadableImageError, match="the limit is 1 million"):
        decode_gray(png_header(2000, 1000), max_pixels=1_000_000)
