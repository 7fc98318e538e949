"""Every topic: what it holds, how it is keyed, how long it is kept. `platewatch init` creates them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from infra.settings import Settings
from streams.records import (
    Alert,
    AuditEvent,
    CameraStatus,
    DeadLetter,
    Detection,
    Frame,
    Hit,
    HotlistChange,
    Match,
    Record,
    Redrive,
    TopicName,
)

MAX_MESSAGE_BYTES = 8 * 2**20
"""A dead-lettered frame is its JPEG in base64; the broker and both clients are set to take this much."""

MAX_FRAME_BYTES = 300_000


@dataclass(frozen=True, slots=True)
class Topic:
    """How a topic is kept. `kept` None: until compaction replaces it, or for ever."""

    name: str
    record: type[Record | Frame] | None
    key: str
    about: str
    kept: timedelta | None
    partitions: int
    compacted: bool = False
    kept_bytes: int | None = None

    def config(self) -> dict[str, str]:
        """The topic's configuration in Kafka's own words."""
        policies = [policy for policy, wanted in (("compact", self.compacted), ("delete", bool(self.kept))) if wanted]
        config = {
            # Retention must not trust a sender's clock: a message from the future would stay too long.
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(MAX_MESSAGE_BYTES),
            "cleanup.policy": ",".join(policies) or "delete",
            "retention.ms": str(int(self.kept.total_seconds() * 1000)) if self.kept else "-1",
        }
        if self.kept:
            # Only closed segments are deleted, so one must close well within the time that is promised.
            config["segment.ms"] = str(int(self.kept.total_seconds() * 1000 / 4))
        if self.kept_bytes:
            config |= {"retention.bytes": str(self.kept_bytes), "segment.bytes": str(64 * 2**20)}
        return config


CHANGELOGS = {
    "platewatch-recognition-passes-changelog": "open passes of a camera",
    "platewatch-windows-sightings-changelog": "open windows of an entry",
    "platewatch-alerting-unrecorded-changelog": "hits whose alert Elasticsearch does not have yet",
    "platewatch-delivery-outbox-changelog": "alerts that are to be delivered, and to whom they were",
    "platewatch-hotlists-lookbacks-changelog": "how far the look back of an entry is",
}
"""Faust's own topics behind its tables, by the name that it derives; created by us, so that their partitions agree."""

OUTBOXES = frozenset({"platewatch-alerting-unrecorded-changelog", "platewatch-delivery-outbox-changelog"})
"""Changelogs of what waits for somebody outside of Kafka."""


def outbox_kept(settings: Settings) -> timedelta:
    """How long the changelogs keep what waits for somebody outside of Kafka."""
    return min(timedelta(days=7), timedelta(hours=settings.retention.limit_h) * 0.75)


def all_topics(settings: Settings) -> Iterator[Topic]:
    """Every topic of an installation, the changelogs of the workers' tables included."""
    joined = settings.kafka.partitions
    limit = timedelta(hours=settings.retention.limit_h)
    # A closed segment can be as old as retention plus one segment; a quarter is taken off so that both fit the limit.
    month = limit * 0.75
    day = min(timedelta(hours=24), month)
    yield Topic(
        TopicName.FRAMES, Frame, "camera", "JPEG pictures, facts in headers", timedelta(minutes=10), joined,
        kept_bytes=2**30,
    )  # fmt: skip
    yield Topic(TopicName.DETECTIONS, Detection, "folded plate", "one a pass, and its revisions", day, joined)
    yield Topic(TopicName.MATCHES, Match, "entry", "a detection and an entry, with its probability", day, joined)
    yield Topic(TopicName.HITS, Hit, "entry", "matches over the threshold, one a window", month, joined)
    yield Topic(TopicName.ALERTS, Alert, "alert", "each change of an alert's state", month, joined)
    yield Topic(TopicName.REDRIVES, Redrive, "alert", "dead letters that are sent once more", day, joined)
    yield Topic(TopicName.HOTLIST, HotlistChange, "entry", "what rebuilds Redis", None, joined, compacted=True)
    yield Topic(TopicName.CAMERAS, CameraStatus, "camera", "how each camera is doing", None, joined, compacted=True)
    yield Topic(
        TopicName.AUDIT, AuditEvent, "none", "who did what, when and why; one partition gives the order", None, 1
    )
    yield Topic(
        TopicName.DEAD_LETTERS,
        DeadLetter,
        "origin topic",
        "what could not be handled",
        min(timedelta(days=7), month),
        1,
    )
    for name, about in CHANGELOGS.items():
        # Longer than anything waits in them: a delivery until it is given up, an alert for Elasticsearch.
        kept = outbox_kept(settings) if name in OUTBOXES else day
        yield Topic(name, None, "as the table's source", about, kept, joined, compacted=True)
