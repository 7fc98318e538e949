from __future__ import annotations

from datetime import timedelta

import pytest

from infra.settings import Settings
from infra.settings.pipeline import RetentionSettings
from infra.settings.services import KafkaSettings
from streams.records import Alert, DeadLetter, Detection, Frame, Hit, Match, TopicName
from streams.topics import CHANGELOGS, MAX_FRAME_BYTES, MAX_MESSAGE_BYTES, all_topics

CARRY_PLATES = (Alert, DeadLetter, Detection, Frame, Hit, Match)


def test_every_topic_name_has_one_topic() -> None:
    names = [topic.name for topic in all_topics(Settings())]
    assert sorted(names) == sorted([*TopicName, *CHANGELOGS])


def test_all_that_is_joined_has_one_partition_count() -> None:
    topics = {topic.name: topic for topic in all_topics(Settings(kafka=KafkaSettings(partitions=7)))}
    alone = {TopicName.AUDIT, TopicName.DEAD_LETTERS}
    assert {topic.partitions for name, topic in topics.items() if name not in alone} == {7}
    assert {topics[name].partitions for name in alone} == {1}


@pytest.mark.policy("KY-N.3")
@pytest.mark.parametrize("limit_h", [24, 29, 48, 168, 720])
def test_nothing_that_carries_a_read_plate_outlives_the_limit(limit_h: int) -> None:
    limit = timedelta(hours=limit_h)
    for topic in all_topics(Settings(retention=RetentionSettings(limit_h=limit_h))):
        if topic.record not in CARRY_PLATES and topic.name not in CHANGELOGS:
            continue
        config = topic.config()
        assert "delete" in config["cleanup.policy"], topic.name
        # A message goes with its segment, and a segment only when its youngest message is due.
        longest = timedelta(milliseconds=int(config["retention.ms"]) + int(config["segment.ms"]))
        assert longest <= limit, f"{topic.name} keeps a message for up to {longest}"


@pytest.mark.policy("KY-N.3")
def test_retention_counts_from_when_the_broker_got_it_not_from_what_a_sender_claims() -> None:
    for topic in all_topics(Settings()):
        assert topic.config()["message.timestamp.type"] == "LogAppendTime", topic.name


def test_what_rebuilds_state_is_compacted_and_never_deleted_by_age() -> None:
    for topic in all_topics(Settings()):
        if topic.name in (TopicName.HOTLIST, TopicName.CAMERAS):
            assert topic.config()["cleanup.policy"] == "compact"
            assert topic.config()["retention.ms"] == "-1"


def test_the_audit_is_never_deleted_nor_compacted() -> None:
    (audit,) = [topic for topic in all_topics(Settings()) if topic.name == TopicName.AUDIT]
    assert (audit.config()["cleanup.policy"], audit.config()["retention.ms"]) == ("delete", "-1")


def test_frames_are_bounded_in_bytes_too() -> None:
    (frames,) = [topic for topic in all_topics(Settings()) if topic.name == TopicName.FRAMES]
    config = frames.config()
    assert 0 < int(config["segment.bytes"]) < int(config["retention.bytes"])


def test_a_dead_lettered_frame_fits_its_topic() -> None:
    assert MAX_FRAME_BYTES * 4 / 3 + 64 * 1024 < MAX_MESSAGE_BYTES
