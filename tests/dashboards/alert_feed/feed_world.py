"""A feed with its clients, in which a test decides what happens next: arrivals, restarts, cut connections."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from dashboards.alert_feed.broadcast import Broadcaster, FeedClient
from dashboards.alert_feed.catch_up import CatchUp, CatchUpLimits
from dashboards.alert_feed.choice import EVERYTHING
from dashboards.alert_feed.events import hello
from dashboards.alert_feed.framing import Framing
from dashboards.alert_feed.position import Position, parse_position
from dashboards.alert_feed.ring import Ring
from infra.settings.console import FeedSettings
from tests.dashboards.alert_feed.scripted_log import PARTITIONS, ScriptedLog, feed_event_of

NEVER_S = 3600.0


@dataclass(slots=True)
class ScriptedOutlet:
    """A connection that keeps what is written until the test lets the client take it."""

    sent: bytes = b""
    taken: bytes = b""
    closed: bool = False
    aborted: bool = False

    def write(self, data: bytes) -> None:
        self.sent += data

    def waiting_bytes(self) -> int:
        return len(self.sent)

    def is_closed(self) -> bool:
        return self.closed

    def abort(self) -> None:
        self.closed = self.aborted = True

    def drain(self, size: int | None = None) -> None:
        """Let the client take so much of it, or all."""
        size = len(self.sent) if size is None else size
        self.taken += self.sent[:size]
        self.sent = self.sent[size:]


def events_of(stream: bytes) -> list[dict[str, str]]:
    """The events that a browser would see: whole ones, each with its fields."""
    found = []
    for block in stream.decode().split("\n\n")[:-1]:
        lines = [line.split(": ", 1) for line in block.split("\n") if line and not line.startswith(":")]
        found.append({name: value for name, value in lines})
    return found


@dataclass(slots=True)
class Watcher:
    """A client that comes back with the last id it has."""

    seen: list[tuple[int, int]] = field(default_factory=list)
    """Partition and offset of each alert."""
    gaps: list[str] = field(default_factory=list)
    last_id: str | None = None
    started: Position | None = None
    outlet: ScriptedOutlet | None = None
    client: FeedClient | None = None
    way: asyncio.Task[None] | None = None

    async def cut(self, size: int) -> None:
        """The connection breaks when so many of the bytes under way have arrived."""
        if self.outlet is None:
            return
        self.outlet.drain(size)
        if self.way is not None:
            self.way.cancel()
            with suppress(asyncio.CancelledError):
                await self.way
        self._take(self.outlet.taken)
        self.outlet.closed = True
        self.outlet = self.client = self.way = None

    def _take(self, stream: bytes) -> None:
        for event in events_of(stream):
            self.last_id = event.get("id", self.last_id)
            if event.get("event") == "alert":
                partition, offset = map(int, event["data"].split("/"))
                self.seen.append((partition, offset))
            elif event.get("event") == "gap":
                self.gaps.append(event["data"])
            elif event.get("event") == "hello" and self.started is None:
                self.started = parse_position(event["id"], PARTITIONS)


class FeedWorld:
    """The console with its ring, and the topic that outlives it."""

    def __init__(self, ring_events: int, write_bytes: int = 60) -> None:
        self.log = ScriptedLog()
        # Pieces of about two events, which no installation would want.
        self.settings = FeedSettings(stall_s=10, heartbeat_s=15).model_copy(update={"write_bytes": write_bytes})
        self._ring_events = ring_events
        self._read = [0] * PARTITIONS
        self.now_s = 0.0
        self.begin()

    def begin(self) -> None:
        """Start the console; its ring begins with the last events, in an order of its own."""
        self.ring = Ring(self._ring_events, 2**20)
        self.broadcaster = Broadcaster(self.ring, self.settings, lambda: self.now_s)
        each = self._ring_events // PARTITIONS
        self._read = [max(first, end - each) for first, end in zip(self.log.firsts, self.log.ends, strict=True)]
        self.ring.begin(Position(tuple(self._read)))

    def follow(self, partition: int) -> None:
        """The ring gets the next event of a partition, if there is one."""
        if self._read[partition] < self.log.ends[partition]:
            event = feed_event_of(partition, self._read[partition])
            self._read[partition] += 1
            self.ring.extend([event])

    def connect(self, watcher: Watcher) -> None:
        """A client comes, or comes back."""
        if watcher.outlet is not None:
            return
        outlet = watcher.outlet = ScriptedOutlet()
        if watcher.last_id is None:
            outlet.write(hello(self.ring.position(self.ring.end)))
            self._join(watcher, outlet, self.ring.end)
            return
        start = parse_position(watcher.last_id, PARTITIONS)
        outlet.write(hello(start))
        watcher.way = asyncio.create_task(self._bring(watcher, outlet, start))

    async def _bring(self, watcher: Watcher, outlet: ScriptedOutlet, start: Position) -> None:
        limits = CatchUpLimits(most_bytes=60, heartbeat_s=NEVER_S)
        catch_up = CatchUp(self.ring, self.log, start, choice=EVERYTHING, limits=limits)
        async for piece in catch_up.pieces():
            outlet.write(piece)
            await asyncio.sleep(0)
        self._join(watcher, outlet, catch_up.joined_at)

    def _join(self, watcher: Watcher, outlet: ScriptedOutlet, sequence: int) -> None:
        watcher.client = FeedClient(
            outlet=outlet,
            choice=EVERYTHING,
            framing=Framing.PLAIN,
            sequence=sequence,
            written_at_s=self.now_s,
            parted=asyncio.get_running_loop().create_future(),
        )
        self.broadcaster.join(watcher.client)
