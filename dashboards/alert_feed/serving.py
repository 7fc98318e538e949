"""One client of the feed over HTTP, from its request to its end."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable

import structlog
from aiohttp import HttpVersion11, web

from dashboards.alert_feed.asked import FeedRequest, parse_request
from dashboards.alert_feed.broadcast import FeedClient, Parting
from dashboards.alert_feed.events import hello
from dashboards.alert_feed.feed import AlertFeed
from dashboards.alert_feed.framing import Framing
from dashboards.alert_feed.position import Position
from infra import metrics
from infra.settings.console import FeedSettings
from streams.faults import ServiceAwayError

log = structlog.get_logger(__name__)

_HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    # Without it nginx would collect events before it passes them on.
    "X-Accel-Buffering": "no",
}
_GONE_AFTER_MS = 30_000
"""After which a peer that acknowledges nothing, as a console whose cable is out, is given up by the kernel."""


class TransportOutlet:
    """A client's connection, written to past aiohttp's response: the pieces are framed once for all clients."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def write(self, data: bytes) -> None:
        """See `Outlet.write`."""
        self._transport.write(data)

    def waiting_bytes(self) -> int:
        """See `Outlet.waiting_bytes`."""
        return self._transport.get_write_buffer_size()

    def is_closed(self) -> bool:
        """See `Outlet.is_closed`."""
        return self._transport.is_closing()

    def abort(self) -> None:
        """See `Outlet.abort`."""
        self._transport.abort()


async def serve_feed(request: web.Request, feed: AlertFeed, is_allowed: Callable[[], bool]) -> web.StreamResponse:
    """Serve one client until it goes, or is let go.

    Args:
        request: its request.
        feed: what it is served.
        is_allowed: asked now and then, whether it still may be.

    Raises:
        RequestRefusedError: the request is not understood.
        FeedUnavailableError: there are too many clients, or the feed is not up to date.
        ServiceAwayError: Kafka does not answer; nothing has been sent.
    """
    with feed.admitted():
        asked = parse_request(request.headers.get("Last-Event-ID"), request.query, feed.ring.partitions)
        start = await feed.start_of(asked)
        response = web.StreamResponse(headers=_HEADERS)
        await response.prepare(request)
        if request.transport is not None:
            _bound_socket(request.transport, feed.settings)
            await _Visit(feed, response, request, asked).last(start, is_allowed)
        return response


def _bound_socket(transport: asyncio.Transport, settings: FeedSettings) -> None:
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    # The kernel would let it grow to megabytes, and a client that reads nothing would be noticed minutes later.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, settings.socket_bytes)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _GONE_AFTER_MS)


class _Visit:
    """What happens to one client once its answer has begun."""

    def __init__(self, feed: AlertFeed, response: web.StreamResponse, request: web.Request, asked: FeedRequest) -> None:
        assert request.transport is not None  # noqa: S101 - looked at by the caller
        self._feed = feed
        self._response = response
        self._framing = Framing.CHUNKED if request.version >= HttpVersion11 else Framing.PLAIN
        self._transport = request.transport
        self._asked = asked

    async def last(self, start: Position | None, is_allowed: Callable[[], bool]) -> None:
        """Bring it to the ring, and wait for its end."""
        try:
            sequence = await self._first_events(start)
        except TimeoutError:
            metrics.FEED_CLIENTS_DROPPED.labels(str(Parting.STALLED)).inc()
            self._transport.abort()
        except ConnectionError:
            log.debug("a client went while it caught up")
        except ServiceAwayError as error:
            # Too late for a status: the connection ends, and the client comes back to where it was.
            log.warning("a client could not be given what it missed", reason=str(error))
        else:
            if sequence is not None and not self._feed.is_stopping:
                await self._live(sequence, is_allowed)

    async def _first_events(self, start: Position | None) -> int | None:
        """Hello and what was missed; where in the ring it joins, None where the console stops meanwhile."""
        ring = self._feed.ring
        if start is None:
            sequence = ring.end
            await self._send(hello(ring.position(sequence)))
            return sequence
        await self._send(hello(start))
        catching_up = self._feed.catch_up(start, self._asked)
        async for piece in catching_up.pieces():
            await self._send(piece)
            if self._feed.is_stopping:
                return None
        metrics.FEED_RESUMED.labels("kafka" if catching_up.read_stored else "ring").inc()
        return catching_up.joined_at

    async def _send(self, data: bytes) -> None:
        async with asyncio.timeout(self._feed.settings.stall_s):
            await self._response.write(data)

    async def _live(self, sequence: int, is_allowed: Callable[[], bool]) -> None:
        client = FeedClient(
            outlet=TransportOutlet(self._transport),
            choice=self._asked.choice,
            framing=self._framing,
            sequence=sequence,
            written_at_s=time.monotonic(),
            parted=asyncio.get_running_loop().create_future(),
        )
        broadcaster = self._feed.broadcaster
        broadcaster.join(client)
        try:
            while not client.parted.done():
                await asyncio.wait({client.parted}, timeout=self._feed.settings.heartbeat_s)
                if not is_allowed():
                    broadcaster.part(client, Parting.REVOKED)
        finally:
            broadcaster.part(client, Parting.LEFT)
