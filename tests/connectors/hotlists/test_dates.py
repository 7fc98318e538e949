"""Dates by one format each: never guessed, whole days to their end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.hotlists.dates import ISO, date_parser, end_of

EASTERN = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("pattern", "text", "moment"),
    [
        pytest.param(ISO, "2026-11-22", datetime(2026, 11, 22, 5, tzinfo=UTC), id="iso-day-of-the-zone"),
        pytest.param(ISO, "2026-07-22", datetime(2026, 7, 22, 4, tzinfo=UTC), id="summer-time"),
        pytest.param(ISO, "2026-11-22T08:00:00Z", datetime(2026, 11, 22, 8, tzinfo=UTC), id="iso-with-zone"),
        pytest.param("MM/DD/YYYY", "01/05/2026", datetime(2026, 1, 5, 5, tzinfo=UTC), id="month-first"),
        pytest.param("DD.MM.YYYY", "01.05.2026", datetime(2026, 5, 1, 4, tzinfo=UTC), id="day-first"),
        pytest.param("YYYYMMDD", "20260105", datetime(2026, 1, 5, 5, tzinfo=UTC), id="without-signs"),
        pytest.param("YYYYMMDD HH:mm:ss", "20260105 23:59:58", datetime(2026, 1, 6, 4, 59, 58, tzinfo=UTC), id="time"),
        pytest.param("YYYY-MM-DD", "9999-12-31", datetime(9999, 12, 31, tzinfo=UTC), id="never-over"),
        pytest.param("YYYY-MM-DD", "0001-01-01", datetime(1, 1, 1, tzinfo=UTC), id="since-ever"),
    ],
)  # fmt: skip
def test_a_text_of_the_format_is_its_moment(pattern: str, text: str, moment: datetime) -> None:
    assert date_parser(pattern, EASTERN)(text)[0] == moment


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        pytest.param(ISO, "01/05/2026", id="signs-of-another"),
        pytest.param("MM/DD/YYYY", "13/05/2026", id="no-such-month"),
        pytest.param("MM/DD/YYYY", "1/5/2026", id="digits-left-out"),
        pytest.param("MM/DD/YYYY", "01-05-2026", id="other-signs"),
        pytest.param("YYYYMMDD", "2026010", id="too-short"),
        pytest.param("YYYYMMDD", "202601055", id="too-long"),
        pytest.param("YYYYMMDD", "2026+1+5", id="signs-for-digits"),
        pytest.param("YYYYMMDD", "20260230", id="no-such-day"),
        pytest.param("YYYYMMDD", "２０２６0105", id="digits-of-another-script"),  # noqa: RUF001 - that is the point
        pytest.param(ISO, "0001-01-01T00:00:00+05:00", id="before-the-calendar"),
    ],
)
def test_a_text_of_another_format_is_refused(pattern: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"is no date|calendar"):
        date_parser(pattern, EASTERN)(text)


@pytest.mark.parametrize("pattern", ["MM/DD", "DD.MM.YY", "YYYYMMDDMM", "month DD YYYY", "%Y-%m-%d", ""])
def test_a_format_that_names_no_whole_date_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="date format"):
        date_parser(pattern, EASTERN)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        pytest.param("2026-11-22", 24, id="a-day"),
        pytest.param("2026-03-08", 23, id="clocks-go-forward"),
        pytest.param("2026-11-01", 25, id="clocks-go-back"),
        pytest.param("2026-11-22T08:00", 0, id="a-moment"),
    ],
)
def test_a_day_counts_to_its_end_and_a_moment_is_itself(text: str, hours: int) -> None:
    parsed = date_parser(ISO, EASTERN)(text)
    assert end_of(parsed, EASTERN) - parsed[0] == timedelta(hours=hours)


def test_a_day_of_the_last_year_has_no_end_that_the_calendar_knows() -> None:
    assert end_of(date_parser(ISO, EASTERN)("9999-12-31"), EASTERN) == datetime(9999, 12, 31, tzinfo=UTC)


@given(st.dates(date(2, 1, 1), date(9998, 12, 31)), st.permutations(["YYYY", "MM", "DD"]), st.sampled_from("/.- "))
def test_every_day_is_read_back_in_every_order_of_its_parts(day: date, order: list[str], sign: str) -> None:
    parts = {"YYYY": f"{day.year:04}", "MM": f"{day.month:02}", "DD": f"{day.day:02}"}
    moment, is_day = date_parser(sign.join(order), ZoneInfo("UTC"))(sign.join(parts[one] for one in order))
    assert (moment.date(), is_day) == (day, True)
