"""The disk spool: messages that wait for Kafka, in order, bounded, safe against a crash at any instant.

Append-only files in one folder, a cursor beside them. `append` and `sync` add at the tail, `peek` and `acknowledge`
take from the head; a file goes when its last message is acknowledged. What was synced is there after a crash; what was
not may be there or not, but never in part. After a crash some messages can be seen a second time, none out of order.

One thread at a time uses a spool; a lock on the folder keeps other processes out.
"""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Self

from connectors.message import OutgoingMessage, decode_message, encode_message
from connectors.source import SpoolError, SpoolFullError
from connectors.spool_cursor import NO_ROOM, Cursor
from connectors.spool_segment import SEGMENT_SUFFIX, Segment, pack_record, read_record, scan_segment, segment_path

_SEGMENT_BYTES_MAX, _SEGMENT_SHARE = 8 * 2**20, 8
"""A file is at most 8 MiB, and an eighth of the bound: that much goes at once when the oldest must make room."""

_PEEK_BYTES_MAX = 8 * 2**20

_FOLDER_MODE, _FILE_MODE = 0o700, 0o600
"""Frames show people; only the user who runs the cameras reads them."""


@dataclass(frozen=True, slots=True)
class SpooledMessage:
    """A message at its place in the spool."""

    sequence: int
    message: OutgoingMessage


@dataclass(frozen=True, slots=True)
class _Peeked:
    sequence: int
    segment: Segment
    next_offset: int


