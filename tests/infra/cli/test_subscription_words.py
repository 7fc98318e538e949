from __future__ import annotations

from pathlib import Path

import pytest

from infra.cli.subscription_words import circle_of, file_text, schedule_of, shift_of
from streams.delivery.choice_rules import SubscriptionRefusedError
from streams.delivery.subscription import Circle, Shift, Weekday
from streams.records import GeoPoint

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY, SATURDAY, SUNDAY = Weekday
WORKDAYS = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)


@pytest.mark.parametrize(
    ("text", "shift"),
    [
        pytest.param("mon-fri 08:00-18:00", Shift(days=WORKDAYS, begins="08:00", ends="18:00"), id="office"),
        pytest.param("Fri 22:00-06:00", Shift(days=(FRIDAY,), begins="22:00", ends="06:00"), id="over-midnight"),
        pytest.param("22:00-24:00", Shift(begins="22:00", ends="24:00"), id="every-day"),
        pytest.param("sat,sun", Shift(days=(SATURDAY, SUNDAY)), id="whole-days"),
        pytest.param("sat, mon-tue 10:00-11:00", Shift(days=(MONDAY, TUESDAY, SATURDAY), begins="10:00", ends="11:00"),
                     id="days-and-ranges"),
        pytest.param("sat-mon", Shift(days=(MONDAY, SATURDAY, SUNDAY)), id="over-the-end-of-the-week"),
        pytest.param("mon-sun", Shift(), id="all-days"),
    ],
)  # fmt: skip
def test_a_shift_is_read_as_people_write_it(text: str, shift: Shift) -> None:
    assert shift_of(text) == shift


@pytest.mark.parametrize("text", ["", "always", "mon-", "mon 8-18", "08:00", "25:00-26:00", "mon 08:00-18:00 tue", "-"])
def test_what_is_no_shift_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SubscriptionRefusedError, match="write days and hours, as in mon-fri"):
        shift_of(text)


def test_a_schedule_without_a_zone_is_of_utc() -> None:
    assert schedule_of(["sat", "sun"], None).time_zone == "UTC"
    assert schedule_of(["sat"], "Europe/Berlin").time_zone == "Europe/Berlin"


def test_a_circle_is_latitude_longitude_and_metres() -> None:
    assert circle_of("38.25, -85.76,2000") == Circle(GeoPoint(38.25, -85.76), 2000)


@pytest.mark.parametrize("text", ["", "1,2", "1,2,3,4", "a,b,c", "91,0,5", "0,181,5", "nan,0,5"])
def test_what_is_no_circle_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SubscriptionRefusedError, match=r"as in 38\.25,-85\.76,2000"):
        circle_of(text)


def test_a_file_that_cannot_be_used_is_named_and_not_quoted(tmp_path: Path) -> None:
    good, empty, binary = tmp_path / "good", tmp_path / "empty", tmp_path / "binary"
    good.write_text(" hunter2 \n")
    empty.write_text("\n")
    binary.write_bytes(b"hunter2\xff")
    assert file_text(good) == "hunter2"
    for path, said in (
        (empty, "is empty"),
        (binary, "no text"),
        (tmp_path / "none", "cannot be read"),
        (tmp_path, "cannot"),
    ):
        with pytest.raises(SubscriptionRefusedError, match=said) as refused:
            file_text(path)
        assert "hunter2" not in str(refused.value)
