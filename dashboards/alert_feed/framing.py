"""How a piece of an endless answer is framed in HTTP."""

from __future__ import annotations

from enum import Enum, auto


class Framing(Enum):
    """By the version of the client: done once for all clients at the same place, which aiohttp would do for each."""

    CHUNKED = auto()
    """HTTP/1.1 (RFC 9112, 7.1)."""
    PLAIN = auto()
    """HTTP/1.0, as some proxies speak it: the answer ends with the connection."""

    def frame(self, data: bytes) -> bytes:
        """The data as it goes over the wire; an empty chunk would end the answer, so there is data."""
        return b"%x\r\n%b\r\n" % (len(data), data) if self is Framing.CHUNKED else data
