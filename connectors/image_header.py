"""What a picture says of itself in its first bytes: format, size, capture time. Nothing is decoded."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum

PICTURE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
"""File names that a folder of pictures takes, lower case."""

_FILL, _EOI, _SOS, _APP1 = 0xFF, 0xD9, 0xDA, 0xE1
_STANDALONE = frozenset({0x01, *range(0xD0, 0xD9)})
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

_EXIF_POINTER, _DATE_TIME = 0x8769, 0x0132
_DATE_TIME_ORIGINAL, _OFFSET_ORIGINAL, _FRACTION_ORIGINAL = 0x9003, 0x9011, 0x9291
_ASCII, _LONG = 2, 4


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


def read_header(data: bytes) -> PictureHeader | None:
    """What the bytes say of themselves; None where they are no picture, or are cut within the header."""
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg_header(data)
        if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR":
            width, height = struct.unpack_from(">II", data, 16)
            return PictureHeader(PictureFormat.PNG, width, height, complete=b"IEND" in data)
        if data.startswith(b"BM"):
            (length,), (width, height) = struct.unpack_from("<I", data, 2), struct.unpack_from("<ii", data, 18)
            return PictureHeader(PictureFormat.BMP, width, abs(height), complete=len(data) >= length)
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return _webp_header(data)
    except (struct.error, IndexError):
        return None
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of the content of each JPEG segment up to the first scan."""
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
        for marker, start, end in _segments(data):
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


def read_capture_time(data: bytes) -> datetime | None:
    """When a JPEG was taken, in UTC, by its EXIF block; None where that does not say.

    A time without an offset is taken as UTC. The first 64 KiB of the file are enough.
    """
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    try:
        for marker, start, end in _segments(data):
            if marker == _APP1 and data[start : start + 6] == b"Exif\0\0":
                return _exif_time(data[start + 6 : end])
    except (struct.error, IndexError, ValueError):
        return None
    return None


def _exif_time(tiff: bytes) -> datetime | None:
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return None
    (first,) = struct.unpack_from(f"{order}I", tiff, 4)
    tags = dict(_entries(tiff, first, order))
    pointer = tags.get(_EXIF_POINTER)
    if isinstance(pointer, int):
        tags.update(_entries(tiff, pointer, order))
    text = tags.get(_DATE_TIME_ORIGINAL) or tags.get(_DATE_TIME)
    if not isinstance(text, str):
        return None
    taken = datetime.strptime(text, "%Y:%m:%d %H:%M:%S").replace(tzinfo=_zone(tags.get(_OFFSET_ORIGINAL)))
    fraction = tags.get(_FRACTION_ORIGINAL)
    if isinstance(fraction, str) and fraction.isdigit():
        taken += timedelta(seconds=float(f"0.{fraction}"))
    return taken.astimezone(UTC)


def _entries(tiff: bytes, at: int, order: str) -> Iterator[tuple[int, str | int]]:
    (count,) = struct.unpack_from(f"{order}H", tiff, at)
    for index in range(count):
        entry = at + 2 + 12 * index
        tag, kind, length = struct.unpack_from(f"{order}HHI", tiff, entry)
        (value,) = struct.unpack_from(f"{order}I", tiff, entry + 8)
        if kind == _LONG:
            yield tag, value
        elif kind == _ASCII:
            start = entry + 8 if length <= 4 else value  # noqa: PLR2004 - up to four bytes lie in the entry itself
            yield tag, tiff[start : start + length].split(b"\0")[0].decode("ascii", "replace").strip()


def _zone(offset: str | int | None) -> timezone:
    found = re.fullmatch(r"([+-])(\d\d):(\d\d)", offset) if isinstance(offset, str) else None
    if found is None:
        return UTC
    sign, hours, minutes = found.groups()
    span = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-span if sign == "-" else span)
