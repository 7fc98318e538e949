"""Follows pw.alerts at its end, in a thread of its own, and fills the ring."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import structlog
from confluent_kafka import Consumer, TopicPartition

from dashboards.alert_feed.alert_log import OffsetsGoneError, ToldAs, feed_event
from dashboards.alert_feed.events import FeedEvent
from dashboards.alert_feed.log_reader import alert_consumer, are_offsets_gone, read_marks
from dashboards.alert_feed.position import Position
from dashboards.alert_feed.ring import Ring
from infra import metrics
from infra.settings.services import KafkaSettings
from streams.faults import ServiceAwayError
from streams.records import TopicName

log = structlog.get_logger(__name__)

_POLL_S = 0.5
"""Longest wait for a message; the console stops as late as this."""

_AT_ONCE = 500
"""Messages taken together where many wait."""

_ASK_EVERY_S = 5.0
"""While nothing comes: whether Kafka is there, and still has the topic that is followed."""

_AGAIN_AFTER_S = 1.0


class FollowedTopic(Protocol):
    """What a follower asks; its methods block, and are called by one thread."""

    def begin(self, before_end: int) -> tuple[Position, Position]:
        """See `TopicEnd.begin`."""
        ...

    def next_events(self) -> list[FeedEvent]:
        """See `TopicEnd.next_events`."""
        ...


class TopicEnd:
    """A consumer of all partitions of pw.alerts. Blocking: used by one thread at a time.

    Args:
        kafka: where.
        told_as: what clients are told of an alert.
    """

    def __init__(self, kafka: KafkaSettings, told_as: ToldAs) -> None:
        self._kafka = kafka
        self._consumer: Consumer = alert_consumer(kafka)
        self._told_as = told_as
        self._position = Position(())
        self._asked_at_s = 0.0

    def begin(self, before_end: int) -> tuple[Position, Position]:
        """Go to so many events before the end, or less where less is there; gives where that is, and the end.

        Raises:
            ServiceAwayError: Kafka does not answer.
        """
        # Of a topic that was made anew, a client that knew the old one fetches nothing: it holds its leaders for stale.
        self._consumer.close()
        self._consumer = alert_consumer(self._kafka)
        marks = read_marks(self._consumer)
        each = before_end // len(marks.end.offsets)
        self._position = Position(
            tuple(
                max(first, end - each) for first, end in zip(marks.first.offsets, marks.end.offsets, strict=True)
            )
        )  # fmt: skip
        self._consumer.assign(
            [TopicPartition(TopicName.ALERTS, number, offset) for number, offset in enumerate(self._position.offsets)]
        )
        self._asked_at_s = time.monotonic()
        return self._position, marks.end

    def next_events(self) -> list[FeedEvent]:
        """What has come; waits a moment for the first.

        Raises:
            OffsetsGoneError: another topic has taken the place of the one that is followed.
            ServiceAwayError: Kafka does not answer; the next call goes on where this one was.
        """
        first = self._consumer.poll(_POLL_S)
        waiting = () if first is None else (first, *self._consumer.consume(_AT_ONCE, 0))
        events = []
        for message in waiting:
            if (error := message.error()) is None:
                event = feed_event(message.partition(), message.offset(), message.value(), self._told_as)
                events.append(event)
                self._position = self._position.after(event.partition, event.offset)
            elif are_offsets_gone(error):
                raise OffsetsGoneError
            # Any other error the client goes on from by itself; whether it does is asked below.
        if events:
            self._asked_at_s = time.monotonic()
        else:
            self._ask_now_and_then()
        return events

    def close(self) -> None:
        """Close the connection."""
        self._consumer.close()

    def _ask_now_and_then(self) -> None:
        if time.monotonic() - self._asked_at_s < _ASK_EVERY_S:
            return
        marks = read_marks(self._consumer)
        self._asked_at_s = time.monotonic()
        same = len(marks.end.offsets) == len(self._position.offsets)
        if not same or not marks.end.reaches(self._position):
            raise OffsetsGoneError


class Follower:
    """Keeps the ring filled as long as it runs. Owned by one event loop.

    Args:
        ring: filled with the last events at the start, so that clients of before a restart need nothing else.
        end: what is followed.
        before_end: how many those are.
    """

    def __init__(self, ring: Ring, end: FollowedTopic, before_end: int) -> None:
        self.fault: str | None = "starting: waiting for Kafka"
        """What keeps the ring from being up to date, if anything."""
        self.has_caught_up = False
        """Whether the ring holds what there was at the start; before that nobody can tell what is new."""
        self._ring = ring
        self._end = end
        self._before_end = before_end
        self._caught_up_at = Position(())

    async def run(self) -> None:
        """Follow until cancelled; faults of Kafka are waited out."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="feed-follower")
        try:
            while True:
                await self._follow_or_wait(thread)
        finally:
            await asyncio.to_thread(thread.shutdown)

    async def _follow_or_wait(self, thread: ThreadPoolExecutor) -> None:
        try:
            await self._follow(thread)
        except ServiceAwayError as error:
            self._tell(str(error))
            await asyncio.sleep(_AGAIN_AFTER_S)
        except OffsetsGoneError:
            # Clients fall behind, come back, and are told of the gap.
            self._tell("starting: pw.alerts was begun anew")
            self._caught_up_at, self.has_caught_up = Position(()), False

    async def _follow(self, thread: ThreadPoolExecutor) -> None:
        loop = asyncio.get_running_loop()
        if not self._caught_up_at.offsets:
            start, self._caught_up_at = await loop.run_in_executor(thread, self._end.begin, self._before_end)
            self._ring.begin(start)
        while True:
            events = await loop.run_in_executor(thread, self._end.next_events)
            if events:
                self._ring.extend(events)
                metrics.FEED_EVENTS.inc(len(events))
            if self._ring.position(self._ring.end).reaches(self._caught_up_at):
                self.has_caught_up = True
                self._tell(None)

    def _tell(self, fault: str | None) -> None:
        if fault != self.fault:
            self.fault = fault
            if fault is None:
                log.info("the feed follows pw.alerts")
            else:
                log.warning("the feed waits", reason=fault)
