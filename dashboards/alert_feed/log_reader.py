"""pw.alerts on the real Kafka, read at any place. Blocking: each reader belongs to one thread at a time."""

from __future__ import annotations

import time
from datetime import datetime

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from dashboards.alert_feed.alert_log import Marks, OffsetsGoneError, Stretch, ToldAs, feed_event
from dashboards.alert_feed.events import FeedEvent
from dashboards.alert_feed.position import Position
from infra.settings.services import KafkaSettings
from streams.faults import ServiceAwayError
from streams.records import TopicName

WITHIN_S = 5.0
"""What Kafka is given to answer."""

_FETCH_BYTES = 256 * 2**10
"""Of a partition at once: a piece for one client is smaller, and what is fetched beyond it is thrown away."""

_PASSING = frozenset(
    {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT}  # noqa: SLF001 - has no other name
)


def alert_consumer(kafka: KafkaSettings) -> Consumer:
    """A consumer that joins no group: it reads what it is told to, and commits nothing."""
    return Consumer(
        kafka.confluent_config()
        | {
            # The client wants a name; no group of it ever comes about.
            "group.id": "platewatch-console",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            # Where nothing is, we want to know it, as somebody must be told of the gap.
            "auto.offset.reset": "error",
            "fetch.message.max.bytes": _FETCH_BYTES,
            "queued.max.messages.kbytes": 4 * _FETCH_BYTES // 1024,
        }
    )


def read_marks(consumer: Consumer) -> Marks:
    """What pw.alerts holds.

    Raises:
        ServiceAwayError: Kafka does not answer, or has no such topic.
    """
    try:
        known = consumer.list_topics(TopicName.ALERTS, timeout=WITHIN_S).topics[TopicName.ALERTS]
        if known.error is not None or not known.partitions:
            msg = f"it has no topic {TopicName.ALERTS}; run `platewatch init`"
            raise away(msg)
        pairs = [
            consumer.get_watermark_offsets(TopicPartition(TopicName.ALERTS, number), timeout=WITHIN_S)
            for number in sorted(known.partitions)
        ]
    except KafkaException as error:
        raise away(error.args[0].str()) from error
    return Marks(Position(tuple(low for low, _ in pairs)), Position(tuple(high for _, high in pairs)))


def away(reason: str) -> ServiceAwayError:
    """Kafka is away, and why."""
    service = "kafka"
    return ServiceAwayError(service, reason)


def are_offsets_gone(error: KafkaError) -> bool:
    """Whether the error says that nothing is where we read."""
    return error.code() in (KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE)  # noqa: SLF001


class LogReader:
    """Reads pieces of pw.alerts for clients that catch up.

    Args:
        kafka: where.
        told_as: what clients are told of an alert.
        most_bytes: of a piece, about.
    """

    def __init__(self, kafka: KafkaSettings, told_as: ToldAs, most_bytes: int) -> None:
        self._kafka = kafka
        self._consumer = alert_consumer(kafka)
        self._told_as = told_as
        self._most_bytes = most_bytes

    def marks(self) -> Marks:
        """See `AlertLog.marks`."""
        return read_marks(self._consumer)

    def position_at(self, moment: datetime) -> Position:
        """See `AlertLog.position_at`."""
        ends = self.marks().end.offsets
        asked = [
            TopicPartition(TopicName.ALERTS, number, int(moment.timestamp() * 1000)) for number in range(len(ends))
        ]
        try:
            found = {one.partition: one.offset for one in self._consumer.offsets_for_times(asked, timeout=WITHIN_S)}
        except KafkaException as error:
            raise away(error.args[0].str()) from error
        # A negative offset stands for the end: nothing came at that time or later.
        return Position(tuple(found[number] if found[number] >= 0 else end for number, end in enumerate(ends)))

    def read(self, start: Position, until: Position) -> Stretch:
        """See `AlertLog.read`."""
        left = {
            number: end
            for number, (at, end) in enumerate(zip(start.offsets, until.offsets, strict=True))
            if at < end
        }  # fmt: skip
        self._consumer.assign([TopicPartition(TopicName.ALERTS, number, start.offsets[number]) for number in left])
        try:
            stretch = self._poll(start, left)
        except (OffsetsGoneError, ServiceAwayError):
            # The topic may have been made anew: a client that knew the old one would go on to fetch nothing.
            self._consumer.close()
            self._consumer = alert_consumer(self._kafka)
            raise
        self._consumer.unassign()
        return stretch

    def close(self) -> None:
        """Close the connection."""
        self._consumer.close()

    def _poll(self, start: Position, left: dict[int, int]) -> Stretch:
        offsets = list(start.offsets)
        events: list[FeedEvent] = []
        size = 0
        deadline = time.monotonic() + WITHIN_S
        while left and size < self._most_bytes:
            # What is there already is taken along; it is waited for the first only.
            message = self._consumer.poll(0 if events else max(0.0, deadline - time.monotonic()))
            if message is None:
                if events:
                    break
                msg = "it stopped to answer while alerts were read"
                raise away(msg)
            number = message.partition()
            if (error := message.error()) is not None:
                if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - the client has no other name for it
                    offsets[number] = max(offsets[number], left.pop(number, 0))
                else:
                    _raise_if_lasting(error)
                continue
            if number not in left or message.offset() >= left[number]:
                continue
            events.append(feed_event(number, message.offset(), message.value(), self._told_as))
            size += len(events[-1].body)
            offsets[number] = message.offset() + 1
            if offsets[number] >= left[number]:
                del left[number]
        return Stretch(tuple(events), Position(tuple(offsets)))


def _raise_if_lasting(error: KafkaError) -> None:
    if are_offsets_gone(error):
        raise OffsetsGoneError
    if error.code() not in _PASSING:
        raise away(error.str())
