"""A live RTSP or HTTP stream to frames: always the newest, with those that nobody took in time counted."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np

from connectors.decoder_noise import silence_decoders
from connectors.jpeg import PIXELS_MAX, BgrImage, encode_picture
from connectors.recording_time import RisingTime, utc_now
from connectors.sampling import Sampler
from connectors.source import (
    CapturedFrame,
    SourcePosition,
    SourceStalledError,
    SourceUnreachableError,
    SourceUnreadableError,
    redact_url,
)
from connectors.stream_probe import check_reachable, explain_refusal

_OPEN_TIMEOUT_S = 5.0
"""Longest wait for a stream to begin, once its host takes connections: some cameras send a key frame every 4 s."""

_WAITING_FRAMES = 2
"""Decoded frames that wait for their taker: one in hand, one behind it. More would only be older."""


@dataclass(frozen=True, slots=True)
class _Grabbed:
    captured_at: datetime
    image: BgrImage


class _Reader:
    """One connection, read by one daemon thread until it ends or is told to stop; the newest frames wait in a deque.

    A thread of its own for each connection: one that hangs in the network cannot feed, or hold up, the next.
    """

    def __init__(self, capture: cv2.VideoCapture, *, max_fps: float, now: Callable[[], datetime]) -> None:
        self.frames: deque[_Grabbed] = deque()
        self.dropped = 0
        self.ended = threading.Event()
        self.arrived = asyncio.Event()
        self._capture = capture
        self._sampler = Sampler(max_fps)
        self._now = now
        self._loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="live-stream", daemon=True)
        self._thread.start()

    def take(self) -> _Grabbed | None:
        with self._lock:
            if not self.frames:
                self.arrived.clear()
                return None
            return self.frames.popleft()

    def stop(self) -> None:
        self._stop.set()

    def join(self, timeout_s: float) -> None:
        self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            while not self._stop.is_set() and self._capture.grab():
                captured_at = self._now()
                if not self._sampler.takes(time.monotonic()):
                    continue
                decoded, image = self._capture.retrieve()
                if decoded:
                    self._put(_Grabbed(captured_at, image.astype(np.uint8, copy=False)))
        finally:
            self._capture.release()
            self.ended.set()
            self._wake()

    def _put(self, grabbed: _Grabbed) -> None:
        with self._lock:
            self.frames.append(grabbed)
            while len(self.frames) > _WAITING_FRAMES:
                self.frames.popleft()
                self.dropped += 1
        self._wake()

    def _wake(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self.arrived.set)
        except RuntimeError:  # the event loop is closed, so nobody waits any more
            self._stop.set()


class LiveStreamSource:
    """Frames of an rtsp(s) or http(s) stream, at most `max_fps` of them per second.

    A frame's capture time is when it reached us: streams seldom carry a clock that can be believed.
    """

    def __init__(
        self,
        address: str,
        *,
        max_fps: float = 10.0,
        stall_s: float = 10.0,
        jpeg_quality: int = 85,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._address = address
        self._name = redact_url(address)
        self._max_fps = max_fps
        self._stall_s = stall_s
        self._jpeg_quality = jpeg_quality
        self._now = now
        self._reader: _Reader | None = None
        self._dropped_before = 0
        self._rising = RisingTime()

    @property
    def dropped(self) -> int:
        """Frames that newer ones pushed out."""
        return self._dropped_before + (self._reader.dropped if self._reader else 0)

    async def open(self) -> None:
        """Connect. Raises as `FrameSource.open`, within some seconds."""
        await self.close()
        await check_reachable(self._address)
        capture = await asyncio.to_thread(self._connect)
        if not capture.isOpened():
            await explain_refusal(self._address)
            msg = f"{self._name} answers but gives no video within {_OPEN_TIMEOUT_S:g} s; check the path and the codec"
            raise SourceUnreachableError(msg)
        pixels = capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
        if pixels > PIXELS_MAX:
            capture.release()
            msg = f"{self._name} has {pixels / 1e6:.0f} megapixels a frame; at most {PIXELS_MAX / 1e6:.0f} are allowed"
            raise SourceUnreadableError(msg)
        self._reader = _Reader(capture, max_fps=self._max_fps, now=self._now)

    async def next_frame(self) -> CapturedFrame:
        """The oldest of the few newest frames. Raises as `FrameSource.next_frame`."""
        reader = self._reader
        if reader is None:
            msg = f"{self._name} is not open; call open first"
            raise SourceStalledError(msg)
        try:
            async with asyncio.timeout(self._stall_s):
                grabbed = await self._take(reader)
        except TimeoutError as error:
            msg = f"{self._name} has sent no frame for {self._stall_s:g} s; connecting again"
            raise SourceStalledError(msg) from error
        picture = await asyncio.to_thread(encode_picture, grabbed.image, quality=self._jpeg_quality)
        return CapturedFrame(self._rising.stamp(grabbed.captured_at), picture.jpeg, picture.width, picture.height)

    def position(self) -> SourcePosition | None:
        """None: what has gone by is gone."""
        return None

    async def close(self) -> None:
        """Disconnect. A thread that hangs in the network is left to its read timeout; it cannot disturb."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.stop()
            await asyncio.to_thread(reader.join, 1.0)
            self._dropped_before += reader.dropped

    def _connect(self) -> cv2.VideoCapture:
        silence_decoders()
        limits = {
            cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: round(_OPEN_TIMEOUT_S * 1000),
            cv2.CAP_PROP_READ_TIMEOUT_MSEC: round(self._stall_s * 1000),
            cv2.CAP_PROP_N_THREADS: 1,
        }
        return cv2.VideoCapture(self._address, cv2.CAP_FFMPEG, [number for pair in limits.items() for number in pair])

    async def _take(self, reader: _Reader) -> _Grabbed:
        while True:
            if (grabbed := reader.take()) is not None:
                return grabbed
            if reader.ended.is_set():
                msg = f"{self._name} broke off; connecting again"
                raise SourceStalledError(msg)
            await reader.arrived.wait()
