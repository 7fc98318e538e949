"""pw.alerts as the feed reads it: at any place, a piece at a time; and followed at its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from dashboards.alert_feed.events import AlertFacts, FeedEvent, alert_body
from dashboards.alert_feed.position import Position
from infra import metrics
from streams.codec import InvalidRecordError, decode
from streams.records import Alert

NO_FACTS = AlertFacts("", frozenset(), sounds=False)

ToldAs = Callable[[Alert], msgspec.Struct]
"""Gives what clients are told of an alert."""


@dataclass(frozen=True, slots=True)
class Marks:
    """What pw.alerts holds: from `first` to before `end`."""

    first: Position
    end: Position


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some events, those of one partition in their order, and where a reader stands after them."""

    events: tuple[FeedEvent, ...]
    after: Position


class OffsetsGoneError(Exception):
    """Where the reader stands there is nothing any more, or nothing yet: deleted by retention, or another topic."""


class AlertLog(Protocol):
    """Reads pw.alerts. Used by one event loop; all methods raise ServiceAwayError where Kafka does not answer."""

    async def marks(self) -> Marks:
        """What is there now."""
        ...

    async def position_at(self, moment: datetime) -> Position:
        """Before the first events that came at this time or later."""
        ...

    async def read(self, start: Position, until: Position) -> Stretch:
        """A piece of what lies between, never empty where something does.

        Raises:
            OffsetsGoneError: a partition does not hold its place in `start`.
        """
        ...


def feed_event(partition: int, offset: int, value: bytes | None, told_as: ToldAs) -> FeedEvent:
    """A message of pw.alerts as an event; one without a body where it is no alert, which is counted."""
    try:
        alert = decode(Alert, value or b"").record
    except InvalidRecordError:
        metrics.FEED_UNREADABLE.inc()
        return FeedEvent(partition, offset, b"", NO_FACTS)
    body = alert_body(msgspec.json.encode(told_as(alert)))
    return FeedEvent(partition, offset, body, facts_of(alert))


def facts_of(alert: Alert) -> AlertFacts:
    """What clients can choose the alert by."""
    cameras = {alert.hit.match.detection.camera, *(sighting.camera for sighting in alert.hit.sightings)}
    return AlertFacts(str(alert.hit.match.entry.category), frozenset(cameras), alert.sounds)
