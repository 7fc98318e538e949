from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.records import AlertEvent, AlertState, AlertStep, event_id, to_milliseconds
from tests.builders import build_alert, build_frame, build_tick, moment

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


@pytest.mark.parametrize(
    ("events", "state", "verified"),
    [
        pytest.param("", "received", False, id="raised"),
        pytest.param("verified", "verified", True, id="verified"),
        pytest.param("rejected", "rejected", False, id="rejected"),
        pytest.param("verified confirmed dispatched cleared", "cleared", True, id="to-its-end"),
        pytest.param("overridden dispatched", "dispatched", False, id="exigent"),
        pytest.param("overridden dispatched verified", "dispatched", True, id="exigent-made-up-for"),
        pytest.param("overridden dispatched verified rejected cleared", "cleared", False, id="rejected-after-all"),
        pytest.param("verified cleared reopened", "received", False, id="seen-again"),
        pytest.param("verified cleared reopened taken escalated", "received", False, id="seen-again-and-not-compared"),
        pytest.param("rejected cleared reopened verified", "verified", True, id="seen-again-and-compared"),
    ],
)
@pytest.mark.policy("KY-H.2")
def test_the_last_comparison_says_whether_an_alert_is_verified(events: str, state: str, *, verified: bool) -> None:
    steps = tuple(
        AlertStep(event=AlertEvent(event), at=moment(number), by="R. Diaz", role="dispatcher")
        for number, event in enumerate(events.split())
    )
    raised = build_alert()
    alert = build_alert(state=AlertState(state), steps=(*raised.steps, *steps))
    assert alert.is_verified == verified
