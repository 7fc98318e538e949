"""Worker threads between the event loop and the recognisers: inference on the loop would starve Kafka's heartbeats."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from recognizers.recognizer import FrameReads


class FrameRecognizer(Protocol):
    """JPEG to reads; one instance serves one thread."""

    def recognize(self, data: bytes) -> FrameReads:
        """What is read in the picture."""
        ...


class InferenceStage:
    """A pool of threads, each with a recogniser of its own. Owned by the agent, closed by it.

    Args:
        build: makes a recogniser; called once in each thread, when the first frame comes to it.
        threads: how many; LiteRT and OpenCV release the GIL, so this is how many cores are used.
    """

    def __init__(self, build: Callable[[], FrameRecognizer], threads: int) -> None:
        self._build = build
        self._own = threading.local()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="inference")

    async def recognize(self, jpeg: bytes) -> FrameReads:
        """What is read in the picture.

        Raises:
            RecognitionError: the picture cannot be read, or the weights cannot be loaded.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._recognize_here, jpeg)

    def close(self) -> None:
        """Let the threads end; frames that wait are given up."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _recognize_here(self, jpeg: bytes) -> FrameReads:
        recognizer: FrameRecognizer | None = getattr(self._own, "recognizer", None)
        if recognizer is None:
            recognizer = self._own.recognizer = self._build()
        return recognizer.recognize(jpeg)
