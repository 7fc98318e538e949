"""All that is on a topic now, from outside of Faust and without a group that would keep a place."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from infra.settings.services import KafkaSettings
from streams.faults import ServiceAwayError, UnhandledError

_WITHIN_S = 5.0
_SERVICE = "kafka"

Watermarks = dict[int, tuple[int, int]]
"""First and next offset of each partition."""


@contextmanager
def open_consumer(kafka: KafkaSettings) -> Iterator[Consumer]:
    """A client that reads and commits nothing; closed at the end."""
    # The group is named because the client wants one.
    config = {"group.id": "platewatch-reading", "enable.auto.commit": False, "enable.partition.eof": True}
    with closing(Consumer(kafka.confluent_config() | config)) as consumer:
        yield consumer


def read_watermarks(consumer: Consumer, topic: str) -> Watermarks:
    """How far each partition of the topic reaches now.

    Raises:
        ServiceAwayError: Kafka does not answer.
        UnhandledError: there is no such topic.
    """
    try:
        known = consumer.list_topics(topic, timeout=_WITHIN_S).topics[topic]
        if known.error is not None or not known.partitions:
            msg = f"Kafka has no topic {topic}; run `platewatch init`"
            raise UnhandledError(msg)
        return {
            number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_WITHIN_S)
            for number in known.partitions
        }
    except KafkaException as error:
        raise ServiceAwayError(_SERVICE, error.args[0].str()) from error


def read_messages(consumer: Consumer, topic: str, marks: Watermarks) -> Iterator[Message]:
    """All messages up to the marks; a compacted partition may end before its mark, which only its end tells.

    Raises:
        ServiceAwayError: Kafka stops to answer in the middle.
    """
    left = {partition for partition, (low, high) in marks.items() if high > low}
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in left])
    while left:
        message = consumer.poll(_WITHIN_S)
        if message is None:
            raise ServiceAwayError(_SERVICE, f"it stopped to answer while {topic} was read")
        if (error := message.error()) is not None:
            if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - the client has no other name for it
                raise ServiceAwayError(_SERVICE, error.str())
            left.discard(message.partition())
            continue
        if message.offset() + 1 >= marks[message.partition()][1]:
            left.discard(message.partition())
        yield message
