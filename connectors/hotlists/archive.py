"""The last good content of each list on disk, and the one before: Redis can be rebuilt from it at any time.

A file of JSON lines: what is known of the list, its entries, and their checksum. It is whole or absent, readable for
its owner alone. Everything here blocks: a worker calls it in a thread.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec

from connectors.hotlists.errors import HotlistArchiveError
from infra.settings.hotlists import LIST_NAME
from streams.records import HotlistEntry, Timestamp

_CURRENT = "current.jsonl"
_PREVIOUS = "previous.jsonl"
_CHUNK = 10_000
"""Entries that are encoded at once: some megabytes."""

T = TypeVar("T")

_encoder = msgspec.json.Encoder()
_entry_decoder = msgspec.json.Decoder(HotlistEntry)


class ListManifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a list's last good content."""

    hotlist: str
    entries: int
    template: str
    source: str
    """Name of the file that it was loaded from last."""
    sha256: str
    """Of that file."""
    file_time: Timestamp
    """When that file was last changed."""
    as_of: Timestamp
    """How old what the list says is: the file's time, or the moment at which a person loaded it."""
    fresh_for_h: float
    """Hours from `as_of` after which the list is late."""
    loaded_at: Timestamp


class _Seal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line: what the lines before must be."""

    sha256: str


@dataclass(frozen=True, slots=True)
class LastGood:
    """A list as it was loaded last."""

    manifest: ListManifest
    entries: tuple[HotlistEntry, ...]

    def valid_at(self, now: datetime) -> tuple[HotlistEntry, ...]:
        """The entries that are not over yet."""
        return tuple(one for one in self.entries if one.valid_until is None or one.valid_until > now)


def check_list_name(hotlist: str) -> None:
    """Make sure that a folder can have the list's name.

    Raises:
        HotlistArchiveError: it cannot.
    """
    if re.fullmatch(LIST_NAME, hotlist) is None:
        msg = f"{hotlist!r} is no name for a hot list; use up to 64 letters, digits, . _ - and begin with a letter or "
        msg += "digit"
        raise HotlistArchiveError(msg)


class HotlistArchive:
    """The last good contents below one folder. Several processes may use it: `exclusive` keeps loads apart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder_of(self, hotlist: str) -> Path:
        """Where what belongs to a list lies; made where it is missing.

        Raises:
            HotlistArchiveError: the name is none for a list, or the folder cannot be made.
        """
        check_list_name(hotlist)
        folder = self._folder / hotlist
        with _disk_errors(folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def names(self) -> tuple[str, ...]:
        """Every list that was ever loaded, by name.

        Raises:
            HotlistArchiveError: the folder cannot be read.
        """
        with _disk_errors(self._folder):
            return tuple(sorted(path.parent.name for path in self._folder.glob(f"*/{_CURRENT}")))

    @contextmanager
    def exclusive(self, hotlist: str) -> Iterator[None]:
        """Keep other loads of the list out: of two at once, one would undo the other's changes.

        Raises:
            HotlistArchiveError: another load is under way.
        """
        path = self.folder_of(hotlist) / "lock"
        with _disk_errors(path), path.open("w", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                msg = f"hot list {hotlist} is being loaded by another process; wait for it, then try again"
                raise HotlistArchiveError(msg) from None
            yield

    def keep(self, manifest: ListManifest, entries: Sequence[HotlistEntry]) -> None:
        """Make this the last good content, and what it was until now the one before.

        Raises:
            HotlistArchiveError: it cannot be written; the last good content stays as it is.
        """
        folder = self.folder_of(manifest.hotlist)
        current, previous = folder / _CURRENT, folder / _PREVIOUS
        with _disk_errors(current), tempfile.TemporaryDirectory(dir=folder, prefix=".new-") as scratch:
            new, old = Path(scratch) / _CURRENT, Path(scratch) / _PREVIOUS
            _write(new, manifest, entries)
            if current.exists():
                # A second name, not a move: at no moment is there no last good content.
                os.link(current, old)
                old.replace(previous)
            new.replace(current)

    def manifest(self, hotlist: str) -> ListManifest | None:
        """What is known of the list, of the content before where that is damaged; None where it was never loaded.

        Raises:
            HotlistArchiveError: both are damaged.
        """
        return self._newest_whole(hotlist, _read_manifest)

    def last_good(self, hotlist: str) -> LastGood | None:
        """The list as it was loaded last, the one before where that is damaged; None where it was never loaded.

        Raises:
            HotlistArchiveError: both are damaged.
        """
        return self._newest_whole(hotlist, _read)

    def _newest_whole(self, hotlist: str, read: Callable[[Path], T]) -> T | None:
        folder = self.folder_of(hotlist)
        faults: list[str] = []
        for path in (folder / _CURRENT, folder / _PREVIOUS):
            if not path.exists():
                continue
            try:
                return read(path)
            except HotlistArchiveError as error:
                faults.append(str(error))
        if faults:
            raise HotlistArchiveError("; ".join(faults))
        return None


def _write(path: Path, manifest: ListManifest, entries: Sequence[HotlistEntry]) -> None:
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        rest = iter(entries)
        lines = _encoder.encode_lines((manifest,))
        while lines:
            digest.update(lines)
            file.write(lines)
            lines = _encoder.encode_lines(tuple(islice(rest, _CHUNK)))
        file.write(_encoder.encode_lines((_Seal(digest.hexdigest()),)))
        file.flush()
        os.fsync(file.fileno())


def _read(path: Path) -> LastGood:
    digest = hashlib.sha256()
    entries: list[HotlistEntry] = []
    with _disk_errors(path), path.open("rb") as file:
        first = file.readline()
        manifest = _manifest(path, first)
        digest.update(first)
        try:
            for line in islice(file, manifest.entries):
                digest.update(line)
                entries.append(_entry_decoder.decode(line))
            seal = msgspec.json.decode(file.readline(), type=_Seal)
        except msgspec.MsgspecError as error:
            raise HotlistArchiveError(_damaged(path)) from error
    if seal.sha256 != digest.hexdigest():
        raise HotlistArchiveError(_damaged(path))
    return LastGood(manifest, tuple(entries))


def _read_manifest(path: Path) -> ListManifest:
    with _disk_errors(path), path.open("rb") as file:
        return _manifest(path, file.readline())


def _manifest(path: Path, line: bytes) -> ListManifest:
    try:
        return msgspec.json.decode(line, type=ListManifest)
    except msgspec.MsgspecError as error:
        raise HotlistArchiveError(_damaged(path)) from error


def _damaged(path: Path) -> str:
    return f"the last good content of a hot list in {path} is damaged; remove it and load the list from its file"


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        msg = f"the hot lists' folder cannot be used at {path} ({error.strerror}); check its permissions and free space"
        raise HotlistArchiveError(msg) from error
