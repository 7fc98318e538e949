from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from infra.settings.alerts import DeliverySettings
from streams.delivery.delivery_queue import Parcel
from streams.delivery.endpoint import Endpoint
from streams.delivery.message import Answer, OutgoingMessage, Payload
from streams.delivery.rate import TokenBucket
from streams.delivery.subscription import Subscription
from streams.faults import UnhandledError
from tests.builders import build_subscription
from tests.streams.delivery.test_delivery_queue import parcel

OK, BROKEN, REFUSED, GONE = Answer(204), Answer(500), Answer(400), Answer(410)


class ScriptedTransport:
    """Answers by script; the last answer stays. A message of which `held` says so gets none until it is let go."""

    def __init__(self, *answers: Answer) -> None:
        self._answers: Iterator[Answer] = iter(answers)
        self._last = OK
        self.sent: list[str] = []
        self.held: Callable[[str], bool] = lambda _id: False
        self.most_at_once = self._now = 0

    async def send(self, message: OutgoingMessage, subscription: Subscription) -> Answer:
        self.sent.append(message.id)
        self._now += 1
        self.most_at_once = max(self.most_at_once, self._now)
        try:
            while self.held(message.id):
                await asyncio.sleep(0)
            await asyncio.sleep(0)
        finally:
            self._now -= 1
        self._last = next(self._answers, self._last)
        return self._last


class NotingDesk:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.delivered_ids: list[tuple[str, int]] = []
        self.failures: dict[tuple[str, int], str] = {}
        self.retries: list[float] = []
        self.gone_for = ""
        self.unformattable: set[str] = set()
        self.settled_elsewhere: set[str] = set()

    async def message(self, parcel: Parcel, subscription: Subscription) -> OutgoingMessage | None:
        if parcel.alert in self.settled_elsewhere:
            return None
        if parcel.alert in self.unformattable:
            msg = "the template fails: 'speed' is undefined"
            raise UnhandledError(msg)
        return OutgoingMessage(f"{parcel.alert}.{parcel.revision}", Payload("text/plain", b""))

    def tried(self, parcel: Parcel, answer: Answer, tries: int, next_at_s: float) -> None:
        self.retries.append(next_at_s)

    async def delivered(self, parcel: Parcel, answer: Answer, tries: int) -> None:
        self.delivered_ids.append(parcel.key)

    async def failed(self, parcel: Parcel, reason: str, tries: int) -> None:
        self.failures[parcel.key] = reason

    async def gone(self, subscription: Subscription, reason: str) -> None:
        self.gone_for = reason


