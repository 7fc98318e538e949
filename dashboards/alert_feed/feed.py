"""The feed as the console has it: opened once, and asked for each client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager

import structlog

from dashboards.alert_feed.alert_log import AlertLog, ToldAs
from dashboards.alert_feed.asked import FeedRequest
from dashboards.alert_feed.broadcast import Broadcaster
from dashboards.alert_feed.catch_up import CatchUp, CatchUpLimits
from dashboards.alert_feed.follower import Follower, TopicEnd
from dashboards.alert_feed.kafka_log import open_alert_log
from dashboards.alert_feed.position import Position
from dashboards.alert_feed.ring import Ring
from infra import metrics
from infra.settings import Settings
from infra.settings.console import FeedSettings

log = structlog.get_logger(__name__)


class FeedUnavailableError(Exception):
    """The feed cannot be served at this moment; the message says why."""


class AlertFeed:
    """Ring, stored alerts and rounds of writing. Used by one event loop.

    Args:
        ring: the last events.
        stored: all that are kept.
        follower: fills the ring.
        broadcaster: writes to those who have joined it.
        settings: bounds.
    """

    def __init__(
        self, ring: Ring, stored: AlertLog, follower: Follower, *, broadcaster: Broadcaster, settings: FeedSettings
    ) -> None:
        self.ring = ring
        self.broadcaster = broadcaster
        self.settings = settings
        self.is_stopping = False
        """Whether clients are let go."""
        self._work: tuple[asyncio.Task[None], ...] = ()
        self._stored = stored
        self._follower = follower
        self._clients = 0

    @property
    def fault(self) -> str | None:
        """What keeps it from being up to date, if anything."""
        return self._follower.fault

    @property
    def breakage(self) -> str | None:
        """What only a restart mends, if anything: a part that ought to run until the end has ended."""
        if self.is_stopping or not any(task.done() for task in self._work):
            return None
        return "the live feed broke; its log says why"

    def start(self) -> None:
        """Begin to follow and to write, until `aclose`."""
        self._work = tuple(asyncio.create_task(work) for work in (self._follower.run(), self.broadcaster.run()))
        for task in self._work:
            task.add_done_callback(_tell_breakage)

    async def aclose(self) -> None:
        """Let all clients go, and end."""
        self.stop()
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Count a client in, as long as it is served.

        Raises:
            FeedUnavailableError: there are as many as may be, or the feed does not know yet what is new.
        """
        if not self._follower.has_caught_up:
            msg = f"the feed is not ready ({self.fault}); try again in a moment"
            raise FeedUnavailableError(msg)
        if self._clients >= self.settings.most_clients:
            msg = f"{self._clients} clients are served, and no more may be; raise console.feed.most_clients"
            raise FeedUnavailableError(msg)
        self._clients += 1
        metrics.FEED_CLIENTS.set(self._clients)
        try:
            yield
        finally:
            self._clients -= 1
            metrics.FEED_CLIENTS.set(self._clients)

    async def start_of(self, asked: FeedRequest) -> Position | None:
        """Where the client begins; None: with what is new.

        Raises:
            ServiceAwayError: Kafka does not answer.
        """
        if asked.start is None or isinstance(asked.start, Position):
            return asked.start
        return await self._stored.position_at(asked.start)

    def catch_up(self, start: Position, asked: FeedRequest) -> CatchUp:
        """The client's way to the ring."""
        limits = CatchUpLimits(self.settings.write_bytes, self.settings.heartbeat_s)
        return CatchUp(self.ring, self._stored, start, choice=asked.choice, limits=limits)

    def stop(self) -> None:
        """Let all clients go."""
        self.is_stopping = True
        self.broadcaster.part_all()


@asynccontextmanager
async def open_alert_feed(settings: Settings, told_as: ToldAs) -> AsyncIterator[AlertFeed]:
    """The feed of an installation, running until the end.

    Args:
        settings: of the installation.
        told_as: what clients are told of an alert.
    """
    bounds = settings.console.feed
    ring = Ring(bounds.ring_events, bounds.ring_bytes)
    end = TopicEnd(settings.kafka, told_as)
    follower = Follower(ring, end, bounds.ring_events)
    broadcaster = Broadcaster(ring, bounds, time.monotonic)
    async with AsyncExitStack() as resources:
        resources.push_async_callback(asyncio.to_thread, end.close)
        stored = await resources.enter_async_context(open_alert_log(settings.kafka, told_as, bounds.write_bytes))
        feed = AlertFeed(ring, stored, follower, broadcaster=broadcaster, settings=bounds)
        resources.push_async_callback(feed.aclose)
        feed.start()
        yield feed


def _tell_breakage(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("the live feed broke", exc_info=error)
