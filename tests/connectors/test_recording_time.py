from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.recording_time import Pace, RecordingTime, RisingTime

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Clock:
    """A clock that a test, or a sleep, moves."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds)

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds

    def recording(self, pace: Pace, start: datetime | None = None) -> RecordingTime:
        return RecordingTime(pace=pace, start=start, now=self.now, monotonic=self.monotonic, sleep=self.sleep)


async def test_frames_are_held_back_to_their_recorded_speed() -> None:
    clock = Clock()
    time = clock.recording(Pace.RECORDED)
    first = await time.due(0.0)
    clock.seconds += 0.1  # somebody was busy
    second = await time.due(0.5)
    assert clock.slept == [pytest.approx(0.4)]
    assert second - first == timedelta(milliseconds=500)
    assert first == START + timedelta(seconds=100)


async def test_flat_out_waits_for_nothing_and_keeps_the_recorded_times() -> None:
    clock = Clock()
    time = clock.recording(Pace.FLAT_OUT, START)
    assert [await time.due(0.0), await time.due(3.0)] == [START, START + timedelta(seconds=3)]
    assert clock.slept == []


async def test_after_a_pause_the_next_frame_is_due_at_once_and_times_go_on() -> None:
    clock = Clock()
    time = clock.recording(Pace.RECORDED, START)
    await time.due(5.0)
    time.pause()
    assert await time.due(6.0) == START + timedelta(seconds=6)
    assert clock.slept == []


@pytest.mark.parametrize("start", [None, START])
async def test_starting_over_gives_later_times(start: datetime | None) -> None:
    clock = Clock()
    time = clock.recording(Pace.FLAT_OUT, start)
    last = [await time.due(second) for second in (0.0, 1.0)][-1]
    time.start_over()
    assert await time.due(0.0) > last


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2))
def test_stamped_times_rise_whatever_the_clock_does(moments: list[datetime]) -> None:
    rising = RisingTime()
    try:
        stamped = [rising.stamp(moment) for moment in moments]
    except OverflowError:
        return  # the end of the calendar
    assert all(before < after for before, after in itertools.pairwise(stamped))
    assert all(moment.microsecond % 1000 == 0 for moment in stamped)
