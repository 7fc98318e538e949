"""What the first bytes of a picture say of its size. Nothing is decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, b"\xff\xd9"
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})


@dataclass(frozen=True, slots=True)
class ImageSize:
    """Width and height in pixels; `complete` is False where the file's end is missing."""

    width: int
    height: int
    complete: bool

    @property
    def pixels(self) -> int:
        """How many there are."""
        return self.width * self.height


def image_size(data: bytes) -> ImageSize | None:
    """The size of a JPEG, PNG, BMP or WebP; None where the bytes are none of these or are cut within the header."""
    try:
        if data.startswith(b"\xff\xd8"):
            return _jpeg_size(data)
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            width, height = struct.unpack_from(">II", data, 16)
            return ImageSize(width, height, complete=b"IEND" in data[-16:])
        if data.startswith(b"BM"):
            width, height = struct.unpack_from("<ii", data, 18)
            return ImageSize(abs(width), abs(height), complete=len(data) >= struct.unpack_from("<I", data, 2)[0])
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return _webp_size(data)
    except (struct.error, IndexError):
        return None
    return None


def _jpeg_size(data: bytes) -> ImageSize | None:
    at = 2
    size: tuple[int, int] | None = None
    while data[at] == 0xFF:  # noqa: PLR2004 - every segment starts with it
        marker = data[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 - fill byte
            at += 1
            continue
        at += 2
        if marker in _WITHOUT_LENGTH:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if marker in _START_OF_FRAME:
            height, width = struct.unpack_from(">HH", data, at + 3)
            size = width, height
        at += length
        if marker == _START_OF_SCAN:
            # Within the scan these two bytes stand for nothing else; before it they may end a thumbnail.
            return ImageSize(*size, complete=data.find(_END_OF_IMAGE, at) >= 0) if size else None
    return None


def _webp_size(data: bytes) -> ImageSize | None:
    complete = len(data) >= struct.unpack_from("<I", data, 4)[0] + 8
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        return ImageSize(width, height, complete)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return ImageSize((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, complete)
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return ImageSize(width & 0x3FFF, height & 0x3FFF, complete)
    return None
