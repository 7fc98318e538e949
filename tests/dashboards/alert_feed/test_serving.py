"""The feed over real HTTP, with a topic that the test writes."""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from dashboards.alert_feed.broadcast import Broadcaster
from dashboards.alert_feed.events import FeedEvent
from dashboards.alert_feed.feed import AlertFeed
from dashboards.alert_feed.follower import Follower
from dashboards.alert_feed.position import Position
from dashboards.alert_feed.ring import Ring
from dashboards.alert_feed.serving import serve_feed
from dashboards.console_errors import errors_as_json
from infra.settings.console import FeedSettings
from streams.faults import ServiceAwayError
from tests.dashboards.alert_feed.feed_world import events_of
from tests.dashboards.alert_feed.scripted_log import PARTITIONS, ScriptedLog

Client = TestClient[web.Request, web.Application]


@dataclass(slots=True)
class ScriptedTopic:
    """What a follower asks; `None` among what comes stands for Kafka going away."""

    coming: queue.Queue[FeedEvent | None] = field(default_factory=queue.Queue)

    def begin(self, before_end: int) -> tuple[Position, Position]:
        nowhere = Position((0,) * PARTITIONS)
        return nowhere, nowhere

    def next_events(self) -> list[FeedEvent]:
        try:
            event = self.coming.get(timeout=0.02)
        except queue.Empty:
            return []
        if event is None:
            service = "kafka"
            raise ServiceAwayError(service, "no answer")
        return [event]


@dataclass(slots=True)
class Place:
    """A served feed."""

    client: Client
    feed: AlertFeed
    log: ScriptedLog
    topic: ScriptedTopic
    allowed: bool = True

    def come(self, *partitions: int) -> None:
        """Alerts come to the topic and to the ring."""
        for partition in partitions:
            self.topic.coming.put(self.log.append(partition))

    async def come_to_ring(self, *partitions: int) -> None:
        self.come(*partitions)
        while self.feed.ring.position(self.feed.ring.end) != Position(tuple(self.log.ends)):
            await self.feed.ring.changed()


@asynccontextmanager
async def served(**bounds: float) -> AsyncIterator[Place]:
    settings = FeedSettings(**{"write_every_ms": 1, "heartbeat_s": 0.05} | bounds)
    ring, log, topic = Ring(settings.ring_events, settings.ring_bytes), ScriptedLog(), ScriptedTopic()
    broadcaster = Broadcaster(ring, settings, time.monotonic)
    feed = AlertFeed(ring, log, Follower(ring, topic, 100), broadcaster=broadcaster, settings=settings)

    async def serve(request: web.Request) -> web.StreamResponse:
        return await serve_feed(request, feed, lambda: scene.allowed)

    app = web.Application(middlewares=[errors_as_json])
    app.add_routes([web.get("/feed", serve)])
    async with TestClient(TestServer(app)) as client:
        scene = Place(client, feed, log, topic)
        feed.start()
        try:
            if not ring.is_begun:
                await ring.changed()
            while feed.fault is not None:
                await asyncio.sleep(0)
            yield scene
        finally:
            await feed.aclose()


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with served() as found:
        yield found


async def read_events(answer: ClientResponse, count: int) -> list[dict[str, str]]:
    """So many events, without hearts that beat between them."""
    data = b""
    while len(found := [event for event in events_of(data) if "event" in event]) < count:
        piece = await answer.content.readany()
        assert piece, "the stream ended"
        data += piece
    return found


async def test_a_client_is_told_where_it_stands_and_then_what_comes(place: Place) -> None:
    await place.come_to_ring(0)
    async with place.client.get("/feed") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        [hello] = await read_events(answer, 1)
        assert (hello["event"], hello["id"]) == ("hello", "0.1-1.0-2.0")
        place.come(1)
        [alert] = await read_events(answer, 1)
        assert (alert["event"], alert["data"], alert["id"]) == ("alert", "1/0", "0.1-1.1-2.0")


@pytest.mark.parametrize("how", ["header", "query"])
async def test_a_client_goes_on_after_the_last_id_it_has(place: Place, how: str) -> None:
    await place.come_to_ring(0, 1, 0, 2)
    last = "0.1-1.1-2.0"
    headers = {"Last-Event-ID": last} if how == "header" else {}
    async with place.client.get("/feed", headers=headers, params={} if headers else {"last_event_id": last}) as answer:
        _, *alerts = await read_events(answer, 3)
        assert [alert["data"] for alert in alerts] == ["0/1", "2/0"]


async def test_an_id_that_is_none_is_refused_in_one_sentence(place: Place) -> None:
    async with place.client.get("/feed", headers={"Last-Event-ID": "17"}) as answer:
        assert answer.status == 400
        assert "Last-Event-ID is no id of this feed" in (await answer.json())["error"]


async def test_one_client_more_than_may_be_is_refused() -> None:
    async with served(most_clients=1) as place, place.client.get("/feed") as first:
        await read_events(first, 1)
        async with place.client.get("/feed") as second:
            assert second.status == 503
            assert "console.feed.most_clients" in (await second.json())["error"]


async def test_who_is_no_longer_allowed_is_cut_off(place: Place) -> None:
    async with place.client.get("/feed") as answer:
        await read_events(answer, 1)
        place.allowed = False
        with pytest.raises(Exception, match=r"(?i)closed|reset|payload"):
            await answer.content.read()


async def test_the_stream_ends_in_order_when_the_console_stops(place: Place) -> None:
    async with place.client.get("/feed") as answer:
        await read_events(answer, 1)
        place.feed.stop()
        rest = await answer.content.read()
        assert b"event" not in rest


async def test_a_proxy_of_http_1_0_gets_no_chunks(place: Place) -> None:
    assert place.client.server.port is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", place.client.server.port)
    writer.write(b"GET /feed HTTP/1.0\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"chunked" not in head.lower()
    await reader.readuntil(b"event: hello\n")
    await reader.readuntil(b"\n\n")
    place.come(0)
    data = await reader.readuntil(b"data: 0/0\n\n")
    assert b"\r\n" not in data
    writer.close()
    await writer.wait_closed()


async def test_the_feed_goes_on_once_kafka_is_back(place: Place) -> None:
    async with place.client.get("/feed") as answer:
        await read_events(answer, 1)
        place.topic.coming.put(None)
        place.come(0)
        [alert] = await read_events(answer, 1)
        assert alert["data"] == "0/0"
        assert place.feed.breakage is None
