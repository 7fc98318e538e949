from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.images.key import ImageKey, ImageKind
from streams.images.store import DirectoryImageStore
from streams.images.upkeep import EVERY_S, ImageUpkeep, overdue

LIMIT = timedelta(hours=720)
NOVEMBER_1 = date(2026, 11, 1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def filled(folder: Path, *days: date) -> DirectoryImageStore:
    store = DirectoryImageStore(folder)
    for day in days:
        store.put(ImageKey(day, "3f9c2a", ImageKind.PLATE), b"picture")
    return store


@pytest.mark.policy("KY-N.3")
@pytest.mark.parametrize(
    ("now", "due"),
    [
        pytest.param("2026-11-01T12:00", False, id="today"),
        pytest.param("2026-11-30T22:59:59", False, id="an-hour-and-a-second-before-30-days"),
        pytest.param("2026-11-30T23:00", True, id="an-hour-before-30-days"),
        pytest.param("2026-12-01T00:00", True, id="30-days"),
        pytest.param("2027-12-01T00:00", True, id="long-ago"),
        pytest.param("2026-10-31T00:00", False, id="ahead"),
    ],
)
def test_a_day_goes_before_its_first_picture_is_30_days_old(now: str, due: bool) -> None:
    assert overdue([NOVEMBER_1], at(now), LIMIT) == ([NOVEMBER_1] if due else [])


@pytest.mark.policy("KY-N.3")
@given(
    days=st.lists(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=40, unique=True),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 3, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - zone beside it
    limit_h=st.integers(24, 720),
)
def test_nothing_that_stays_grows_older_than_the_limit_before_the_next_round(
    days: list[date], now: datetime, limit_h: int
) -> None:
    limit = timedelta(hours=limit_h)
    due = overdue(days, now, limit)
    next_round = now + timedelta(seconds=EVERY_S)
    for day in days:
        begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
        if day in due:
            assert next_round - begins >= limit
        else:
            assert next_round - begins < limit


@pytest.mark.policy("KY-N.3")
async def test_days_are_deleted_every_hour_as_their_time_comes(tmp_path: Path) -> None:
    store = filled(tmp_path, NOVEMBER_1, date(2026, 11, 2), date(2026, 11, 3))
    clock = [at("2026-11-30T22:30")]
    seen: list[list[int]] = []

    async def sleep(seconds: float) -> None:
        seen.append([day.day for day in store.days()])
        if len(seen) == 26:
            raise asyncio.CancelledError
        clock[0] += timedelta(seconds=seconds)

    with pytest.raises(asyncio.CancelledError):
        await ImageUpkeep(store, LIMIT, lambda: clock[0], sleep).run()
    assert seen == [[1, 2, 3]] + [[2, 3]] * 24 + [[3]]


def test_a_second_round_finds_nothing_left_to_do(tmp_path: Path) -> None:
    upkeep = ImageUpkeep(filled(tmp_path, NOVEMBER_1), LIMIT, lambda: at("2026-12-01T00:00"))
    assert upkeep.delete_overdue() == [NOVEMBER_1]
    assert upkeep.delete_overdue() == []


def test_a_store_that_cannot_be_read_ends_no_upkeep(tmp_path: Path) -> None:
    place = tmp_path / "images"
    place.write_bytes(b"")
    assert ImageUpkeep(DirectoryImageStore(place), LIMIT).delete_overdue() == []


class StubbornStore(DirectoryImageStore):
    """One day of it cannot be deleted, root or not: its folder is no folder any more by the time."""

    def delete_day(self, day: date) -> None:
        folder = self._folder / day.isoformat()
        if day == NOVEMBER_1 and not folder.is_symlink():
            folder.rename(self._folder / "elsewhere")
            folder.symlink_to(self._folder / "elsewhere")
        super().delete_day(day)


def test_a_day_that_cannot_be_deleted_keeps_no_other_from_it(tmp_path: Path) -> None:
    filled(tmp_path, NOVEMBER_1, date(2026, 11, 2))
    upkeep = ImageUpkeep(StubbornStore(tmp_path), LIMIT, lambda: at("2027-01-01T00:00"))
    assert upkeep.delete_overdue() == [date(2026, 11, 2)]
