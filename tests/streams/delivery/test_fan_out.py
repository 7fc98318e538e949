from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from infra.settings.alerts import DeliverySettings
from streams.codec import encode
from streams.delivery.delivery_queue import Parcel
from streams.delivery.endpoint import Endpoint
from streams.delivery.fan_out import FanOut, Posting
from streams.delivery.message import Answer
from streams.delivery.subscription import Subscription, delivery_id
from streams.faults import ServiceAwayError, UnhandledError
from streams.records import Alert, AlertEvent, AlertStep, Outcome
from tests.builders import build_alert, build_hit, build_subscription, moment
from tests.streams.delivery.test_desk import NOW, Room
from tests.streams.delivery.test_endpoint import ScriptedTransport

CAD = build_subscription(id="cad")
WALL = build_subscription(id="wall")


class Hall:
    """A fan-out over states in memory, whose endpoints answer by script."""

    def __init__(self, *answers: Answer) -> None:
        self.room = Room()
        self.states = self.room.states_kept
        self.transport = ScriptedTransport(*answers)
        self.crashes: list[BaseException] = []
        self.opened: list[Endpoint] = []
        self.fan_out = FanOut(
            self.room.outbox, self.room.desk, self._open, crash=self._crash, clock=lambda: NOW
        )  # fmt: skip

    @asynccontextmanager
    async def serving(self, *subscriptions: Subscription) -> AsyncIterator[FanOut]:
        await self.fan_out.renew(subscriptions)
        try:
            yield self.fan_out
        finally:
            await self.fan_out.close()

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not is_so():
                await asyncio.sleep(0)

    def nothing_waits(self) -> bool:
        return self.room.outbox.pending() == []

    def _open(self, subscription: Subscription) -> Endpoint:
        one = Endpoint(
            subscription, self.transport, self.room.desk, settings=DeliverySettings(), clock=lambda: NOW
        )  # fmt: skip
        self.opened.append(one)
        return one

    async def _crash(self, error: BaseException) -> None:
        self.crashes.append(error)


def posting(alert: Alert | None = None, partition: int = 2, **changes: Any) -> Posting:
    one = alert or build_alert(**changes)
    return Posting(one, encode(one), partition)


def disabled(subscription: Subscription) -> Subscription:
    return msgspec.structs.replace(subscription, disabled_because="410 Gone")


async def test_a_revision_goes_to_each_who_wants_it_and_its_replay_to_nobody() -> None:
    hall = Hall()
    async with hall.serving(CAD, WALL, disabled(build_subscription(id="off"))) as fan_out:
        for _ in range(2):
            await fan_out.post([posting()])
            await hall.until(hall.nothing_waits)
    assert len(hall.transport.sent) == 2


async def test_a_revision_that_kafka_did_not_take_is_sent_when_it_is_posted_again() -> None:
    hall = Hall()
    hall.states.away = 1
    async with hall.serving(CAD) as fan_out:
        with pytest.raises(ServiceAwayError):
            await fan_out.post([posting()])
        await fan_out.post([posting()])
        await hall.until(lambda: bool(hall.transport.sent) and hall.nothing_waits())
    assert len(hall.transport.sent) == 1


async def test_what_waits_for_a_subscription_that_is_removed_is_never_sent_and_that_is_on_record() -> None:
    hall = Hall()
    hall.transport.held = lambda _id: True
    async with hall.serving(CAD, WALL) as fan_out:
        await fan_out.post([posting()])
        assert await fan_out.renew([WALL]) == {"cad"}
        await hall.until(lambda: [one.subscription for one in hall.room.outbox.pending()] == ["wall"])
    assert sorted(await hall.room.states()) == ["pending", "superseded"]


