"""How far event time has come in each partition, so that windows close. Pure but for what it remembers."""

from __future__ import annotations

from datetime import datetime, timedelta

_AHEAD_AT_MOST = timedelta(seconds=60)
"""One record from a clock that is further ahead must not close everybody's windows."""


class Watermarks:
    """The newest event time seen of each partition; a partition that nothing comes from does not stand still.

    Args:
        idle: without a message for so long, a partition's event time is taken to be that far behind the clock.
    """

    def __init__(self, idle: timedelta) -> None:
        self._idle = idle
        self._newest: dict[int, datetime] = {}
        self._heard: dict[int, datetime] = {}

    def observe(self, partition: int, event_time: datetime, now: datetime) -> None:
        """Take in the event time of a record that arrived now."""
        event_time = min(event_time, now + _AHEAD_AT_MOST)
        self._newest[partition] = max(event_time, self._newest.get(partition, event_time))
        self._heard[partition] = now

    def at(self, partition: int, now: datetime) -> datetime | None:
        """The event time up to which the partition has come; None before anything was heard of it."""
        newest = self._newest.get(partition)
        if newest is None:
            return None
        if now - self._heard[partition] >= self._idle:
            return max(newest, now - self._idle)
        return newest

    def expect(self, partition: int, now: datetime) -> None:
        """The partition is ours from now on: if nothing comes, it is idle from now."""
        self._heard.setdefault(partition, now)
        self._newest.setdefault(partition, now - self._idle)
