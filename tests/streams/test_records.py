from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.records import event_id, to_milliseconds
from tests.builders import build_frame, build_tick, moment

part = st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x1f")) | st.integers()


def test_the_same_parts_always_give_the_same_id() -> None:
    # Pinned: an id that changes with a release makes every document of the day before a second one.
    assert event_id("gate", moment(1.5), 0) == "a99f5663f2ab1302a0a46005f8"


@given(st.lists(part, min_size=1, max_size=3), st.lists(part, min_size=1, max_size=3))
def test_different_parts_give_different_ids(left: list[str | int], right: list[str | int]) -> None:
    same = [str(p) for p in left] == [str(p) for p in right]
    assert (event_id(*left) == event_id(*right)) == same


def test_an_id_depends_on_the_moment_not_on_the_zone_it_is_told_in() -> None:
    elsewhere = moment(1).astimezone(timezone(timedelta(hours=-5)))
    assert event_id("gate", elsewhere) == event_id("gate", moment(1))


def test_times_are_cut_to_milliseconds_in_utc() -> None:
    local = datetime(2026, 11, 22, 7, 0, 0, 1999, tzinfo=timezone(timedelta(hours=-5)))
    assert to_milliseconds(local).isoformat() == "2026-11-22T12:00:00.001000+00:00"


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        to_milliseconds(datetime(2026, 11, 22))  # noqa: DTZ001 - that is the point


def test_a_frame_without_bytes_is_a_tick() -> None:
    assert build_tick(0).is_tick
    assert not build_frame(0).is_tick