async def test_what_waits_for_a_subscription_is_not_sent_to_another_that_takes_its_id() -> None:
    hall = Hall()
    hall.transport.held = lambda _id: True
    async with hall.serving(CAD) as fan_out:
        await fan_out.post([posting()])
        await hall.until(lambda: len(hall.transport.sent) == 1)
        later = msgspec.structs.replace(CAD, created_at=moment() + timedelta(days=1), version=3)
        assert await fan_out.renew([later]) == {"cad"}
        await hall.until(hall.nothing_waits)
        hall.transport.held = lambda _id: False
        await fan_out.post([posting(revision=2)])
        await hall.until(lambda: len(hall.transport.sent) == 2 and hall.nothing_waits())
    assert await hall.room.states() == ["superseded", "delivered"]


async def test_what_waits_for_a_subscription_that_cannot_be_read_is_kept_until_it_can() -> None:
    hall = Hall()
    await hall.room.outbox.put(build_alert(), encode(build_alert()), ["cad"], partition=2, now_s=NOW)
    await hall.fan_out.renew([], frozenset({"cad"}))
    hall.fan_out.take_over(frozenset({2}))
    await asyncio.sleep(0)
    assert len(hall.room.outbox.pending()) == 1
    async with hall.serving(CAD):
        await hall.until(hall.nothing_waits)
    assert len(hall.transport.sent) == 1


async def test_a_take_over_leaves_on_record_what_is_known_of_a_delivery_that_waits_here_already() -> None:
    hall = Hall(Answer(503))
    async with hall.serving(CAD) as fan_out:
        await fan_out.post([posting()])
        await hall.until(lambda: bool(hall.opened[0].queue.next_at_s()))
        fan_out.take_over(frozenset({2}))
        await hall.room.log.flush()
        (document,) = hall.room.written.values()
    assert (document.source["tries"], document.source["last_answer"]) == (1, "answered 503 Service Unavailable")


async def test_what_comes_from_a_partition_that_moved_waits_here_no_more() -> None:
    hall = Hall(Answer(503))
    async with hall.serving(CAD) as fan_out:
        await fan_out.post([posting(id="a", partition=1), posting(id="b", partition=2)])
        hall.states.memory = {key: value for key, value in hall.states.memory.items() if b"/a" not in key}
        fan_out.take_over(frozenset({2}))
        assert [one.alert for one in hall.opened[0].queue] == ["b"]


async def test_a_fault_of_superseding_ends_the_worker_instead_of_being_swallowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hall = Hall()

    async def broken(parcel: Parcel) -> None:
        msg = "Kafka refuses it"
        raise UnhandledError(msg)

    monkeypatch.setattr(hall.room.desk, "superseded", broken)
    await hall.room.outbox.put(build_alert(), encode(build_alert()), ["cad"], partition=2, now_s=NOW)
    hall.fan_out.take_over(frozenset({2}))
    await hall.until(lambda: bool(hall.crashes))


async def test_whoever_is_stopped_while_an_endpoint_stops_is_stopped() -> None:
    hall = Hall()
    await hall.fan_out.renew([CAD])
    await asyncio.sleep(0)
    renewing = asyncio.create_task(hall.fan_out.renew([]))
    await asyncio.sleep(0)
    renewing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await renewing


async def test_who_was_told_of_an_alert_hears_how_it_ends_though_it_is_no_longer_their_choice() -> None:
    hall = Hall()
    likely = build_alert(hit=build_hit(outcome=Outcome.LIKELY))
    rejected = AlertStep(event=AlertEvent.REJECTED, at=moment(9), by="D. Reed", role="dispatcher")
    doubted = msgspec.structs.replace(
        likely, revision=2, hit=build_hit(outcome=Outcome.POSSIBLE), steps=(*likely.steps, rejected)
    )
    other = msgspec.structs.replace(doubted, id="never-told")
    async with hall.serving(CAD) as fan_out:
        await fan_out.post([posting(likely), posting(doubted), posting(other)])
        await hall.until(hall.nothing_waits)
    assert hall.transport.sent == [delivery_id(likely.id, 1), delivery_id(likely.id, 2)]
