"""A client of the live feed that stops reading, is cut off, and comes back with the last id that it has."""

from __future__ import annotations

import asyncio
import re
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from infra.bench.feed_audience import MARK

_WHOLE = re.compile(rb"id: (\S+)\n(?:event: \w+\ndata: ([^\n]*)\n)?\n")
_BUFFER = 16 * 1024
"""Of its socket, so that what it does not read is soon noticed."""


@dataclass(slots=True)
class Straggler:
    """Reads events as a browser would: whole ones count, and the id of the last goes along when it comes back."""

    port: int
    token: str
    counts: Counter[int] = field(default_factory=Counter)
    """How often it got each alert, by its number."""
    gaps: int = 0
    last_id: str = ""
    _rest: bytes = b""

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Ask for the feed, from the last id on if there is one."""
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        plain.settimeout(0)
        await asyncio.get_running_loop().sock_connect(plain, ("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=plain, limit=_BUFFER)
        resume = f"Last-Event-ID: {self.last_id}\r\n" if self.last_id else ""
        # HTTP/1.0: no chunks whose borders would have to be taken out of events.
        head = f"GET /alerts/feed HTTP/1.0\r\nAuthorization: Bearer {self.token}\r\n{resume}\r\n"
        writer.write(head.encode())
        self._rest = b""
        return reader, writer

    async def read_until(self, reader: asyncio.StreamReader, condition: Callable[[], bool]) -> None:
        """Read until it holds, or the connection has ended."""
        with suppress(ConnectionError):
            while not condition() and (data := await reader.read(_BUFFER)):
                self._take(data)

    def _take(self, data: bytes) -> None:
        self._rest += data
        end = 0
        for event in _WHOLE.finditer(self._rest):
            end = event.end()
            self.last_id = event[1].decode()
            if found := MARK.search(event[2] or b""):
                self.counts[int(found[1])] += 1
            self.gaps += b"event: gap" in event[0]
        self._rest = self._rest[end:]
