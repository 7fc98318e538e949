from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import pytest

from connectors.conformance import RECORDING_LAWS, SourceLaw, play
from connectors.recording_time import Pace, RecordingTime
from connectors.source import CapturedFrame, SourcePosition, SourceUnreadableError
from connectors.video_file import VideoFileSource

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


def source(path: Path, *, max_fps: float = 60.0, resume_after: SourcePosition | None = None) -> VideoFileSource:
    time = RecordingTime(pace=Pace.FLAT_OUT, start=START)
    return VideoFileSource(path, time=time, max_fps=max_fps, resume_after=resume_after)


@pytest.mark.parametrize("law", RECORDING_LAWS)
async def test_a_video_file_obeys_the_contract(law: SourceLaw, video: Callable[..., Path]) -> None:
    path = video()
    await law(lambda resume_after: source(path, resume_after=resume_after))


async def test_every_frame_carries_its_time_in_the_recording(video: Callable[..., Path]) -> None:
    frames = await play(source(video(frames=20, fps=10)))
    assert [frame.captured_at for frame in frames] == [START + timedelta(milliseconds=100 * i) for i in range(20)]
    assert {(frame.width, frame.height) for frame in frames} == {(160, 120)}


async def test_more_frames_than_wanted_are_sampled_evenly(video: Callable[..., Path]) -> None:
    frames = await play(source(video(frames=50, fps=25), max_fps=5))
    assert [frame.captured_at - START for frame in frames] == [timedelta(milliseconds=200 * i) for i in range(10)]


async def test_a_video_is_paced_at_its_recorded_speed(video: Callable[..., Path]) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    time = RecordingTime(pace=Pace.RECORDED, monotonic=lambda: 0.0, sleep=sleep)
    await play(VideoFileSource(video(frames=4, fps=10), time=time))
    assert slept == [pytest.approx(0.1), pytest.approx(0.2), pytest.approx(0.3)]


def test_bad_files_are_refused_in_one_sentence(tmp_path: Path, video: Callable[..., Path], bomb: bytes) -> None:
    whole = video(frames=40).read_bytes()
    table = {
        "random bytes": bytes(range(256)) * 100,
        "text, which FFmpeg would draw": b"a line of text\n" * 1000,
        "nothing": b"",
        "a picture of too many pixels": bomb,
        "a clip without its index": whole[: len(whole) // 2],
    }
    for case, data in table.items():
        path = tmp_path / "bad.mp4"
        path.write_bytes(data)
        with pytest.raises(SourceUnreadableError) as caught:
            asyncio.run(play(source(path)))
        assert str(path) in str(caught.value), case
        assert "\n" not in str(caught.value), case


async def test_a_file_that_is_missing_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(SourceUnreadableError, match="there is no file"):
        await source(tmp_path / "gone.mp4").open()


async def test_a_clip_that_breaks_off_gives_what_it_has_and_then_says_so(
    tmp_path: Path, video: Callable[..., Path]
) -> None:
    path = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (160, 120))
    whole = cv2.VideoCapture(str(video(frames=40)))
    while (read := whole.read())[0]:
        writer.write(read[1])
    writer.release()
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    clip = source(path)
    frames: list[CapturedFrame] = []
    with pytest.raises(SourceUnreadableError, match="breaks off"):
        await _collect(clip, frames)
    await clip.close()
    assert 10 < len(frames) < 30


async def _collect(source: VideoFileSource, frames: list[CapturedFrame]) -> None:
    await source.open()
    while True:
        frames.append(await source.next_frame())
