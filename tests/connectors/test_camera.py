from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from connectors.camera import CameraRun, CameraRunner, WhenLost, WhenOver
from connectors.image_folder import ImageFolderSource
from connectors.ledger import CameraCounts
from connectors.reconnect import Backoff
from connectors.recording_time import Pace, RecordingTime
from connectors.scripted_source import Drop, Fail, FailOpen, ScriptedSource, ScriptItem, Stall
from connectors.source import (
    CapturedFrame,
    FrameSource,
    SourceRefusedError,
    SourceStalledError,
    SourceUnreachableError,
    SourceUnreadableError,
    UnreadablePictureError,
)
from infra.settings.pipeline import CameraSettings, LocationSettings
from streams.records import CameraState, CameraStatus, Frame, GeoPoint

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
JPEG = cv2.imencode(".jpg", np.zeros((8, 8, 3), np.uint8))[1].tobytes()


def captured(number: int) -> CapturedFrame:
    return CapturedFrame(START + timedelta(milliseconds=100 * number), JPEG, 8, 8)


class Inbox:
    """Takes what a camera publishes."""

    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self.statuses: list[CameraStatus] = []

    async def publish(self, frame: Frame) -> None:
        self.frames.append(frame)

    def report_status(self, status: CameraStatus) -> None:
        self.statuses.append(status)

    def counts(self, camera: str) -> CameraCounts:
        return CameraCounts(len(self.frames), 0, 0)

    @property
    def pictures(self) -> list[Frame]:
        return [frame for frame in self.frames if not frame.is_tick]

    @property
    def ticks(self) -> list[Frame]:
        return [frame for frame in self.frames if frame.is_tick]

    @property
    def states(self) -> list[CameraState]:
        return [status.state for status in self.statuses]


def runner(
    source: FrameSource,
    inbox: Inbox,
    *,
    when_over: WhenOver = WhenOver.END,
    when_lost: WhenLost = WhenLost.RECONNECT,
    now: Callable[[], datetime] = lambda: START,
) -> CameraRunner:
    settings = CameraSettings(
        name="gate", source="script", location=LocationSettings(lat=1.5, lon=2.5), clock_offset_ms=7
    )
    return CameraRunner(
        settings,
        source,
        inbox,
        when_over=when_over,
        when_lost=when_lost,
        backoff=Backoff(first_s=0.01, longest_s=0.01),
        tick_s=0.005,
        now=now,
        rng=lambda: 0.99,
    )


async def run(script: list[ScriptItem], inbox: Inbox, *, live: bool = False) -> CameraRun:
    return await runner(ScriptedSource(script, live=live), inbox).run()


async def test_frames_go_out_in_order_with_their_facts() -> None:
    inbox = Inbox()
    result = await run([captured(0), captured(1)], inbox)
    first = inbox.pictures[0]
    assert (first.camera, first.captured_at, first.sequence, first.jpeg) == ("gate", START, 0, JPEG)
    assert (first.location, first.clock_offset_ms) == (GeoPoint(1.5, 2.5), 7)
    assert [frame.sequence for frame in inbox.frames] == list(range(5))
    assert result == CameraRun(frames=2, dropped=0, unreadable=0, spooled=0)


async def test_the_end_of_a_recording_moves_time_past_every_pass() -> None:
    inbox = Inbox()
    await run([captured(0)], inbox)
    assert [frame.is_tick for frame in inbox.frames] == [False, True, True, True]
    assert inbox.frames[-1].captured_at >= START + timedelta(seconds=5)
    assert inbox.states == [CameraState.LIVE, CameraState.ENDED]


async def test_an_unreadable_picture_is_reported_and_the_run_goes_on() -> None:
    inbox = Inbox()
    result = await run([captured(0), Fail(UnreadablePictureError("b.jpg is empty")), captured(1)], inbox)
    assert result.unreadable == 1
    assert len(inbox.pictures) == 2
    assert inbox.states == [CameraState.LIVE, CameraState.FAILING, CameraState.LIVE, CameraState.ENDED]
    assert inbox.statuses[1].reason == "b.jpg is empty"
    assert inbox.statuses[-1].frames_unreadable == 1


