"""The frames of a recorded video, one after the other, and whether the file holds all that it should."""

from __future__ import annotations

import cv2
import numpy as np

from connectors.decoder_noise import silence_decoders
from connectors.jpeg import PIXELS_MAX, BgrImage
from connectors.source import SourceUnreadableError, UnreadablePictureError, redact_url

_TEXT_CODECS = frozenset({"ansi", "BINT", "XBIN"})
"""FFmpeg draws text files as video; nobody means that."""

_MISSING_SHARE, _MISSING_FRAMES = 0.1, 5
"""A file is damaged if it ends this much before its header says; less is a header that estimates."""

_DECODER_THREADS = 1
"""A clip decodes many times faster than it plays on one core, and recognition needs the others."""


class VideoFrames:
    """An open video, from its beginning; owned by one thread at a time. `release` lets go of the file.

    `index` is the number of the frame that was grabbed last, from 0, and `media_s` its time in seconds, which rises.
    """

    def __init__(self, location: str) -> None:
        """Open a file, or one behind http(s).

        Raises:
            SourceUnreadableError: it is no video, or its frames are too large.
        """
        silence_decoders()
        self._name = redact_url(location)
        self.index = -1
        self.media_s = 0.0
        self._capture = cv2.VideoCapture(location, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, _DECODER_THREADS])
        codec = int(self._capture.get(cv2.CAP_PROP_FOURCC)).to_bytes(4, "little", signed=True).decode("latin-1")
        if not self._capture.isOpened() or codec in _TEXT_CODECS:
            self._capture.release()
            msg = f"{self._name} is no video that can be read; give a video file, or a folder of pictures"
            raise SourceUnreadableError(msg)
        pixels = self._capture.get(cv2.CAP_PROP_FRAME_WIDTH) * self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
        if pixels > PIXELS_MAX:
            self._capture.release()
            msg = f"{self._name} has {pixels / 1e6:.0f} megapixels a frame; at most {PIXELS_MAX / 1e6:.0f} are allowed"
            raise SourceUnreadableError(msg)

    @property
    def expected(self) -> int:
        """How many frames the header promises; some estimate, and 0 is none that says."""
        return max(0, int(self._capture.get(cv2.CAP_PROP_FRAME_COUNT)))

    def grab(self) -> bool:
        """Go on to the next frame; False at the end."""
        if not self._capture.grab():
            return False
        media_s = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        if self.index >= 0 and media_s <= self.media_s:
            media_s = self.media_s + 1 / max(self._capture.get(cv2.CAP_PROP_FPS), 1.0)
        self.index += 1
        self.media_s = media_s
        return True

    def retrieve(self) -> BgrImage:
        """The frame that was grabbed last.

        Raises:
            UnreadablePictureError: it cannot be decoded.
        """
        decoded, image = self._capture.retrieve()
        if not decoded:
            msg = f"frame {self.index} of {self._name} cannot be decoded; the file may be damaged"
            raise UnreadablePictureError(msg)
        return image.astype(np.uint8, copy=False)

    def check_complete(self) -> None:
        """At the end: whether it came where the header said.

        Raises:
            SourceUnreadableError: there was no frame, or far fewer than the header says.
        """
        frames = self.index + 1
        if frames == 0:
            msg = f"{self._name} holds no frame that can be decoded; it may be damaged, copy it again"
            raise SourceUnreadableError(msg)
        expected = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        length_s = expected / max(self._capture.get(cv2.CAP_PROP_FPS), 1.0)
        shorter = self.media_s < length_s * (1 - _MISSING_SHARE)
        if shorter and expected - frames > max(_MISSING_FRAMES, _MISSING_SHARE * expected):
            msg = f"{self._name} breaks off after {frames} of {expected:.0f} frames; copy it again"
            raise SourceUnreadableError(msg)

    def release(self) -> None:
        """Let go of the file."""
        self._capture.release()
