"""A recorded video to frames, at recorded speed or flat out. Decoding runs in a thread of its own."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from connectors.decoder_noise import silence_decoders
from connectors.jpeg import PIXELS_MAX, EncodedPicture, encode_picture
from connectors.recording_time import RecordingTime
from connectors.sampling import Sampler
from connectors.source import (
    CapturedFrame,
    ConnectorError,
    SourceEndedError,
    SourcePosition,
    SourceUnreadableError,
    UnreadablePictureError,
    redact_url,
)
from connectors.stream_probe import check_reachable, explain_refusal

_TEXT_CODECS = frozenset({"ansi", "BINT", "XBIN"})
"""FFmpeg draws text files as video; nobody means that."""

_MISSING_SHARE, _MISSING_FRAMES = 0.1, 5
"""A file is damaged if it ends this much before its header says; less is a header that estimates."""

_DECODER_THREADS = 1
"""A clip decodes many times faster than it plays on one core, and recognition needs the others."""


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
        self._capture: cv2.VideoCapture | None = None
        self._executor: ThreadPoolExecutor | None = None
        self._reading: asyncio.Future[_Decoded | None] | None = None
        self._last_media_s = 0.0
        self._read_index = 0

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
            await asyncio.get_running_loop().run_in_executor(self._executor, self._open_capture)
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

    def _open_capture(self) -> None:
        silence_decoders()
        self._release()
        capture = cv2.VideoCapture(self._location, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, _DECODER_THREADS])
        codec = int(capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little", signed=True).decode("latin-1")
        if not capture.isOpened() or codec in _TEXT_CODECS:
            capture.release()
            msg = f"{self._name} is no video that can be read; give a video file, or a folder of pictures"
            raise SourceUnreadableError(msg)
        pixels = capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
        if pixels > PIXELS_MAX:
            capture.release()
            msg = f"{self._name} has {pixels / 1e6:.0f} megapixels a frame; at most {PIXELS_MAX / 1e6:.0f} are allowed"
            raise SourceUnreadableError(msg)
        self._capture = capture
        self._read_index = 0
        self._last_media_s = 0.0
        self._sampler = Sampler(self._max_fps)
        # Seeking by index is off by some frames in files without an index; decoding up to the place never is.
        while self._read_index < self._next_index and self._grab(capture) is not None:
            pass

    def _grab(self, capture: cv2.VideoCapture) -> float | None:
        """Decode one frame and give its media time in seconds, which rises; None at the end."""
        if not capture.grab():
            return None
        media_s = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if self._read_index and media_s <= self._last_media_s:
            media_s = self._last_media_s + 1 / max(capture.get(cv2.CAP_PROP_FPS), 1.0)
        self._read_index += 1
        self._last_media_s = media_s
        return media_s

    def _read(self) -> _Decoded | None:
        """Runs in the thread: the next frame that sampling takes, encoded; None at the end."""
        assert self._capture is not None  # noqa: S101 - opened before the first read by the same thread
        while (media_s := self._grab(self._capture)) is not None:
            if not self._sampler.takes(media_s):
                continue
            decoded, image = self._capture.retrieve()
            if not decoded:
                msg = f"frame {self._read_index - 1} of {self._name} cannot be decoded; the file may be damaged"
                raise UnreadablePictureError(msg)
            picture = encode_picture(image.astype(np.uint8, copy=False), quality=self._jpeg_quality)
            return _Decoded(self._read_index - 1, media_s, picture)
        self._check_complete(self._capture)
        return None

    def _check_complete(self, capture: cv2.VideoCapture) -> None:
        expected = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        missing = expected - self._read_index
        if self._read_index == 0:
            msg = f"{self._name} holds no frame that can be decoded; it may be damaged, copy it again"
            raise SourceUnreadableError(msg)
        length_s = expected / max(capture.get(cv2.CAP_PROP_FPS), 1.0)
        shorter = self._last_media_s < length_s * (1 - _MISSING_SHARE)
        if shorter and missing > max(_MISSING_FRAMES, _MISSING_SHARE * expected):
            msg = f"{self._name} breaks off after {self._read_index} of {expected:.0f} frames; copy it again"
            raise SourceUnreadableError(msg)

    def _release(self) -> None:
        if self._capture is not None:
            self._capture.release()
            self._capture = None
