"""The time of a recording: which moment each of its frames stands for, and when it is due."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from enum import Enum

_STEP = timedelta(milliseconds=1)
"""The wire carries milliseconds, so this is the least by which two frames can differ."""


class Pace(Enum):
    """How fast a recording is played."""

    RECORDED = "recorded"
    FLAT_OUT = "flat out"


def utc_now() -> datetime:
    """The wall clock, aware."""
    return datetime.now(UTC)


class RisingTime:
    """Makes moments rise strictly, in whole milliseconds, even when the wall clock is set back. Owned by one source."""

    def __init__(self) -> None:
        self.last: datetime | None = None

    def stamp(self, moment: datetime) -> datetime:
        """The moment, moved on where it would not be later than the last one."""
        moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
        if self.last is not None and moment <= self.last:
            moment = self.last + _STEP
        self.last = moment
        return moment


class RecordingTime:
    """Maps seconds of media to moments that rise strictly, and holds frames back until they are due.

    Owned by one source. Media time 0 stands for `start`; without it, the first frame given stands for the moment at
    which it was given. `now`, `monotonic` and `sleep` are the clocks, for tests to replace.
    """

    def __init__(
        self,
        *,
        pace: Pace,
        start: datetime | None = None,
        now: Callable[[], datetime] = utc_now,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._pace = pace
        self._start = start
        self._now = now
        self._monotonic = monotonic
        self._sleep = sleep
        self._epoch = start
        self._anchor_s: float | None = None
        self._rising = RisingTime()

    async def due(self, media_s: float, *, exact: datetime | None = None) -> datetime:
        """Wait until the frame at `media_s` is due, and give its capture time.

        Returns:
            `exact` where it is known, else the moment of `media_s`; in whole milliseconds and later than the last.
        """
        if self._anchor_s is None:
            self._anchor_s = self._monotonic() - media_s
        if self._pace is Pace.RECORDED:
            wait_s = self._anchor_s + media_s - self._monotonic()
            if wait_s > 0:
                await self._sleep(wait_s)
        if exact is not None:
            return self._rising.stamp(exact)
        if self._epoch is None:
            self._epoch = self._now() - timedelta(seconds=media_s)
        return self._rising.stamp(self._epoch + timedelta(seconds=media_s))

    def pause(self) -> None:
        """The source was closed: the next frame is due at once, the mapping of media time stays."""
        self._anchor_s = None

    def start_over(self) -> None:
        """The recording begins again at media time 0, later than all that was given."""
        self._anchor_s = None
        last = self._rising.last
        self._epoch = None if self._start is None or last is None else last + _STEP
