"""A recorded video to frames, at recorded speed or flat out. Decoding runs in a thread of its own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from connectors.jpeg import EncodedPicture, encode_picture
from connectors.recording_time import RecordingTime
from connectors.sampling import Sampler
from connectors.source import (
    CapturedFrame,
    ConnectorError,
    SourceEndedError,
    SourcePosition,
    SourceUnreadableError,
    redact_url,
)
from connectors.stream_probe import check_reachable, explain_refusal
from connectors.video_frames import VideoFrames


@dataclass(frozen=True, slots=True)
class _Decoded:
    index: int
    media_s: float
    picture: EncodedPicture


class VideoFileSource:
    """Frames of a video file or of one behind http(s). Every frame that the sampling takes is given, none dropped.

    `time` decides pace and capture times; `max_fps` is frames per second of media; `resume_after` is a position that
    an earlier source of the same file gave.
    """

    def __init__(
        self,
        location: Path | str,
        *,
        time: RecordingTime,
        max_fps: float = 60.0,
        jpeg_quality: int = 85,
        resume_after: SourcePosition | None = None,
    ) -> None:
        self._location = str(location)
        self._name = redact_url(self._location)
        self._time = time
        self._max_fps = max_fps
        self._sampler = Sampler(max_fps)
        self._jpeg_quality = jpeg_quality
        self._next_index = int(resume_after) if resume_after else 0
        self._frames: VideoFrames | None = None
        self._executor: ThreadPoolExecutor | None = None
        self._reading: asyncio.Future[_Decoded | None] | None = None

    @property
    def dropped(self) -> int:
        """Always 0: a recording waits."""
        return 0

    async def open(self) -> None:
        """Open the file and go to the position. Raises as `FrameSource.open`."""
        await self.close()
        if "://" in self._location:
            await check_reachable(self._location)
        elif not await asyncio.to_thread(Path(self._location).is_file):
            msg = f"there is no file {self._name}; check the path"
            raise SourceUnreadableError(msg)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="video-file")
        try:
            await asyncio.get_running_loop().run_in_executor(self._executor, self._open_frames)
        except SourceUnreadableError:
            await self.close()
            if "://" in self._location:
                await explain_refusal(self._location)
            raise

    async def next_frame(self) -> CapturedFrame:
        """The next sampled frame when it is due. Raises as `FrameSource.next_frame`."""
        if self._executor is None:
            msg = f"{self._name} is not open; call open first"
            raise SourceUnreadableError(msg)
        if self._reading is None:
            self._reading = asyncio.get_running_loop().run_in_executor(self._executor, self._read)
        try:
            decoded = await asyncio.shield(self._reading)
        except ConnectorError:
            self._reading = None
            raise
        if decoded is None:
            self._reading = None
            self._next_index = 0
            self._time.start_over()
            msg = f"{self._name} is over"
            raise SourceEndedError(msg)
        captured_at = await self._time.due(decoded.media_s)
        self._reading = None
        self._next_index = decoded.index + 1
        return CapturedFrame(captured_at, decoded.picture.jpeg, decoded.picture.width, decoded.picture.height)

    def position(self) -> SourcePosition:
        """The index of the frame after the last one given."""
        return SourcePosition(str(self._next_index))

    async def close(self) -> None:
        """Let go of file and thread."""
        executor, self._executor = self._executor, None
        reading, self._reading = self._reading, None
        if reading is not None:
            await asyncio.wait({reading})
            reading.exception()  # looked at, or the event loop would report it as forgotten
        if executor is not None:
            await asyncio.get_running_loop().run_in_executor(executor, self._release)
            executor.shutdown(wait=False)
        self._time.pause()

    def _open_frames(self) -> None:
        self._release()
        frames = VideoFrames(self._location)
        self._frames = frames
        self._sampler = Sampler(self._max_fps)
        # Seeking by index is off by some frames in files without an index; decoding up to the place never is.
        while frames.index + 1 < self._next_index and frames.grab():
            pass

    def _read(self) -> _Decoded | None:
        """Runs in the thread: the next frame that sampling takes, encoded; None at the end."""
        frames = self._frames
        assert frames is not None  # noqa: S101 - opened before the first read by the same thread
        while frames.grab():
            if self._sampler.takes(frames.media_s):
                picture = encode_picture(frames.retrieve(), quality=self._jpeg_quality)
                return _Decoded(frames.index, frames.media_s, picture)
        frames.check_complete()
        return None

    def _release(self) -> None:
        if self._frames is not None:
            self._frames.release()
            self._frames = None
