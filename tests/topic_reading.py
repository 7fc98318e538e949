"""What stands on a topic of the real Kafka, from its beginning to its end at this moment."""

from __future__ import annotations

import time
from contextlib import closing
from uuid import uuid4

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from infra.settings.services import KafkaSettings

_WITHIN_S = 20.0


def values_of(kafka: KafkaSettings, topic: str, key: str | None) -> list[bytes | None]:
    """The values of all messages with that key, repeats included, in their order; None for a tombstone."""
    found: list[bytes | None] = []
    with closing(Consumer(kafka.confluent_config() | {"group.id": f"test-{uuid4()}"})) as consumer:
        partitions = consumer.list_topics(topic, timeout=5).topics[topic].partitions
        marks = {n: consumer.get_watermark_offsets(TopicPartition(topic, n)) for n in partitions}
        left = {number: high for number, (low, high) in marks.items() if high > low}
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in left])
        deadline = time.monotonic() + _WITHIN_S
        while left:
            assert time.monotonic() < deadline, f"{topic} was not read to its end: {left}"
            message = consumer.poll(1)
            if message is None or message.error() is not None:
                continue
            if message.key() == (None if key is None else key.encode()):
                found.append(message.value())
            if message.offset() + 1 >= left.get(message.partition(), 0):
                left.pop(message.partition(), None)
    return found
