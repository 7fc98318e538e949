"""One picture after the other to its reads, in as many threads as wanted; results come in the pictures' order."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

import cv2
import numpy as np

from connectors.image_folder import read_picture_file
from connectors.jpeg import BgrImage, decode_picture
from connectors.source import UnreadablePictureError
from infra.recognize.errors import RecognizeError
from infra.recognize.frames import Picture, Unread, VideoFrame
from infra.recognize.marking import mark
from infra.recognize.plates import PictureReads, ReadPlate, View, plates_in
from recognizers.images import decode_gray
from recognizers.plate import GrayImage, UnreadableImageError
from recognizers.recognizer import Recognizer
from recognizers.regions import black_out

ItemT = TypeVar("ItemT")
ResultT = TypeVar("ResultT")

_JPEG_QUALITY = 90


class PictureReader:
    """Reads pictures, and draws what it read into `marked_dir` where there is one.

    Called by as many threads at once as there are recognizers; each call has one of them for itself.
    """

    def __init__(self, recognizers: Sequence[Recognizer], view: View, marked_dir: Path | None = None) -> None:
        self._free: SimpleQueue[Recognizer] = SimpleQueue()
        for recognizer in recognizers:
            self._free.put(recognizer)
        self._view = view
        self._marked_dir = marked_dir

    def read(self, picture: Picture | Unread) -> PictureReads | Unread:
        """What the picture's plates read, or why it cannot be read.

        Raises:
            RecognizeError: the picture with the reads cannot be written.
        """
        if isinstance(picture, Unread):
            return picture
        recognizer = self._free.get()
        try:
            reads = self._reads(picture, recognizer)
            if self._marked_dir is not None:
                self._draw(picture, reads.plates, self._marked_dir)
        except UnreadablePictureError as error:
            return Unread(picture.source, str(error))
        except UnreadableImageError as error:
            return Unread(picture.source, f"{picture.source}: {error}")
        finally:
            self._free.put(recognizer)
        return reads

    def _reads(self, picture: Picture, recognizer: Recognizer) -> PictureReads:
        data = b"" if isinstance(picture, VideoFrame) else read_picture_file(picture.path)
        began = time.perf_counter()
        image = _gray(picture.image) if isinstance(picture, VideoFrame) else decode_gray(data)
        plates = plates_in(image, recognizer, self._view)
        ms = (time.perf_counter() - began) * 1000 + (picture.decode_ms if isinstance(picture, VideoFrame) else 0.0)
        return PictureReads(picture.source, round(ms, 1), plates)

    def _draw(self, picture: Picture, plates: Sequence[ReadPlate], folder: Path) -> None:
        image = black_out(_colour(picture), self._view.privacy_masks)
        path = folder / picture.name
        marked = mark(image, plates, self._view.region_of_interest)
        encoded, data = cv2.imencode(path.suffix.lower(), marked, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        if not encoded:
            msg = f"{picture.source} cannot be drawn as {path.suffix}; take it out, or leave --annotate out"
            raise RecognizeError(msg)
        try:
            path.write_bytes(data.tobytes())
        except OSError as error:
            msg = f"{path} cannot be written ({error.strerror}); give another folder with --annotate"
            raise RecognizeError(msg) from error


def in_order(work: Callable[[ItemT], ResultT], items: Iterable[ItemT], threads: int) -> Generator[ResultT, None, None]:
    """The results of the work in the order of the items. Items are taken no faster than results are: memory stays flat.

    Args:
        work: called in the threads.
        items: taken in the caller's thread, at most one more than there are threads ahead of the results.
        threads: how many work at once.
    """
    pool = ThreadPoolExecutor(threads, thread_name_prefix="recognize")
    under_way: deque[Future[ResultT]] = deque()
    try:
        for item in items:
            under_way.append(pool.submit(work, item))
            if len(under_way) > threads:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _gray(image: BgrImage) -> GrayImage:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)


def _colour(picture: Picture) -> BgrImage:
    if isinstance(picture, VideoFrame):
        return picture.image
    return decode_picture(read_picture_file(picture.path), picture.source)
