"""pw.hotlist from outside of Faust: a change is put there, and all of it is read for a rebuild.

A worker has only its own partitions in its state, and a rebuild needs all; so it reads the topic, which is compacted
and small: local entries are some thousands, never the millions of a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from infra.settings.services import KafkaSettings
from streams.codec import InvalidRecordError, decode, encode
from streams.faults import ServiceAwayError, UnhandledError
from streams.records import ChangeKind, HotlistChange, HotlistEntry, TopicName
from streams.topic_writing import write_message

_WITHIN_S = 5.0
_SERVICE = "kafka"

Ends = dict[int, int]
"""For each partition the offset that the next message will have."""


@dataclass(frozen=True, slots=True)
class TopicContents:
    """What is active by pw.hotlist, how far it was read, and what could not be read."""

    active: tuple[HotlistEntry, ...]
    ends: Ends
    unreadable: tuple[str, ...]
    """Partition, offset and reason of each; the worker has made a dead letter of it."""


def publish(change: HotlistChange, kafka: KafkaSettings) -> None:
    """Put the change on pw.hotlist, and wait until Kafka has it.

    Raises:
        ServiceAwayError: Kafka did not take it.
    """
    write_message(TopicName.HOTLIST, change.entry.id, encode(change), kafka)


def read_ends(kafka: KafkaSettings) -> Ends:
    """Where the topic ends now.

    Raises:
        ServiceAwayError: Kafka does not answer.
    """
    with closing(_consumer(kafka)) as consumer:
        return {partition: high for partition, (_, high) in _watermarks(consumer).items()}


def read_contents(kafka: KafkaSettings) -> TopicContents:
    """What is active by all changes that are there now.

    Raises:
        ServiceAwayError: Kafka does not answer, or stops to answer in the middle.
    """
    with closing(_consumer(kafka)) as consumer:
        marks = _watermarks(consumer)
        newest: dict[str, HotlistChange] = {}
        unreadable = []
        for message in _messages(consumer, marks):
            if message.value() is None:
                newest.pop((message.key() or b"").decode(), None)
                continue
            try:
                change = decode(HotlistChange, message.value() or b"").record
            except InvalidRecordError as error:
                unreadable.append(f"{message.partition()}/{message.offset()}: {error}")
                continue
            known = newest.get(change.entry.id)
            # By the entry's own time, not by the order here: whoever repeats a delivery may come after a later step.
            if known is None or change.at >= known.at:
                newest[change.entry.id] = change
    active = tuple(change.entry for change in newest.values() if change.kind is ChangeKind.ADDED)
    return TopicContents(active, {partition: high for partition, (_, high) in marks.items()}, tuple(unreadable))


def _consumer(kafka: KafkaSettings) -> Consumer:
    # The group is named because the client wants one; nothing is ever committed.
    return Consumer(
        kafka.confluent_config()
        | {"group.id": "platewatch-hotlist-rebuild", "enable.auto.commit": False, "enable.partition.eof": True}
    )


def _watermarks(consumer: Consumer) -> dict[int, tuple[int, int]]:
    """First and next offset of each partition."""
    try:
        known = consumer.list_topics(TopicName.HOTLIST, timeout=_WITHIN_S).topics[TopicName.HOTLIST]
        if known.error is not None or not known.partitions:
            msg = f"Kafka has no topic {TopicName.HOTLIST}; run `platewatch init`"
            raise UnhandledError(msg)
        return {
            number: consumer.get_watermark_offsets(TopicPartition(TopicName.HOTLIST, number), timeout=_WITHIN_S)
            for number in known.partitions
        }
    except KafkaException as error:
        raise ServiceAwayError(_SERVICE, error.args[0].str()) from error


def _messages(consumer: Consumer, marks: dict[int, tuple[int, int]]) -> Iterator[Message]:
    """All messages up to the marks; a compacted partition may end before its mark, which only its end tells."""
    left = {partition for partition, (low, high) in marks.items() if high > low}
    consumer.assign([TopicPartition(TopicName.HOTLIST, partition, OFFSET_BEGINNING) for partition in left])
    while left:
        message = consumer.poll(_WITHIN_S)
        if message is None:
            raise ServiceAwayError(_SERVICE, "it stopped to answer while pw.hotlist was read")
        if (error := message.error()) is not None:
            if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - the client has no other name for it
                raise ServiceAwayError(_SERVICE, error.str())
            left.discard(message.partition())
            continue
        if message.offset() + 1 >= marks[message.partition()][1]:
            left.discard(message.partition())
        yield message
