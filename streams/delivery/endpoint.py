"""One subscriber's end: takes what is most urgent from its queue, tries it, and says what came of it.

Each endpoint has its own queue, connections, breaker and rate, so a slow or dead one delays no other. It forgets
nothing by itself: what happens to a parcel is told to its desk, which keeps the outbox.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Protocol

import structlog

from infra.settings.alerts import DeliverySettings
from infra.settings.workers import RetrySettings
from streams.backoff import backoff_s
from streams.delivery.breaker import CircuitBreaker
from streams.delivery.delivery_queue import DeliveryQueue, Parcel
from streams.delivery.message import Answer, OutgoingMessage, Transport, Verdict, judge
from streams.delivery.rate import TokenBucket
from streams.delivery.subscription import Subscription
from streams.faults import StreamError

_SWEEP_EVERY_S = 30.0
"""How often an endpoint looks for parcels whose time is over."""

_LONGEST_ASKED_S = 3600.0
"""A receiver may ask to be left alone for so long: longer, one slip of its would keep a day's alerts from it."""

_SETTLING_AT_ONCE = 256
_SETTLE_WITHIN_S = 3.0
"""At the end; Kafka may be away."""

log = structlog.get_logger(__name__)


class Desk(Protocol):
    """Where an endpoint gets its messages from, and whom it tells what came of them. None of it raises."""

    async def message(self, parcel: Parcel, subscription: Subscription) -> OutgoingMessage | None:
        """The parcel in the subscriber's words; None where nobody waits for it any more.

        Raises:
            StreamError: it cannot be put in them.
        """
        ...

    def tried(self, parcel: Parcel, answer: Answer, tries: int, next_at_s: float) -> None:
        """A try failed, and there will be another one."""
        ...

    async def delivered(self, parcel: Parcel, answer: Answer, tries: int) -> None:
        """The subscriber has it. Returns when the outbox knows."""
        ...

    async def failed(self, parcel: Parcel, reason: str, tries: int) -> None:
        """It was given up. Returns when the dead letter and the outbox know."""
        ...

    async def gone(self, subscription: Subscription, reason: str) -> None:
        """The endpoint wants no more of anything."""
        ...


