"""When a picture was taken, by what it says of itself."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

from recognizers.picture_header import jpeg_segments

_APP1 = 0xE1
_EXIF_POINTER, _DATE_TIME = 0x8769, 0x0132
_DATE_TIME_ORIGINAL, _OFFSET_ORIGINAL, _FRACTION_ORIGINAL = 0x9003, 0x9011, 0x9291
_ASCII, _LONG = 2, 4


def read_capture_time(data: bytes) -> datetime | None:
    """When a JPEG was taken, in UTC, by its EXIF block; None where that does not say.

    A time without an offset is taken as UTC. The first 64 KiB of the file are enough.
    """
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    try:
        for marker, start, end in jpeg_segments(data):
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
