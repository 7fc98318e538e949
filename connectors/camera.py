"""Runs one camera: its frames to the publisher, its state to people, through every fault of the source."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

import structlog

from connectors.ledger import CameraCounts
from connectors.reconnect import Backoff
from connectors.recording_time import utc_now
from connectors.source import (
    CapturedFrame,
    FrameSource,
    SourceEndedError,
    SourceError,
    SourceRefusedError,
    SourceStalledError,
    SourceUnreachableError,
    SourceUnreadableError,
    UnreadablePictureError,
)
from infra import metrics
from infra.settings.pipeline import CameraSettings
from streams.records import CameraState, CameraStatus, Frame, GeoPoint, to_milliseconds

TICK_S = 1.0
"""A live camera that sends nothing tells the time this often, so that passes end on time."""

_TICK_BEHIND = timedelta(milliseconds=500)
"""A tick stays this far behind the clock: a frame that is still on its way must not find its time already gone."""

_END_TICKS = (timedelta(seconds=2), timedelta(seconds=4), timedelta(seconds=6))
"""After the last frame event time moves on by this, past every gap that a pass may have (5 s)."""

_STATUS_EVERY = timedelta(seconds=5)
"""Counts in the status are at most this old."""

_STATES: tuple[tuple[type[SourceError], CameraState], ...] = (
    (SourceUnreachableError, CameraState.UNREACHABLE),
    (SourceRefusedError, CameraState.REFUSED),
    (SourceStalledError, CameraState.STALLED),
)

_log = structlog.get_logger(__name__)


class WhenOver(Enum):
    """What follows the end of a recording."""

    END = "the run ends"
    REPEAT = "it starts over, with later times"


class WhenLost(Enum):
    """What follows a live source that cannot be had."""

    RECONNECT = "try again until it comes back"
    FAIL = "the run fails"


class FramePublisher(Protocol):
    """What a camera needs of `connectors.publisher.Publisher`."""

    async def publish(self, frame: Frame) -> None:
        """Hand a frame over."""
        ...

    def report_status(self, status: CameraStatus) -> None:
        """Hand a status over."""
        ...

    def counts(self, camera: str) -> CameraCounts:
        """What became of the camera's frames."""
        ...


@dataclass(frozen=True, slots=True)
class CameraRun:
    """What a run gave: pictures handed over, and those that were not, by reason."""

    frames: int
    dropped: int
    unreadable: int
    spooled: int


