"""pw.dead-letters, read from outside of Faust."""

from __future__ import annotations

from infra.settings.services import KafkaSettings
from streams.codec import decode
from streams.records import DeadLetter, TopicName
from streams.topic_reading import open_consumer, read_messages, read_watermarks


def read_dead_letters(kafka: KafkaSettings) -> list[DeadLetter]:
    """All that are kept, in the order in which they were buried.

    Raises:
        ServiceAwayError: Kafka does not answer.
        InvalidRecordError: one of them is none.
    """
    with open_consumer(kafka) as consumer:
        marks = read_watermarks(consumer, TopicName.DEAD_LETTERS)
        messages = read_messages(consumer, TopicName.DEAD_LETTERS, marks)
        return [decode(DeadLetter, message.value() or b"").record for message in messages]
