"""What became of the frames that a publisher was given: counts by camera, and how long Kafka took."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from enum import StrEnum

from infra import metrics

_LATENCIES_KEPT = 512


class DropReason(StrEnum):
    """Why a frame was given up here; a label of the metric."""

    SPOOL_FULL = "spool_full"
    SPOOL_DAMAGED = "spool_damaged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class CameraCounts:
    """What became of one camera's frames, ticks included, since the publisher's start."""

    acknowledged: int
    spooled: int
    dropped: int


@dataclass(frozen=True, slots=True)
class DeliveryTimes:
    """Milliseconds from hand-over to acknowledgement, over the last 512 messages that went straight to Kafka."""

    p50_ms: float
    p99_ms: float


class Ledger:
    """Counts, and tells the metrics. Owned by one publisher."""

    def __init__(self) -> None:
        self._acknowledged: Counter[str] = Counter()
        self._spooled: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._latencies_s: deque[float] = deque(maxlen=_LATENCIES_KEPT)

    def acknowledged(self, camera: str, latency_s: float | None) -> None:
        """Kafka has one more; `latency_s` where it went there straight."""
        self._acknowledged[camera] += 1
        metrics.FRAMES_PUBLISHED.labels(camera).inc()
        if latency_s is not None:
            self._latencies_s.append(latency_s)
            metrics.STAGE_SECONDS.labels("publisher", "delivery").observe(latency_s)

    def spooled(self, camera: str) -> None:
        """The disk has one more."""
        self._spooled[camera] += 1
        metrics.FRAMES_SPOOLED.labels(camera).inc()

    def dropped(self, camera: str, reason: DropReason, count: int = 1) -> None:
        """So many were given up."""
        self._dropped[camera] += count
        metrics.FRAMES_DROPPED.labels(camera, reason).inc(count)

    def counts(self, camera: str) -> CameraCounts:
        """One camera's figures."""
        return CameraCounts(self._acknowledged[camera], self._spooled[camera], self._dropped[camera])

    def delivery_times(self) -> DeliveryTimes | None:
        """How long Kafka took lately; None before the first acknowledgement."""
        if not self._latencies_s:
            return None
        ordered = sorted(self._latencies_s)
        median, tail = (ordered[int((len(ordered) - 1) * share)] * 1000 for share in (0.5, 0.99))
        return DeliveryTimes(round(median, 2), round(tail, 2))
