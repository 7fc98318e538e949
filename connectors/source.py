"""The contract of a frame source: what it gives, what it promises, and how it fails.

The tree of errors; each message is one sentence that says what is wrong and what to do:

    ConnectorError
    ├── SourceError
    │   ├── SourceUnreachableError   nobody answers at the address: try again later
    │   ├── SourceRefusedError       it answers and turns us away: mend the credentials
    │   ├── SourceStalledError       connected, but frames no longer come: connect anew
    │   ├── SourceUnreadableError    what is there is no video and no picture: trying again does not help
    │   └── SourceEndedError         a recording is over: no fault
    ├── UnreadablePictureError       one picture cannot be used; the source goes on with the next
    ├── SourcePluginError            the plug-in for an address is missing, broken or there twice
    ├── SpoolError                   the disk spool cannot be used
    │   └── SpoolFullError           no room, on the disk or within the bound
    └── WireFullError                the Kafka client takes no more for now
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NewType, Protocol
from urllib.parse import urlsplit, urlunsplit

SourcePosition = NewType("SourcePosition", str)
"""Where a recording stands: opaque, printable, and valid for the same source in a later process."""


class ConnectorError(Exception):
    """Root of what can go wrong between the outside world and Kafka."""


class SourceError(ConnectorError):
    """The source gives no frame. The message says why and what to do."""


class SourceUnreachableError(SourceError):
    """Nobody answers at the address: no route, no such host, closed port, or silence."""


class SourceRefusedError(SourceError):
    """The other side answers and turns us away. Check user name, password and the camera's access list."""


class SourceStalledError(SourceError):
    """The connection stands but frames no longer come, or it broke off. Close, wait, open again."""


class SourceUnreadableError(SourceError):
    """What is there is no video, no picture, or a damaged one. Trying again does not help; look at the source."""


class SourceEndedError(SourceError):
    """The recording is over. No fault."""


class UnreadablePictureError(ConnectorError):
    """One picture is empty, cut off, too large or no picture. Count it, report it, and ask for the next frame."""


class SourcePluginError(ConnectorError):
    """No installed plug-in serves the address, two claim it, or the one that does cannot be loaded."""


class SpoolError(ConnectorError):
    """The disk spool cannot be used: in use by another process, not writable, or its disk fails."""


class SpoolFullError(SpoolError):
    """No room for one more message, on the disk or within the spool's bound."""


class WireFullError(ConnectorError):
    """The Kafka client's own queue is full; the message has not been taken."""


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """One picture as a source gives it.

    `captured_at` is aware, when the sensor saw it; `jpeg` is a whole JPEG within the size limit of `connectors.jpeg`;
    `width` and `height` are its pixels.
    """

    captured_at: datetime
    jpeg: bytes
    width: int
    height: int

    def __post_init__(self) -> None:
        if self.captured_at.tzinfo is None:
            msg = f"captured_at {self.captured_at.isoformat()} has no time zone; give an aware time"
            raise ValueError(msg)
        if not self.jpeg or self.width < 1 or self.height < 1:
            msg = f"a frame of {len(self.jpeg)} bytes and {self.width}x{self.height} pixels is no picture"
            raise ValueError(msg)


class FrameSource(Protocol):
    """Gives the frames of one camera or recording, one after the other. One task owns it and calls it in turn.

    Promises: no method blocks the event loop; capture times rise strictly, over reconnects too; a live source gives
    its newest frames and counts those that it discards, a recording gives all of them. `open` may be called again
    after `close`: a live source connects anew, a recording goes on after the last frame that it gave, and one that
    had ended starts over with later times. `close` may never be called.
    """

    @property
    def dropped(self) -> int:
        """Frames discarded since construction because newer ones had come; never falls."""
        ...

    async def open(self) -> None:
        """Get ready to give frames.

        Raises:
            SourceUnreachableError: nobody answers there.
            SourceRefusedError: credentials are wanted, or not accepted.
            SourceUnreadableError: what is there holds no pictures.
        """
        ...

    async def next_frame(self) -> CapturedFrame:
        """The next frame; waits for it. Safe to cancel: no frame of a recording is lost by that.

        Raises:
            UnreadablePictureError: this one cannot be used; call again for the next.
            SourceStalledError: none came in the time that the source allows.
            SourceUnreadableError: the recording is damaged from here on.
            SourceEndedError: the recording is over.
        """
        ...

    def position(self) -> SourcePosition | None:
        """Where to resume after the last frame; None where that cannot be, as with all that is live."""
        ...

    async def close(self) -> None:
        """Let go of everything. Idempotent, and safe after a failed `open`."""
        ...


def redact_url(address: str) -> str:
    """The address without its user name, password, and query (which often carries a token); paths stay as they are."""
    if "://" not in address:
        return address
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return f"{address.split('://', 1)[0]}://…"
    host = f"[{host}]" if ":" in host else host
    credentials = "…@" if parts.username or parts.password else ""
    query = "…" if parts.query else ""
    return urlunsplit((parts.scheme, f"{credentials}{host}{port}", parts.path, query, ""))
