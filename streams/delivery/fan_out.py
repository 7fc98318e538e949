"""Each revision of an alert to the endpoints of those who want it, by way of the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from infra import metrics
from streams.delivery.choice import asks_for_event, wants
from streams.delivery.delivery_queue import Parcel
from streams.delivery.desk import DeliveryDesk
from streams.delivery.endpoint import Endpoint
from streams.delivery.outbox import Outbox
from streams.delivery.subscription import Subscription
from streams.records import Alert
from streams.together import all_of

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Posting:
    """A revision of an alert that came in."""

    alert: Alert
    encoded: bytes
    partition: int


@dataclass(slots=True)
class _Served:
    endpoint: Endpoint
    task: asyncio.Task[None]


class FanOut:
    """Keeps an endpoint for each subscription, and gives them what is theirs. Used by one event loop.

    Args:
        outbox: what is to be delivered.
        desk: what came of it.
        open_endpoint: makes the endpoint of a subscription.
        crash: called with the error of an endpoint that broke: the worker is to be started again.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        outbox: Outbox,
        desk: DeliveryDesk,
        open_endpoint: Callable[[Subscription], Endpoint],
        *,
        crash: Callable[[BaseException], Awaitable[None]],
        clock: Callable[[], float],
    ) -> None:
        self._outbox = outbox
        self._desk = desk
        self._open = open_endpoint
        self._crash = crash
        self._clock = clock
        self._served: dict[str, _Served] = {}
        self._unreadable: frozenset[str] = frozenset()
        self._superseding: set[asyncio.Task[None]] = set()

    async def renew(
        self, subscriptions: Sequence[Subscription], unreadable: frozenset[str] = frozenset()
    ) -> frozenset[str]:
        """Serve these subscriptions from now on, as they are now.

        Args:
            subscriptions: all that there are.
            unreadable: ids of those that a newer version wrote: what waits for them stays in the outbox.

        Returns:
            Ids of those that are not served any more.
        """
        now = {one.id: one for one in subscriptions}
        gone = frozenset(name for name, served in self._served.items() if not _is_same(served, now.get(name)))
        for name in gone:
            await self._stop(name)
        for one in subscriptions:
            served = self._served.get(one.id)
            if served is None:
                self._serve(one)
            elif served.endpoint.subscription.version != one.version:
                served.endpoint.change(one)
        known_again, self._unreadable = self._unreadable - unreadable, unreadable
        if known_again:
            for parcel in self._outbox.pending():
                if parcel.subscription in known_again:
                    self._give(parcel)
        return gone

    async def post(self, postings: Sequence[Posting]) -> None:
        """Put revisions in for all who want them, and let their endpoints have them. A replay is passed over.

        Raises:
            ServiceAwayError: Kafka did not take it in time; post them again.
        """
        # One after the other where they are of one alert; those of different alerts wait for Kafka together.
        lines: dict[str, list[Posting]] = {}
        for posting in postings:
            lines.setdefault(posting.alert.id, []).append(posting)
        await all_of(self._post_in_order(line) for line in lines.values())

    async def post_to(self, subscription: str, posting: Posting) -> None:
        """Put a revision in for one subscriber once more, wanted or not: somebody asked for it.

        Raises:
            ServiceAwayError: Kafka did not take it in time; post it again.
        """
        await self._put(posting, [subscription])

    def take_over(self, ours: frozenset[int]) -> None:
        """After a start, or when partitions have moved: let wait what is pending of ours, and nothing else.

        Args:
            ours: partitions of pw.alerts that this worker has.
        """
        for served in self._served.values():
            for partition in {one.partition for one in served.endpoint.queue} - ours:
                served.endpoint.drop_partition(partition)
        pending = self._outbox.pending()
        for parcel in pending:
            # Of what waits here already, more is on record than that it waits.
            if self._give(parcel):
                self._desk.queued(parcel)
        if pending:
            log.info("deliveries taken over", pending=len(pending))

    async def close(self) -> None:
        """Stop all endpoints; what they have not delivered stays in the outbox."""
        for subscription in list(self._served):
            await self._cancel(self._served.pop(subscription).task)
        for task in self._superseding:
            task.cancel()

    async def _post_in_order(self, line: Sequence[Posting]) -> None:
        for posting in line:
            if not self._outbox.knows(posting.alert):
                await self._put(posting, self._who_wants(posting.alert))

    def _who_wants(self, alert: Alert) -> list[str]:
        """Those whose choice it is, and those who were told of it and asked for such events.

        What a better look takes back, from likely to possible, is news to them above all.
        """
        told = self._outbox.told(alert.id)
        return [
            name
            for name, one in self._served.items()
            if wants(one.endpoint.subscription, alert)
            or (name in told and not one.endpoint.is_paused and asks_for_event(one.endpoint.subscription.choice, alert))
        ]

    async def _put(self, posting: Posting, subscriptions: Sequence[str]) -> None:
        parcels = await self._outbox.put(
            posting.alert, posting.encoded, subscriptions, partition=posting.partition, now_s=self._clock()
        )
        for parcel in parcels:
            self._desk.queued(parcel)
            self._give(parcel)

    def _give(self, parcel: Parcel) -> bool:
        """Let the parcel wait, or see to it that it never does; whether it is one that has just begun to wait."""
        served = self._served.get(parcel.subscription)
        if served is not None:
            return served.endpoint.add(parcel)
        if parcel.subscription in self._unreadable:
            return True
        task = asyncio.create_task(self._watched(self._desk.superseded(parcel)))
        self._superseding.add(task)
        task.add_done_callback(self._superseding.discard)
        return False

    def _serve(self, subscription: Subscription) -> None:
        endpoint = self._open(subscription)
        task = asyncio.create_task(self._watched(endpoint.run()))
        self._served[subscription.id] = _Served(endpoint, task)
        # Looked up when they are asked for, so they are never behind.
        metrics.DELIVERIES_WAITING.labels(subscription.id).set_function(lambda: len(endpoint.queue))
        metrics.ENDPOINT_RESTS.labels(subscription.id).set_function(lambda: endpoint.breaker.is_open)

    async def _watched(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:  # noqa: BLE001 - the root of a task: the supervisor starts the worker again
            await self._crash(error)

    async def _stop(self, subscription: str) -> None:
        served = self._served.pop(subscription)
        await self._cancel(served.task)
        for parcel in list(served.endpoint.queue):
            self._give(parcel)
        for gauge in (metrics.DELIVERIES_WAITING, metrics.ENDPOINT_RESTS):
            gauge.remove(subscription)

    async def _cancel(self, task: asyncio.Task[None]) -> None:
        task.cancel()
        # Unlike `await task`, it tells a cancellation of ours from the task's.
        await asyncio.gather(task, return_exceptions=True)


def _is_same(served: _Served, now: Subscription | None) -> bool:
    """Not so where another was made under its id within a second: what waits for the one before is not its."""
    return now is not None and now.created_at == served.endpoint.subscription.created_at
