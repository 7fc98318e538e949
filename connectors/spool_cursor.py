"""How far the spool's reader has come, kept in a file of one line."""

from __future__ import annotations

import errno
import os
import zlib
from pathlib import Path

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""What the system says when a disk, a quota or a size limit is full."""

_LINE_BYTES_MAX = 64


class Cursor:
    """The sequence number of the next message to be sent.

    It is written in place and always at one length: neither a full disk nor a crash can leave half a number without
    the checksum telling. A cursor that is lost costs no message; some are sent a second time.
    """

    def __init__(self, path: Path, *, mode: int) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, mode)

    def read(self) -> int:
        """The stored number; 0 where there is none or it is damaged."""
        number, _, checksum = os.pread(self._file, _LINE_BYTES_MAX, 0).partition(b" ")
        return int(number) if number.isdigit() and checksum.strip() == _checksum(number) else 0

    def write(self, sequence: int) -> None:
        """Store the number. A full disk is passed over: it must not keep the spool from being emptied."""
        number = f"{sequence:020d}".encode()
        try:
            os.pwrite(self._file, b"%b %b\n" % (number, _checksum(number)), 0)
        except OSError as error:
            if error.errno not in NO_ROOM:
                raise

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def _checksum(number: bytes) -> bytes:
    return f"{zlib.crc32(number):08x}".encode()
