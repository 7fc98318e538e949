"""A source that plays a script: frames, silences and faults in the order of a list. For tests, ours and others'."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from connectors.recording_time import RisingTime
from connectors.source import (
    CapturedFrame,
    ConnectorError,
    SourceEndedError,
    SourceError,
    SourcePosition,
    SourceStalledError,
)


@dataclass(frozen=True, slots=True)
class Stall:
    """No frame comes for so many seconds; the source notices nothing."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Drop:
    """The source discards so many frames because newer ones had come."""

    frames: int = 1


@dataclass(frozen=True, slots=True)
class Fail:
    """`next_frame` fails."""

    error: ConnectorError


@dataclass(frozen=True, slots=True)
class FailOpen:
    """The connection breaks off, unless it never stood, and the next `open` fails."""

    error: SourceError


ScriptItem = CapturedFrame | Stall | Drop | Fail | FailOpen


class ScriptedSource:
    """Gives what the script says, then ends. Frames have the times of the script, moved on where those do not rise.

    `live` sources give no position; `sleep` is the clock that stalls use.
    """

    def __init__(
        self,
        script: Sequence[ScriptItem],
        *,
        resume_after: SourcePosition | None = None,
        live: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._script = tuple(script)
        self._next = int(resume_after) if resume_after else 0
        self._live = live
        self._sleep = sleep
        self._open = False
        self._dropped = 0
        self._rising = RisingTime()

    @property
    def dropped(self) -> int:
        """Frames that the script has dropped so far."""
        return self._dropped

    async def open(self) -> None:
        """Succeeds unless the script says otherwise; starts over where the script has ended."""
        if self._next >= len(self._script):
            self._next = 0
        if self._script and isinstance(item := self._script[self._next], FailOpen):
            self._next += 1
            raise item.error
        self._open = True

    async def next_frame(self) -> CapturedFrame:
        """The next frame of the script, after the silences and drops before it."""
        if not self._open:
            msg = "the script is not open; call open first"
            raise SourceStalledError(msg)
        while self._next < len(self._script):
            item = self._script[self._next]
            if isinstance(item, FailOpen):
                msg = "the script broke off; connecting again"
                raise SourceStalledError(msg)
            if isinstance(item, Stall):
                await self._sleep(item.seconds)
            self._next += 1
            match item:
                case CapturedFrame():
                    return replace(item, captured_at=self._rising.stamp(item.captured_at))
                case Drop(frames):
                    self._dropped += frames
                case Fail(error):
                    raise error
        msg = "the script is over"
        raise SourceEndedError(msg)

    def position(self) -> SourcePosition | None:
        """The place in the script; None for a live one."""
        return None if self._live else SourcePosition(str(self._next))

    async def close(self) -> None:
        """Stop giving frames."""
        self._open = False
