"""pw.alerts to those who subscribed to them, by way of an outbox that is durable before an offset moves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import faust
import structlog

from infra.settings import Settings
from infra.settings.alerts import DeliverySettings
from streams.agents.stage import as_is, beside, build_guard, decode_record, run_stage
from streams.app import KeyedState, deliver, topic
from streams.clients import build_elasticsearch
from streams.codec import encode
from streams.delivery.contexts import MessageContexts
from streams.delivery.delivery_log import DeliveryLog
from streams.delivery.delivery_store import DeliveryStore
from streams.delivery.desk import DeliveryDesk, DeskWires
from streams.delivery.endpoint import Endpoint
from streams.delivery.fan_out import FanOut, Posting
from streams.delivery.outbox import Outbox
from streams.delivery.subscription import Subscription
from streams.delivery.subscription_store import SubscriptionStore
from streams.delivery.subscription_watch import SubscriptionChanges, SubscriptionWatch
from streams.delivery.transports import open_transport
from streams.elastic_sink import ElasticSink
from streams.faults import ServiceAwayError, StreamError
from streams.guard import Guard
from streams.intake import BatchLimits, Message, Taken
from streams.records import Alert, DeadLetter, Redrive, TopicName
from streams.topics import outbox_kept

Disable = Callable[[Subscription, str], Awaitable[None]]
"""Disables a subscription whose endpoint is gone."""

_LIMITS = BatchLimits(messages=64, linger_s=0.0)
_LOOK_EVERY_S = 1.0
_GIVEN_UP_BY = 0.9
"""Of the time that the outbox keeps it; the rest is for a worker that is down when its time comes."""
_TIDY_EVERY_S = 300.0
_REMEMBERED_S = 24 * 3600.0
"""Delivered alerts are known so long: a replay reaches back over seconds, a worker that stood still over hours."""
_FORGOTTEN_AT_ONCE = 10_000

log = structlog.get_logger(__name__)


OpenDisable = Callable[[], AbstractAsyncContextManager[Disable]]
"""Opens that; it comes from a package that the streams do not know."""


def attach(app: faust.App, settings: Settings, open_disable: OpenDisable) -> Guard:
    """Make the app deliver alerts."""
    guard = build_guard(app, settings, "delivery")
    grave = topic(app, TopicName.DEAD_LETTERS)
    outbox = Outbox(KeyedState(app, "outbox"))
    clock = steady_clock()
    delivery = within_outbox(settings)

    @app.agent(topic(app, TopicName.ALERTS, TopicName.REDRIVES), concurrency=1, name="delivery")
    async def deliver_alerts(stream: Any) -> None:
        async with AsyncExitStack() as resources:
            client = build_elasticsearch(settings.elasticsearch)
            resources.push_async_callback(client.close)
            transport = await resources.enter_async_context(open_transport(settings.delivery))
            disable = await resources.enter_async_context(open_disable())
            delivery_log = DeliveryLog(ElasticSink(client))
            await resources.enter_async_context(beside(app, delivery_log.run()))
            contexts = MessageContexts.of(settings)
            desk_wires = DeskWires(bury=bury, disable=disable, context_of=contexts.context_of)
            desk = DeliveryDesk(outbox, delivery_log, desk_wires, retry=settings.retry)

            def open_endpoint(subscription: Subscription) -> Endpoint:
                return Endpoint(subscription, transport, desk, settings=delivery, clock=clock)

            fan_out = FanOut(outbox, desk, open_endpoint, crash=app.crash, clock=clock)
            resources.push_async_callback(fan_out.close)

            async def renew(_changes: SubscriptionChanges) -> None:
                for gone in await fan_out.renew(watch.subscriptions, watch.unreadable):
                    await transport.forget(gone)

            watch = SubscriptionWatch(SubscriptionStore(client), settings.delivery.refresh_s, renew)
            await resources.enter_async_context(beside(app, watch.run()))
            assignment = Assignment(app)
            await resources.enter_async_context(beside(app, keep_up(fan_out, watch, assignment)))
            await resources.enter_async_context(beside(app, tidy(outbox, DeliveryStore(client), assignment, settings)))

            async def body(batch: Sequence[Taken[Message]]) -> None:
                if not watch.ready:
                    service = "elasticsearch"
                    raise ServiceAwayError(service, "nobody knows yet who has subscribed to alerts")
                assignment.give_to(fan_out)
                await post(fan_out, [taken.message for taken in batch])

            await run_stage(app, stream, guard, (_LIMITS, as_is, body))

    async def bury(letter: DeadLetter) -> None:
        await deliver(grave, letter.topic.encode(), encode(letter))

    return guard


def within_outbox(settings: Settings) -> DeliverySettings:
    """The settings of deliveries, such that one is given up before its outbox forgets it: that would tell nobody."""
    longest_s = _GIVEN_UP_BY * outbox_kept(settings).total_seconds()
    return settings.delivery.model_copy(update={"give_up_after_s": min(settings.delivery.give_up_after_s, longest_s)})


def steady_clock(
    wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
) -> Callable[[], float]:
    """Seconds since the epoch as the wall's clock tells them now, and from then on without its jumps.

    A clock that is set back by an hour would halt all tries for that hour; one that is set ahead by a day would give
    up all that waits.
    """
    offset_s = wall() - monotonic()
    return lambda: offset_s + monotonic()


class Assignment:
    """Which partitions of pw.alerts are ours; a fan-out is told when they have moved."""

    def __init__(self, app: faust.App) -> None:
        self._app = app
        self._told: int | None = None
        """The generation of the group whose partitions the fan-out knows."""

    @property
    def is_settled(self) -> bool:
        """Whether partitions and the state of them are where they belong."""
        return not (self._app.rebalancing or self._app.in_recovery)

    def give_to(self, fan_out: FanOut) -> None:
        """Let the fan-out take over what is ours now, if that has changed."""
        if self._told != self._app.consumer_generation_id:
            assigned = self._app.consumer.assignment()
            fan_out.take_over(frozenset(each.partition for each in assigned if each.topic == TopicName.ALERTS))
            self._told = self._app.consumer_generation_id


async def keep_up(fan_out: FanOut, watch: SubscriptionWatch, assignment: Assignment) -> None:
    """What waits goes on after a start also where no message comes."""
    await watch.wait_ready()
    while True:
        if assignment.is_settled:
            assignment.give_to(fan_out)
        await asyncio.sleep(_LOOK_EVERY_S)


async def tidy(outbox: Outbox, store: DeliveryStore, assignment: Assignment, settings: Settings) -> None:
    """What is over is forgotten, here and in the index."""
    while True:
        await asyncio.sleep(_TIDY_EVERY_S)
        try:
            # First what must be gone in time: the outbox cannot forget while Kafka is away.
            await store.delete_older(datetime.now(UTC) - timedelta(hours=settings.retention.limit_h))
            if assignment.is_settled:
                await outbox.forget_older(time.time() - _REMEMBERED_S, _FORGOTTEN_AT_ONCE)
        except StreamError as error:
            log.warning("deliveries not tidied up; tried again later", reason=str(error))


async def post(fan_out: FanOut, messages: Sequence[Message]) -> None:
    """Give alerts to those who want them, and what is sent once more to whom it is for.

    Raises:
        InvalidRecordError: a message is neither.
        ServiceAwayError: Kafka did not take it in time; post them again.
    """
    postings = [
        Posting(decode_record(Alert, message), message.value or b"", message.partition)
        for message in messages
        if message.topic == TopicName.ALERTS
    ]
    redrives = [
        (decode_record(Redrive, message), message.partition)
        for message in messages
        if message.topic == TopicName.REDRIVES
    ]
    await fan_out.post(postings)
    for redrive, partition in redrives:
        await fan_out.post_to(redrive.subscription, Posting(redrive.alert, encode(redrive.alert), partition))
