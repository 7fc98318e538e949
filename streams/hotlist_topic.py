"""pw.hotlist from outside of Faust: a change is put there, and all of it is read for a rebuild.

A worker has only its own partitions in its state, and a rebuild needs all; so it reads the topic, which is compacted
and small: local entries are some thousands, never the millions of a file.
"""

from __future__ import annotations

from dataclasses import dataclass

from infra.settings.services import KafkaSettings
from streams.codec import InvalidRecordError, decode, encode
from streams.records import ChangeKind, HotlistChange, HotlistEntry, TopicName
from streams.topic_reading import open_consumer, read_messages, read_watermarks
from streams.topic_writing import write_message

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
    with open_consumer(kafka) as consumer:
        return {partition: high for partition, (_, high) in read_watermarks(consumer, TopicName.HOTLIST).items()}


def read_contents(kafka: KafkaSettings) -> TopicContents:
    """What is active by all changes that are there now.

    Raises:
        ServiceAwayError: Kafka does not answer, or stops to answer in the middle.
    """
    with open_consumer(kafka) as consumer:
        marks = read_watermarks(consumer, TopicName.HOTLIST)
        newest: dict[str, HotlistChange] = {}
        unreadable = []
        for message in read_messages(consumer, TopicName.HOTLIST, marks):
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
