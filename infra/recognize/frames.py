"""The pictures of a run, one after the other: files as they are, videos frame by frame, nothing kept."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

from connectors.jpeg import BgrImage
from connectors.source import SourceUnreadableError, UnreadablePictureError
from connectors.video_frames import VideoFrames
from infra.recognize.inputs import Input, PictureFile, VideoFile


@dataclass(frozen=True, slots=True, eq=False)
class VideoFrame:
    """One frame of a video, decoded."""

    source: str
    """The video's, a # and the frame's number from 0."""
    name: str
    """File name of a picture of it, unlike that of any other of the run."""
    image: BgrImage
    decode_ms: float


@dataclass(frozen=True, slots=True)
class Unread:
    """A picture, or what is left of a video, that cannot be read; the reason is one sentence."""

    source: str
    reason: str


Picture = PictureFile | VideoFrame


def pictures_of(inputs: Iterable[Input]) -> Iterator[Picture | Unread]:
    """All pictures of the inputs in order. Takes the next frame of a video only when it is asked for."""
    for one in inputs:
        if isinstance(one, PictureFile):
            yield one
        else:
            yield from _frames(one)


def count_pictures(inputs: Iterable[Input]) -> int | None:
    """How many pictures the inputs hold; None where a video does not say."""
    counts = [1 if isinstance(one, PictureFile) else _expected(one) for one in inputs]
    return None if 0 in counts else sum(counts)


def _frames(video: VideoFile) -> Iterator[VideoFrame | Unread]:
    stem = PurePath(video.name)
    try:
        frames = VideoFrames(str(video.path))
    except SourceUnreadableError as error:
        yield Unread(video.source, str(error))
        return
    try:
        while True:
            began = time.perf_counter()
            if not frames.grab():
                break
            source = f"{video.source}#{frames.index}"
            try:
                image = frames.retrieve()
            except UnreadablePictureError as error:
                yield Unread(source, str(error))
                continue
            decode_ms = (time.perf_counter() - began) * 1000
            yield VideoFrame(source, f"{stem.name}-{frames.index:06}.jpg", image, decode_ms)
        frames.check_complete()
    except SourceUnreadableError as error:
        yield Unread(video.source, str(error))
    finally:
        frames.release()


def _expected(video: VideoFile) -> int:
    try:
        frames = VideoFrames(str(video.path))
    except SourceUnreadableError:
        return 1  # the line that says so
    try:
        return frames.expected
    finally:
        frames.release()
