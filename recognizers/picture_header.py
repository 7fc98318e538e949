"""What a picture says of itself in its first bytes: format and size. Nothing is decoded."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
"""File names that a folder of pictures takes, lower case."""

_FILL, _EOI, _SOS = 0xFF, 0xD9, 0xDA
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class PictureFormat(Enum):
    """Formats that are taken."""

    JPEG = "JPEG"
    PNG = "PNG"
    BMP = "BMP"
    WEBP = "WebP"


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """Format and size in pixels; `complete` is False where the end is missing."""

    format: PictureFormat
    width: int
    height: int
    complete: bool = True

    @property
    def pixels(self) -> int:
        """How many there are."""
        return self.width * self.height


def read_header(data: bytes) -> PictureHeader | None:
    """What the bytes say of themselves; None where they are no picture, or are cut within the header."""
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg_header(data)
        if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
            width, height = struct.unpack_from(">II", data, 16)
            return PictureHeader(PictureFormat.PNG, width, height, complete=b"IEND" in data[-16:])
        if data.startswith(b"BM"):
            (length,), (width, height) = struct.unpack_from("<I", data, 2), struct.unpack_from("<ii", data, 18)
            return PictureHeader(PictureFormat.BMP, width, abs(height), complete=len(data) >= length)
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return _webp_header(data)
    except (struct.error, IndexError):
        return None
    return None


def jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of the content of each JPEG segment up to the first scan.

    Raises:
        struct.error, IndexError: the bytes end within a segment.
    """
    at = 2
    while True:
        while data[at] == _FILL and data[at + 1] == _FILL:
            at += 1
        if data[at] != _FILL:
            return
        marker = data[at + 1]
        at += 2
        if marker in _STANDALONE:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        yield marker, at + 2, at + length
        if marker in (_SOS, _EOI):
            return
        at += length


def _jpeg_header(data: bytes) -> PictureHeader | None:
    size: tuple[int, int] | None = None
    try:
        for marker, start, end in jpeg_segments(data):
            if marker in _START_OF_FRAME:
                height, width = struct.unpack_from(">HH", data, start + 1)
                size = width, height
            if marker == _SOS and size is not None:
                # Within a scan FF is always followed by 00 or a restart marker, so FFD9 is the end and nothing else.
                return PictureHeader(PictureFormat.JPEG, *size, complete=data.find(b"\xff\xd9", end) >= 0)
    except (struct.error, IndexError):
        pass
    return PictureHeader(PictureFormat.JPEG, *size, complete=False) if size else None


def _webp_header(data: bytes) -> PictureHeader | None:
    complete = len(data) >= 8 + int.from_bytes(data[4:8], "little")
    match data[12:16]:
        case b"VP8X":
            width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        case b"VP8L":
            bits = int.from_bytes(data[21:25], "little")
            width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = (size & 0x3FFF for size in struct.unpack_from("<HH", data, 26))
        case _:
            return None
    return PictureHeader(PictureFormat.WEBP, width, height, complete)
