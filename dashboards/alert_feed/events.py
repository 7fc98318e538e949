"""Events of the feed as bytes of an event stream (HTML Living Standard, 9.2)."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from dashboards.alert_feed.position import Position

_RETRY_MS = 2000
"""After which a browser connects again by itself."""


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """What a client can choose alerts by."""

    category: str
    cameras: frozenset[str]
    sounds: bool


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """A revision of an alert, encoded once for all clients; its id is not part of it, as that depends on the way."""

    partition: int
    offset: int
    body: bytes
    """`event:` and `data:`, with the blank line that ends them. Empty: unreadable, told to nobody."""
    facts: AlertFacts


def alert_body(data: bytes) -> bytes:
    """The body of an alert's event.

    Args:
        data: JSON without a line feed.
    """
    return b"event: alert\ndata: " + data + b"\n\n"


def id_line(position: Position) -> bytes:
    """The line before an event's body: what a client sends to go on after it."""
    return f"id: {position}\n".encode()


def hello(position: Position) -> bytes:
    """The first event: where the client stands. It makes resuming possible before the first alert."""
    data = msgspec.json.encode({"position": str(position)})
    return f"retry: {_RETRY_MS}\n".encode() + id_line(position) + b"event: hello\ndata: " + data + b"\n\n"


def gap(position: Position, lost: int, reason: str) -> bytes:
    """Says that events are lost to this client, how many at most, and why.

    Args:
        position: after the gap, so that it is told once.
        lost: number of events; 0 where nobody can say.
        reason: one sentence.
    """
    data = msgspec.json.encode({"lost": lost, "reason": reason})
    return id_line(position) + b"event: gap\ndata: " + data + b"\n\n"


def heartbeat(position: Position) -> bytes:
    """A comment that keeps the connection alive.

    With it goes the position alone, which no client dispatches, but remembers: so that one whose filter lets nothing
    through for weeks does not resume from what is deleted by then.
    """
    return b": heartbeat\n" + id_line(position) + b"\n"
