"""A folder of pictures, or a single one, to frames: in the order of their capture times, or of their names."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from connectors.capture_time import read_capture_time
from connectors.jpeg import EncodedPicture, fit_picture
from connectors.recording_time import RecordingTime
from connectors.source import (
    CapturedFrame,
    SourceEndedError,
    SourcePosition,
    SourceUnreadableError,
    UnreadablePictureError,
)
from infra.settings.pipeline import PictureTimes
from recognizers.picture_header import PICTURE_SUFFIXES

_EXIF_BYTES = 65536 + 4
"""EXIF is one JPEG segment, of at most 64 KiB, at the beginning of the file."""

_FILE_BYTES_MAX = 256 * 2**20
"""No picture within the pixel limit is larger; such a file is not read into memory."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A file, and when it was taken if that is known."""

    path: Path
    taken_at: datetime | None


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts `frame2` before `frame10`, and else by letters whatever their case."""
    parts = re.split(r"(\d+)", name.casefold())
    return tuple((1, int(part), part) if part.isdecimal() else (0, 0, part) for part in parts if part)


def in_order(pictures: Iterable[Picture]) -> list[Picture]:
    """By capture time if every picture has one, else by name and without times: two clocks cannot be ordered."""
    by_name = sorted(pictures, key=lambda picture: natural_key(picture.path.name))
    taken = [(picture.taken_at, index) for index, picture in enumerate(by_name) if picture.taken_at is not None]
    if len(taken) < len(by_name):
        return [Picture(picture.path, None) for picture in by_name]
    return [by_name[index] for _, index in sorted(taken)]


def picture_paths(path: Path) -> list[Path]:
    """The pictures of a folder, not of its subfolders, in no order; of a picture, itself.

    Raises:
        SourceUnreadableError: the folder cannot be read, or holds none.
    """
    try:
        paths = [path] if path.is_file() else list(path.iterdir())
    except OSError as error:
        msg = f"folder {path} cannot be read ({error.strerror}); check the path and its permissions"
        raise SourceUnreadableError(msg) from error
    named = [path for path in paths if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()]
    if not named:
        suffixes = ", ".join(sorted(PICTURE_SUFFIXES))
        msg = f"{path} holds no pictures ({suffixes}); give a folder that does"
        raise SourceUnreadableError(msg)
    return named


def read_picture_file(path: Path) -> bytes:
    """The file's bytes, whatever they are.

    Raises:
        UnreadablePictureError: it cannot be read, or is larger than any picture.
    """
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= _FILE_BYTES_MAX else b""
    except OSError as error:
        msg = f"{path} cannot be read ({error.strerror}); check its permissions"
        raise UnreadablePictureError(msg) from error
    if size > _FILE_BYTES_MAX:
        msg = f"{path} has {size / 2**20:.0f} MiB, more than any picture that is taken; take it out"
        raise UnreadablePictureError(msg)
    return data


class ImageFolderSource:
    """Frames of the pictures in a folder, not of its subfolders. One that cannot be read is reported and passed over.

    The capture time is that of the picture's EXIF block less `clock_offset`, or follows `time` at `interval_s`. Played
    at recorded speed, a picture is given each `interval_s`, whatever lies between the capture times.
    """

    def __init__(
        self,
        path: Path,
        *,
        time: RecordingTime,
        interval_s: float = 1.0,
        times: PictureTimes = PictureTimes.METADATA,
        clock_offset: timedelta = timedelta(),
        resume_after: SourcePosition | None = None,
    ) -> None:
        self._path = path
        self._time = time
        self._interval_s = interval_s
        self._times = times
        self._clock_offset = clock_offset
        self._pictures: list[Picture] | None = None
        self._next = int(resume_after) if resume_after else 0

    @property
    def dropped(self) -> int:
        """Always 0: a recording waits."""
        return 0

    async def open(self) -> None:
        """List the pictures. Raises as `FrameSource.open`; an empty folder is unreadable."""
        self._pictures = await asyncio.to_thread(self._list)

    async def next_frame(self) -> CapturedFrame:
        """The next picture when it is due. Raises as `FrameSource.next_frame`."""
        if self._pictures is None:
            msg = f"{self._path} is not open; call open first"
            raise SourceUnreadableError(msg)
        if self._next >= len(self._pictures):
            self._next = 0
            self._time.start_over()
            msg = f"{self._path} is over"
            raise SourceEndedError(msg)
        picture = self._pictures[self._next]
        try:
            encoded = await asyncio.to_thread(_load, picture.path)
        except UnreadablePictureError:
            self._next += 1
            raise
        captured_at = await self._time.due(self._next * self._interval_s, exact=picture.taken_at)
        self._next += 1
        return CapturedFrame(captured_at, encoded.jpeg, encoded.width, encoded.height)

    def position(self) -> SourcePosition:
        """How many pictures are behind us; valid as long as none is put before them."""
        return SourcePosition(str(self._next))

    async def close(self) -> None:
        """Forget the list."""
        self._pictures = None
        self._time.pause()

    def _list(self) -> list[Picture]:
        return in_order(Picture(path, self._taken_at(path)) for path in picture_paths(self._path))

    def _taken_at(self, path: Path) -> datetime | None:
        if self._times is PictureTimes.ORDER:
            return None
        try:
            with path.open("rb") as file:
                taken_at = read_capture_time(file.read(_EXIF_BYTES))
        except OSError:
            return None  # said clearly when it is this picture's turn
        return None if taken_at is None else taken_at - self._clock_offset


def _load(path: Path) -> EncodedPicture:
    return fit_picture(read_picture_file(path), str(path))
