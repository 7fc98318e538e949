"""Keeps OpenCV and FFmpeg from writing to the terminal: what goes wrong reaches people as our own one sentence."""

from __future__ import annotations

import os

_QUIET = "-8"


def silence_decoders() -> None:
    """Turn the decoders' own output off, unless the environment asks for it. Call before the first capture is opened.

    FFmpeg's level is read once, at the process's first capture, from OPENCV_FFMPEG_LOGLEVEL; set it to see the noise.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", _QUIET)
    if "OPENCV_LOG_LEVEL" not in os.environ:
        import cv2.utils.logging as opencv_logging  # noqa: PLC0415 - OpenCV is slow to load; commands that fail early skip it

        opencv_logging.setLogLevel(opencv_logging.LOG_LEVEL_SILENT)
