"""Frames to Kafka, and to the disk spool while Kafka is away.

The promise: a frame is accepted when Kafka has acknowledged it or when it is synced to the spool. An accepted frame
reaches Kafka, in the order of its camera, at least once; one that cannot be kept is counted, by camera and reason.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from connectors.delivery import Delivery, Outcome, Phase, Sent
from connectors.ledger import CameraCounts, DeliveryTimes, DropReason, Ledger
from connectors.message import OutgoingMessage
from connectors.reconnect import Backoff
from connectors.recording_time import utc_now
from connectors.source import ConnectorError, SpoolError, WireFullError
from connectors.spool import Spool
from connectors.spool_store import store
from connectors.status_outbox import StatusOutbox
from connectors.wire import Wire
from infra import metrics
from streams.codec import frame_headers
from streams.records import CameraStatus, Frame, TopicName

_HELD_BYTES_MAX = 64 * 2**20
"""Frames in memory that are not accepted yet: 3 s of 20 cameras at 10/s and 100 kB. Beyond it, `publish` waits."""

_DRAIN_BATCH = 64
_WATCH_S = 0.05
"""How often the age of the oldest unacknowledged message is compared with the limit."""

_CALL_BACK_S_MAX = 1.0
"""Longest wait for the wire's last word on a message; later, it counts as not delivered and is sent twice."""

_STORE_S = 1.0
"""At a flush, longest wait for the disk to take what Kafka did not."""

_POLL_S = 0.005

_BACKOFF = Backoff(first_s=0.1, longest_s=1.0)
"""Between two tries to get through. A try itself waits on the wire for Kafka's return, so the pauses may be short."""

_log = structlog.get_logger(__name__)

OnAcknowledged = Callable[[str, int, datetime], None]
"""Called with camera, sequence number and time when Kafka has acknowledged a frame."""


@dataclass(frozen=True, slots=True)
class PublisherState:
    """How the publisher is doing; `reason` is one sentence, empty while all is well."""

    phase: Phase
    reason: str
    spool_messages: int
    spool_bytes: int
    delivery_times: DeliveryTimes | None


