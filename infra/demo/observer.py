"""Reads along on the topics, as anybody could: what was taken, read, hit, told and buried since the run began."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

from confluent_kafka import Consumer, Message, TopicPartition

from infra.settings.services import KafkaSettings
from streams.codec import decode, frame_from_message
from streams.delivery.subscription import delivery_id
from streams.records import Alert, CameraStatus, DeadLetter, Detection, TopicName

_WATCHED = (TopicName.FRAMES, TopicName.DETECTIONS, TopicName.ALERTS, TopicName.CAMERAS, TopicName.DEAD_LETTERS)
_RATE_OVER_S = 5.0


@dataclass(slots=True)
class Seen:
    """What went by. Times are seconds since the epoch."""

    acknowledged_s: dict[int, float] = field(default_factory=dict)
    first_captured_at: datetime | None = None
    detections: dict[str, Detection] = field(default_factory=dict)
    alerts: dict[str, Alert] = field(default_factory=dict)
    """As each was told last."""
    revisions: dict[str, Alert] = field(default_factory=dict)
    """All that was told, by the id under which a receiver gets it."""
    cameras: dict[str, CameraStatus] = field(default_factory=dict)
    dead_letters: list[DeadLetter] = field(default_factory=list)
    recent_frames_s: deque[float] = field(default_factory=lambda: deque(maxlen=600))

    def frames_per_s(self, now_s: float) -> float:
        """Frames that Kafka took in a second, over the last five."""
        return sum(now_s - at_s <= _RATE_OVER_S for at_s in self.recent_frames_s) / _RATE_OVER_S


class Observer:
    """Follows one camera's run from now on. Used by one thread, closed at the end."""

    def __init__(self, settings: KafkaSettings, camera: str) -> None:
        self.seen = Seen()
        self._camera = camera
        self._consumer = Consumer(
            settings.confluent_config() | {"group.id": "platewatch-demo", "enable.auto.commit": False}
        )
        topics = self._consumer.list_topics(timeout=10).topics
        places = [(name, number) for name in _WATCHED for number in topics[name].partitions]
        # Resolved now: "the end" looked up lazily would be wherever the end is when the first fetch happens.
        ends = [
            TopicPartition(name, number, self._consumer.get_watermark_offsets(TopicPartition(name, number))[1])
            for name, number in places
        ]
        self._consumer.assign(ends)

    def drain(self, within_s: float) -> None:
        """Take in what has come, for at most that long."""
        deadline_s = time.monotonic() + within_s
        while (left_s := deadline_s - time.monotonic()) > 0:
            for message in self._consumer.consume(200, timeout=left_s):
                if message.error() is None:
                    self._take(message)

    def close(self) -> None:
        """Give the client back."""
        self._consumer.close()

    def _take(self, message: Message) -> None:
        topic, value = message.topic(), message.value() or b""
        if topic == TopicName.FRAMES:
            self._take_frame(message)
        elif topic == TopicName.DETECTIONS:
            detection = decode(Detection, value).record
            if detection.camera == self._camera:
                self.seen.detections[detection.id] = detection
        elif topic == TopicName.ALERTS:
            alert = decode(Alert, value).record
            if alert.hit.match.detection.camera == self._camera:
                self.seen.alerts[alert.id] = alert
                self.seen.revisions[delivery_id(alert.id, alert.revision)] = alert
        elif topic == TopicName.CAMERAS:
            status = decode(CameraStatus, value).record
            if status.camera == self._camera:
                self.seen.cameras[status.camera] = status
        elif topic == TopicName.DEAD_LETTERS:
            letter = decode(DeadLetter, value).record
            # A frame's key is its camera: another camera's bad frames are not this run's.
            if letter.topic != TopicName.FRAMES or letter.key == self._camera.encode():
                self.seen.dead_letters.append(letter)

    def _take_frame(self, message: Message) -> None:
        frame = frame_from_message(message.key(), message.value(), message.headers() or [])
        if frame.camera != self._camera or frame.is_tick:
            return
        _, appended_ms = message.timestamp()
        self.seen.acknowledged_s.setdefault(frame.sequence, appended_ms / 1000)
        self.seen.recent_frames_s.append(appended_ms / 1000)
        if self.seen.first_captured_at is None or frame.captured_at < self.seen.first_captured_at:
            self.seen.first_captured_at = frame.captured_at