class CameraRunner:
    """One camera of one process; `run` is called once. `now` and `random` are for tests to replace."""

    def __init__(  # noqa: PLR0913 - the modes and clocks are keyword-only and have defaults
        self,
        settings: CameraSettings,
        source: FrameSource,
        publisher: FramePublisher,
        *,
        when_over: WhenOver = WhenOver.END,
        when_lost: WhenLost = WhenLost.RECONNECT,
        backoff: Backoff | None = None,
        tick_s: float = TICK_S,
        now: Callable[[], datetime] = utc_now,
        rng: Callable[[], float] = random.random,
    ) -> None:
        self._camera = settings.name
        self._location = GeoPoint(settings.location.lat, settings.location.lon) if settings.location else None
        self._clock_offset_ms = settings.clock_offset_ms
        self._source = source
        self._publisher = publisher
        self._when_over = when_over
        self._when_lost = when_lost
        self._backoff = backoff or Backoff()
        self._tick_s = tick_s
        self._now = now
        self._rng = rng
        self._sequence = 0
        self._frames = 0
        self._unreadable = 0
        self._out_of_order = 0
        self._dropped_told = 0
        self._failures = 0
        self._last_captured: datetime | None = None
        self._last_sent: datetime | None = None
        self._lag = timedelta()
        self._status: CameraStatus | None = None

    async def run(self) -> CameraRun:
        """Until the recording is over, the source is lost for good, or the task is cancelled.

        Raises:
            SourceUnreadableError: what is there is no video or picture, or is damaged.
            SourceError: it cannot be had, and `when_lost` says to fail.
        """
        try:
            while True:
                frames_before = self._frames
                try:
                    await self._source.open()
                    await self._play()
                except SourceEndedError as error:
                    if self._frames == frames_before:
                        self._fail_empty()
                    if self._when_over is WhenOver.END:
                        await self._move_time_on()
                        self._tell(CameraState.ENDED, str(error))
                        return self.result()
                except SourceUnreadableError as error:
                    await self._move_time_on()
                    self._tell(CameraState.FAILING, str(error))
                    raise
                except SourceError as error:
                    self._tell(_state_of(error), str(error))
                    if self._when_lost is WhenLost.FAIL:
                        await self._move_time_on()
                        raise
                    await self._wait_to_reconnect()
        except asyncio.CancelledError:
            self._tell(CameraState.ENDED, "stopped")
            raise
        finally:
            await self._source.close()

    def result(self) -> CameraRun:
        """The counts so far."""
        counts = self._publisher.counts(self._camera)
        dropped = self._source.dropped + self._out_of_order + counts.dropped
        return CameraRun(self._frames, dropped, self._unreadable, counts.spooled)

    async def _play(self) -> None:
        """Frames until the source raises."""
        while True:
            try:
                captured = await self._next_frame()
            except UnreadablePictureError as error:
                self._unreadable += 1
                metrics.FRAMES_DROPPED.labels(self._camera, "unreadable").inc()
                self._tell(CameraState.FAILING, str(error))
                continue
            self._count_source_drops()
            await self._send_frame(captured)
            self._failures = 0
            self._tell(CameraState.LIVE, "")

    async def _next_frame(self) -> CapturedFrame:
        """The source's next frame; while it has none, the time."""
        waiting = asyncio.ensure_future(self._source.next_frame())
        try:
            while True:
                done, _ = await asyncio.wait({waiting}, timeout=self._tick_s)
                if done:
                    return waiting.result()
                await self._tick()
        finally:
            if not waiting.done():
                waiting.cancel()
                await asyncio.wait({waiting})

    async def _send_frame(self, captured: CapturedFrame) -> None:
        captured_at = to_milliseconds(captured.captured_at)
        if self._last_sent is not None and captured_at <= self._last_sent:
            # Recognition takes a camera's frames in order of time; this one would be thrown away there, uncounted.
            self._out_of_order += 1
            metrics.FRAMES_DROPPED.labels(self._camera, "out_of_order").inc()
            return
        self._lag = max(self._now() - captured_at, timedelta())
        self._last_captured = captured_at
        self._frames += 1
        await self._send(captured_at, captured.jpeg)

    async def _tick(self) -> None:
        """Tell a live camera's time. A recording's time stands still between its frames."""
        if self._source.position() is not None or self._last_sent is None:
            return
        moment = to_milliseconds(self._now() - self._lag - _TICK_BEHIND)
        if moment > self._last_sent:
            await self._send(moment, b"")

    async def _move_time_on(self) -> None:
        """The source is over: tell a time at which every pass has ended."""
        if self._last_captured is None:
            return
        for later in _END_TICKS:
            moment = self._last_captured + later
            if self._last_sent is None or moment > self._last_sent:
                await self._send(moment, b"")

    async def _wait_to_reconnect(self) -> None:
        self._failures += 1
        wait_s = self._backoff.wait_s(self._failures, self._rng)
        while wait_s > 0:
            await asyncio.sleep(min(wait_s, self._tick_s))
            wait_s -= self._tick_s
            if self._last_captured and self._last_sent and self._last_sent < self._last_captured + _END_TICKS[-1]:
                await self._tick()

    async def _send(self, captured_at: datetime, jpeg: bytes) -> None:
        self._last_sent = captured_at
        frame = Frame(
            camera=self._camera,
            captured_at=captured_at,
            received_at=to_milliseconds(self._now()),
            sequence=self._sequence,
            clock_offset_ms=self._clock_offset_ms,
            location=self._location,
            jpeg=jpeg,
        )
        self._sequence += 1
        await self._publisher.publish(frame)

    def _count_source_drops(self) -> None:
        new = self._source.dropped - self._dropped_told
        if new > 0:
            self._dropped_told += new
            metrics.FRAMES_DROPPED.labels(self._camera, "newer_came").inc(new)

    def _fail_empty(self) -> None:
        msg = f"camera {self._camera}: none of its pictures can be used; look at the messages before this one"
        self._tell(CameraState.FAILING, msg)
        raise SourceUnreadableError(msg)

    def _tell(self, state: CameraState, reason: str) -> None:
        """Report a change of state, and now and then the counts."""
        at = to_milliseconds(self._now())
        last = self._status
        changed = last is None or (last.state, last.reason) != (state, reason)
        if not changed and last is not None and at - last.at < _STATUS_EVERY:
            return
        run = self.result()
        self._status = CameraStatus(
            camera=self._camera,
            at=at,
            state=state,
            reason=reason,
            frames=run.frames,
            frames_dropped=run.dropped,
            frames_unreadable=run.unreadable,
            frames_spooled=run.spooled,
        )
        if changed:
            _log.info("camera_state", camera=self._camera, state=state.value, reason=reason)
        self._publisher.report_status(self._status)


def _state_of(error: SourceError) -> CameraState:
    return next((state for kind, state in _STATES if isinstance(error, kind)), CameraState.FAILING)