class Publisher:
    """Publishes the frames of any number of cameras, each in one task. Open with `start`, end with `close`.

    It owns wire and spool. One task moves messages between them; disk work runs in threads, one step at a time.
    """

    def __init__(
        self,
        wire: Wire,
        spool: Spool,
        *,
        timeout_s: float,
        on_acknowledged: OnAcknowledged | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        phase = Phase.DRAINING if spool.waiting else Phase.STREAMING
        self._delivery = Delivery(phase, timeout_s=timeout_s, bytes_max=_HELD_BYTES_MAX)
        self._call_back_s = min(timeout_s, _CALL_BACK_S_MAX)
        self._wire = wire
        self._spool = spool
        self._ledger = Ledger()
        self._on_acknowledged = on_acknowledged
        self._now = now
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._away = False
        self._disk_fault = ""
        self._lost_on_disk = 0
        self._statuses = StatusOutbox()
        self._stopping = False

    async def start(self) -> None:
        """Connect, and begin to send what an earlier run has left in the spool.

        Raises:
            ConnectorError: Kafka's client does not accept its settings. That Kafka is away is no error.
        """
        self._wire.open(self._on_report)
        self._task = asyncio.create_task(self._run(), name="publisher")

    async def publish(self, frame: Frame) -> None:
        """Hand the frame over; waits only while too much is held in memory. After `flush` it is accepted.

        Raises:
            ConnectorError: the publisher is not running; the message says why it stopped.
        """
        self._check_running()
        while not self._delivery.has_room:
            self._room.clear()
            await self._room.wait()
            self._check_running()
        message = OutgoingMessage(
            TopicName.FRAMES,
            frame.camera.encode(),
            frame.jpeg,
            tuple(frame_headers(frame)),
            round(frame.captured_at.timestamp() * 1000),
        )
        ticket = self._delivery.hand_over(message, time.monotonic())
        if ticket is None:
            self._wake.set()
        else:
            self._send(ticket, message)

    def report_status(self, status: CameraStatus) -> None:
        """Send the camera's status. While Kafka is away the last one of each camera waits: the topic is compacted."""
        self._statuses.put(status)
        if self._delivery.phase is Phase.STREAMING:
            self._send_statuses()

    def state(self) -> PublisherState:
        """A snapshot."""
        return PublisherState(
            self._delivery.phase,
            self._disk_fault or self._delivery.reason,
            self._spool.waiting,
            self._spool.size,
            self._ledger.delivery_times(),
        )

    def counts(self, camera: str) -> CameraCounts:
        """What became of one camera's frames since the start."""
        return self._ledger.counts(camera)

    async def flush(self, within_s: float) -> None:
        """Return when all that was handed over is accepted: by Kafka if it answers in time, else by the disk.

        Raises:
            SpoolError: neither takes it; the message says why.
        """
        if await self._until(self._is_accepted, within_s):
            return
        self._delivery.fail(f"no acknowledgement in the {within_s:g} s that were left")
        self._wake.set()
        if not await self._until(self._is_accepted, self._call_back_s + _STORE_S):
            msg = f"{self._delivery.unaccepted} frames are neither in Kafka nor on disk: {self.state().reason}"
            raise SpoolError(msg)

    async def drained(self, within_s: float) -> bool:
        """Wait until Kafka has everything, what the spool held too; False if the time did not do."""
        return await self._until(lambda: self._is_accepted() and not self._spool.waiting, within_s)

    async def close(self, within_s: float = 5.0) -> None:
        """Flush, then let go of Kafka and of the spool. Idempotent. Raises as `flush`, after letting go."""
        task, self._task = self._task, None
        if task is None:
            await asyncio.to_thread(self._spool.close)
            return
        try:
            if not task.done():
                await self.flush(within_s)
                if self._delivery.phase is Phase.STREAMING:
                    await self._until(lambda: not self._statuses.awaited, self._call_back_s)
        finally:
            self._stopping = True
            self._wake.set()
            await asyncio.wait({task})
            await self._wire.close()
            await asyncio.to_thread(self._spool.close)

    def _is_accepted(self) -> bool:
        return self._delivery.unaccepted == 0

    def _check_running(self) -> None:
        if self._task is None:
            msg = "the publisher is not started"
            raise ConnectorError(msg)
        if self._task.done():
            self._task.result()

    async def _run(self) -> None:
        """The task that moves messages."""
        try:
            while not self._stopping:
                if self._delivery.phase is Phase.STREAMING:
                    await self._watch()
                else:
                    await self._store_backlog()
                    await self._send_spooled()
        finally:
            self._room.set()

    async def _watch(self) -> None:
        await self._pause(_WATCH_S)
        if (reason := self._delivery.trouble(time.monotonic())) is not None:
            await self._retreat(reason)

    async def _retreat(self, reason: str) -> None:
        if not self._away:
            self._away = True
            _log.warning("kafka_away", reason=reason)
            metrics.STAGE_WAITING.labels("publisher", "kafka").set(1)
        self._delivery.retreat(reason)
        self._wire.abandon()
        await self._until(lambda: self._delivery.awaited == 0, self._call_back_s)
        wait_s = _BACKOFF.wait_s(self._delivery.failures, random.random)
        self._delivery.take_back(time.monotonic() + wait_s)

    async def _store_backlog(self) -> None:
        backlog = tuple(self._delivery.backlog)
        if not backlog:
            return
        stored = await asyncio.to_thread(store, self._spool, backlog)
        self._delivery.stored(stored.count)
        for message in backlog[: stored.count]:
            self._ledger.spooled(message.key.decode())
        for key, count in stored.dropped.items():
            self._ledger.dropped(key.decode(), DropReason.SPOOL_FULL, count)
        if stored.fault and stored.fault != self._disk_fault:
            _log.error("spool_fault", reason=stored.fault, held_in_memory=len(self._delivery.backlog))
        self._disk_fault = stored.fault
        self._room.set()
        self._measure_spool()

    async def _send_spooled(self) -> None:
        """One try to get the oldest messages of the spool through; new ones go on being stored meanwhile."""
        delivery = self._delivery
        wait_s = delivery.retry_at_s - time.monotonic()
        if wait_s > 0:
            await self._pause(wait_s)
            return
        batch = await asyncio.to_thread(self._spool.peek, _DRAIN_BATCH if delivery.phase is Phase.DRAINING else 1)
        self._measure_spool()
        if not batch:
            self._stream_again()
            return
        for spooled in batch:
            ticket = delivery.send_spooled(spooled.message, spooled.sequence, time.monotonic())
            self._send(ticket, spooled.message)
        while delivery.awaited and delivery.trouble(time.monotonic()) is None:
            await self._pause(_WATCH_S)
            await self._store_backlog()
            if self._stopping:
                return
        if (reason := delivery.trouble(time.monotonic())) is not None:
            await self._retreat(reason)
            return
        await asyncio.to_thread(self._spool.acknowledge, batch[-1].sequence)
        delivery.got_through()

    def _stream_again(self) -> None:
        """The spool is empty; send what waits in memory, and all that comes, straight to Kafka."""
        for ticket, message in self._delivery.caught_up(time.monotonic()):
            self._send(ticket, message)
        self._send_statuses()

    def _send(self, ticket: int, message: OutgoingMessage) -> None:
        try:
            self._wire.send(ticket, message)
        except WireFullError as error:
            self._on_report(ticket, Outcome.FAILED, str(error))

    def _send_statuses(self) -> None:
        for ticket, message in self._statuses.to_send():
            self._send(ticket, message)

    def _on_report(self, ticket: int, outcome: Outcome, reason: str) -> None:
        if ticket < 0:
            self._on_status_report(ticket, outcome, reason)
            return
        sent = self._delivery.report(ticket, outcome, reason)
        if sent is not None:
            self._settle(sent, outcome, reason)
        if outcome is Outcome.FAILED or self._delivery.phase is not Phase.STREAMING:
            self._wake.set()
        self._room.set()

    def _settle(self, sent: Sent, outcome: Outcome, reason: str) -> None:
        camera = sent.message.key.decode()
        if outcome is Outcome.REJECTED:
            self._ledger.dropped(camera, DropReason.REJECTED)
            _log.error("frame_rejected", camera=camera, sequence=_sequence(sent.message), reason=reason)
            return
        if self._away:
            self._away, self._disk_fault = False, ""
            _log.info("kafka_back")
            metrics.STAGE_WAITING.labels("publisher", "kafka").set(0)
        self._ledger.acknowledged(camera, time.monotonic() - sent.sent_at_s if sent.spooled_as is None else None)
        if self._on_acknowledged is not None:
            self._on_acknowledged(camera, _sequence(sent.message), self._now())

    def _on_status_report(self, ticket: int, outcome: Outcome, reason: str) -> None:
        if outcome is Outcome.FAILED:
            self._statuses.failed(ticket)
        else:
            self._statuses.delivered(ticket)
        if outcome is not Outcome.DELIVERED:
            _log.warning("camera_status_not_sent", reason=reason)

    def _measure_spool(self) -> None:
        metrics.SPOOL_BYTES.set(self._spool.size)
        if (lost := self._spool.lost - self._lost_on_disk) > 0:
            self._lost_on_disk = self._spool.lost
            self._ledger.dropped("", DropReason.SPOOL_DAMAGED, lost)
            _log.error("spool_damaged", messages_lost=lost)

    async def _pause(self, longest_s: float) -> None:
        """Wait until there is something to do, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(longest_s):
                await self._wake.wait()
        self._wake.clear()

    async def _until(self, holds: Callable[[], bool], within_s: float) -> bool:
        deadline_s = time.monotonic() + within_s
        while not holds():
            if time.monotonic() >= deadline_s or (self._task is not None and self._task.done()):
                return False
            await asyncio.sleep(_POLL_S)
        return True


def _sequence(message: OutgoingMessage) -> int:
    return int(dict(message.headers)["sequence"])
