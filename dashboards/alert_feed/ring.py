"""The last events of the feed, in the order in which they came: all clients read from it, none has a queue."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from dashboards.alert_feed.choice import FeedChoice
from dashboards.alert_feed.events import FeedEvent, id_line
from dashboards.alert_feed.position import Position

_OVERHEAD_BYTES = 600
"""Of an event beside its bytes: objects, offsets, facts. Measured with four partitions."""


@dataclass(frozen=True, slots=True)
class RingEvent:
    """An event, and where all partitions stand once it has been had."""

    event: FeedEvent
    after: Position
    id_line: bytes


class Ring:
    """Holds the last events within a number and a size. Owned by one event loop.

    Each event has a sequence number, counted from the start of the process; a client is a sequence number.

    Args:
        most_events: that are held.
        most_bytes: that they take, about.
    """

    def __init__(self, most_events: int, most_bytes: int) -> None:
        self._most_events = most_events
        self._most_bytes = most_bytes
        self._events: deque[RingEvent] = deque()
        self._bytes = 0
        self._before: Position | None = None
        self._waiting: set[asyncio.Future[None]] = set()
        self.end = 0
        """The sequence number of the next event."""

    @property
    def is_begun(self) -> bool:
        """Whether it is known where pw.alerts stands."""
        return self._before is not None

    @property
    def first(self) -> int:
        """The sequence number of the oldest event that is held."""
        return self.end - len(self._events)

    @property
    def partitions(self) -> int:
        """How many partitions pw.alerts has; 0 before `begin`."""
        return len(self._before.offsets) if self._before else 0

    def begin(self, position: Position) -> None:
        """Forget all, and go on from this position. Whoever reads from here has fallen behind."""
        self._events.clear()
        self._bytes = 0
        self._before = position
        self.end += 1
        self.rouse()

    def extend(self, events: Iterable[FeedEvent]) -> None:
        """Append events in the order in which they came; of one partition in the order of their offsets."""
        for event in events:
            after = self.position(self.end).after(event.partition, event.offset)
            self._events.append(RingEvent(event, after, id_line(after)))
            self._bytes += len(event.body) + _OVERHEAD_BYTES
            self.end += 1
        while len(self._events) > self._most_events or self._bytes > self._most_bytes:
            gone = self._events.popleft()
            self._bytes -= len(gone.event.body) + _OVERHEAD_BYTES
            self._before = gone.after
        self.rouse()

    def position(self, sequence: int) -> Position:
        """Where a client stands that has had all before this sequence number."""
        if sequence > self.first:
            return self._events[sequence - self.first - 1].after
        assert self._before is not None  # noqa: S101 - nobody asks before `begin`
        return self._before

    def at(self, sequence: int) -> FeedEvent:
        """One event that is held."""
        return self._events[sequence - self.first].event

    def sequence_of(self, position: Position) -> int | None:
        """A place before which the client has all; None where the ring begins too late for that."""
        if not position.reaches(self.position(self.first)):
            return None
        # The usual case is a client that was here a moment ago, so it is looked for from the end.
        for sequence in range(self.end, self.first, -1):
            if self.position(sequence) == position:
                return sequence
        return self.first

    def read(self, start: int, choice: FeedChoice, most_bytes: int) -> tuple[bytes, int]:
        """What a client at `start` is sent next, as one piece, and where it stands then.

        At least one event, even if it alone is larger than asked for.
        """
        pieces: list[bytes] = []
        size, sequence = 0, start
        while sequence < self.end and size < most_bytes:
            held = self._events[sequence - self.first]
            sequence += 1
            if choice.wants(held.event):
                pieces += (held.id_line, held.event.body)
                size += len(held.id_line) + len(held.event.body)
        return b"".join(pieces), sequence

    async def changed(self) -> None:
        """Wait for the next call of `extend`, `begin` or `rouse`."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await waiting
        finally:
            self._waiting.discard(waiting)

    def rouse(self) -> None:
        """Let those who wait for a change look again."""
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)
