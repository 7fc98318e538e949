"""What waits for one endpoint: the most urgent first, and of one alert no later revision before an earlier. Pure."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from streams.records import AlertEvent


@dataclass(frozen=True, slots=True)
class Parcel:
    """One revision of an alert for one subscriber."""

    alert: str
    revision: int
    event: AlertEvent
    """What made the revision."""
    subscription: str
    priority: int
    raised_at_s: float
    """Of the alert: among equally urgent ones the oldest goes first."""
    queued_at_s: float
    """When it was put into the outbox, seconds since the epoch: a restart gives it no new time."""
    partition: int
    """Of pw.alerts, where it came from."""

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from others of its endpoint."""
        return self.alert, self.revision


@dataclass(slots=True)
class _Line:
    """The revisions of one alert that wait, in order; only the first may go."""

    parcels: deque[Parcel] = field(default_factory=deque)
    tries: int = 0
    """Failed ones of the first."""
    ready_at_s: float = 0.0
    under_way: bool = False


class DeliveryQueue:
    """The queue of one endpoint. Times are seconds of one clock that is handed in; nothing here waits.

    Laws: a parcel that was added is in the queue until it is settled; of one alert at most one is under way, and it is
    the earliest; of all that may go now, the one with the smallest (priority, time raised) goes.
    """

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}
        self._ready: list[tuple[int, float, str]] = []
        """Heap of alerts whose first parcel may go: (priority, raised, alert)."""
        self._waiting: list[tuple[float, str]] = []
        """Heap of alerts whose first parcel is tried again later: (when, alert)."""
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Parcel]:
        for line in self._lines.values():
            yield from line.parcels

    def add(self, parcel: Parcel) -> bool:
        """Let a parcel wait; False where it is there already, for none is added twice."""
        line = self._lines.setdefault(parcel.alert, _Line())
        if any(one.revision == parcel.revision for one in line.parcels):
            return False
        self._count += 1
        if line.parcels and parcel.revision < line.parcels[-1].revision:
            self._insert(line, parcel)
            return True
        line.parcels.append(parcel)
        if len(line.parcels) == 1:
            self._push_ready(line)
        return True

    def take(self, now_s: float) -> Parcel | None:
        """The parcel to send next, which is under way from now on; None where none may go yet."""
        self._wake(now_s)
        while self._ready:
            alert = heapq.heappop(self._ready)[2]
            line = self._lines.get(alert)
            if line is None or line.under_way or line.ready_at_s > now_s:
                continue
            line.under_way = True
            return line.parcels[0]
        return None

    def take_older(self, than_s: float) -> Parcel | None:
        """A parcel that was put into the outbox before that time and may be given up; it is under way from now on."""
        for line in self._lines.values():
            if not line.under_way and line.parcels[0].queued_at_s < than_s:
                line.under_way = True
                return line.parcels[0]
        return None

    def tries(self, parcel: Parcel) -> int:
        """How often the parcel, which is under way, has failed; 0 where it was dropped meanwhile."""
        line = self._line_under_way(parcel)
        return line.tries if line is not None else 0

    def again(self, parcel: Parcel, at_s: float) -> None:
        """The try failed: the parcel may go again then, and its alert's later ones wait for it."""
        line = self._line_under_way(parcel)
        if line is None:
            return
        line.under_way = False
        line.tries += 1
        line.ready_at_s = at_s
        heapq.heappush(self._waiting, (at_s, parcel.alert))

    def settle(self, parcel: Parcel) -> None:
        """The parcel is delivered, or given up: the next one of its alert may go."""
        line = self._line_under_way(parcel)
        if line is None:
            return
        line.parcels.popleft()
        self._count -= 1
        line.under_way = False
        line.tries = 0
        line.ready_at_s = 0.0
        if line.parcels:
            self._push_ready(line)
        else:
            del self._lines[parcel.alert]

    def drop_partition(self, partition: int) -> None:
        """Forget what came from a partition that is another worker's now."""
        for alert in [alert for alert, line in self._lines.items() if line.parcels[0].partition == partition]:
            self._count -= len(self._lines.pop(alert).parcels)

    def next_at_s(self) -> float | None:
        """When the first parcel that was tried may go again; None where none waits for its time."""
        while self._waiting:
            at_s, alert = self._waiting[0]
            line = self._lines.get(alert)
            if line is not None and not line.under_way and line.ready_at_s == at_s:
                return at_s
            heapq.heappop(self._waiting)
        return None

    def hurry(self, now_s: float) -> None:
        """Let all that waits for its time go now: the endpoint is back."""
        for alert, line in self._lines.items():
            if not line.under_way and line.ready_at_s > now_s:
                line.ready_at_s = now_s
                heapq.heappush(self._waiting, (now_s, alert))

    def _wake(self, now_s: float) -> None:
        while (at_s := self.next_at_s()) is not None and at_s <= now_s:
            line = self._lines[heapq.heappop(self._waiting)[1]]
            line.ready_at_s = 0.0
            self._push_ready(line)

    def _push_ready(self, line: _Line) -> None:
        first = line.parcels[0]
        heapq.heappush(self._ready, (first.priority, first.raised_at_s, first.alert))

    def _line_under_way(self, parcel: Parcel) -> _Line | None:
        """The parcel's line; None where it was dropped meanwhile."""
        line = self._lines.get(parcel.alert)
        return line if line is not None and line.under_way and line.parcels[0].key == parcel.key else None

    def _insert(self, line: _Line, parcel: Parcel) -> None:
        """Put a parcel that came out of order in its place, but never before one that is under way or was tried."""
        begun = line.under_way or line.tries > 0
        ordered = sorted([*line.parcels, parcel], key=lambda one: one.revision)
        if begun and ordered[0] is parcel:
            ordered = [line.parcels[0], *[one for one in ordered if one is not line.parcels[0]]]
        line.parcels = deque(ordered)
        if not begun:
            self._push_ready(line)
