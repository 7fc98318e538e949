"""When a file is looked for, and when a list is late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hotlists.schedule import ListFacts, due_lists, last_slot, late_lists
from infra.settings.hotlists import HotlistFileSettings, HotlistsSettings

DAY = datetime(2026, 11, 22, tzinfo=UTC)


def at(hour: float, day: int = 0) -> datetime:
    return DAY + timedelta(days=day, hours=hour)


def settings(*load_at: str, fresh_for_h: float = 24) -> HotlistsSettings:
    one = HotlistFileSettings(name="ncic", file=Path("ncic.csv"), load_at=load_at, fresh_for_h=fresh_for_h)
    return HotlistsSettings(lists=(one,), retry_min=15)


def loaded(file_time: datetime, loaded_at: datetime, **facts: datetime | None) -> ListFacts:
    return ListFacts(as_of=file_time, file_time=file_time, loaded_at=loaded_at, **facts)


@pytest.mark.parametrize(
    ("now", "facts", "is_due"),
    [
        pytest.param(at(3), ListFacts(offered_at=at(2)), True, id="never-loaded"),
        pytest.param(at(3), ListFacts(), False, id="never-loaded-and-no-file"),
        pytest.param(at(5.1), loaded(at(4, -1), at(5, -1), offered_at=at(4)), True, id="time-and-new-file"),
        pytest.param(at(4.9), loaded(at(4, -1), at(5, -1), offered_at=at(4)), False, id="new-file-before-its-time"),
        pytest.param(at(5.1), loaded(at(4, -1), at(5, -1), offered_at=at(4, -1)), False, id="the-file-did-not-come"),
        pytest.param(at(9), loaded(at(4, -1), at(5, -1), offered_at=at(8.5)), True, id="the-file-came-late"),
        pytest.param(at(9), loaded(at(4), at(5), offered_at=at(8)), False, id="loaded-since-its-time"),
        pytest.param(at(9), loaded(at(4, -1), at(5, -1), offered_at=at(8.999)), False, id="still-being-written"),
        pytest.param(
            at(9), loaded(at(4, -1), at(5, -1), offered_at=at(8), tried_at=at(8.9)), False, id="failed-just-now"
        ),
        pytest.param(
            at(9), loaded(at(4, -1), at(5, -1), offered_at=at(8), tried_at=at(8.7)), True, id="failed-a-while-ago"
        ),
    ],
)
def test_a_list_is_due_when_its_time_has_come_and_a_new_file_lies_there(
    now: datetime, facts: ListFacts, is_due: bool
) -> None:
    assert due_lists(settings("05:00"), {"ncic": facts}, now) == (("ncic",) if is_due else ())


def test_a_list_without_times_is_loaded_by_hand_alone() -> None:
    assert due_lists(settings(), {"ncic": ListFacts(offered_at=at(1))}, at(9)) == ()


@pytest.mark.policy("KY-I.4")
@pytest.mark.policy("NY-V.a")
@pytest.mark.parametrize(
    ("facts", "said"),
    [
        pytest.param(None, "hot list ncic was never loaded; check that ncic.csv comes", id="nothing-known"),
        pytest.param(loaded(at(8, -1), at(8.1)), "is of 2026-11-21 08:00 UTC and counts for 24 h", id="old-file"),
        pytest.param(loaded(at(9, -1), at(9, -1)), None, id="just-fresh"),
    ],
)
def test_a_list_is_late_by_what_it_says_and_not_by_when_it_was_loaded(
    facts: ListFacts | None, said: str | None
) -> None:
    late = late_lists(settings("05:00"), {"ncic": facts} if facts else {}, at(9))
    assert [one.name for one in late] == (["ncic"] if said else [])
    assert all(said is not None and said in one.reason for one in late)


def test_a_late_list_tells_since_when() -> None:
    (late,) = late_lists(settings("05:00", fresh_for_h=6), {"ncic": loaded(at(1), at(2))}, at(9))
    assert late.since == at(7)


@pytest.mark.parametrize(
    ("now", "slot"),
    [(at(5), at(5)), (at(4.99), at(17, -1)), (at(16.99), at(5)), (at(17), at(17)), (at(0), at(17, -1))],
)
def test_the_last_time_of_day_may_be_yesterday_s(now: datetime, slot: datetime) -> None:
    assert last_slot(("05:00", "17:00"), now) == slot


@given(
    st.lists(st.times().map(lambda one: f"{one:%H:%M}"), min_size=1, max_size=4),
    st.integers(0, 10**9).map(lambda seconds: DAY + timedelta(seconds=seconds)),
)
def test_the_last_time_is_past_and_less_than_a_day_ago(times: list[str], now: datetime) -> None:
    assert timedelta(0) <= now - last_slot(times, now) < timedelta(days=1)
