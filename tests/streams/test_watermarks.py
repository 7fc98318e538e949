from __future__ import annotations

from datetime import timedelta

from streams.watermarks import Watermarks
from tests.builders import moment


def build() -> Watermarks:
    return Watermarks(timedelta(seconds=60))


def test_event_time_comes_as_far_as_the_newest_record_and_never_goes_back() -> None:
    marks = build()
    for event_s in (10, 30, 20):
        marks.observe(0, moment(event_s), moment(31))
    assert marks.at(0, moment(31)) == moment(30)


def test_each_partition_has_its_own() -> None:
    marks = build()
    marks.observe(0, moment(10), moment(30))
    marks.observe(1, moment(30), moment(30))
    assert marks.at(0, moment(30)) == moment(10)
    assert marks.at(2, moment(30)) is None


def test_a_partition_that_nothing_comes_from_follows_the_clock() -> None:
    marks = build()
    marks.observe(0, moment(10), moment(10))
    assert marks.at(0, moment(69.9)) == moment(10)
    assert marks.at(0, moment(600)) == moment(540)


def test_a_clock_that_is_ahead_moves_nothing_far() -> None:
    marks = build()
    marks.observe(0, moment(86_400), moment(0))
    assert marks.at(0, moment(0)) == moment(60)


def test_a_partition_taken_over_in_silence_is_idle_from_then_on() -> None:
    marks = build()
    marks.expect(0, moment(1000))
    assert marks.at(0, moment(1000)) == moment(940)
    assert marks.at(0, moment(1100)) == moment(1040)
