"""Where pictures are kept: by the day of their capture, so that a day can go as a whole."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from streams.images.key import ImageKey

_SHARD = 2
"""Leading characters of an id that name a sub-folder: of a million pictures a day, 256 folders hold 8,000 each."""


class ImageStoreError(Exception):
    """A picture cannot be written, read or deleted; the message says where and why."""


class ImageStore(Protocol):
    """Keeps pictures. Its methods block and may be called by several threads at once."""

    def put(self, key: ImageKey, data: bytes) -> None:
        """Keep a picture, in place of an earlier one; a reader sees the one or the other, never half of it.

        Raises:
            ImageStoreError: it cannot be written.
        """
        ...

    def get(self, key: ImageKey) -> bytes | None:
        """The picture; None where there is none.

        Raises:
            ImageStoreError: it cannot be read.
        """
        ...

    def days(self) -> list[date]:
        """The days of which anything is kept, the oldest first.

        Raises:
            ImageStoreError: the store cannot be read.
        """
        ...

    def delete_day(self, day: date) -> None:
        """Delete all pictures of a day; safe to repeat, and for several to do at once.

        Raises:
            ImageStoreError: some cannot be deleted; the day is still among `days`.
        """
        ...


class DirectoryImageStore:
    """Pictures as files, `2026-11-25/3f/3f9c….plate.jpg`, which nobody but their owner may read.

    A picture is not synced to the disk one by one: should the machine lose power, the newest may be lost. Its
    detection has its SHA-256, so that this cannot go unseen.

    Args:
        folder: of the store; made when the first picture comes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count()

    def put(self, key: ImageKey, data: bytes) -> None:
        """Keep a picture, in place of an earlier one.

        Raises:
            ImageStoreError: it cannot be written.
        """
        path = self._path(key)
        # A rename replaces as a whole; what a crash leaves of the temporary file goes with its day.
        unfinished = path.with_name(f".{path.name}.{os.getpid()}-{next(self._numbers)}")
        with _telling("cannot be written", path):
            try:
                self._make_folders(path.parent)
                self._write(unfinished, data)
                unfinished.replace(path)
            except OSError:
                self._discard(unfinished)
                raise

    def get(self, key: ImageKey) -> bytes | None:
        """The picture; None where there is none.

        Raises:
            ImageStoreError: it cannot be read.
        """
        path = self._path(key)
        with _telling("cannot be read", path):
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def days(self) -> list[date]:
        """The days of which anything is kept, the oldest first; what else lies in the folder is passed over.

        Raises:
            ImageStoreError: the store cannot be read.
        """
        with _telling("cannot be read", self._folder):
            try:
                names = [entry.name for entry in os.scandir(self._folder) if entry.is_dir(follow_symlinks=False)]
            except FileNotFoundError:
                return []
        return sorted(day for name in names if (day := _day(name)) is not None)

    def delete_day(self, day: date) -> None:
        """Delete all pictures of a day.

        Raises:
            ImageStoreError: some cannot be deleted; the day is still among `days`.
        """
        folder = self._folder / day.isoformat()
        with _telling("cannot be deleted", folder):
            shutil.rmtree(folder, onerror=_unless_gone)

    def _path(self, key: ImageKey) -> Path:
        shard = key.detection[:_SHARD].lower()
        return self._folder / key.day.isoformat() / shard / f"{key.detection}.{key.kind}.jpg"

    def _make_folders(self, shard: Path) -> None:
        # One by one: of folders that are made on the way, Python would leave the mode to the process's mask.
        for folder in (self._folder, shard.parent, shard):
            if not folder.is_dir():
                folder.mkdir(mode=0o700, parents=folder is self._folder, exist_ok=True)

    @staticmethod
    def _write(path: Path, data: bytes) -> None:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)

    @staticmethod
    def _discard(unfinished: Path) -> None:
        try:
            unfinished.unlink(missing_ok=True)
        except OSError:
            # Whatever kept it from being written may keep it from being removed; it goes with its day.
            return


def _unless_gone(_function: Any, _path: Any, info: Any) -> None:
    """Somebody else deletes the same day: what is gone is as it should be."""
    error = info[1]
    if not isinstance(error, FileNotFoundError):
        raise error


def _day(name: str) -> date | None:
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    # 20261125 is a date too, but no folder of ours.
    return day if day.isoformat() == name else None


@contextmanager
def _telling(fault: str, path: Path) -> Iterator[None]:
    """What the system says becomes a sentence that says what to do."""
    try:
        yield
    except OSError as error:
        msg = f"{path} {fault} ({error.strerror or error}); check space and permissions of images.dir"
        raise ImageStoreError(msg) from error
