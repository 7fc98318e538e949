"""Worker threads between the event loop and the recognisers: inference on the loop would starve Kafka's heartbeats."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from infra.settings.pipeline import RecognitionSettings
from recognizers.recognizer import FrameReads, RecognizerSettings
from recognizers.regions import Polygon


def chain_settings(settings: RecognitionSettings) -> RecognizerSettings:
    """What the settings of a deployment say of the chain; looks that may only vote are given too."""
    least = min(settings.min_vote_confidence, settings.min_read_confidence)
    return RecognizerSettings(detection_threshold=settings.min_plate_score, min_confidence=least)


class FrameRecognizer(Protocol):
    """JPEG to reads; one instance serves one thread."""

    def recognize(self, data: bytes, region: Sequence[Polygon] = ()) -> FrameReads:
        """What is read in the picture, within the region."""
        ...


class InferenceStage:
    """A pool of threads, each with a recogniser of its own. Owned by the agent, closed by it.

    Args:
        build: makes a recogniser; called once in each thread, by `warm_up`.
        threads: how many; LiteRT and OpenCV release the GIL, so this is how many cores are used.
    """

    def __init__(self, build: Callable[[], FrameRecognizer], threads: int) -> None:
        self._build = build
        self._threads = threads
        self._own = threading.local()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="inference")

    async def warm_up(self) -> None:
        """Build all recognisers now: the first frame should not wait for weights to load.

        Raises:
            RecognitionError: the weights cannot be loaded.
        """
        loop = asyncio.get_running_loop()
        together = threading.Barrier(self._threads)

        def build() -> None:
            # Each waits for the others, so that no thread takes two of them.
            together.wait()
            self._own.recognizer = self._build()

        await asyncio.gather(*(loop.run_in_executor(self._pool, build) for _ in range(self._threads)))

    async def recognize(self, jpeg: bytes, region: Sequence[Polygon] = ()) -> FrameReads:
        """What is read in the picture, within the region; `warm_up` comes first.

        Raises:
            UnreadableImageError: the picture cannot be read.
        """
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._recognize_here, jpeg, region)

    def close(self) -> None:
        """Let the threads end; frames that wait are given up."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _recognize_here(self, jpeg: bytes, region: Sequence[Polygon]) -> FrameReads:
        recognizer: FrameRecognizer = self._own.recognizer
        return recognizer.recognize(jpeg, region)