class Endpoint:
    """Delivers to one subscriber until it is cancelled. Used by one event loop.

    Args:
        subscription: as it stands now; see `change`.
        transport: tries once.
        desk: whom it tells.
        settings: of all deliveries.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        subscription: Subscription,
        transport: Transport,
        desk: Desk,
        *,
        settings: DeliverySettings,
        clock: Callable[[], float],
    ) -> None:
        self.queue = DeliveryQueue()
        self.breaker = CircuitBreaker(settings.breaker_failures, settings.breaker_rest_s)
        self._subscription = subscription
        self._transport = transport
        self._desk = desk
        self._settings = settings
        self._retry = RetrySettings(first_s=settings.first_retry_s, longest_s=settings.longest_retry_s)
        self._clock = clock
        self._bucket = TokenBucket(subscription.rate_per_s)
        self._asked_to_wait_until_s = 0.0
        self._sweeps_at_s = 0.0
        self._is_gone = False
        self._under_way: set[asyncio.Task[None]] = set()
        self._settling: set[asyncio.Task[None]] = set()
        """Deliveries that the subscriber has, and the outbox does not know of yet."""
        self._wake = asyncio.Event()
        self._broken: BaseException | None = None

    @property
    def subscription(self) -> Subscription:
        """The subscriber as it stands."""
        return self._subscription

    @property
    def is_paused(self) -> bool:
        """Whether nothing is tried: the subscription is disabled, or about to be because the endpoint is gone."""
        return self._is_gone or bool(self._subscription.disabled_because)

    def change(self, subscription: Subscription) -> None:
        """The subscription was changed: from the next try on it holds, and whatever was wrong may be mended."""
        self._subscription = subscription
        self._bucket = TokenBucket(subscription.rate_per_s)
        self.breaker = CircuitBreaker(self._settings.breaker_failures, self._settings.breaker_rest_s)
        self._asked_to_wait_until_s = 0.0
        self._is_gone = False
        self.queue.hurry(self._clock())
        self._wake.set()

    def add(self, parcel: Parcel) -> bool:
        """Let a parcel wait for its turn; False where it waits already."""
        self._wake.set()
        return self.queue.add(parcel)

    def drop_partition(self, partition: int) -> None:
        """Another worker has the partition: what came from it is its."""
        self.queue.drop_partition(partition)

    async def run(self) -> None:
        """Deliver until cancelled; what is under way then is cancelled too, and comes again.

        Raises:
            Exception: of the desk or the transport, which let none out: the worker is to be started again.
        """
        try:
            while True:
                self._wake.clear()
                if self._broken is not None:
                    raise self._broken
                # Of one moment: what may go only between two looks would be seen by neither, and wait for a sweep.
                now_s = self._clock()
                self._start(now_s)
                await self._sleep(now_s)
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)
            if self._settling:
                # What the outbox hears of is not sent a second time.
                await asyncio.wait(self._settling, timeout=_SETTLE_WITHIN_S)
            for task in self._settling:
                task.cancel()

    def _start(self, now_s: float) -> None:
        """Begin as many tries as may be under way now."""
        while len(self._under_way) < self._subscription.concurrency and len(self._settling) < _SETTLING_AT_ONCE:
            if now_s >= self._sweeps_at_s:
                parcel = self.queue.take_older(now_s - self._settings.give_up_after_s)
                if parcel is not None:
                    self._begin(self._give_up(parcel))
                    continue
                self._sweeps_at_s = now_s + _SWEEP_EVERY_S
            if self.is_paused or now_s < self._asked_to_wait_until_s or not self.breaker.permits(now_s):
                return
            if not self._bucket.may_take(now_s):
                return
            parcel = self.queue.take(now_s)
            if parcel is None:
                return
            self._bucket.take(now_s)
            self.breaker.begin()
            self._begin(self._try(parcel, asked=self.breaker.is_open))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)

    def _settle(self, work: Coroutine[Any, Any, None]) -> None:
        """Let the outbox hear of it while the next message is under way already."""
        task = asyncio.create_task(work)
        self._settling.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._settling.discard(task)
        self._wake.set()
        if not task.cancelled():
            self._broken = self._broken or task.exception()

    async def _sleep(self, now_s: float) -> None:
        """Until something is added or ends, or the next time has come at which something may go that may not now."""
        is_full = len(self._under_way) >= self._subscription.concurrency or len(self._settling) >= _SETTLING_AT_ONCE
        if is_full or not len(self.queue):
            await self._wake.wait()
            return
        times = [now_s + _SWEEP_EVERY_S]
        # While one asks whether the endpoint is back, others wait for its answer, which wakes us.
        if not self.is_paused and not self.breaker.asking:
            at_s = max(self._asked_to_wait_until_s, self.breaker.reopens_at_s(), self._bucket.next_at_s(now_s))
            next_s = self.queue.next_at_s()
            if at_s > now_s:
                times.append(at_s)
            elif next_s is not None:
                times.append(next_s)
        try:
            async with asyncio.timeout(max(0.001, min(times) - now_s)):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _try(self, parcel: Parcel, *, asked: bool) -> None:
        subscription = self._subscription
        tries = self.queue.tries(parcel) + 1
        try:
            message = await self._desk.message(parcel, subscription)
        except StreamError as error:
            self._ask_with_another(asked=asked)
            await self._fail(parcel, str(error), tries - 1)
            return
        if message is None:
            self._ask_with_another(asked=asked)
            self.queue.settle(parcel)
            return
        answer = await self._transport.send(message, subscription)
        verdict = judge(answer)
        if verdict is Verdict.AGAIN:
            self._note_failure(parcel, answer, tries, asked=asked)
            return
        if self.breaker.succeed():
            log.info("endpoint is back", subscription=subscription.id)
            self.queue.hurry(self._clock())
        if verdict is Verdict.DELIVERED:
            self.queue.settle(parcel)
            self._settle(self._desk.delivered(parcel, answer, tries))
            return
        if verdict is Verdict.GONE:
            # What waits is kept for whoever enables it again; until it is disabled, nothing more is thrown away on it.
            self._is_gone = self._is_gone or subscription is self._subscription
        await self._fail(parcel, str(answer), tries)
        if verdict is Verdict.GONE:
            await self._desk.gone(subscription, str(answer))

    def _ask_with_another(self, *, asked: bool) -> None:
        """What was to ask whether the endpoint is back is not sent."""
        if asked:
            self.breaker.asking = False

    def _note_failure(self, parcel: Parcel, answer: Answer, tries: int, *, asked: bool) -> None:
        now_s = self._clock()
        wait_s = backoff_s(self._retry, tries, random.random)
        if answer.retry_after_s is not None:
            # It asks for itself, not for this message: nothing else is sent meanwhile, either.
            asked_s = min(answer.retry_after_s, _LONGEST_ASKED_S)
            wait_s = max(wait_s, asked_s)
            self._asked_to_wait_until_s = max(self._asked_to_wait_until_s, now_s + asked_s)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            self.breaker.succeed()
        elif self.breaker.fail(now_s, asked=asked):
            log.warning("endpoint rests", subscription=self._subscription.id, reason=str(answer))
        self.queue.again(parcel, now_s + wait_s)
        self._desk.tried(parcel, answer, tries, now_s + wait_s)

    async def _give_up(self, parcel: Parcel) -> None:
        since = datetime.fromtimestamp(parcel.queued_at_s, UTC)
        tries = self.queue.tries(parcel)
        why = self._subscription.disabled_because
        reason = f"not delivered since {since:%Y-%m-%d %H:%M} UTC, in {tries} tries"
        await self._fail(parcel, f"{reason}; the subscription is disabled: {why}" if why else reason, tries)

    async def _fail(self, parcel: Parcel, reason: str, tries: int) -> None:
        # The dead letter comes first: a crash in between tries once more, and loses nothing.
        await self._desk.failed(parcel, reason, tries)
        self.queue.settle(parcel)