async def test_what_the_source_dropped_is_counted() -> None:
    inbox = Inbox()
    assert (await run([captured(0), Drop(3), captured(1)], inbox)).dropped == 3
    assert inbox.statuses[-1].frames_dropped == 3


async def test_a_lost_camera_is_connected_again_and_every_state_is_told() -> None:
    inbox = Inbox()
    script: list[ScriptItem] = [
        captured(0),
        Fail(SourceStalledError("silent")),
        FailOpen(SourceUnreachableError("no route")),
        FailOpen(SourceRefusedError("wrong password")),
        captured(1),
    ]
    await run(script, inbox, live=True)
    assert len(inbox.pictures) == 2
    assert inbox.states == [
        CameraState.LIVE,
        CameraState.STALLED,
        CameraState.UNREACHABLE,
        CameraState.REFUSED,
        CameraState.LIVE,
        CameraState.ENDED,
    ]


async def test_a_silent_live_camera_tells_the_time_and_never_a_later_one_than_a_frame_may_have() -> None:
    inbox = Inbox()
    began = time.monotonic()

    def now() -> datetime:
        # A hundred times as fast, so that a stall of 30 ms is one of three seconds.
        return START + timedelta(seconds=100 * (time.monotonic() - began))

    late = CapturedFrame(START + timedelta(hours=1), JPEG, 8, 8)
    source = ScriptedSource([captured(0), Stall(0.05), late], live=True)
    await runner(source, inbox, now=now).run()
    silent = [frame for frame in inbox.ticks if frame.captured_at < late.captured_at]
    assert silent
    for tick in silent:
        assert tick.captured_at <= tick.received_at - timedelta(milliseconds=400)
    times = [frame.captured_at for frame in inbox.frames]
    assert times == sorted(set(times))


async def test_the_time_of_a_recording_stands_still_between_its_frames() -> None:
    inbox = Inbox()
    await run([captured(0), Stall(0.05), captured(1)], inbox)
    assert [frame.is_tick for frame in inbox.frames] == [False, False, True, True, True]


async def test_a_source_that_is_no_video_ends_the_run_with_one_sentence() -> None:
    inbox = Inbox()
    with pytest.raises(SourceUnreadableError, match="no video"):
        await run([FailOpen(SourceUnreadableError("clip.mp4 is no video"))], inbox)
    assert inbox.states == [CameraState.FAILING]
    assert inbox.statuses[0].reason == "clip.mp4 is no video"


async def test_a_recording_without_one_good_picture_fails(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"")
    inbox = Inbox()
    source = ImageFolderSource(tmp_path, time=RecordingTime(pace=Pace.FLAT_OUT))
    with pytest.raises(SourceUnreadableError, match="none of its pictures can be used"):
        await runner(source, inbox, when_over=WhenOver.REPEAT).run()


async def test_when_told_to_fail_a_lost_source_ends_the_run() -> None:
    inbox = Inbox()
    source = ScriptedSource([FailOpen(SourceUnreachableError("no route"))], live=True)
    with pytest.raises(SourceUnreachableError):
        await runner(source, inbox, when_lost=WhenLost.FAIL).run()
    assert inbox.states == [CameraState.UNREACHABLE]


async def test_a_repeated_recording_goes_on_until_it_is_stopped_and_its_times_rise() -> None:
    inbox = Inbox()
    task = asyncio.create_task(
        runner(ScriptedSource([captured(0), captured(1)]), inbox, when_over=WhenOver.REPEAT).run()
    )
    deadline = time.monotonic() + 5
    while len(inbox.pictures) < 7:
        assert time.monotonic() < deadline
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    times = [frame.captured_at for frame in inbox.pictures]
    assert all(before < after for before, after in itertools.pairwise(times))
    assert inbox.statuses[-1].reason == "stopped"
    assert asyncio.all_tasks() == {asyncio.current_task()}
