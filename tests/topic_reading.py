"""What stands on a topic of the real Kafka, what comes to it, and how far a worker's group has come in it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from uuid import uuid4

from confluent_kafka import OFFSET_BEGINNING, Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from infra.settings.services import KafkaSettings
from infra.settings.workers import WorkerName
from streams.app import app_id

_WITHIN_S = 20.0


def values_of(kafka: KafkaSettings, topic: str, key: str | None) -> list[bytes | None]:
    """The values of all messages with that key, repeats included, in their order; None for a tombstone."""
    wanted = None if key is None else key.encode()
    return [value for each, value in pairs_of(kafka, topic) if each == wanted]


def pairs_of(kafka: KafkaSettings, topic: str) -> list[tuple[bytes | None, bytes | None]]:
    """The keys and values of all messages, those of one key in their order."""
    with closing(_consumer(kafka)) as consumer:
        marks = _marks(consumer, topic)
        left = {number: high for number, (low, high) in marks.items() if high > low}
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in left])
        return [(message.key(), message.value()) for message in _up_to(consumer, topic, left)]


class TopicTail:
    """The messages that come to a topic from a moment on. Used by one thread."""

    def __init__(self, consumer: Consumer, topic: str) -> None:
        self._consumer = consumer
        self._topic = topic
        self._next = {number: high for number, (_, high) in _marks(consumer, topic).items()}
        consumer.assign([TopicPartition(topic, number, offset) for number, offset in self._next.items()])

    def drain(self) -> list[bytes]:
        """The values that have come since the last call."""
        ends = {number: high for number, (_, high) in _marks(self._consumer, self._topic).items()}
        left = {number: high for number, high in ends.items() if high > self._next[number]}
        found = [message.value() for message in _up_to(self._consumer, self._topic, left)]
        self._next = ends
        return [value for value in found if value is not None]


@contextmanager
def tail(kafka: KafkaSettings, topic: str) -> Iterator[TopicTail]:
    """What comes to the topic from now on."""
    with closing(_consumer(kafka)) as consumer:
        yield TopicTail(consumer, topic)


def has_handled_all(kafka: KafkaSettings, worker: WorkerName, topic: str) -> bool:
    """Whether the worker's group has committed all that stands on the topic at this moment."""
    with closing(_consumer(kafka, app_id(worker))) as consumer:
        marks = _marks(consumer, topic)
        committed = consumer.committed([TopicPartition(topic, number) for number in marks], timeout=10)
    return all(max(one.offset, marks[one.partition][0]) >= marks[one.partition][1] for one in committed)


def shares_of(kafka: KafkaSettings, worker: WorkerName, topic: str) -> list[frozenset[int]]:
    """The partitions of the topic that each member of the worker's group has."""
    admin = AdminClient(kafka.confluent_config())
    group = app_id(worker)
    members = admin.describe_consumer_groups([group], request_timeout=10)[group].result().members
    return [
        frozenset(one.partition for one in member.assignment.topic_partitions if one.topic == topic)
        for member in members
    ]


def _consumer(kafka: KafkaSettings, group: str | None = None) -> Consumer:
    config = {"group.id": group or f"test-{uuid4()}", "enable.auto.commit": False}
    return Consumer(kafka.confluent_config() | config)


def _marks(consumer: Consumer, topic: str) -> dict[int, tuple[int, int]]:
    """The first offset of each partition, and the one after its last."""
    partitions = consumer.list_topics(topic, timeout=5).topics[topic].partitions
    return {number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=10) for number in partitions}


def _up_to(consumer: Consumer, topic: str, left: dict[int, int]) -> Iterator[Message]:
    """The messages of assigned partitions before the given ends."""
    left = dict(left)
    deadline = time.monotonic() + _WITHIN_S
    while left:
        assert time.monotonic() < deadline, f"{topic} was not read to its end: {left}"
        message = consumer.poll(1)
        if message is None or message.error() is not None:
            continue
        yield message
        if message.offset() + 1 >= left.get(message.partition(), 0):
            left.pop(message.partition(), None)
