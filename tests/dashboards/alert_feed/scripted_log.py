"""pw.alerts as a test writes it: what is stored, in which order it came to the ring, and what retention took."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from dashboards.alert_feed.alert_log import Marks, OffsetsGoneError, Stretch
from dashboards.alert_feed.events import AlertFacts, FeedEvent, alert_body
from dashboards.alert_feed.position import Position

PARTITIONS = 3


def feed_event_of(partition: int, offset: int, category: str = "warrant", **facts: object) -> FeedEvent:
    """An event whose data says which it is."""
    cameras = facts.get("cameras", frozenset({"gate"}))
    assert isinstance(cameras, frozenset)
    told = AlertFacts(category, cameras, sounds=bool(facts.get("sounds", True)))
    return FeedEvent(partition, offset, alert_body(b"%d/%d" % (partition, offset)), told)


@dataclass(slots=True)
class ScriptedLog:
    """An `AlertLog` in memory."""

    most_events: int = 3
    """Of one stretch."""
    firsts: list[int] = field(default_factory=lambda: [0] * PARTITIONS)
    ends: list[int] = field(default_factory=lambda: [0] * PARTITIONS)
    reads: int = 0

    def append(self, partition: int) -> FeedEvent:
        """One event more."""
        event = feed_event_of(partition, self.ends[partition])
        self.ends[partition] += 1
        return event

    async def marks(self) -> Marks:
        return Marks(Position(tuple(self.firsts)), Position(tuple(self.ends)))

    async def position_at(self, moment: datetime) -> Position:
        raise NotImplementedError(moment)

    async def read(self, start: Position, until: Position) -> Stretch:
        self.reads += 1
        events: list[FeedEvent] = []
        after = start
        for partition, (at, end) in enumerate(zip(start.offsets, until.offsets, strict=True)):
            if at < end and not self.firsts[partition] <= at <= self.ends[partition]:
                raise OffsetsGoneError
            for offset in range(at, min(end, self.ends[partition])):
                if len(events) < self.most_events:
                    events.append(feed_event_of(partition, offset))
                    after = after.after(partition, offset)
        return Stretch(tuple(events), after)