class Clock:
    """Seconds; as fast as a test likes."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.asked = 0

    def __call__(self) -> float:
        self.asked += 1
        return self.now_s


class Bench:
    """An endpoint with scripted surroundings."""

    def __init__(self, *answers: Answer, subscription: dict[str, Any] | None = None, **settings: Any) -> None:
        self.transport, self.desk, self.clock = ScriptedTransport(*answers), NotingDesk(), Clock()
        self.endpoint = Endpoint(
            build_subscription(rate_per_s=10_000.0, **(subscription or {})),
            self.transport,
            self.desk,
            settings=DeliverySettings(**settings),
            clock=self.clock,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.endpoint.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def until(self, is_so: Callable[[], bool], each_s: float = 0.0) -> None:
        """Let things happen, each time a bit later, until it is so."""
        async with asyncio.timeout(10):
            while not is_so():
                self.clock.now_s += each_s
                self.endpoint._wake.set()  # the clock was moved
                await asyncio.sleep(0)


def waiting(alert: str = "a", revision: int = 1, **changes: Any) -> Parcel:
    return parcel(alert, revision, queued_at_s=1000.0, **changes)


async def test_a_failure_is_tried_again_until_it_is_taken() -> None:
    bench = Bench(BROKEN, Answer(fault="no answer within 10 s"), Answer(429), OK)
    bench.endpoint.add(waiting())
    async with bench.running():
        await bench.until(lambda: bool(bench.desk.delivered_ids), each_s=0.2)
    assert bench.transport.sent == ["a.1"] * 4
    assert len(bench.desk.retries) == 3


@pytest.mark.parametrize("answer", [REFUSED, Answer(302), Answer(fault="address not allowed", refused_by_us=True)])
async def test_a_refusal_is_not_tried_again_and_the_next_goes(answer: Answer) -> None:
    bench = Bench(answer, OK)
    bench.endpoint.add(waiting("a", raised_at_s=1.0))
    bench.endpoint.add(waiting("b", raised_at_s=2.0))
    async with bench.running():
        await bench.until(lambda: bool(bench.desk.delivered_ids))
    assert list(bench.desk.failures) == [("a", 1)]
    assert bench.desk.delivered_ids == [("b", 1)]


async def test_an_endpoint_that_is_gone_is_told_of_and_the_message_is_not_lost() -> None:
    bench = Bench(GONE)
    bench.endpoint.add(waiting())
    async with bench.running():
        await bench.until(lambda: bool(bench.desk.gone_for))
    assert "410" in bench.desk.failures["a", 1]


async def test_what_waits_for_an_endpoint_that_is_gone_is_kept_for_whoever_enables_it_again() -> None:
    bench = Bench(GONE, OK, subscription={"concurrency": 1})
    for number in range(3):
        bench.endpoint.add(waiting(f"alert-{number}"))
    async with bench.running():
        await bench.until(lambda: bool(bench.desk.gone_for))
        await bench.until(lambda: bench.clock.now_s > 1010.0, each_s=1.0)
        assert len(bench.transport.sent) == 1
        bench.endpoint.change(msgspec.structs.replace(bench.endpoint.subscription, url="https://new.example/"))
        await bench.until(lambda: len(bench.desk.delivered_ids) == 2)


async def test_what_another_worker_has_settled_is_not_sent_and_not_told_to_have_failed() -> None:
    bench = Bench(OK)
    bench.desk.settled_elsewhere = {"a"}
    bench.endpoint.add(waiting("a", 1))
    bench.endpoint.add(waiting("b", 1))
    async with bench.running():
        await bench.until(lambda: not len(bench.endpoint.queue) and bool(bench.desk.delivered_ids))
    assert bench.transport.sent == ["b.1"]
    assert bench.desk.failures == {}


async def test_while_one_message_asks_whether_the_endpoint_is_back_nothing_looks_again_and_again() -> None:
    bench = Bench(BROKEN, breaker_failures=5, breaker_rest_s=5.0, first_retry_s=60.0)
    for number in range(5):
        bench.endpoint.add(waiting(f"alert-{number}"))
    async with bench.running():
        await bench.until(lambda: bench.endpoint.breaker.is_open)
        bench.transport.held = lambda _id: True
        await bench.until(lambda: bench.endpoint.breaker.asking, each_s=0.5)
        bench.clock.now_s += 100.0
        bench.endpoint._wake.set()
        bench.clock.asked = 0
        await asyncio.sleep(0.1)
        assert bench.clock.asked < 10, "the others, whose time has come, wait for the answer"


async def test_what_cannot_be_put_in_words_fails_with_the_reason_and_holds_nothing_up() -> None:
    bench = Bench(OK)
    bench.desk.unformattable = {"a"}
    bench.endpoint.add(waiting("a", raised_at_s=1.0))
    bench.endpoint.add(waiting("b", raised_at_s=2.0))
    async with bench.running():
        await bench.until(lambda: bool(bench.desk.delivered_ids))
    assert "template fails" in bench.desk.failures["a", 1]


async def test_no_more_are_under_way_than_the_subscription_allows_and_of_one_alert_one() -> None:
    bench = Bench(OK, subscription={"concurrency": 3})
    let_go = False
    bench.transport.held = lambda _id: not let_go
    for number in range(6):
        bench.endpoint.add(waiting(f"alert-{number}"))
        bench.endpoint.add(waiting(f"alert-{number}", 2))
    async with bench.running():
        await bench.until(lambda: len(bench.transport.sent) == 3)
        let_go = True
        await bench.until(lambda: len(bench.desk.delivered_ids) == 12)
    assert bench.transport.most_at_once == 3
    for number in range(6):
        order = [revision for alert, revision in bench.desk.delivered_ids if alert == f"alert-{number}"]
        assert order == [1, 2]


async def test_an_endpoint_that_fails_rests_and_then_one_message_asks() -> None:
    bench = Bench(*[BROKEN] * 4, OK, breaker_failures=4, breaker_rest_s=5.0, subscription={"concurrency": 1})
    for number in range(8):
        bench.endpoint.add(waiting(f"alert-{number}"))
    async with bench.running():
        await bench.until(lambda: bench.endpoint.breaker.is_open)
        sent = len(bench.transport.sent)
        await bench.until(lambda: bench.clock.now_s > 1004.5, each_s=0.5)
        assert len(bench.transport.sent) == sent
        await bench.until(lambda: len(bench.desk.delivered_ids) == 8, each_s=0.5)
    assert not bench.endpoint.breaker.is_open


async def test_a_receiver_that_asks_to_wait_gets_nothing_meanwhile() -> None:
    bench = Bench(Answer(503, retry_after_s=30.0), OK, subscription={"concurrency": 1})
    bench.endpoint.add(waiting("a", raised_at_s=1.0))
    bench.endpoint.add(waiting("b", raised_at_s=2.0))
    async with bench.running():
        await bench.until(lambda: bool(bench.desk.retries))
        await bench.until(lambda: bench.clock.now_s > 1029.0, each_s=1.0)
        assert bench.transport.sent == ["a.1"]
        await bench.until(lambda: len(bench.desk.delivered_ids) == 2, each_s=1.0)


async def test_a_receiver_that_asks_to_wait_for_a_day_is_asked_again_within_the_hour() -> None:
    bench = Bench(Answer(429, retry_after_s=86_400.0), OK)
    bench.endpoint.add(waiting())
    async with bench.running():
        await bench.until(lambda: bool(bench.desk.delivered_ids), each_s=60.0)
    assert 4500.0 < bench.clock.now_s < 6000.0


async def test_what_could_not_be_delivered_in_time_is_given_up_also_while_the_endpoint_rests() -> None:
    bench = Bench(BROKEN, give_up_after_s=60.0, breaker_failures=1, breaker_rest_s=600.0)
    bench.endpoint.add(waiting())
    async with bench.running():
        await bench.until(lambda: bool(bench.desk.failures), each_s=1.0)
    assert "not delivered since" in bench.desk.failures["a", 1]
    assert bench.desk.delivered_ids == []


async def test_what_the_rate_held_back_goes_as_soon_as_it_may_however_long_it_took_to_look() -> None:
    """A token can fill up while the endpoint decides how long to sleep: that is not to be slept over."""
    bench = Bench(OK)
    bench.endpoint._bucket = TokenBucket(200.0, tokens=0.0, filled_at_s=1000.0)

    def passing() -> float:
        now_s, bench.clock.now_s = bench.clock.now_s, bench.clock.now_s + 0.01
        return now_s

    bench.endpoint._clock = passing
    bench.endpoint.add(waiting())
    async with bench.running(), asyncio.timeout(10):
        while not bench.desk.delivered_ids:
            await asyncio.sleep(0.001)


async def test_a_disabled_subscription_is_not_served_until_it_is_enabled() -> None:
    bench = Bench(OK, subscription={"disabled_because": "410 Gone"})
    bench.endpoint.add(waiting())
    async with bench.running():
        await bench.until(lambda: bench.clock.now_s > 1010.0, each_s=1.0)
        assert bench.transport.sent == []
        bench.endpoint.change(msgspec.structs.replace(bench.endpoint.subscription, disabled_because="", version=2))
        await bench.until(lambda: bool(bench.desk.delivered_ids))


async def test_a_change_of_the_subscription_ends_its_rest() -> None:
    bench = Bench(BROKEN, OK, breaker_failures=1, breaker_rest_s=600.0, first_retry_s=60.0)
    bench.endpoint.add(waiting())
    async with bench.running():
        await bench.until(lambda: bench.endpoint.breaker.is_open)
        bench.endpoint.change(msgspec.structs.replace(bench.endpoint.subscription, url="https://new.example/"))
        await bench.until(lambda: bool(bench.desk.delivered_ids))


async def test_a_desk_that_breaks_ends_the_endpoint_instead_of_losing_the_parcel() -> None:
    bench = Bench(OK)

    async def broken(parcel: Parcel, answer: Answer, tries: int) -> None:
        raise ZeroDivisionError

    bench.desk.delivered = broken  # type: ignore[method-assign]
    bench.endpoint.add(waiting())
    with pytest.raises(ZeroDivisionError):
        async with asyncio.timeout(5):
            await bench.endpoint.run()
