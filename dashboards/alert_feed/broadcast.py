"""Rounds of writing: what is new goes to all clients at most once each round, as bytes that they share.

No client has a queue: it is a place in the ring. One that does not take what was written is not written to again, and
after a while it is let go; it can resume where it was.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from dashboards.alert_feed.choice import FeedChoice
from dashboards.alert_feed.events import heartbeat
from dashboards.alert_feed.framing import Framing
from dashboards.alert_feed.ring import Ring
from infra import metrics
from infra.settings.console import FeedSettings

_SWEEP_EVERY_S = 1.0
"""How often clients are looked at while nothing is new: finer than heartbeat and stall, and cheap for a thousand."""


class Parting(StrEnum):
    """Why a client is no longer served."""

    LEFT = "left"
    STALLED = "stalled"
    """It did not take what was written within the time it is given."""
    BEHIND = "behind"
    """The ring has gone past it."""
    REVOKED = "revoked"
    """Its token is no longer valid."""
    STOPPED = "stopped"
    """The console stops."""


class Outlet(Protocol):
    """A client's connection."""

    def write(self, data: bytes) -> None:
        """Hand over bytes; never waits."""
        ...

    def waiting_bytes(self) -> int:
        """How much of it the operating system has not taken yet."""
        ...

    def is_closed(self) -> bool:
        """Whether the client has gone."""
        ...

    def abort(self) -> None:
        """Cut the connection at once, whatever waits."""
        ...


@dataclass(slots=True, eq=False)
class FeedClient:
    """One that has joined the ring. Changed by the broadcaster alone."""

    outlet: Outlet
    choice: FeedChoice
    framing: Framing
    sequence: int
    """Of the next event that it is sent."""
    written_at_s: float
    """When it was last written to, by the broadcaster's clock."""
    parted: asyncio.Future[Parting]
    """Done when it is no longer served."""


class Broadcaster:
    """Writes to all clients. Used by one event loop.

    Args:
        ring: what there is to send.
        settings: bounds.
        clock: monotonic seconds.
    """

    def __init__(self, ring: Ring, settings: FeedSettings, clock: Callable[[], float]) -> None:
        self._ring = ring
        self._settings = settings
        self._clock = clock
        self._clients: set[FeedClient] = set()
        self._joined: dict[tuple[FeedChoice, Framing, int], tuple[bytes, int]] = {}

    def join(self, client: FeedClient) -> None:
        """Serve the client from its place in the ring on."""
        self._clients.add(client)
        # What it missed is not to wait for the next alert.
        self._ring.rouse()

    def part(self, client: FeedClient, why: Parting) -> None:
        """Serve the client no longer; calls after the first do nothing."""
        if client.parted.done():
            return
        self._clients.discard(client)
        client.parted.set_result(why)
        if why in (Parting.STALLED, Parting.BEHIND, Parting.REVOKED):
            client.outlet.abort()
            metrics.FEED_CLIENTS_DROPPED.labels(str(why)).inc()

    def part_all(self) -> None:
        """Let all go: the console stops."""
        for client in list(self._clients):
            self.part(client, Parting.STOPPED)

    async def run(self) -> None:
        """Write in rounds until cancelled."""
        write_every_s = self._settings.write_every_ms / 1000
        while True:
            if self.write_round():
                await asyncio.sleep(write_every_s)
                continue
            try:
                async with asyncio.timeout(_SWEEP_EVERY_S):
                    await self._ring.changed()
            except TimeoutError:
                continue

    def write_round(self) -> bool:
        """One round; whether something was written, or waits to be."""
        self._joined.clear()
        now_s = self._clock()
        busy = False
        for client in list(self._clients):
            busy |= self._serve(client, now_s)
        return busy

    def _serve(self, client: FeedClient, now_s: float) -> bool:
        outlet = client.outlet
        if outlet.is_closed():
            self.part(client, Parting.LEFT)
            return False
        if client.sequence < self._ring.first:
            self.part(client, Parting.BEHIND)
            return False
        if outlet.waiting_bytes():
            if now_s - client.written_at_s > self._settings.stall_s:
                self.part(client, Parting.STALLED)
            return client.sequence < self._ring.end
        if client.sequence < self._ring.end:
            data, client.sequence = self._piece(client)
        elif now_s - client.written_at_s > self._settings.heartbeat_s:
            data = client.framing.frame(heartbeat(self._ring.position(client.sequence)))
        else:
            return False
        if data:
            outlet.write(data)
            client.written_at_s = now_s
        return True

    def _piece(self, client: FeedClient) -> tuple[bytes, int]:
        """What clients of this choice at this place are sent in this round; made for the first of them."""
        key = (client.choice, client.framing, client.sequence)
        if (piece := self._joined.get(key)) is None:
            data, after = self._ring.read(client.sequence, client.choice, self._settings.write_bytes)
            piece = (client.framing.frame(data) if data else b"", after)
            self._joined[key] = piece
        return piece