class Spool:
    """An open spool; make one with `Spool.open`. All methods but `waiting` and `size` may block on the disk."""

    def __init__(self, directory: Path, bytes_max: int, lock: int, write: Callable[[int, bytes], int]) -> None:
        self._directory = directory
        self._bytes_max = bytes_max
        self._segment_bytes = min(_SEGMENT_BYTES_MAX, max(1, bytes_max // _SEGMENT_SHARE))
        self._lock = lock
        self._write = write
        self._segments: list[Segment] = []
        self._tail: int | None = None
        self._unsynced = False
        self._cursor = Cursor(directory / "cursor", mode=_FILE_MODE)
        self._head = 0
        self._head_offset = 0
        self._peeked: list[_Peeked] = []
        self.torn_bytes = 0
        """Bytes cut off the tail at opening: the rest of a write that a crash had interrupted."""
        self.lost = 0
        """Messages that a damaged disk has taken since opening."""

    @classmethod
    def open(cls, directory: Path, *, bytes_max: int, write: Callable[[int, bytes], int] = os.write) -> Self:
        """The spool in the folder, made or recovered; `write` is the system call, for tests to replace.

        Raises:
            SpoolError: the folder cannot be used, or another process uses it.
        """
        lock = -1
        try:
            directory.mkdir(parents=True, exist_ok=True, mode=_FOLDER_MODE)
            lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, _FILE_MODE)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            spool = cls(directory, bytes_max, lock, write)
            spool._recover()
        except BlockingIOError as error:
            os.close(lock)
            msg = (
                f"spool {directory} is in use by another process; stop it or give this one another publisher.spool_dir"
            )
            raise SpoolError(msg) from error
        except OSError as error:
            if lock >= 0:
                os.close(lock)
            msg = f"spool {directory} cannot be used ({error.strerror}); check publisher.spool_dir and its permissions"
            raise SpoolError(msg) from error
        return spool

    @property
    def waiting(self) -> int:
        """Messages that are not acknowledged yet."""
        return self._next - self._head

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(segment.size for segment in self._segments)

    def append(self, message: OutgoingMessage) -> int:
        """Add the message at the tail, and give its sequence number. It is safe only after `sync`.

        Raises:
            SpoolFullError: the bound or the disk has no room; nothing was added.
            SpoolError: the disk fails.
        """
        sequence = self._next
        data = pack_record(sequence, encode_message(message))
        if self.size + len(data) > self._bytes_max:
            msg = f"spool {self._directory} is full ({self._bytes_max / 2**20:g} MiB); raise publisher.spool_max_mib"
            raise SpoolFullError(msg)
        with self._translated_errors():
            if self._tail is not None and self._segments[-1].size + len(data) > self._segment_bytes:
                self._seal()
            self._append_bytes(data, self._begin_segment(sequence) if self._tail is None else self._tail)
        return sequence

    def sync(self) -> None:
        """Return when everything appended is on the disk.

        Raises:
            SpoolFullError: the disk has no room.
            SpoolError: the disk fails.
        """
        with self._translated_errors():
            self._sync_tail()

    def peek(self, limit: int) -> list[SpooledMessage]:
        """The oldest messages that are not acknowledged, at most `limit` and some MiB of them; one if there is any."""
        with self._translated_errors():
            return self._peek(limit)

    def _peek(self, limit: int) -> list[SpooledMessage]:
        self._peeked = []
        found: list[SpooledMessage] = []
        size = 0
        for segment in list(self._segments):
            if segment.end <= self._head:
                continue
            for peeked, message in self._read(segment, self._head):
                self._peeked.append(peeked)
                found.append(SpooledMessage(peeked.sequence, message))
                size += message.size
                if len(found) >= limit or size >= _PEEK_BYTES_MAX:
                    return found
        return found

    def acknowledge(self, sequence: int) -> None:
        """Messages up to `sequence`, which the last `peek` gave, are in Kafka: forget them."""
        if sequence < self._head:
            return  # it was dropped to make room while it was on its way
        for peeked in self._peeked:
            if peeked.sequence == sequence:
                with self._translated_errors():
                    self._move_head(sequence + 1, peeked.next_offset)
                return
        msg = f"message {sequence} was not given by the last peek"
        raise ValueError(msg)

    def drop_oldest(self) -> Counter[bytes]:
        """Give the oldest file up to make room. Counts the messages lost by their keys; empty where nothing waits."""
        while self._segments and self.waiting:
            oldest = self._segments[0]
            with self._translated_errors():
                lost = Counter(message.key for _, message in self._read(oldest, self._head))
                self._move_head(max(oldest.end, self._head), 0)
            if lost:
                return lost
        return Counter()

    def close(self) -> None:
        """Let go of the folder. Does not sync. Idempotent."""
        if self._lock < 0:
            return
        if self._tail is not None:
            os.close(self._tail)
        self._cursor.close()
        os.close(self._lock)
        self._tail, self._lock = None, -1

    @property
    def _next(self) -> int:
        return max(self._segments[-1].end, self._head) if self._segments else self._head

    def _recover(self) -> None:
        names = sorted(path for path in self._directory.glob(f"*{SEGMENT_SUFFIX}") if path.stem.isdigit())
        for path, following in zip_longest(names, names[1:]):
            first = int(path.stem)
            if following is not None:
                self._segments.append(Segment(path, first, int(following.stem) - first, path.stat().st_size))
                continue
            segment = scan_segment(path, first)
            self.torn_bytes = path.stat().st_size - segment.size
            os.truncate(path, segment.size)
            self._segments.append(segment)
            if not segment.count:
                # Its name is that of the file which the next message begins.
                path.unlink()
                self._segments.pop()
        cursor = self._cursor.read()
        end = int(names[-1].stem) if names else 0
        self._head = max(cursor, self._segments[0].first if self._segments else end)
        self._head_offset = -1
        self._forget_finished()
        self._cursor.write(self._head)
        self._sync_directory()

    def _move_head(self, head: int, offset: int) -> None:
        self._head, self._head_offset = head, offset
        self._peeked = [peeked for peeked in self._peeked if peeked.sequence >= head]
        self._cursor.write(head)
        self._forget_finished()

    def _forget_finished(self) -> None:
        while self._segments and self._segments[0].end <= self._head:
            if len(self._segments) == 1 and self._tail is not None:
                os.close(self._tail)
                self._tail, self._unsynced = None, False
            self._segments.pop(0).path.unlink()
        if not self._segments or self._segments[0].first >= self._head:
            self._head = self._segments[0].first if self._segments else self._head
            self._head_offset = 0

    def _read(self, segment: Segment, head: int) -> Iterator[tuple[_Peeked, OutgoingMessage]]:
        """The messages of one file from `head` on; what a damaged disk has taken of them is counted and passed over."""
        sequence, offset = segment.first, 0
        if head > segment.first and self._head_offset >= 0:
            sequence, offset = head, self._head_offset
        with segment.path.open("rb") as file:
            while sequence < segment.end and (record := read_record(file, sequence, offset)) is not None:
                if sequence >= head:
                    yield _Peeked(sequence, segment, record.next_offset), decode_message(record.payload)
                sequence, offset = sequence + 1, record.next_offset
        if sequence < segment.end:
            self._give_up(segment, sequence)

    def _give_up(self, segment: Segment, sequence: int) -> None:
        self.lost += segment.end - max(sequence, self._head)
        if self._tail is not None and segment is self._segments[-1]:
            self._seal()
        if sequence <= self._head:
            self._move_head(segment.end, 0)
        else:
            segment.count = sequence - segment.first

    def _begin_segment(self, first: int) -> int:
        path = segment_path(self._directory, first)
        self._tail = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL, _FILE_MODE)
        self._segments.append(Segment(path, first, 0, 0))
        self._sync_directory()
        return self._tail

    def _append_bytes(self, data: bytes, tail: int) -> None:
        segment = self._segments[-1]
        written = 0
        try:
            while written < len(data):
                written += self._write(tail, data[written:])
        except OSError:
            os.ftruncate(tail, segment.size)
            raise
        segment.size += len(data)
        segment.count += 1
        self._unsynced = True

    def _sync_tail(self) -> None:
        if self._tail is not None and self._unsynced:
            os.fsync(self._tail)
            self._unsynced = False

    def _seal(self) -> None:
        """Finish the last file, so that only the newest one can be torn by a crash."""
        self._sync_tail()
        if self._tail is not None:
            os.close(self._tail)
        self._tail = None

    def _sync_directory(self) -> None:
        folder = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in NO_ROOM:
                msg = f"the disk of spool {self._directory} is full; make room there"
                raise SpoolFullError(msg) from error
            msg = f"spool {self._directory} cannot be used any more ({error.strerror}); check its disk"
            raise SpoolError(msg) from error
