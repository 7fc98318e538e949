"""One file of the disk spool: records with their lengths and checksums, one after the other.

A record is: length of the payload (4 bytes, big endian), CRC-32 (4 bytes), payload. The checksum begins with the
record's sequence number, so that stale blocks of an older file cannot pass for new ones. A file's name is the sequence
number of its first record.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

SEGMENT_SUFFIX = ".segment"

_HEADER = struct.Struct(">II")
_PAYLOAD_BYTES_MAX = 64 * 2**20
"""More is no record but a damaged length, which must not become an allocation."""


@dataclass(slots=True)
class Segment:
    """What is known of one file: the sequence number of its first record, how many it has, and its bytes."""

    path: Path
    first: int
    count: int
    size: int

    @property
    def end(self) -> int:
        """The sequence number after its last record."""
        return self.first + self.count


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it was read: its payload, and the offset in the file at which the next one begins."""

    sequence: int
    payload: bytes
    next_offset: int


def segment_path(directory: Path, first: int) -> Path:
    """The file whose first record has this sequence number."""
    return directory / f"{first:020d}{SEGMENT_SUFFIX}"


def pack_record(sequence: int, payload: bytes) -> bytes:
    """The record's bytes in the file."""
    return _HEADER.pack(len(payload), _checksum(sequence, payload)) + payload


def read_record(file: BinaryIO, sequence: int, offset: int) -> StoredRecord | None:
    """The record at `offset`; None where the file ends, is torn, or is not what was written."""
    file.seek(offset)
    header = file.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    length, checksum = _HEADER.unpack(header)
    # A length of zero is what a crash leaves where a file had grown but its blocks were not written.
    if not 0 < length <= _PAYLOAD_BYTES_MAX:
        return None
    payload = file.read(length)
    if len(payload) < length or _checksum(sequence, payload) != checksum:
        return None
    return StoredRecord(sequence, payload, offset + _HEADER.size + length)


def scan_segment(path: Path, first: int) -> Segment:
    """The whole records of a file; `size` is where they end, which is short of the file's size if its tail is torn."""
    count = offset = 0
    with path.open("rb") as file:
        while (record := read_record(file, first + count, offset)) is not None:
            count, offset = count + 1, record.next_offset
    return Segment(path, first, count, offset)


def _checksum(sequence: int, payload: bytes) -> int:
    return zlib.crc32(payload, sequence & 0xFFFFFFFF)
